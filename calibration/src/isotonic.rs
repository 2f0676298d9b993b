//! Isotonic regression: the rising function that is nearest to the samples.

use crate::error::{Error, Result};

/// Inputs nearer than this are one input: the resolution that scikit-learn has for 64-bit numbers.
const SAME_INPUT: f64 = 1e-15;

/// The function that never falls with the least weighted squared error, found by pooling adjacent violators (Ayer et al.
/// 1955; Barlow et al. 1972), linear between the blocks' ends and constant beyond the samples. The same as scikit-learn's
/// `IsotonicRegression(out_of_bounds="clip")`: samples of one input are averaged first.
#[derive(Clone, Debug, PartialEq)]
pub struct Isotonic {
    inputs: Vec<f64>,
    outputs: Vec<f64>,
}

impl Isotonic {
    /// Fits samples (`inputs[i]`, `outputs[i]`) of weight `weights[i]`; a sample that weighs nothing is left out.
    ///
    /// # Errors
    /// [`Error::Input`] if the lists differ in length, a number is not finite, a weight is negative, or nothing weighs
    /// anything.
    pub fn fit(inputs: &[f64], outputs: &[f64], weights: &[f64]) -> Result<Self> {
        let refuse = |what: &str| Err(Error::input("isotonic regression", what, "give finite samples with weights"));
        if inputs.len() != outputs.len() || inputs.len() != weights.len() {
            return refuse("inputs, outputs and weights are not of one length");
        }
        if inputs.iter().chain(outputs).chain(weights).any(|value| !value.is_finite()) {
            return refuse("a number is not finite");
        }
        if weights.iter().any(|weight| *weight < 0.0) {
            return refuse("a weight is negative");
        }
        let mut samples: Vec<Sample> = (0..inputs.len())
            .filter(|&index| weights[index] > 0.0)
            .map(|index| Sample { input: inputs[index], output: outputs[index], weight: weights[index] })
            .collect();
        if samples.is_empty() {
            return refuse("no sample weighs anything");
        }
        samples.sort_by(|a, b| a.input.total_cmp(&b.input).then(a.output.total_cmp(&b.output)));
        let unique = average_ties(&samples);
        let pooled = pool(&unique);
        let inputs: Vec<f64> = unique.iter().map(|sample| sample.input).collect();
        Ok(Self::without_inner_knots(&inputs, &pooled))
    }

    /// Drops what lies inside a block: the line through its ends says the same.
    #[allow(clippy::float_cmp, reason = "values of one block are the same number")]
    fn without_inner_knots(inputs: &[f64], outputs: &[f64]) -> Self {
        let last = outputs.len() - 1;
        let kept =
            |&at: &usize| at == 0 || at == last || outputs[at] != outputs[at - 1] || outputs[at] != outputs[at + 1];
        let kept: Vec<usize> = (0..=last).filter(kept).collect();
        let pick = |list: &[f64]| kept.iter().map(|&at| list[at]).collect();
        Self { inputs: pick(inputs), outputs: pick(outputs) }
    }

    /// The function's value; that of the nearest sample beyond them all.
    #[must_use]
    pub fn predict(&self, input: f64) -> f64 {
        interpolate(&self.inputs, &self.outputs, input)
    }

    /// Inputs of the knots, rising strictly.
    #[must_use]
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// Values at the knots, which never fall.
    #[must_use]
    pub fn outputs(&self) -> &[f64] {
        &self.outputs
    }
}

/// Linear between knots, constant beyond them. `inputs` rise strictly and there is at least one.
pub(crate) fn interpolate(inputs: &[f64], outputs: &[f64], at: f64) -> f64 {
    let right = inputs.partition_point(|&knot| knot <= at);
    if right == 0 {
        return outputs[0];
    }
    let left = right - 1;
    if right == inputs.len() {
        return outputs[left];
    }
    let share = (at - inputs[left]) / (inputs[right] - inputs[left]);
    (outputs[left] + share * (outputs[right] - outputs[left])).clamp(outputs[left], outputs[right])
}

#[derive(Clone, Copy)]
struct Sample {
    input: f64,
    output: f64,
    weight: f64,
}

/// One sample for each input: the weighted mean of those that share it.
fn average_ties(sorted: &[Sample]) -> Vec<Sample> {
    let mut unique: Vec<Sample> = Vec::new();
    // The sum of weight x output of the last one.
    let mut sum = 0.0;
    for sample in sorted {
        match unique.last_mut().filter(|last| sample.input - last.input < SAME_INPUT) {
            Some(last) => {
                sum += sample.weight * sample.output;
                last.weight += sample.weight;
                last.output = sum / last.weight;
            }
            None => {
                sum = sample.weight * sample.output;
                unique.push(*sample);
            }
        }
    }
    unique
}

/// Neighbours in running blocks, merged while one is above the next.
fn pool(samples: &[Sample]) -> Vec<f64> {
    struct Block {
        sum: f64,
        weight: f64,
        mean: f64,
        samples: usize,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for sample in samples {
        let (sum, weight) = (sample.weight * sample.output, sample.weight);
        let mut block = Block { sum, weight, mean: sample.output, samples: 1 };
        while let Some(before) = blocks.pop_if(|before| before.mean >= block.mean) {
            let (sum, weight) = (before.sum + block.sum, before.weight + block.weight);
            block = Block { sum, weight, mean: sum / weight, samples: before.samples + block.samples };
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|block| std::iter::repeat_n(block.mean, block.samples)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    fn fit(samples: &[(f64, f64, f64)]) -> Isotonic {
        let list = |of: fn(&(f64, f64, f64)) -> f64| samples.iter().map(of).collect::<Vec<_>>();
        Isotonic::fit(&list(|s| s.0), &list(|s| s.1), &list(|s| s.2)).unwrap()
    }

    #[test]
    fn violators_are_pooled_by_weight() {
        let fitted = fit(&[(0.0, 0.1, 1.0), (1.0, 0.9, 1.0), (2.0, 0.5, 3.0), (3.0, 1.0, 1.0)]);
        assert_eq!(fitted.inputs(), [0.0, 1.0, 2.0, 3.0]);
        assert!((fitted.outputs()[1] - 0.6).abs() < 1e-15, "(0.9 + 3 x 0.5) / 4");
        assert_eq!(fitted.outputs()[1], fitted.outputs()[2]);
        assert_eq!((fitted.predict(-5.0), fitted.predict(9.0)), (0.1, 1.0));
    }

    #[test]
    fn samples_of_one_input_are_one_sample() {
        let fitted = fit(&[(0.5, 1.0, 1.0), (0.5, 0.0, 3.0), (0.7, 0.8, 1.0)]);
        assert_eq!((fitted.predict(0.5), fitted.inputs().len()), (0.25, 2));
    }

    #[test]
    fn bad_samples_are_refused() {
        assert!(Isotonic::fit(&[0.0], &[0.0], &[]).is_err());
        assert!(Isotonic::fit(&[f64::NAN], &[0.0], &[1.0]).is_err());
        assert!(Isotonic::fit(&[0.0], &[0.0], &[-1.0]).is_err());
        assert!(Isotonic::fit(&[0.0], &[0.0], &[0.0]).is_err());
    }

    fn samples() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
        prop::collection::vec((0_u8..40, 0.0..=1.0_f64, 0.1..3.0_f64), 1..80)
            .prop_map(|list| list.into_iter().map(|(x, y, w)| (f64::from(x) / 40.0, y, w)).collect())
    }

    proptest! {
        #[test]
        fn the_fit_never_falls_and_keeps_the_mean(samples in samples(), a in -0.1..1.1_f64, b in -0.1..1.1_f64) {
            let fitted = fit(&samples);
            prop_assert!(fitted.predict(a.min(b)) <= fitted.predict(a.max(b)));
            // Pooling moves weight x output about and loses none of it.
            let sum = |of: &dyn Fn(&(f64, f64, f64)) -> f64| samples.iter().map(|s| s.2 * of(s)).sum::<f64>();
            prop_assert!((sum(&|s| s.1) - sum(&|s| fitted.predict(s.0))).abs() < 1e-9);
        }

        /// Least squares: no rising step function of two values is nearer.
        #[test]
        fn no_rising_step_is_nearer(samples in samples(), cut in 0.0..1.0_f64, low in 0.0..1.0_f64, rise in 0.0..1.0_f64) {
            let fitted = fit(&samples);
            let error = |of: &dyn Fn(f64) -> f64| samples.iter().map(|s| s.2 * (of(s.0) - s.1).powi(2)).sum::<f64>();
            let step = |x: f64| if x < cut { low } else { low + rise };
            prop_assert!(error(&|x| fitted.predict(x)) <= error(&step) + 1e-9);
        }
    }
}
