//! Episode control: what a learner asks of the queryables `episode/begin`, `episode/step` and `episode/abort`, and what it
//! is told. The reply to a step is a [`ShapedReward`](crate::ShapedReward); a refusal is one line of text, see
//! [`Refusal`](crate::Refusal).

use striatum_core::{Ending, KMode, StampNanos, Success, SuccessSource};

use crate::error::Error;
use crate::fields::{in_range, message, wire_enum};
use crate::ids::EpisodeId;

/// The longest task text, in bytes.
pub const TASK_MAX: usize = 256;
/// The longest deadline a learner may ask for, in seconds.
pub const DEADLINE_MAX_SECS: f64 = 60.0;
/// A task text.
pub type Task = heapless::String<TASK_MAX>;

wire_enum!(KMode: "0 unit or 1 elapsed", Unit = 0, Elapsed = 1);

message! {
    /// `begin`: opens an episode (and voids one that is open).
    #[derive(Clone, Debug, PartialEq)]
    pub struct BeginRequest {
        /// What is to be done, in words; at most [`TASK_MAX`] bytes.
        pub task: Task,
        /// The learner's discount, in (0, 1].
        pub gamma: f64,
        /// The learner's nominal step length h in seconds, > 0.
        pub period_secs: f64,
        /// How long a step may wait for a frame set newer than its stamp, in seconds, 0 to [`DEADLINE_MAX_SECS`].
        pub deadline_secs: f64,
        /// The learner bootstraps from the last state of a truncated episode.
        pub bootstrap_on_truncation: bool,
        /// A reported success ends the episode as terminated.
        pub terminate_on_success: bool,
        /// How k is made where a step leaves it to the runtime.
        pub k_mode: KMode,
        /// When the episode begins, Unix nanoseconds: s_0 is the first frame set whose oldest capture is not before it.
        pub stamp_nanos: StampNanos,
    }
}

impl BeginRequest {
    fn check(&self) -> Result<(), Error> {
        let range = |field, found, must, accepts| in_range(Self::NAME, field, found, must, accepts);
        range("gamma", self.gamma, "in (0, 1]", |v| v > 0.0 && v <= 1.0)?;
        range("period_secs", self.period_secs, "a finite number of seconds above 0", |v| v > 0.0)?;
        range("deadline_secs", self.deadline_secs, "0 to 60 seconds", |v| (0.0..=DEADLINE_MAX_SECS).contains(&v))
    }
}

message! {
    /// The reply to [`BeginRequest`].
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct BeginReply {
        /// The new episode; its steps carry it.
        pub episode: EpisodeId,
        /// Which run of the runtime opened it: after a restart the episode is gone.
        pub epoch: u64,
        /// Phi(s_0).
        pub potential_0: f64,
    }
}

impl BeginReply {
    fn check(&self) -> Result<(), Error> {
        check_episode(Self::NAME, self.episode)?;
        in_range(Self::NAME, "potential_0", self.potential_0, "finite", |_| true)
    }
}

message! {
    /// `step`: asks for the reward of the transition `step - 1 -> step`. Asked twice it gets the same bytes.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct StepRequest {
        /// The episode, from [`BeginReply`].
        pub episode: EpisodeId,
        /// The number of the state the transition leads to, 1 for the first.
        pub step: u64,
        /// When the learner was in that state, Unix nanoseconds.
        pub stamp_nanos: StampNanos,
        /// The exponent of gamma in this transition; 0 leaves it to the runtime (1, or elapsed time over the period).
        pub k: f64,
        /// Does this transition end the episode, and how?
        pub ending: Ending,
        /// Was the task done?
        pub success: Success,
        /// Who says so.
        pub success_source: SuccessSource,
    }
}

impl StepRequest {
    fn check(&self) -> Result<(), Error> {
        check_episode(Self::NAME, self.episode)?;
        if self.step == 0 {
            let why = "is 0; the first transition leads to step 1";
            return Err(Error::Contradiction { message: Self::NAME, field: "step", why });
        }
        in_range(Self::NAME, "k", self.k, "finite and 0 or more (0: the runtime computes it)", |v| v >= 0.0)
    }
}

message! {
    /// `abort`: closes an episode without a last reward; its open transition is void.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AbortRequest {
        /// The episode, from [`BeginReply`].
        pub episode: EpisodeId,
    }
}

impl AbortRequest {
    fn check(&self) -> Result<(), Error> {
        check_episode(Self::NAME, self.episode)
    }
}

message! {
    /// The reply to [`AbortRequest`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AbortReply {
        /// The episode that was closed.
        pub episode: EpisodeId,
        /// The steps it had been paid for.
        pub steps: u64,
    }
}

impl AbortReply {
    fn check(&self) -> Result<(), Error> {
        check_episode(Self::NAME, self.episode)
    }
}

fn check_episode(message: &'static str, episode: EpisodeId) -> Result<(), Error> {
    if episode.is_none() {
        let why = "is all zero; take it from the reply to begin";
        return Err(Error::Contradiction { message, field: "episode", why });
    }
    Ok(())
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
