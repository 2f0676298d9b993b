//! The head as an ONNX file.

use super::spec::HeadSpec;
use super::{FEATURES, OOD, PRESENT, PROGRESS};
use crate::error::Result;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

impl HeadSpec {
    /// The head as ONNX bytes: inputs `features` `[1, N, D]` and `present` `[1, N, 1]`, outputs `progress` `[1, S]` (before
    /// calibration) and `ood` `[1, N]`.
    ///
    /// # Errors
    /// [`Error::Adapt`](crate::Error::Adapt) if the parts do not fit each other.
    pub fn to_onnx(&self) -> Result<Vec<u8>> {
        self.check()?;
        let (n, d, s) = (self.views, self.width, self.subsets.len());
        let mut graph = GraphBuilder::new("striatum_head");
        let dims = |sizes: &[usize]| sizes.iter().map(|&size| Dim::Fixed(size)).collect::<Vec<_>>();
        graph.input(FEATURES, ElementType::F32, &dims(&[1, n, d]));
        graph.input(PRESENT, ElementType::F32, &dims(&[1, n, 1]));
        graph.floats("mean", &[1, n, d], &self.mean);
        graph.floats("inv_scale", &[1, n, d], &self.inv_scale);
        graph.floats("weights", &[n * d, s], &self.weights);
        graph.floats("bias", &[1, s], &self.bias);
        graph.node("Sub", &[FEATURES, "mean"], &["centred"], []);
        graph.node("Mul", &["centred", "inv_scale"], &["scaled"], []);
        graph.node("Mul", &["scaled", PRESENT], &["standard"], []);
        graph.node("Flatten", &["standard"], &["flat"], [Attribute::int("axis", 1)]);
        graph.node("MatMul", &["flat", "weights"], &["sum"], []);
        graph.node("Add", &["sum", "bias"], &[PROGRESS], []);
        graph.output(PROGRESS, ElementType::F32, &dims(&[1, s]));
        self.distances(&mut graph);
        graph.output(OOD, ElementType::F32, &dims(&[1, n]));
        graph.metadata("striatum.part", "head");
        graph.build()
    }

    /// What of a view's features lies outside its subspace, against the limit: square root of a ratio of energies.
    fn distances(&self, graph: &mut GraphBuilder) {
        let (n, d, rank) = (self.views, self.width, self.rank);
        let shape = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        let basis: Vec<f32> = self.manifolds.iter().flat_map(|m| m.basis.iter().copied()).collect();
        let limits: Vec<f32> = self.manifolds.iter().map(|m| m.inv_limit).collect();
        graph.ints("rows", &[3], &[shape(n), 1, shape(d)]);
        graph.ints("one_row", &[2], &[1, shape(n)]);
        graph.ints("inner", &[1], &[2]);
        graph.floats("basis", &[n, d, rank], &basis);
        graph.floats("inv_limit", &[1, n], &limits);
        graph.node("Reshape", &["standard", "rows"], &["by_view"], []);
        graph.node("MatMul", &["by_view", "basis"], &["inside"], []);
        graph.node("Mul", &["by_view", "by_view"], &["all_squares"], []);
        graph.node("ReduceSum", &["all_squares", "inner"], &["all_energy"], [Attribute::int("keepdims", 0)]);
        graph.node("Mul", &["inside", "inside"], &["inside_squares"], []);
        graph.node("ReduceSum", &["inside_squares", "inner"], &["inside_energy"], [Attribute::int("keepdims", 0)]);
        graph.node("Sub", &["all_energy", "inside_energy"], &["difference"], []);
        graph.node("Relu", &["difference"], &["outside"], []);
        graph.node("Reshape", &["outside", "one_row"], &["outside_row"], []);
        graph.node("Mul", &["outside_row", "inv_limit"], &["ratio"], []);
        graph.node("Sqrt", &["ratio"], &[OOD], []);
    }
}
