//! What a caller says before steps are looked for.

use crate::error::{Error, Result};

/// What a good cut makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objective {
    /// The mean over steps of a step's mean standard deviation: a short step counts as much as a long one (the paper's
    /// Algorithm 1).
    Steps,
    /// The mean over frames of their step's: a step counts by its length, so that a picture that stands still is not cut into
    /// pieces that all cost nothing.
    #[default]
    Frames,
}

/// How cuts are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// One cut after the other, each the one that helps most (recursive binary splitting): reads a frame at most K times.
    #[default]
    Binary,
    /// All cuts at once: the best there are (what the paper's Algorithm 1 finds), by dynamic programming. Reads a frame of n
    /// up to n times.
    Exact,
}

/// How step rewards are weighted in their sum. The first step is where a task begins and gets no weight (as in the paper).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepWeights {
    /// Each step counts twice as much as the one before (the paper's appendix A.1).
    #[default]
    Doubling,
    /// Step k (from 0) counts k: with many steps the last does not drown the others.
    Linear,
}

/// How steps are found and their rewards fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct PerceptualOptions {
    /// Steps of the task, K; `None` (default) chooses 2 to [`MAX_CHOSEN_STEPS`](Self::MAX_CHOSEN_STEPS): as
    /// many as make the last cut help most against the next one.
    pub steps: Option<usize>,
    /// The fewest frames of a step; `None` (default) takes a quarter of an equal share, at least 2.
    pub min_frames: Option<usize>,
    /// What a good cut makes small.
    pub objective: Objective,
    /// How cuts are looked for.
    pub search: Search,
    /// How step rewards are weighted.
    pub weights: StepWeights,
    /// Features kept for a step. Default 32 (the paper's n).
    pub features_kept: usize,
    /// How much the distance of the means counts against the standard deviations. Default 5 (the paper's alpha).
    pub alpha: f64,
}

impl Default for PerceptualOptions {
    fn default() -> Self {
        Self {
            steps: None,
            min_frames: None,
            objective: Objective::default(),
            search: Search::default(),
            weights: StepWeights::default(),
            features_kept: 32,
            alpha: 5.0,
        }
    }
}

impl PerceptualOptions {
    /// The most steps that can be asked for.
    pub const MAX_STEPS: usize = 64;
    /// The most steps that are chosen where none are asked for.
    pub const MAX_CHOSEN_STEPS: usize = 12;
    /// The most features that are kept for a step.
    pub const MAX_FEATURES_KEPT: usize = 4096;

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let refuse = |field: &str, what: String, mend: &str| Err(Error::config(format!("steps.{field}"), what, mend));
        if self.steps.is_some_and(|steps| !(2..=Self::MAX_STEPS).contains(&steps)) {
            return refuse("steps", format!("{} is out of range", self.steps.unwrap_or_default()), "give 2 to 64");
        }
        if self.min_frames == Some(0) {
            return refuse("min_frames", "0 frames".to_owned(), "give 1 or more");
        }
        if !(1..=Self::MAX_FEATURES_KEPT).contains(&self.features_kept) {
            return refuse("features_kept", format!("{} is out of range", self.features_kept), "give 1 to 4096");
        }
        if !self.alpha.is_finite() || self.alpha <= 0.0 {
            return refuse("alpha", format!("{} is not above 0", self.alpha), "give a positive number");
        }
        Ok(())
    }

    /// The fewest frames of one of `steps` steps of `frames` frames.
    #[must_use]
    pub fn min_frames_for(&self, frames: usize, steps: usize) -> usize {
        self.min_frames.unwrap_or((frames / (4 * steps.max(1))).max(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(PerceptualOptions::default().validate().is_ok());
        let spoilt = [
            (PerceptualOptions { steps: Some(1), ..Default::default() }, "steps.steps"),
            (PerceptualOptions { min_frames: Some(0), ..Default::default() }, "steps.min_frames"),
            (PerceptualOptions { features_kept: 0, ..Default::default() }, "steps.features_kept"),
            (PerceptualOptions { alpha: f64::NAN, ..Default::default() }, "steps.alpha"),
        ];
        for (options, field) in spoilt {
            let message = options.validate().unwrap_err().to_string();
            assert!(message.contains(field) && !message.contains('\n'), "{message}");
        }
    }
}
