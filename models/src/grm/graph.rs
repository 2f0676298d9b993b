//! The memory as an ONNX file.

use super::{EVIDENCE, GrmSpec, HALVES};
use crate::error::Result;
use crate::head::{FEATURES, PRESENT};
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

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
        // 1 + |e - m|^2 = |e|^2 + (1 + |m|^2) - 2 e m; rounding may leave it a little below 1.
        let unit = self.unit();
        let doubled: Vec<f32> = self.memory.iter().map(|&m| (-2.0 * unit * f64::from(m)) as f32).collect();
        graph.floats("doubled_memory", &[n, HALVES, rank, rows], &doubled);
        graph.floats("memory_squares", &[n, HALVES, 1, rows], &self.squares());
        graph.floats("one", &[1], &[1.0]);
        graph.node("ReduceSumSquare", &["seen"], &["seen_length"], [Attribute::ints("axes", &[3])]);
        graph.node("MatMul", &["seen", "doubled_memory"], &["products"], []);
        graph.node("Add", &["products", "memory_squares"], &["shifted"], []);
        graph.node("Add", &["shifted", "seen_length"], &["distance"], []);
        graph.node("Max", &["distance", "one"], &["opened"], []);
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

    /// What directions and memory are multiplied with, so that the tail is 1: s^(-1/2).
    fn unit(&self) -> f64 {
        1.0 / self.tail.sqrt()
    }

    /// Features to `seen`, `[N, 2, 1, R]`; what scales a channel is worked into its directions.
    fn project_in_graph(&self, graph: &mut GraphBuilder) {
        let (n, channels, columns) = (self.views, self.channels(), HALVES * self.rank);
        let unit = self.unit();
        let rows = self.scale.iter().zip(self.basis.chunks_exact(columns));
        let scaled = |(&scale, row): (&f32, &[f32])| -> Vec<f32> {
            row.iter().map(|&b| (unit * f64::from(scale) * f64::from(b)) as f32).collect()
        };
        graph.floats("centre", &[n, 1, channels], &self.mean);
        graph.floats("basis", &[n, channels, columns], &rows.flat_map(scaled).collect::<Vec<f32>>());
        graph.ints("by_cell", &[4], &[dim(n), 1, dim(channels), dim(self.cells)]);
        graph.node("Reshape", &[FEATURES, "by_cell"], &["cells"], []);
        let mean = [Attribute::ints("axes", &[3]), Attribute::int("keepdims", 0)];
        graph.node("ReduceMean", &["cells"], &["pooled"], mean);
        graph.node("Sub", &["pooled", "centre"], &["channels"], []);
        graph.node("MatMul", &["channels", "basis"], &["inside"], []);
        graph.ints("by_direction", &[4], &[dim(n), dim(HALVES), 1, dim(self.rank)]);
        graph.node("Reshape", &["inside", "by_direction"], &["seen"], []);
    }

    /// `1 + |m|^2 / s` of each row, `[N, 2, 1, M]`.
    fn squares(&self) -> Vec<f32> {
        let rows = self.rows();
        let blocks = self.memory.chunks_exact(self.rank * rows);
        let of_block = |block: &[f32]| -> Vec<f32> {
            let mut sums = vec![0.0_f64; rows];
            for direction in block.chunks_exact(rows) {
                sums.iter_mut().zip(direction).for_each(|(sum, &m)| *sum += f64::from(m) * f64::from(m));
            }
            sums.into_iter().map(|sum| (1.0 + sum / self.tail) as f32).collect()
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
