//! What can go wrong with a learner: each message is one line saying what, where, and how to mend it.

use thiserror::Error;

/// What a learner refuses. A refusal leaves it as it was.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A figure of the configuration that cannot be.
    #[error("learner configuration, {key}: is {value}; {mend}")]
    Config {
        /// Which one.
        key: &'static str,
        /// What was given.
        value: f64,
        /// How to mend it.
        mend: &'static str,
    },
    /// A row of numbers of another length.
    #[error("learner, {what}: has {given} numbers; give {wanted}")]
    Len {
        /// Which row.
        what: &'static str,
        /// Numbers given.
        given: usize,
        /// Numbers wanted.
        wanted: usize,
    },
    /// A number that is NaN, infinite or out of range.
    #[error("learner, {what}: number {index} is {value}; {mend}")]
    Number {
        /// Which row.
        what: &'static str,
        /// Which number of it.
        index: usize,
        /// What was given.
        value: f32,
        /// How to mend it.
        mend: &'static str,
    },
    /// A call that comes too early.
    #[error("learner, {what}: {why}; {mend}")]
    NotReady {
        /// What was asked for.
        what: &'static str,
        /// What is missing.
        why: &'static str,
        /// How to mend it.
        mend: &'static str,
    },
    /// A network whose numbers ran away.
    #[error(
        "learner, {what}: is not finite after {updates} updates; lower learning_rate, or look at the rewards it was told"
    )]
    Diverged {
        /// Which loss.
        what: &'static str,
        /// Updates made.
        updates: u64,
    },
    /// Bytes that are no learner.
    #[error("saved learner: {what}; take an older checkpoint, or start anew")]
    Damaged {
        /// What is wrong with them.
        what: String,
    },
}

/// This crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Damaged`].
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

/// A row of `wanted` finite numbers.
pub(crate) fn check_row(what: &'static str, row: &[f32], wanted: usize) -> Result<()> {
    if row.len() != wanted {
        return Err(Error::Len { what, given: row.len(), wanted });
    }
    match row.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::Number { what, index, value: row[index], mend: "give finite numbers" }),
        None => Ok(()),
    }
}

/// A figure of a configuration within its range.
pub(crate) fn check_range(key: &'static str, value: f64, [low, high]: [f64; 2], mend: &'static str) -> Result<()> {
    // Not a comparison with either end: NaN is in no range.
    if (low..=high).contains(&value) { Ok(()) } else { Err(Error::Config { key, value, mend }) }
}
