//! One playback of one episode, as a curve.

use std::sync::Arc;

use indicatif::ProgressBar;
use striatum_core::Success;
use striatum_frames::{Image, Transform};
use striatum_models::MemoMode;

use super::measures::CompletionClass;
use crate::episode::{Episode, ReaderOptions};
use crate::error::Result;
use crate::label::{RunOptions, plan, run_episode};
use crate::pipeline::{Pipeline, StepTimings};

/// What the runtime said at each row, and what was true.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curve {
    pub(crate) timestamp_secs: Vec<f64>,
    pub(crate) progress: Vec<f64>,
    pub(crate) std: Vec<f64>,
    pub(crate) ood: Vec<f64>,
    /// Whether the row was flagged as out of distribution.
    pub(crate) flagged: Vec<bool>,
    /// Share of belief on the goal, where the model has such an estimate.
    pub(crate) goal: Vec<Option<f64>>,
    /// Whether the model took the goal for reached at the row, k of n rows.
    pub(crate) success: Vec<bool>,
    /// The shaping reward of the step into each row; the first row has none before it.
    pub(crate) shaping: Vec<Option<f64>>,
    pub(crate) truth: Vec<f64>,
    pub(crate) latency_ms: Vec<f64>,
    /// What each row's stages took.
    pub(crate) stages: Vec<StepTimings>,
    pub(crate) images_encoded: u64,
    /// A few rows' pictures, where they were asked for: playback seconds, and one picture for each view.
    pub(crate) pictures: Vec<(f64, Vec<Option<Arc<Image>>>)>,
}

impl Curve {
    pub(crate) fn rows(&self) -> usize {
        self.progress.len()
    }

    /// The runtime's verdict on the playback: the success estimate at its end. A model without one is judged by its class.
    pub(crate) fn succeeded(&self) -> bool {
        if self.goal.iter().any(Option::is_some) {
            return self.success.last().copied().unwrap_or(false);
        }
        CompletionClass::of(&self.progress) == CompletionClass::Success
    }

    pub(crate) fn last(&self) -> f64 {
        self.progress.last().copied().unwrap_or_default()
    }
}

/// Plays an episode in many ways through one pipeline.
pub(crate) struct Player<'a> {
    pub(crate) pipeline: &'a mut Pipeline,
    pub(crate) reader: ReaderOptions,
    pub(crate) stride: usize,
    /// What is done to every playback first.
    pub(crate) transforms: &'a [Transform],
    pub(crate) bar: &'a ProgressBar,
}

impl Player<'_> {
    /// Plays `episode` with `more` transforms after the common ones, keeping `pictures` rows' pictures.
    pub(crate) fn play(&mut self, episode: &Episode, more: &[Transform], pictures: usize) -> Result<Curve> {
        let options = self.options(more, self.stride);
        let keep = spread(plan(episode, &options)?.len(), pictures);
        let mut curve = Curve::default();
        run_episode(self.pipeline, episode, &options, |row| {
            if keep.contains(&curve.rows()) {
                curve.pictures.push((row.timestamp_secs, row.images.to_vec()));
            }
            curve.timestamp_secs.push(row.timestamp_secs);
            curve.progress.push(row.scored.estimate.mean);
            curve.std.push(row.scored.estimate.std);
            curve.ood.push(row.scored.estimate.ood);
            curve.flagged.push(row.scored.out_of_distribution);
            curve.goal.push(row.scored.estimate.goal);
            curve.success.push(row.scored.success == Success::Yes);
            curve.shaping.push(row.scored.watch.map(|step| step.shaping));
            curve.truth.push(episode.truth(row.source_frame));
            curve.latency_ms.push(millis(row.step_nanos));
            curve.stages.push(row.timings);
            curve.images_encoded += u64::from(row.scored.scores.images_encoded);
            self.bar.inc(1);
            Ok(())
        })?;
        Ok(curve)
    }

    /// Says what later playbacks do with pictures that were encoded in earlier ones.
    pub(crate) fn remember(&mut self, mode: MemoMode) {
        self.pipeline.set_memo(mode);
    }

    /// Frames of the clip that the common transforms make.
    pub(crate) fn clip_frames(&self, episode: &Episode) -> Result<usize> {
        Ok(plan(episode, &self.options(&[], 1))?.len())
    }

    fn options(&self, more: &[Transform], stride: usize) -> RunOptions {
        let transforms = self.transforms.iter().chain(more).cloned().collect();
        RunOptions { reader: self.reader.clone(), stride, transforms }
    }
}

/// `count` rows of `rows`, from the first to the last, as evenly as they go.
fn spread(rows: usize, count: usize) -> Vec<usize> {
    match (rows, count) {
        (0, _) | (_, 0) => Vec::new(),
        (_, 1) => vec![0],
        _ => (0..count).map(|index| index * (rows - 1) / (count - 1)).collect(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "a step takes far less than 2^53 ns")]
fn millis(nanos: u64) -> f64 {
    nanos as f64 * 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_spread_from_first_to_last() {
        assert_eq!(spread(101, 3), [0, 50, 100]);
        assert_eq!(spread(2, 4), [0, 0, 0, 1]);
        assert!(spread(0, 3).is_empty());
    }
}
