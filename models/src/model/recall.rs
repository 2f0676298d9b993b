//! The bundle's memory of the demonstration, running.

use striatum_core::{Hop, Perspectives, Progress};

use crate::bundle::GrmEntry;
use crate::error::Result;
use crate::grm::{EVIDENCE, Located, Locator};
use crate::session::FixedModel;

/// Share of the distance between the memory's progress and the absolute head's that counts as uncertainty.
const APART_SHARE: f64 = 0.5;
/// Uncertainty for each unit of distance from the demonstration: what looks otherwise is found less surely.
const STD_PER_DISTANCE: f64 = 0.1;
/// No progress is claimed to be surer than this on another episode.
const LEAST_STD: f64 = 0.03;

/// Reads what a run of the heads found in the memory.
pub(super) struct Memory {
    evidence: usize,
    locator: Locator,
    std_factor: f64,
    goal_share: f64,
}

/// What the memory says of one frame set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) located: Located,
    /// Standard deviation in progress units.
    pub(super) std: f64,
}

impl Memory {
    pub(super) fn new(heads: &FixedModel, entry: &GrmEntry) -> Result<Self> {
        Ok(Self {
            evidence: heads.output_index(EVIDENCE)?,
            locator: Locator::new(entry.progress.clone(), entry.label_std.clone(), entry.prior_std),
            std_factor: entry.std_factor,
            goal_share: entry.goal_share,
        })
    }

    /// Where the last run of `heads` found its features. `absolute` is the absolute head's progress and standard deviation, `far`
    /// the distance of its views from the demonstration. `None` if a number is not finite.
    pub(super) fn find(&mut self, heads: &FixedModel, absolute: (f64, f64), far: f64) -> Option<Found> {
        let located = self.locator.locate(heads.output(self.evidence), absolute)?;
        // What the memory does not know (its spread), what the two do not agree on, how little the set is like it, what the keyframes
        // do not say, and what nobody can know.
        let spread = located.std * self.std_factor;
        let apart = APART_SHARE * (absolute.0 - located.mean());
        let unlike = STD_PER_DISTANCE * far;
        let parts = [spread, apart, unlike, located.label_std, LEAST_STD];
        let std = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
        std.is_finite().then_some(Found { located, std })
    }

    pub(super) fn goal_share(&self) -> f64 {
        self.goal_share
    }
}

/// The hops of the three perspectives: from the set before by both halves, from the start by the even channels, from the goal by
/// the odd ones.
pub(super) fn hops(
    now: &Located,
    before: Option<&Located>,
    (start, goal): (&Located, &Located),
) -> Perspectives<Option<f64>> {
    let hop = |from: f64, to: f64| match (Progress::clamped(from), Progress::clamped(to)) {
        (Some(from), Some(to)) => Hop::between(from, to).get(),
        _ => f64::NAN,
    };
    Perspectives {
        incremental: before.map(|before| hop(before.mean(), now.mean())),
        forward: Some(hop(start.halves[0], now.halves[0])),
        backward: Some(hop(goal.halves[1], now.halves[1])),
    }
}
