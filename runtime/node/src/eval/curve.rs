//! One playback of one episode, as a curve.

use std::sync::Arc;

use indicatif::ProgressBar;
use striatum_core::{StampNanos, Success, SuccessRule};
use striatum_frames::{Image, Transform};
use striatum_models::MemoMode;

use super::measures::{CompletionClass, share};
use crate::episode::{Episode, ReaderOptions};
use crate::error::Result;
use crate::label::{RunOptions, plan, run_episode};
use crate::pipeline::{Pipeline, StepTimings};

/// Where nobody wrote down when the task is done, it is certainly not below this truth.
const DONE_FROM: f64 = 0.7;

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
    /// The same where the row is to be trusted.
    pub(crate) trusted_goal: Vec<Option<f64>>,
    /// When the row was captured, as the success rule sees it.
    pub(crate) captured: Vec<StampNanos>,
    /// Whether the model took the goal for reached at the row: seen for long enough.
    pub(crate) success: Vec<bool>,
    /// Whether what is shown is certainly not the finished task.
    pub(crate) not_done: Vec<bool>,
    /// The shaping reward of the step into each row; the first row has none before it.
    pub(crate) shaping: Vec<Option<f64>>,
    pub(crate) truth: Vec<f64>,
    pub(crate) latency_ms: Vec<f64>,
    /// What each row's stages took.
    pub(crate) stages: Vec<StepTimings>,
    pub(crate) images_encoded: u64,
    /// Pictures whose features were taken again, or remembered from another playback.
    pub(crate) images_reused: u64,
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

    /// When a row first says success, playback seconds. `None` where none does, or the model has no success estimate.
    pub(crate) fn first_success_secs(&self) -> Option<f64> {
        self.success.iter().position(|&success| success).and_then(|row| self.timestamp_secs.get(row).copied())
    }

    /// Does the runtime say success anywhere: in a row, or of the playback as a whole?
    pub(crate) fn ever_succeeds(&self) -> bool {
        self.succeeded() || self.success.contains(&true)
    }

    /// The rows that say success though neither they nor the rows of the window before, which the rule looks back on, show
    /// anything that could be the finished task.
    pub(crate) fn false_successes(&self) -> impl Iterator<Item = usize> {
        (0..self.rows()).filter(|&row| {
            let from = self.captured.get(row).map_or(0, |now| now.0.saturating_sub(SuccessRule::WINDOW_NANOS));
            let looked_at = (0..=row).rev().take_while(|&before| self.captured[before].0 > from || before == row);
            self.success[row] && looked_at.into_iter().all(|before| self.not_done[before])
        })
    }

    /// Share of rows that falsely say success.
    pub(crate) fn false_success_share(&self) -> f64 {
        let mut rows = vec![false; self.rows()];
        self.false_successes().for_each(|row| rows[row] = true);
        share(&rows)
    }

    /// Whether each row's pictures would be called a success if nothing else were shown. The fusion has no memory, so that each
    /// row stands for a playback frozen there.
    pub(crate) fn frozen_successes(&self, from_share: f64) -> Vec<bool> {
        if self.goal.iter().any(Option::is_some) {
            return self.trusted_goal.iter().map(|goal| goal.is_some_and(|share| share >= from_share)).collect();
        }
        self.progress.iter().map(|&p| CompletionClass::of(&[p]) == CompletionClass::Success).collect()
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
            curve.trusted_goal.push(row.scored.trusted_goal);
            curve.captured.push(row.scored.newest);
            curve.success.push(row.scored.success == Success::Yes);
            curve.not_done.push(not_done(episode, row.source_frame));
            curve.shaping.push(row.scored.watch.map(|step| step.shaping));
            curve.truth.push(episode.truth(row.source_frame));
            curve.latency_ms.push(millis(row.step_nanos));
            curve.stages.push(row.timings);
            curve.images_encoded += u64::from(row.scored.scores.images_encoded);
            curve.images_reused += row.scored.images_reused();
            self.bar.inc(1);
            Ok(())
        })?;
        Ok(curve)
    }

    /// The same player with another stride.
    pub(crate) fn every(&mut self, stride: usize) -> Player<'_> {
        let Player { pipeline, reader, transforms, bar, .. } = self;
        Player { pipeline, reader: reader.clone(), stride, transforms, bar }
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

/// Is what `frame` shows certainly not the finished task? Keyframes, and the clock, do not say to the frame when it is done.
fn not_done(episode: &Episode, frame: usize) -> bool {
    episode.done(frame).map_or_else(|| episode.truth(frame) < DONE_FROM, |done| !done)
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
