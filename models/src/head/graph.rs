//! The head as an ONNX file.

use super::spec::HeadSpec;
use super::{FEATURES, OOD, PRESENT, PROGRESS};
use crate::error::Result;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

impl HeadSpec {
    /// The head as ONNX bytes: inputs `features` `[N, 1, D]` and `present` `[1, N, 1]`, outputs `progress` `[1, S]` (before
    /// calibration) and `ood` `[N, N]`: row u is how far each view is from what view u showed. Features of a view that is not there must be 0.
    ///
    /// # Errors
    /// [`Error::Adapt`](crate::Error::Adapt) if the parts do not fit each other.
    pub fn to_onnx(&self) -> Result<Vec<u8>> {
        self.check()?;
        let (n, d, s) = (self.views, self.width, self.subsets.len());
        let mut graph = GraphBuilder::new("striatum_head");
        graph.input(FEATURES, ElementType::F32, &fixed(&[n, 1, d]));
        graph.input(PRESENT, ElementType::F32, &fixed(&[1, n, 1]));
        graph.ints("one_row", &[2], &[1, dim(n)]);
        graph.node("Reshape", &[PRESENT, "one_row"], &["present_row"], []);
        self.progress(&mut graph);
        graph.output(PROGRESS, ElementType::F32, &fixed(&[1, s]));
        self.distances(&mut graph);
        graph.output(OOD, ElementType::F32, &fixed(&[n, n]));
        graph.metadata("striatum.part", "head");
        graph.build()
    }

    /// Progress by subset. Reading the weights is what takes the time, so there are no more of them than need be: those of a
    /// view for the subsets that it is in (`K` of them), with the standardisation worked into them, each subset's side by side.
    /// Features of a view that is not there are 0, and so is its offset.
    fn progress(&self, graph: &mut GraphBuilder) {
        let (n, d, s) = (self.views, self.width, self.subsets.len());
        let own: Vec<Vec<usize>> =
            (0..n).map(|view| (0..s).filter(|&row| self.subsets[row].contains(view)).collect()).collect();
        let k = own.iter().map(Vec::len).max().unwrap_or(0);
        let (mut weights, mut offsets) = (vec![0.0_f32; n * d * k], vec![0.0_f64; n * s]);
        let mut deal = vec![0.0_f32; n * k * s];
        for (view, rows) in own.iter().enumerate() {
            for (column, &row) in rows.iter().enumerate() {
                deal[(view * k + column) * s + row] = 1.0;
                for at in view * d..(view + 1) * d {
                    let weight = f64::from(self.weights[at * s + row]) * f64::from(self.inv_scale[at]);
                    weights[(view * k + column) * d + at - view * d] = weight as f32;
                    offsets[view * s + row] -= weight * f64::from(self.mean[at]);
                }
            }
        }
        let offsets: Vec<f32> = offsets.into_iter().map(|v| v as f32).collect();
        graph.ints("all_parts", &[2], &[1, dim(n * k)]);
        graph.ints("one_column", &[3], &[dim(n), dim(d), 1]);
        graph.floats("weights", &[n, k, d], &weights);
        graph.floats("deal", &[n * k, s], &deal);
        graph.floats("offsets", &[n, s], &offsets);
        graph.floats("bias", &[1, s], &self.bias);
        graph.node("Reshape", &[FEATURES, "one_column"], &["column"], []);
        graph.node("MatMul", &["weights", "column"], &["parts"], []);
        graph.node("Reshape", &["parts", "all_parts"], &["parts_row"], []);
        graph.node("Gemm", &["parts_row", "deal", "bias"], &["sum"], []);
        graph.node("Gemm", &["present_row", "offsets", "sum"], &[PROGRESS], []);
    }

    /// What of each view's channels lies outside each view's subspace, against the limit: square root of a ratio of energies. The
    /// limit is worked into the scale. A view is compared with the others' subspaces as well, because a camera in another one's
    /// place is told by that it fits there better.
    fn distances(&self, graph: &mut GraphBuilder) {
        let (n, cells, rank) = (self.views, self.cells, self.rank);
        let channels = self.width / cells;
        let (mut pooling, mut means) = (Vec::new(), Vec::new());
        let by_view = self.inv_scale.chunks_exact(self.width).zip(self.mean.chunks_exact(self.width));
        for ((inv_scale, mean), manifold) in by_view.zip(&self.manifolds) {
            let share = f64::from(manifold.inv_limit).sqrt() / cells as f64;
            let scales: Vec<f64> = inv_scale.iter().map(|&scale| f64::from(scale) * share).collect();
            let centres: Vec<f64> = scales.iter().zip(mean).map(|(scale, &mean)| scale * f64::from(mean)).collect();
            pooling.extend(scales.iter().map(|&scale| scale as f32));
            means.extend(centres.chunks_exact(cells).map(|cells| cells.iter().sum::<f64>() as f32));
        }
        let basis: Vec<f32> = self.manifolds.iter().flat_map(|m| m.basis.iter().copied()).collect();
        let keep_none = || Attribute::int("keepdims", 0);
        graph.ints("every_view", &[3], &[1, dim(n), dim(self.width)]);
        graph.ints("by_cell", &[4], &[dim(n), dim(n), dim(channels), dim(cells)]);
        graph.ints("cell_axis", &[1], &[3]);
        graph.floats("pooling", &[n, 1, self.width], &pooling);
        graph.floats("means", &[n, 1, channels], &means);
        graph.floats("basis", &[n, channels, rank], &basis);
        graph.node("Reshape", &[FEATURES, "every_view"], &["all_views"], []);
        graph.node("Mul", &["all_views", "pooling"], &["scaled"], []);
        graph.node("Reshape", &["scaled", "by_cell"], &["cells"], []);
        graph.node("ReduceSum", &["cells", "cell_axis"], &["pooled"], [keep_none()]);
        graph.node("Sub", &["pooled", "means"], &["channels"], []);
        graph.node("MatMul", &["channels", "basis"], &["inside"], []);
        for (values, energy) in [("channels", "all_energy"), ("inside", "inside_energy")] {
            graph.node("ReduceSumSquare", &[values], &[energy], [Attribute::ints("axes", &[2]), keep_none()]);
        }
        graph.node("Sub", &["all_energy", "inside_energy"], &["difference"], []);
        graph.node("Relu", &["difference"], &["outside"], []);
        graph.node("Sqrt", &["outside"], &["distance"], []);
        graph.node("Mul", &["distance", "present_row"], &[OOD], []);
    }
}

fn fixed(sizes: &[usize]) -> Vec<Dim> {
    sizes.iter().map(|&size| Dim::Fixed(size)).collect()
}

fn dim(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
