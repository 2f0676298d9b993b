//! What every reward model does, whatever is inside it.

use striatum_core::{Calibration, MemberFusion, Scores};
use striatum_frames::FrameSet;

use super::memo::MemoMode;
use super::reuse::ReuseRule;
use crate::error::Error;
use crate::members::Member;

/// Reads a clock in nanoseconds from any fixed start. Injected, because this crate reads no clock.
pub type NanosClock = fn() -> u64;

/// Nanoseconds that the stages of the last call took, by the clock that the model was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimings {
    /// Resizing and normalising all views into the encoder's input.
    pub preprocess_nanos: u64,
    /// The encoder, one run for all views.
    pub encode_nanos: u64,
    /// Heads, calibration and hops.
    pub score_nanos: u64,
}

/// Frame sets in, scores out. Each image is encoded once at most, whatever the number of perspectives.
pub trait RewardModel: Send {
    /// The views' names, in the order of a frame set's slots.
    fn views(&self) -> &[String];

    /// Scores one frame set. Never fails: what cannot be answered is a missing value in the scores, never an invented one;
    /// why, if the model itself failed, says [`take_error`](Self::take_error).
    fn score(&mut self, set: &FrameSet) -> Scores;

    /// Forgets the frame set before: the next one has no incremental hop.
    fn reset(&mut self);

    /// Says what to do with the features of pictures that were encoded before. Scores are the same bit for bit, but for
    /// [`images_encoded`](Scores::images_encoded). A model that keeps no features does nothing.
    fn set_memo(&mut self, _mode: MemoMode) {}

    /// Says when the features of a view's picture are taken again for the next ones; never, before the first call. A model that
    /// keeps no features does nothing. With a rule, nothing comes from the memory of [`set_memo`](Self::set_memo): what is taken again
    /// depends on what was seen before.
    fn set_reuse(&mut self, _rule: Option<ReuseRule>) {}

    /// How long the last call took.
    fn timings(&self) -> StageTimings;

    /// What went wrong inside the last call, once.
    fn take_error(&mut self) -> Option<Error> {
        None
    }

    /// From which share of belief on the model itself takes the goal for reached; `None` where it has no such estimate.
    fn goal_share(&self) -> Option<f64> {
        None
    }

    /// The models that answer together, in the order of the scores; none where there is one without a name.
    fn members(&self) -> &[Member] {
        &[]
    }

    /// How their answers become one.
    fn member_fusion(&self) -> MemberFusion {
        MemberFusion::SINGLE
    }

    /// What the pipeline does to the fused estimate. The identity, unless the model comes with something else.
    fn calibration(&self) -> Calibration {
        Calibration::IDENTITY
    }

    /// SHA-256 of the bundle's manifest, which holds the hash of every file of the bundle.
    fn bundle_hash(&self) -> [u8; 32];
}
