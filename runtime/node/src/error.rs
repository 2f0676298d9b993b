//! The one error type of the program: every message says what is wrong, where, and how to mend it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// What can go wrong in the program. `Display` is one line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something on a file.
    #[error("cannot {action} {path}: {source}; {mend}")]
    File {
        /// What was tried, for example `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
        /// How to mend it.
        mend: String,
    },
    /// Something that came from outside is not what it must be.
    #[error("{place}: {what}; {mend}")]
    Input {
        /// What is wrong.
        what: String,
        /// Where: a file, a key, a field.
        place: String,
        /// How to mend it.
        mend: String,
    },
    /// A program or package that is needed is not there or failed.
    #[error("{what} failed: {why}; {mend}")]
    Setup {
        /// The tool or package.
        what: String,
        /// What it said.
        why: String,
        /// How to mend it.
        mend: String,
    },
    /// zenoh refused something.
    #[error("zenoh: cannot {action}: {why}; {mend}")]
    Zenoh {
        /// What was tried.
        action: String,
        /// What zenoh said, on one line.
        why: String,
        /// How to mend it.
        mend: String,
    },
    /// A check was run and did not hold (`replay --check`, `models verify`): exit status 1, not a fault of the program.
    #[error("{0}")]
    CheckFailed(String),
    /// Images or synchronising.
    #[error(transparent)]
    Frames(#[from] striatum_frames::Error),
    /// Models, bundles or adaptation.
    #[error(transparent)]
    Models(#[from] striatum_models::Error),
    /// Bytes from the wire.
    #[error(transparent)]
    Wire(#[from] striatum_wire::Error),
    /// Potential or shaping.
    #[error(transparent)]
    Core(#[from] striatum_core::Error),
    /// Calibration tables.
    #[error(transparent)]
    Calibration(#[from] striatum_calibration::Error),
    /// A robot's description.
    #[error(transparent)]
    Robots(#[from] striatum_robots::Error),
    /// A simulated world.
    #[cfg(feature = "sim")]
    #[error(transparent)]
    Sim(#[from] striatum_sim::Error),
    /// A learner.
    #[cfg(feature = "sim")]
    #[error(transparent)]
    Learner(#[from] striatum_learner::Error),
}

/// The program's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::File`]; a full disk gets its own mend.
    pub fn file(action: &'static str, path: &Path, source: std::io::Error, mend: &str) -> Self {
        let mend = match source.kind() {
            std::io::ErrorKind::StorageFull => "free some space on that disk".to_owned(),
            _ => mend.to_owned(),
        };
        Self::File { action, path: path.to_owned(), source, mend }
    }

    /// An [`Error::Input`].
    pub fn input(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Input { what: what.into(), place: place.into(), mend: mend.into() }
    }

    /// An [`Error::Setup`].
    pub fn setup(what: impl Into<String>, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Setup { what: what.into(), why: why.into(), mend: mend.into() }
    }

    /// Was an option or argument wrong, rather than what it named?
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Input { place, .. } if place.starts_with("--") || place.starts_with("striatum "))
    }

    /// Has the reader of standard output gone?
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::File { path, source, .. }
            if path == Path::new("standard output") && source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// An [`Error::Zenoh`]; zenoh's own message is cut to its first line, and where in zenoh's sources it arose is left out.
    pub fn zenoh(action: impl Into<String>, why: impl std::fmt::Display, mend: impl Into<String>) -> Self {
        let why = why.to_string();
        let line = why.lines().next().unwrap_or_default();
        let why = line.split(" at /").next().unwrap_or(line).to_owned();
        Self::Zenoh { action: action.into(), why, mend: mend.into() }
    }
}
