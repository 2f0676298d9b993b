//! The one error type of this crate: every message is one line that says what is wrong, where, and how to mend it.

use thiserror::Error;

/// What cannot be fitted. `Display` is one line.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// What was given is not what it must be.
    #[error("{place}: {what}; {mend}")]
    Input {
        /// Where: an episode, a parameter.
        place: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// There are too few samples for what is wanted.
    #[error("{what} needs {needed} episodes, there are {given}; {mend}")]
    TooFew {
        /// What is wanted.
        what: String,
        /// Episodes that it takes.
        needed: usize,
        /// Episodes that there are.
        given: usize,
        /// How to mend it.
        mend: String,
    },
    /// A table that the runtime refuses.
    #[error(transparent)]
    Core(#[from] striatum_core::Error),
}

/// This crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Input`].
    pub(crate) fn input(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Input { place: place.into(), what: what.into(), mend: mend.into() }
    }
}
