//! Why a request was not taken: a code for the program and a line for its author.

use striatum_core::StampNanos;
use striatum_wire::{EpisodeId, Refusal, RefusalCode};

pub(super) fn gamma(theirs: f64, ours: f64) -> Refusal {
    Refusal::new(
        RefusalCode::GammaMismatch,
        format_args!(
            "the learner discounts by {theirs}, this runtime is locked to {ours}; change the learner, reward.gamma or reward.lock_gamma"
        ),
    )
}

pub(super) fn invalid(why: &striatum_core::Error) -> Refusal {
    Refusal::new(RefusalCode::OutOfRange, format_args!("{why}"))
}

pub(super) fn unknown_episode(id: EpisodeId) -> Refusal {
    Refusal::new(
        RefusalCode::UnknownEpisode,
        format_args!("no open episode {id}; it ended, was voided, or the runtime restarted: begin again"),
    )
}

pub(super) fn step_order(got: u64, want: u64) -> Refusal {
    Refusal::new(
        RefusalCode::StepOutOfOrder,
        format_args!("step {got} was asked for and {want} is next; ask for the steps in order, one at a time"),
    )
}

pub(super) fn step_conflict(step: u64) -> Refusal {
    Refusal::new(
        RefusalCode::StepConflict,
        format_args!("step {step} is already being answered for another request; ask again with the same fields"),
    )
}

pub(super) fn stamp_order(got: StampNanos, before: StampNanos) -> Refusal {
    Refusal::new(
        RefusalCode::BadStamp,
        format_args!("stamp {} lies before {} of the step before; use one clock for all steps", got.0, before.0),
    )
}

pub(super) fn busy() -> Refusal {
    Refusal::new(
        RefusalCode::NotReady,
        format_args!("this step is being asked for too often at once; wait for its reply"),
    )
}

pub(super) fn no_frames(stamp: StampNanos) -> Refusal {
    Refusal::new(
        RefusalCode::NotReady,
        format_args!(
            "no frame set came at or after stamp {}; check the cameras and both clocks with `striatum watch`",
            stamp.0
        ),
    )
}

pub(super) fn voided() -> Refusal {
    Refusal::new(
        RefusalCode::EpisodeClosed,
        format_args!("the episode was voided by a newer begin or an abort; begin again"),
    )
}
