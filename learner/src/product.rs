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

    fn matrix(&self) -> MatrixView<'a, f32, Dyn, Dyn, Dyn, Dyn> {
        let [row, column] = self.steps.map(Dyn);
        MatrixView::from_slice_with_strides_generic(self.data, Dyn(self.rows), Dyn(self.columns), row, column)
    }
}

/// `out = keep * out + a b`, `out` column after column.
pub(crate) fn multiply(out: &mut [f32], keep: f32, a: View<'_>, b: View<'_>) {
    let mut c = MatrixViewMut::from_slice_generic(out, Dyn(a.rows), Dyn(b.columns));
    c.gemm(1.0, &a.matrix(), &b.matrix(), keep);
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
