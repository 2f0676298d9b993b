//! Dense symmetric algebra in blocks, so that almost all of it is matrix products.

use nalgebra::{DMatrix, DMatrixView};

/// Below this many rows a plain Cholesky is as fast as blocks.
const SMALL: usize = 48;
/// Columns of features multiplied at a time: the slice of both factors stays in the cache.
const COLUMNS: usize = 512;

/// Inverse of a symmetric positive definite matrix by its Schur complements; `None` if it is not positive definite.
pub(crate) fn inverse_positive(matrix: &DMatrixView<'_, f64>) -> Option<DMatrix<f64>> {
    let n = matrix.nrows();
    if n <= SMALL {
        return matrix.clone_owned().cholesky().map(|factor| factor.inverse());
    }
    let half = n / 2;
    let rest = n - half;
    let first = inverse_positive(&matrix.view((0, 0), (half, half)))?;
    let corner = matrix.view((half, 0), (rest, half));
    let carried = corner * &first;
    let mut schur = matrix.view((half, half), (rest, rest)).clone_owned();
    schur.gemm(-1.0, &carried, &corner.transpose(), 1.0);
    // Products leave the two triangles apart by rounding; the next level reads the lower one.
    let second = inverse_positive(&schur.as_view())?;
    let below = -(&second * &carried);
    let mut inverse = DMatrix::zeros(n, n);
    let mut upper = first;
    upper.gemm(-1.0, &carried.transpose(), &below, 1.0);
    inverse.view_mut((0, 0), (half, half)).copy_from(&upper);
    inverse.view_mut((half, 0), (rest, half)).copy_from(&below);
    inverse.view_mut((0, half), (half, rest)).copy_from(&below.transpose());
    inverse.view_mut((half, half), (rest, rest)).copy_from(&second);
    Some(inverse)
}

/// Rows of features, one row a sample: row-major 32-bit floats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) width: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(values: &'a [f32], width: usize) -> Self {
        Self { values, width }
    }

    pub(crate) fn count(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Some columns as a matrix with one column a sample, which is how row-major rows lie in memory.
    fn columns(&self, from: usize, count: usize) -> DMatrix<f32> {
        let rows = self.values.chunks_exact(self.width);
        DMatrix::from_iterator(count, self.count(), rows.flat_map(|row| row[from..from + count].iter().copied()))
    }

    /// All inner products of the rows of `self` with those of `other`: `[self.count(), other.count()]`. Products are made in
    /// 32 bits and summed over slices in 64.
    pub(crate) fn products(&self, other: &Rows<'_>) -> DMatrix<f64> {
        let mut sum = DMatrix::zeros(self.count(), other.count());
        let mut part = DMatrix::<f32>::zeros(self.count(), other.count());
        for from in (0..self.width).step_by(COLUMNS) {
            let count = COLUMNS.min(self.width - from);
            let (left, right) = (self.columns(from, count).transpose(), other.columns(from, count));
            part.gemm(1.0, &left, &right, 0.0);
            sum.iter_mut().zip(part.iter()).for_each(|(s, &p)| *s += f64::from(p));
        }
        sum
    }

    /// The sum of the rows with these weights: `[width]`.
    pub(crate) fn weighted_sum(&self, weights: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.width];
        for (row, &weight) in self.values.chunks_exact(self.width).zip(weights) {
            sum.iter_mut().zip(row).for_each(|(s, &v)| *s += weight * f64::from(v));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testkit::Noise;

    #[test]
    fn blocks_invert_like_the_plain_way() {
        for n in [1, 5, 48, 49, 97, 200] {
            let mut noise = Noise::new(n as u64);
            let factor = DMatrix::from_fn(n, n + 3, |_, _| noise.normal());
            let matrix = &factor * factor.transpose() + DMatrix::identity(n, n) * 0.1;
            let inverse = inverse_positive(&matrix.as_view()).unwrap();
            let error = (&inverse * &matrix - DMatrix::identity(n, n)).abs().max();
            assert!(error < 1e-7, "{n}: {error}");
        }
        let negative = DMatrix::identity(100, 100) * -1.0;
        assert!(inverse_positive(&negative.as_view()).is_none());
    }

    #[test]
    fn products_in_slices_are_the_inner_products() {
        let width = COLUMNS + 77;
        let mut noise = Noise::new(3);
        let (a, b) = (noise.floats(4 * width, 1.0), noise.floats(3 * width, 1.0));
        let got = Rows::new(&a, width).products(&Rows::new(&b, width));
        for i in 0..4 {
            for j in 0..3 {
                let pair = a[i * width..][..width].iter().zip(&b[j * width..][..width]);
                let want: f64 = pair.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                assert!((got[(i, j)] - want).abs() < 1e-3, "{i} {j}");
            }
        }
    }
}
