//! Products of matrices of `f32`: nalgebra's, which are matrixmultiply's, on one thread and always in the same order.

use nalgebra::{Dyn, MatrixView, MatrixViewMut};

/// A matrix in a slice: rows, columns, and the steps from one row or column to the next.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    steps: [usize; 2],
}

impl<'a> View<'a> {
    /// Column after column.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { data, rows, columns, steps: [1, rows] }
    }

    pub(crate) fn transposed(self) -> Self {
        let [row, column] = self.steps;
        Self { rows: self.columns, columns: self.rows, steps: [column, row], ..self }
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.steps[0] + column * self.steps[1]]
    }

    fn matrix(&self) -> MatrixView<'a, f32, Dyn, Dyn, Dyn, Dyn> {
        let [row, column] = self.steps.map(Dyn);
        MatrixView::from_slice_with_strides_generic(self.data, Dyn(self.rows), Dyn(self.columns), row, column)
    }
}

/// Up to this size nalgebra goes a way of its own that does not take rows with gaps between them.
const SMALL: usize = 5;

/// `out = keep * out + a b`, `out` column after column.
pub(crate) fn multiply(out: &mut [f32], keep: f32, a: View<'_>, b: View<'_>) {
    if [a.rows, a.columns, b.columns].into_iter().any(|size| size <= SMALL) {
        return multiply_small(out, keep, a, b);
    }
    let mut c = MatrixViewMut::from_slice_generic(out, Dyn(a.rows), Dyn(b.columns));
    c.gemm(1.0, &a.matrix(), &b.matrix(), keep);
}

fn multiply_small(out: &mut [f32], keep: f32, a: View<'_>, b: View<'_>) {
    for (column, out) in out.chunks_exact_mut(a.rows).enumerate() {
        for value in out.iter_mut() {
            *value = if keep > 0.0 { *value * keep } else { 0.0 };
        }
        for inner in 0..a.columns {
            let share = b.at(inner, column);
            for (row, value) in out.iter_mut().enumerate() {
                *value += share * a.at(row, inner);
            }
        }
    }
}

/// The sum of products, in eight lanes: fixed order, and as wide as the machine adds.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (chunks_a, chunks_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in chunks_a.zip(chunks_b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The sum, in eight lanes.
pub(crate) fn sum(a: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let chunks = a.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().sum();
    for a in chunks {
        for lane in 0..8 {
            lanes[lane] += a[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// `out += share * a`.
pub(crate) fn add(out: &mut [f32], share: f32, a: &[f32]) {
    for (out, a) in out.iter_mut().zip(a) {
        *out += share * a;
    }
}

#[cfg(test)]
mod tests {
    use super::{View, multiply, multiply_small};

    /// Both ways say the same, with and without gaps between rows, added or anew.
    #[test]
    fn products_of_every_size_are_the_same_either_way() {
        for [rows, inner, columns] in [[3, 4, 5], [5, 9, 8], [6, 6, 6], [1, 8, 9], [9, 17, 33], [16, 1, 7]] {
            let value =
                |index: usize, of: u16| f32::from(u16::try_from(index * 37 % 19).unwrap_or(0)) / 7.0 - f32::from(of);
            let a: Vec<f32> = (0..rows * inner).map(|index| value(index, 1)).collect();
            let b: Vec<f32> = (0..inner * columns).map(|index| value(index, 2)).collect();
            for (a, b) in [
                (View::new(&a, rows, inner), View::new(&b, inner, columns)),
                (View::new(&a, inner, rows).transposed(), View::new(&b, columns, inner).transposed()),
            ] {
                for keep in [0.0, 1.0] {
                    let mut large = vec![0.5; rows * columns];
                    let mut small = large.clone();
                    multiply(&mut large, keep, a, b);
                    multiply_small(&mut small, keep, a, b);
                    for (large, small) in large.iter().zip(&small) {
                        assert!((large - small).abs() < 1e-4, "{rows} {inner} {columns}: {large} {small}");
                    }
                }
            }
        }
    }
}
