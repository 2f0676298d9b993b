//! Results to wire messages.

use striatum_core::{ShapedStep, ShapingMode, StampNanos, Success, SuccessSource};
use striatum_wire::{BundleHash, EpisodeId, QualityFlags, ShapedReward, StepRequest};

use super::episode::Episode;
use crate::pipeline::Scored;

/// The part of a message that does not depend on what is said.
pub(super) struct Stamped {
    pub(super) sequence: u64,
    pub(super) epoch: u64,
    pub(super) published: StampNanos,
    pub(super) bundle_hash: BundleHash,
}

impl Stamped {
    /// A message outside any episode: episode id 0, step = the frame set's number.
    pub(super) fn watch(self, state: &Scored, shaped: &ShapedStep, mode: ShapingMode) -> ShapedReward {
        self.message(state, shaped, mode, QualityFlags::NONE)
    }

    /// The message of a learner's step.
    pub(super) fn step(
        self,
        episode: &Episode,
        request: &StepRequest,
        shaped: &ShapedStep,
        flags: QualityFlags,
    ) -> ShapedReward {
        let outcome = outcome(request, &episode.state);
        ShapedReward {
            episode: episode.id,
            step: request.step,
            success: outcome.0,
            success_source: outcome.1,
            ..self.message(&episode.state, shaped, episode.shaper.rules().mode, flags)
        }
    }

    fn message(self, state: &Scored, shaped: &ShapedStep, mode: ShapingMode, flags: QualityFlags) -> ShapedReward {
        let estimate = &state.estimate;
        ShapedReward {
            sequence: self.sequence,
            epoch: self.epoch,
            episode: EpisodeId::NONE,
            step: state.index,
            capture_oldest_nanos: state.oldest,
            capture_newest_nanos: state.newest,
            published_nanos: self.published,
            valid: !estimate.warming_up,
            shaping_mode: mode,
            gamma: shaped.gamma,
            k: shaped.k,
            potential_prev: shaped.potential_prev.get(),
            potential: shaped.potential.get(),
            shaping: shaped.shaping,
            gold: shaped.gold,
            reward: shaped.reward,
            progress_mean: estimate.mean,
            progress_std: estimate.std,
            ood: estimate.ood,
            votes: estimate.votes,
            views_used: state.scores.views,
            ending: shaped.ending,
            bootstraps: shaped.bootstraps,
            success: state.success,
            success_source: source_of(state.success),
            quality: state.quality().with(flags),
            bundle_hash: self.bundle_hash,
            model_revision: state.revision,
        }
    }
}

/// Who says what of a step's outcome: the learner where it says anything, else the model.
pub(super) fn outcome(request: &StepRequest, state: &Scored) -> (Success, SuccessSource) {
    match request.success {
        Success::Unknown => (state.success, source_of(state.success)),
        said => (said, request.success_source),
    }
}

/// The model speaks where it says anything at all.
fn source_of(success: Success) -> SuccessSource {
    if success == Success::Unknown { SuccessSource::None } else { SuccessSource::Model }
}

impl Scored {
    /// What is to be said against this frame set.
    pub(crate) fn quality(&self) -> QualityFlags {
        [
            (self.estimate.held, QualityFlags::HELD),
            (self.degraded, QualityFlags::DEGRADED),
            (!self.frozen.is_empty(), QualityFlags::STALE),
            (self.out_of_distribution, QualityFlags::OUT_OF_DISTRIBUTION),
            (self.estimate.warming_up, QualityFlags::WARMING_UP),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .fold(QualityFlags::NONE, |flags, (_, flag)| flags.with(flag))
    }
}
