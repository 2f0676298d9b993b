//! Training runs on the page: what learners made of the reward.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::markup::{escape, svg_uri};

/// A run of `striatum train`.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    summary: Summary,
    /// The curve, as a picture that the page carries.
    curve: String,
}

/// `summary.json` of a run, as far as the page needs it.
#[derive(Clone, Debug, Deserialize)]
struct Summary {
    task: String,
    reward: String,
    #[serde(default)]
    ablation: Option<String>,
    seed: u64,
    successes: Vec<bool>,
    final_episodes: u32,
    final_successes: u32,
    hacked: Option<u32>,
    wall_secs: f64,
}

impl Trained {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// A folder without a run that is done.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let text = |name: &str| {
            let file = folder.join(name);
            std::fs::read_to_string(&file).map_err(|source| {
                Error::file("read", &file, source, "give the folder of a `striatum train` that is done")
            })
        };
        let summary = serde_json::from_str(&text("summary.json")?).map_err(|error| {
            let place = folder.join("summary.json").display().to_string();
            Error::input(place, error.to_string(), "give a run of this version")
        })?;
        Ok(Self { summary, curve: svg_uri(&text("success.svg")?) })
    }
}

/// Reads all of them.
///
/// # Errors
/// As [`Trained::read`].
pub(super) fn read_all(folders: &[PathBuf]) -> Result<Vec<Trained>> {
    folders.iter().map(|folder| Trained::read(folder)).collect()
}

/// Their section; nothing without runs.
pub(super) fn section(runs: &[Trained]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let mut text = "<section class=\"trained\">\n<h2>Learnt with this reward</h2>\n<div class=\"runs\">\n".to_owned();
    for Trained { summary, curve } in runs {
        let Summary { task, reward, ablation, seed, successes, final_episodes, final_successes, hacked, wall_secs } =
            summary;
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "<figure><img alt=\"success against rollouts\" src=\"{curve}\"><figcaption>{}, reward <code>{}</code>{}, seed {seed}: {} \
             rollouts in {:.0} s. The trained policy succeeded in {final_successes} of {final_episodes} new episodes{}.</figcaption></figure>",
            escape(task),
            escape(reward),
            ablation.as_ref().map_or_else(String::new, |name| format!(" with <code>{}</code>", escape(name))),
            successes.len(),
            wall_secs,
            hacked.map_or_else(String::new, |hacked| format!("; in {hacked} it failed and the reward believed it"))
        );
    }
    text + "</div>\n<p class=\"note\">Blue: share of successes in the last 20 rollouts, exploration included. Red: evaluations without exploration. \
            The learner saw no picture.</p>\n</section>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_drawn_and_a_folder_without_one_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = Trained::read(folder.path()).expect_err("nothing there").to_string();
        assert!(error.contains("summary.json") && error.contains("striatum train"), "{error}");
        let summary = r#"{"task": "push", "reward": "shaped", "ablation": "wrong_end", "seed": 3, "successes": [true, false], "final_episodes": 20,
            "final_successes": 19, "hacked": 1, "wall_secs": 61.5, "evaluations": []}"#;
        std::fs::write(folder.path().join("summary.json"), summary).expect("written");
        std::fs::write(folder.path().join("success.svg"), "<svg/>").expect("written");
        let run = Trained::read(folder.path()).expect("a run");
        let text = section(&[run]);
        assert!(
            text.contains("19 of 20 new episodes; in 1 it failed") && text.contains("2 rollouts in 62 s"),
            "{text}"
        );
        assert!(text.contains("reward <code>shaped</code> with <code>wrong_end</code>, seed 3"), "{text}");
        assert!(text.contains("data:image/svg+xml;base64,PHN2Zy8+"), "{text}");
        assert!(section(&[]).is_empty());
    }
}
