//! The one error type of this crate: every message is one line that says what is wrong, where, and how to mend it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// What can go wrong between a weights file and a score. `Display` is one line.
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
    /// The ONNX Runtime library cannot be loaded, or is not the one that is needed.
    #[error("ONNX Runtime: {what}; {mend}")]
    Runtime {
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// ONNX Runtime refused something.
    #[error("ONNX Runtime cannot {action}: {why}; {mend}")]
    Ort {
        /// What was tried.
        action: String,
        /// What it said, on one line.
        why: String,
        /// How to mend it.
        mend: String,
    },
    /// An execution provider was asked for and is not active.
    #[error("execution provider {name} is not active: {why} (this library offers: {available}); {mend}")]
    Provider {
        /// The provider's name in the config.
        name: String,
        /// Why it is not active.
        why: String,
        /// What the loaded library offers.
        available: String,
        /// How to mend it.
        mend: String,
    },
    /// A setting is out of its range or unknown.
    #[error("{field}: {what}; {mend}")]
    Config {
        /// The setting.
        field: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A file of trained weights is not what it must be.
    #[error("weights {place}: {what}; {mend}")]
    Weights {
        /// The file, tensor or archive member.
        place: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// Bytes that should be an ONNX model are not one, or hold something that is not accepted.
    #[error("model {place}: {what}; {mend}")]
    NotOnnx {
        /// The model's file or label.
        place: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A valid ONNX model does not fit the place it was given to: names, shapes, types.
    #[error("model {place}: {what}; {mend}")]
    Model {
        /// The model's file or label.
        place: String,
        /// What does not fit.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A bundle is not what its manifest says.
    #[error("bundle {path}: {what}; {mend}")]
    Bundle {
        /// The bundle's folder, or the file in it.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A reward cannot be fitted from what was given.
    #[error("adaptation: {what}; {mend}")]
    Adapt {
        /// What is wrong, and where.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// Images or synchronising.
    #[error(transparent)]
    Frames(#[from] striatum_frames::Error),
}

/// This crate's results.
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

    /// An [`Error::Runtime`].
    pub fn runtime(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Runtime { what: what.into(), mend: mend.into() }
    }

    /// An [`Error::Ort`]; the library's own message is put on one line.
    pub fn ort(action: impl Into<String>, why: impl std::fmt::Display, mend: impl Into<String>) -> Self {
        Self::Ort { action: action.into(), why: one_line(why), mend: mend.into() }
    }

    /// An [`Error::Config`].
    pub fn config(field: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Config { field: field.into(), what: what.into(), mend: mend.into() }
    }

    /// An [`Error::Weights`].
    pub fn weights(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Weights { place: place.into(), what: what.into(), mend: mend.into() }
    }

    /// An [`Error::NotOnnx`].
    pub fn not_onnx(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::NotOnnx { place: place.into(), what: what.into(), mend: mend.into() }
    }

    /// An [`Error::Model`].
    pub fn model(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Model { place: place.into(), what: what.into(), mend: mend.into() }
    }

    /// An [`Error::Bundle`].
    pub fn bundle(path: impl Into<PathBuf>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Bundle { path: path.into(), what: what.into(), mend: mend.into() }
    }

    /// An [`Error::Adapt`].
    pub fn adapt(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Adapt { what: what.into(), mend: mend.into() }
    }
}

/// A foreign message on one line and of bounded length: ONNX Runtime's own run over several.
pub(crate) fn one_line(message: impl std::fmt::Display) -> String {
    const MAX_CHARS: usize = 400;
    let text = message.to_string();
    let mut line = String::with_capacity(text.len().min(MAX_CHARS * 4));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > MAX_CHARS {
            return line.chars().take(MAX_CHARS).chain("...".chars()).collect();
        }
    }
    line
}

/// The known name nearest to `given`, where one is near enough to have been meant.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given.to_lowercase(), name), name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_message_becomes_one_bounded_line() {
        assert_eq!(one_line("a\n  b\tc\r\n"), "a b c");
        assert!(one_line("word ".repeat(1000)).chars().count() <= 403);
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("mobilnet_v2", ["mobilenet_v2", "efficientnet_lite0"]), Some("mobilenet_v2"));
        assert_eq!(nearest("zzz", ["mobilenet_v2", "efficientnet_lite0"]), None);
    }

    #[test]
    fn every_message_is_one_line() {
        let errors = [
            Error::ort("run", "first\nsecond", "mend it"),
            Error::bundle("folder", "wrong hash", "adapt again"),
            Error::Provider {
                name: "cuda".into(),
                why: "the library has none".into(),
                available: "cpu".into(),
                mend: "mend it".into(),
            },
        ];
        for error in errors {
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
