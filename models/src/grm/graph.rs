//! The memory as an ONNX file.

use super::{EVIDENCE, GrmSpec, HALVES};
use crate::error::Result;
use crate::head::{FEATURES, PRESENT};
use crate::onnx::{Dim, ElementType, GraphBuilder};

impl GrmSpec {
    /// The memory as ONNX bytes: inputs `features` `[N, 1, D]` and `present` `[1, N, 1]` as the absolute head has them, output
    /// `evidence` `[2, M]`.
    ///
    /// # Errors
    /// [`Error::Adapt`](crate::Error::Adapt) if the parts do not fit each other.
    pub fn to_onnx(&self) -> Result<Vec<u8>> {
        self.check()?;
        let (n, rank, rows) = (self.views, self.rank, self.rows());
        let mut graph = GraphBuilder::new("striatum_grm");
        graph.input(FEATURES, ElementType::F32, &fixed(&[n, 1, self.width]));
        graph.input(PRESENT, ElementType::F32, &fixed(&[1, n, 1]));
        self.project_in_graph(&mut graph);
        // |e - m|^2 = |e|^2 + |m|^2 - 2 e m; rounding may leave it a little below 0.
        let doubled: Vec<f32> = self.memory.iter().map(|v| -2.0 * v).collect();
        graph.floats("doubled_memory", &[n, HALVES, rank, rows], &doubled);
        graph.floats("memory_squares", &[n, HALVES, 1, rows], &self.squares());
        graph.ints("direction_axis", &[1], &[3]);
        graph.node("Mul", &["seen", "seen"], &["seen_squared"], []);
        graph.node("ReduceSum", &["seen_squared", "direction_axis"], &["seen_length"], []);
        graph.node("MatMul", &["seen", "doubled_memory"], &["products"], []);
        graph.node("Add", &["products", "memory_squares"], &["shifted"], []);
        graph.node("Add", &["shifted", "seen_length"], &["raw_distance"], []);
        graph.node("Relu", &["raw_distance"], &["distance"], []);
        graph.floats("inv_tail", &[1], &[(1.0 / self.tail) as f32]);
        graph.floats("one", &[1], &[1.0]);
        graph.node("Mul", &["distance", "inv_tail"], &["relative"], []);
        graph.node("Add", &["relative", "one"], &["opened"], []);
        graph.node("Log", &["opened"], &["logarithms"], []);
        graph.ints("by_view", &[2], &[dim(n), dim(HALVES * rows)]);
        graph.node("Reshape", &["logarithms", "by_view"], &["view_rows"], []);
        graph.ints("one_row", &[2], &[1, dim(n)]);
        graph.node("Reshape", &[PRESENT, "one_row"], &["present_row"], []);
        graph.floats("sharpness", &[1], &[-self.sharpness() as f32]);
        graph.node("Mul", &["present_row", "sharpness"], &["say"], []);
        graph.node("MatMul", &["say", "view_rows"], &["all_rows"], []);
        graph.ints("by_half", &[2], &[dim(HALVES), dim(rows)]);
        graph.node("Reshape", &["all_rows", "by_half"], &[EVIDENCE], []);
        graph.output(EVIDENCE, ElementType::F32, &fixed(&[HALVES, rows]));
        graph.metadata("striatum.part", "grm");
        graph.build()
    }

    /// Features to `seen`, `[N, 2, 1, R]`.
    fn project_in_graph(&self, graph: &mut GraphBuilder) {
        let (n, channels) = (self.views, self.channels());
        // Averaging over cells and scaling are one product; so is the mean's share.
        let pooling: Vec<f32> =
            self.scale.iter().flat_map(|&s| std::iter::repeat_n(s / self.cells as f32, self.cells)).collect();
        let centre: Vec<f32> = self.scale.iter().zip(&self.mean).map(|(s, m)| s * m).collect();
        graph.floats("pooling", &[n, 1, self.width], &pooling);
        graph.floats("centre", &[n, 1, channels], &centre);
        graph.floats("basis", &[n, channels, HALVES * self.rank], &self.basis);
        graph.ints("by_cell", &[4], &[dim(n), 1, dim(channels), dim(self.cells)]);
        graph.ints("cell_axis", &[1], &[3]);
        graph.node("Mul", &[FEATURES, "pooling"], &["scaled"], []);
        graph.node("Reshape", &["scaled", "by_cell"], &["cells"], []);
        graph.node("ReduceSum", &["cells", "cell_axis"], &["pooled"], [crate::onnx::Attribute::int("keepdims", 0)]);
        graph.node("Sub", &["pooled", "centre"], &["channels"], []);
        graph.node("MatMul", &["channels", "basis"], &["inside"], []);
        graph.ints("by_direction", &[4], &[dim(n), dim(HALVES), 1, dim(self.rank)]);
        graph.node("Reshape", &["inside", "by_direction"], &["seen"], []);
    }

    /// `|m|^2` of each row, `[N, 2, 1, M]`.
    fn squares(&self) -> Vec<f32> {
        let rows = self.rows();
        let blocks = self.memory.chunks_exact(self.rank * rows);
        let of_block = |block: &[f32]| -> Vec<f32> {
            let mut sums = vec![0.0_f64; rows];
            for direction in block.chunks_exact(rows) {
                sums.iter_mut().zip(direction).for_each(|(sum, &m)| *sum += f64::from(m) * f64::from(m));
            }
            sums.into_iter().map(|sum| sum as f32).collect()
        };
        blocks.flat_map(of_block).collect()
    }
}

fn fixed(sizes: &[usize]) -> Vec<Dim> {
    sizes.iter().map(|&size| Dim::Fixed(size)).collect()
}

fn dim(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
