//! The one error type of this crate.

use std::fmt;

/// Results of this crate.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// What failed, why, and how to mend it, on one line.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    why: String,
    mend: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, why: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.to_string(), mend: mend.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, why, mend } = self;
        write!(f, "{what}: {why}; {mend}")
    }
}

impl std::error::Error for Failure {}
