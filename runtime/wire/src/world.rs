//! What a served world understands and tells beyond what a robot does: resets, and the truth.

use striatum_core::StampNanos;

use crate::action::ActionLoss;
use crate::control::Task;
use crate::error::Error;
use crate::fields::{in_range, message};
use crate::status::Detail;

message! {
    /// `world/reset`: begins an episode and takes the world over.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ResetRequest {
        /// Where things lie; the same seed and actions give the same episode.
        pub seed: u64,
        /// The world's own expert drives; actions are refused.
        pub expert: bool,
        /// How the expert is to fail; empty: it does not.
        pub failure: Detail,
    }
}

impl ResetRequest {
    fn check(&self) -> Result<(), Error> {
        if !self.expert && !self.failure.is_empty() {
            let why = "is given without expert; only an expert fails on request";
            return Err(Error::Contradiction { message: Self::NAME, field: "failure", why });
        }
        Ok(())
    }
}

message! {
    /// The reply to [`ResetRequest`].
    #[derive(Clone, Debug, PartialEq)]
    pub struct ResetReply {
        /// Actions carry it; never 0. The one before is void.
        pub token: u64,
        /// Counts the episodes of one served world from 1 on.
        pub episode: u64,
        /// When the episode began, Unix nanoseconds: the stamp of its first frames.
        pub stamp_nanos: StampNanos,
        /// As asked.
        pub seed: u64,
        /// Control period in seconds: one action in each counts.
        pub period_secs: f64,
        /// Joints of the arm.
        pub joints: u32,
        /// What is to be done, in words.
        pub task: Task,
    }
}

impl ResetReply {
    fn check(&self) -> Result<(), Error> {
        let wrong = |field, why| Err(Error::Contradiction { message: Self::NAME, field, why });
        if self.token == 0 {
            return wrong("token", "is 0, which stands for none");
        }
        if self.episode == 0 {
            return wrong("episode", "is 0, which stands for none");
        }
        in_range(Self::NAME, "period_secs", self.period_secs, "a finite number of seconds above 0", |v| v > 0.0)
    }
}

message! {
    /// What is true of a served world, every control period.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Truth {
        /// The stamp of the frames and joint states of the same moment, Unix nanoseconds.
        pub stamp_nanos: StampNanos,
        /// From [`ResetReply`]; 0 before the first.
        pub episode: u64,
        /// Control periods since the episode began.
        pub step: u64,
        /// 0 to 1; 1 exactly while the task is done.
        pub progress: f64,
        /// Phase of the task, from 0.
        pub phase: u8,
        /// How many there are.
        pub phases: u8,
        /// The task is done at this moment.
        pub success: bool,
        /// No episode runs: actions are refused until the next reset.
        pub ended: bool,
        /// What has gone wrong, as the failures are called; empty: nothing.
        pub failed: Detail,
        /// Actions used since the world was put up.
        pub actions: u64,
        /// Actions not used since then, by [`ActionLoss::index`].
        pub losses: [u64; 7],
    }
}

const _: () = assert!(ActionLoss::COUNT == 7, "the length of `losses`");

impl Truth {
    /// Actions lost to one cause.
    #[must_use]
    pub fn lost(&self, cause: ActionLoss) -> u64 {
        self.losses[cause.index()]
    }

    fn check(&self) -> Result<(), Error> {
        in_range(Self::NAME, "progress", self.progress, "in [0, 1]", |v| (0.0..=1.0).contains(&v))?;
        if self.phase >= self.phases {
            let why = "is not below phases";
            return Err(Error::Contradiction { message: Self::NAME, field: "phase", why });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
