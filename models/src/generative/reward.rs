//! The generative model as one of the models that score frame sets.

use std::path::Path;
use std::sync::Arc;

use striatum_core::{Perspectives, Progress, Scores, ViewMask};
use striatum_frames::{FrameSet, Image};

use super::hops::votes;
use super::model::{GenerativeGrm, GenerativeOptions, StepReading};
use super::reading::NoVote;
use crate::error::{Error, Result};
use crate::model::{NanosClock, RewardModel, StageTimings};

/// Answers that were no vote, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoVotes {
    /// The text was no answer.
    pub text: u64,
    /// All answers together were too unlikely.
    pub mass: u64,
    /// Reasons ended before an answer began.
    pub rationale: u64,
    /// A number was not finite.
    pub not_finite: u64,
}

/// A [`GenerativeGrm`] with a task and its references.
#[derive(Debug)]
pub struct GenerativeModel {
    grm: GenerativeGrm,
    clock: NanosClock,
    before: Option<Progress>,
    timings: StageTimings,
    no_votes: NoVotes,
    last: Option<StepReading>,
    error: Option<Error>,
}

impl GenerativeModel {
    /// Opens a bundle for a task: pictures of the demonstration's start and goal, one for each view.
    ///
    /// # Errors
    /// As [`GenerativeGrm::open`] and [`GenerativeGrm::begin`].
    pub fn open(
        dir: &Path,
        options: &GenerativeOptions,
        task: &str,
        (start, goal): (&[Arc<Image>], &[Arc<Image>]),
        clock: NanosClock,
    ) -> Result<Self> {
        let mut grm = GenerativeGrm::open(dir, options)?;
        grm.begin(task, start, goal)?;
        Ok(Self::new(grm, clock))
    }

    /// Of a model whose episode has begun.
    #[must_use]
    pub fn new(grm: GenerativeGrm, clock: NanosClock) -> Self {
        let (timings, no_votes) = (StageTimings::default(), NoVotes::default());
        Self { grm, clock, before: None, timings, no_votes, last: None, error: None }
    }

    /// What the last frame set was read as, texts and all.
    #[must_use]
    pub fn last(&self) -> Option<&StepReading> {
        self.last.as_ref()
    }

    /// Answers that were no vote since it was opened.
    #[must_use]
    pub fn no_votes(&self) -> NoVotes {
        self.no_votes
    }

    fn try_score(&mut self, set: &FrameSet) -> Result<Scores> {
        let views = self.grm.manifest().views.len();
        let frames = set.frames.iter().take(views);
        let pictures: Option<Vec<Arc<Image>>> =
            frames.map(|frame| frame.as_ref().map(|frame| Arc::clone(&frame.image))).collect();
        // The prompt has a slot for each view: with one missing there is nothing to ask.
        let Some(pictures) = pictures else { return Ok(Scores::MISSING) };
        let started = (self.clock)();
        let reading = self.grm.step(&pictures)?;
        self.timings.score_nanos = (self.clock)().saturating_sub(started);
        let votes = votes(&reading, self.grm.score_meaning(), self.before);
        self.before = votes.progress;
        let Perspectives { incremental, forward, backward } = &reading.readings;
        for reading in [incremental, forward, backward].into_iter().flatten() {
            match reading.no_vote {
                Some(NoVote::Text) => self.no_votes.text += 1,
                Some(NoVote::Mass) => self.no_votes.mass += 1,
                Some(NoVote::Rationale) => self.no_votes.rationale += 1,
                Some(NoVote::NotFinite) => self.no_votes.not_finite += 1,
                None => {}
            }
        }
        let images_encoded = u32::try_from(reading.counts.images_encoded).unwrap_or(u32::MAX);
        self.last = Some(reading);
        Ok(Scores {
            hops: votes.hops,
            std: votes.std,
            // It has no measure of being far from what it knows.
            ood: 0.0,
            least_ood: 0.0,
            views: (0..views).fold(ViewMask::EMPTY, ViewMask::with),
            images_encoded,
            ..Scores::MISSING
        })
    }
}

impl RewardModel for GenerativeModel {
    fn views(&self) -> &[String] {
        &self.grm.manifest().views
    }

    fn score(&mut self, set: &FrameSet) -> Scores {
        self.error = None;
        self.last = None;
        self.timings = StageTimings::default();
        match self.try_score(set) {
            Ok(scores) => scores,
            Err(error) => {
                self.error = Some(error);
                Scores::MISSING
            }
        }
    }

    fn reset(&mut self) {
        self.grm.reset();
        self.before = None;
    }

    fn timings(&self) -> StageTimings {
        self.timings
    }

    fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    fn bundle_hash(&self) -> [u8; 32] {
        self.grm.hash()
    }
}
