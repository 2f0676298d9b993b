//! The perceptual reward as an ONNX file.

use super::head::PerceptualHead;
use super::{FEATURES, REWARD, STEP_REWARDS};
use crate::error::Result;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder, dimension};

impl PerceptualHead {
    /// The head as ONNX bytes: input `features` `[N, 1, D]`, outputs `step_rewards` `[1, K]` and `reward` `[1, 1]`, their
    /// weighted sum before the map to progress. All in \[0, 1\]; NaN where a feature that is read is NaN.
    ///
    /// # Errors
    /// [`Error::Adapt`](crate::Error::Adapt) if the parts do not fit each other.
    pub fn to_onnx(&self) -> Result<Vec<u8>> {
        self.check()?;
        let (steps, kept) = (self.steps.len(), self.steps[0].features.len());
        let mut graph = GraphBuilder::new("striatum_perceptual");
        let fixed = |sizes: &[usize]| sizes.iter().map(|&size| Dim::Fixed(size)).collect::<Vec<_>>();
        graph.input(FEATURES, ElementType::F32, &fixed(&[self.views, 1, self.width]));
        let indices: Vec<i64> =
            self.steps.iter().flat_map(|s| &s.features).map(|&feature| dimension(feature)).collect();
        let means: Vec<f32> = self.steps.iter().flat_map(|s| s.means.iter().copied()).collect();
        let inv_stds: Vec<f32> = self.steps.iter().flat_map(|s| s.inv_stds.iter().copied()).collect();
        graph.ints("one_row", &[1], &[-1]);
        graph.ints("indices", &[steps, kept], &indices);
        graph.floats("means", &[steps, kept], &means);
        graph.floats("inv_stds", &[steps, kept], &inv_stds);
        graph.node("Reshape", &[FEATURES, "one_row"], &["row"], []);
        graph.node("Gather", &["row", "indices"], &["picked"], [Attribute::int("axis", 0)]);
        graph.node("Sub", &["picked", "means"], &["centred"], []);
        graph.node("Mul", &["centred", "inv_stds"], &["standard"], []);
        let over_features = [Attribute::ints("axes", &[1]), Attribute::int("keepdims", 0)];
        graph.node("ReduceSumSquare", &["standard"], &["distances"], over_features);
        self.rewards(&mut graph, kept);
        graph.output(STEP_REWARDS, ElementType::F32, &fixed(&[1, steps]));
        graph.output(REWARD, ElementType::F32, &fixed(&[1, 1]));
        graph.metadata("striatum.part", "perceptual");
        graph.build()
    }

    /// From squared distances `[K]` to rewards: log-likelihood and its scale in one line, offset + slope x distance.
    fn rewards(&self, graph: &mut GraphBuilder, kept: usize) {
        let steps = self.steps.len();
        let line = |step: &super::StepModel| {
            let (low, high) = (f64::from(step.low), f64::from(step.high));
            (-0.5 / (kept as f64 * (high - low)), -low / (high - low))
        };
        let slopes: Vec<f32> = self.steps.iter().map(|step| line(step).0 as f32).collect();
        let offsets: Vec<f32> = self.steps.iter().map(|step| line(step).1 as f32).collect();
        let weights: Vec<f32> = self.steps.iter().map(|step| step.weight).collect();
        graph.ints("as_row", &[2], &[1, dimension(steps)]);
        graph.floats("slopes", &[1, steps], &slopes);
        graph.floats("offsets", &[1, steps], &offsets);
        graph.floats("weights", &[steps, 1], &weights);
        graph.floats("zero", &[], &[0.0]);
        graph.floats("one", &[], &[1.0]);
        graph.node("Reshape", &["distances", "as_row"], &["distance_row"], []);
        graph.node("Mul", &["distance_row", "slopes"], &["sloped"], []);
        graph.node("Add", &["sloped", "offsets"], &["unclipped"], []);
        graph.node("Clip", &["unclipped", "zero", "one"], &[STEP_REWARDS], []);
        graph.node("MatMul", &[STEP_REWARDS, "weights"], &["sum"], []);
        graph.node("Clip", &["sum", "zero", "one"], &[REWARD], []);
    }
}
