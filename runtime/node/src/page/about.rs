//! What a simulated episode says of itself.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

const FILE_NAME: &str = "simulation.json";

/// The part of `simulation.json` that a reader of the page wants to know; what else is there is let be.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct About {
    /// The task in words.
    pub(crate) instruction: Option<String>,
    /// How the expert was told to fail.
    pub(crate) failure: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) randomise: Option<String>,
    pub(crate) robot: Option<String>,
}

impl About {
    /// Of the episode in `folder`; `None` where nothing simulated it.
    ///
    /// # Errors
    /// A file that cannot be read or is something else.
    pub(crate) fn of(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Error::file("read", &path, e, "check the file's permissions"))?;
        serde_json::from_str(&text).map(Some).map_err(|error| {
            let what = format!("does not describe a simulation ({error})");
            Error::input(path.display().to_string(), what, "record the episode again, or remove the file")
        })
    }

    /// What distinguishes this episode from others of its task.
    pub(crate) fn note(&self) -> String {
        let parts = [
            self.robot.as_ref().map(|robot| format!("simulated {robot}")),
            self.seed.map(|seed| format!("seed {seed}")),
            self.randomise.as_ref().filter(|how| *how != "none").map(|how| format!("{how} randomisation")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_known_is_said_and_what_is_broken_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(About::of(folder.path()).unwrap(), None);
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, r#"{"robot": "panda", "seed": 3, "randomise": "low", "fps": 10, "failure": null}"#)
            .unwrap();
        assert_eq!(About::of(folder.path()).unwrap().unwrap().note(), "simulated panda, seed 3, low randomisation");
        std::fs::write(&path, r#"{"seed": "three"}"#).unwrap();
        let message = About::of(folder.path()).unwrap_err().to_string();
        assert!(message.contains(FILE_NAME) && message.contains("three") && !message.contains('\n'), "{message}");
    }
}
