//! What is left of the demonstrations, and its arithmetic in plain Rust.

use crate::error::{Error, Result};
use crate::head::MonotoneMap;

/// One step's reward: a Gaussian of each feature picked for it (Eq 2 of the paper), and what of its log-likelihood is 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct StepModel {
    /// The features, by their place in a row `[N x D]`: view times D, plus the feature in the view.
    pub features: Vec<usize>,
    /// Mean of each over the step's frames.
    pub means: Vec<f32>,
    /// 1 / standard deviation of each over the step's frames.
    pub inv_stds: Vec<f32>,
    /// Log-likelihood that counts as 0: mean over the features of -(x - mean)^2 / (2 std^2). (The rest of the Gaussian does not
    /// depend on the frame, and scaling takes it away.)
    pub low: f32,
    /// Log-likelihood that counts as 1.
    pub high: f32,
    /// Weight in the sum; all weights add up to 1.
    pub weight: f32,
}

/// The perceptual reward of a task: a reward for each step, their sum, and a reading of the sum in progress.
///
/// A function of one frame set: it looks at no other frame.
#[derive(Clone, Debug, PartialEq)]
pub struct PerceptualHead {
    /// Views, N. All of them must be there.
    pub views: usize,
    /// Features of a view, D.
    pub width: usize,
    /// The steps, in order; K of them, with equally many features each.
    pub steps: Vec<StepModel>,
    /// From the sum to the share of the task's time that has passed in the demonstrations.
    pub progress: MonotoneMap,
    /// By demonstration, the first frame of each step and, last, the number of frames: K + 1 numbers.
    pub bounds: Vec<Vec<usize>>,
}

impl PerceptualHead {
    /// Checks lengths and numbers.
    ///
    /// # Errors
    /// [`Error::Adapt`] naming the part that does not fit.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: String| Err(Error::adapt(what, "adapt again; if it stays, the features are unusable"));
        let inputs = self.views * self.width;
        let kept = self.steps.first().map_or(0, |step| step.features.len());
        if inputs == 0 || kept == 0 {
            return refuse("a perceptual reward needs at least one view, step and feature".to_owned());
        }
        for (index, step) in self.steps.iter().enumerate() {
            let lengths = [step.features.len(), step.means.len(), step.inv_stds.len()];
            if lengths != [kept; 3] {
                return refuse(format!("step {index} has {lengths:?} features, means and deviations, not {kept}"));
            }
            if let Some(feature) = step.features.iter().find(|&&feature| feature >= inputs) {
                return refuse(format!("step {index} reads feature {feature} of {inputs}"));
            }
            let numbers = step.means.iter().chain(&step.inv_stds).chain([&step.low, &step.high, &step.weight]);
            if numbers.into_iter().any(|v| !v.is_finite()) || step.low >= step.high || step.weight < 0.0 {
                return refuse(format!("step {index} holds a number that is not finite or out of order"));
            }
        }
        Ok(())
    }

    /// The reward of each step, in \[0, 1\], at a frame's features `[N, D]`, in 64 bits. NaN where a feature is.
    ///
    /// # Panics
    /// If there are fewer than N x D features.
    #[must_use]
    pub fn step_rewards(&self, features: &[f32]) -> Vec<f32> {
        self.steps.iter().map(|step| step.reward(features) as f32).collect()
    }

    /// The weighted sum of the step rewards, in \[0, 1\], at a frame's features `[N, D]`.
    ///
    /// # Panics
    /// As [`step_rewards`](Self::step_rewards).
    #[must_use]
    pub fn score(&self, features: &[f32]) -> f32 {
        let weighted = self.steps.iter().map(|step| f64::from(step.weight) * step.reward(features));
        weighted.sum::<f64>().clamp(0.0, 1.0) as f32
    }

    /// Progress in \[0, 1\] at a frame's features `[N, D]`: the share of the task's time at which the demonstrations had this
    /// score.
    ///
    /// # Panics
    /// As [`step_rewards`](Self::step_rewards).
    #[must_use]
    pub fn reading(&self, features: &[f32]) -> f64 {
        self.progress.apply(f64::from(self.score(features)))
    }
}

impl StepModel {
    /// Log-likelihood of the step, without the part that is the same for all frames.
    pub(crate) fn log_likelihood(&self, features: &[f32]) -> f64 {
        let parts = self.features.iter().zip(self.means.iter().zip(&self.inv_stds));
        let squares = parts.map(|(&feature, (&mean, &inv_std))| {
            ((f64::from(features[feature]) - f64::from(mean)) * f64::from(inv_std)).powi(2)
        });
        -0.5 * squares.sum::<f64>() / self.features.len() as f64
    }

    fn reward(&self, features: &[f32]) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        ((self.log_likelihood(features) - low) / (high - low)).clamp(0.0, 1.0)
    }
}
