//! The one error type of this crate: each message is one line saying what is wrong, where, and how to mend it.

use std::path::PathBuf;

use thiserror::Error;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong with a robot's files and with the joint angles given to its kinematics.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{path}: cannot be read: {source}; check the path", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file says something that cannot be, or leaves out what must be said.
    #[error("{file}, {element}: {what}; {mend}")]
    Data {
        /// The file.
        file: String,
        /// The element in it: a line, a key, a link, a joint, a camera.
        element: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// No robot of that name is built in.
    #[error("robot `{name}`: is not built in; {mend}")]
    UnknownRobot {
        /// The name asked for.
        name: String,
        /// Which names there are.
        mend: String,
    },
    /// Joint values or a pose that the kinematics cannot take.
    #[error("{what}; {mend}")]
    Input {
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
}

impl Error {
    pub(crate) fn data(
        file: impl Into<String>,
        element: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Data {
            file: file.into(),
            element: one_line(&element.into()),
            what: one_line(&what.into()),
            mend: one_line(&mend.into()),
        }
    }

    pub(crate) fn input(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Input { what: what.into(), mend: mend.into() }
    }
}

/// A foreign text on one line and of bounded length.
pub(crate) fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 400;
    let mut words = text.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
        if line.len() > 4 * MAX_CHARS {
            break;
        }
    }
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// "did you mean ..." for a name that is not there, or the names that are.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let given = given.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        // A name without its prefix or suffix, `link0` for `panda_link0`, is nearer than spelling says.
        let part = given.len() >= 3 && name.contains(&given);
        strsim::jaro_winkler(&given, &name).max(if part { 0.9 } else { 0.0 })
    };
    let near = known
        .iter()
        .map(|name| (likeness(name), *name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_becomes_one_bounded_line() {
        assert_eq!(one_line(" a\n b\tc\r\n"), "a b c");
        assert!(one_line(&"word ".repeat(1000)).chars().count() <= 403);
        assert!(one_line(&"ä".repeat(100_000)).chars().count() <= 403);
    }

    #[test]
    fn the_nearest_name_is_meant_and_a_far_one_lists_them() {
        assert_eq!(did_you_mean("Pandda", ["panda", "so101"]), "did you mean `panda`?");
        assert_eq!(did_you_mean("link0", ["panda_link0", "panda_hand"]), "did you mean `panda_link0`?");
        assert_eq!(did_you_mean("zzz", ["panda", "so101"]), "there are panda, so101");
    }
}
