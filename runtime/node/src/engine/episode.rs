//! An open episode, and what is waited for.

use striatum_core::{Shaper, StampNanos};
use striatum_wire::{BeginRequest, EpisodeId, StepRequest};

use crate::pipeline::Scored;

/// Who asked: the caller finds the open query under this number.
pub(crate) type Token = u64;

/// How many times one step may be asked for while it is still waited for.
const ASKERS: usize = 8;

/// A `begin` that waits for its first frame set.
pub(super) struct PendingBegin {
    pub(super) token: Token,
    pub(super) request: BeginRequest,
    pub(super) due: StampNanos,
}

/// A `step` that waits for its state.
pub(super) struct PendingStep {
    pub(super) tokens: heapless::Vec<Token, ASKERS>,
    pub(super) request: StepRequest,
    pub(super) due: StampNanos,
}

/// An open episode.
pub(super) struct Episode {
    pub(super) id: EpisodeId,
    pub(super) shaper: Shaper,
    pub(super) deadline_nanos: u64,
    /// Stamp of the last answered state.
    pub(super) stamp: StampNanos,
    /// The frame set of the last answered state.
    pub(super) state: Scored,
    /// The last answered step; 0 is the state of `begin`.
    pub(super) step: u64,
    pub(super) pending: Option<PendingStep>,
}
