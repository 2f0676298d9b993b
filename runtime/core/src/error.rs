//! The one error type of this crate.

use thiserror::Error;

use crate::outcome::Ending;
use crate::units::OutOfRange;

/// What this crate can refuse. Each message is one line: what, where, how to mend.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum Error {
    /// A number outside its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A calibration table that is no map that never falls.
    #[error("calibration table: {fault}; fit it again with `striatum calibrate`")]
    Table {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A step was asked of an episode that has ended.
    #[error("the episode has ended ({}): begin a new one before the next step", .ending.name())]
    Closed {
        /// How it ended.
        ending: Ending,
    },
    /// `k` of a transition does not fit the episode's `k_mode`.
    #[error("k is {k} under k_mode unit: give a whole number of learner steps from 1, or begin with k_mode elapsed")]
    KNotWhole {
        /// The k that was given.
        k: f64,
    },
    /// Elapsed time needs a period to be measured in.
    #[error("the period is 0 ns under k_mode elapsed: give the learner's period at begin")]
    NoPeriod,
    /// A transition must take time.
    #[error("the transition goes from {from_nanos} ns to {to_nanos} ns: the later stamp must be after the earlier one")]
    NotLater {
        /// Stamp of the state before, Unix ns.
        from_nanos: u64,
        /// Stamp of the state after, Unix ns.
        to_nanos: u64,
    },
    /// A number on the wire or in a log that stands for nothing.
    #[error("{code} is no {what}: the largest known code is {last}, read it with the version that wrote it")]
    UnknownCode {
        /// What the code should have stood for.
        what: &'static str,
        /// The number that was given.
        code: u8,
        /// The largest code this version knows.
        last: u8,
    },
}
