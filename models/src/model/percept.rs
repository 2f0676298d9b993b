//! The bundle's perceptual reward, running.

use striatum_core::{Hop, MemberScores, Perspectives, Progress};

use crate::bundle::PerceptualEntry;
use crate::error::{Error, Result};
use crate::head::MonotoneMap;
use crate::perceptual::{FEATURES, REWARD};
use crate::session::FixedModel;

/// Reads frame sets by the perceptual reward.
pub(super) struct Percept {
    model: FixedModel,
    features: usize,
    reward: usize,
    map: MonotoneMap,
    std: f64,
    /// What the references read as.
    start: Progress,
    goal: Progress,
    /// What the set before read as; `None` where there was none, or it had not all views.
    before: Option<Progress>,
}

impl Percept {
    /// `start` and `goal` are the references' features, `[N, D]`.
    pub(super) fn new(
        model: FixedModel,
        map: MonotoneMap,
        entry: &PerceptualEntry,
        [start, goal]: [&[f32]; 2],
    ) -> Result<Self> {
        let mut percept = Self {
            features: model.input_index(FEATURES)?,
            reward: model.output_index(REWARD)?,
            map,
            std: entry.std,
            start: Progress::ZERO,
            goal: Progress::ONE,
            before: None,
            model,
        };
        let refuse = |what: &str| Error::bundle(entry.file.as_str(), what, "adapt again, or leave `perceptual` out");
        let no_place = "the perceptual reward gives no finite progress for a reference";
        percept.start = percept.read(start)?.ok_or_else(|| refuse(no_place))?;
        percept.goal = percept.read(goal)?.ok_or_else(|| refuse(no_place))?;
        if percept.start >= percept.goal {
            return Err(refuse("the perceptual reward reads the goal no higher than the start"));
        }
        Ok(percept)
    }

    /// What it says of a set whose views are all there: `features` is `[N, D]`. `None` where one is missing: no answer.
    /// Numbers that are not finite are handed on as NaN, which the fuser counts as missing votes.
    pub(super) fn answer(&mut self, features: Option<&[f32]>) -> Result<Option<MemberScores>> {
        let Some(features) = features else {
            self.before = None;
            return Ok(None);
        };
        let now = self.read(features)?;
        let before = std::mem::replace(&mut self.before, now);
        let hop = |from: Progress| now.map_or(f64::NAN, |now| Hop::between(from, now).get());
        let hops = Perspectives {
            incremental: before.map(hop),
            forward: Some(hop(self.start)),
            backward: Some(hop(self.goal)),
        };
        Ok(Some(MemberScores { hops, std: self.std }))
    }

    /// Forgets the set before.
    pub(super) fn reset(&mut self) {
        self.before = None;
    }

    fn read(&mut self, features: &[f32]) -> Result<Option<Progress>> {
        self.model.input_mut(self.features).copy_from_slice(features);
        self.model.run()?;
        let reward = self.model.output(self.reward).first().copied().unwrap_or(f32::NAN);
        Ok(Progress::clamped(self.map.apply(f64::from(reward))))
    }
}
