//! What a run wrote.

use std::path::Path;

use serde::Deserialize;

use super::plan::Run;
use super::play::is_done;
use crate::failure::{Failure, Result};

/// `summary.json` of a run, as far as the study needs it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Summary {
    /// Which rollouts succeeded.
    pub(super) successes: Vec<bool>,
    /// Evaluations without exploration: after so many rollouts, of so many, so many succeeded.
    pub(super) evaluations: Vec<(u32, u32, u32)>,
    /// Of the trained policy's last episodes.
    pub(super) final_episodes: u32,
    pub(super) final_successes: u32,
    /// Failed, and believed to have succeeded; none where the reward looked at nothing.
    pub(super) hacked: Option<u32>,
    pub(super) wall_secs: f64,
}

/// A run and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) run: Run,
    pub(super) summary: Summary,
}

/// None of a run that is not done.
///
/// # Errors
/// A file that is not what it must be.
pub(super) fn read(folder: &Path, run: &Run, rollouts: u32) -> Result<Option<Outcome>> {
    if !is_done(folder) {
        return Ok(None);
    }
    let file = folder.join("summary.json");
    let odd = |why: String| Failure::new(format!("reading {}", file.display()), why, "remove that run's folder");
    let text = std::fs::read_to_string(&file).map_err(|e| odd(e.to_string()))?;
    let summary: Summary = serde_json::from_str(&text).map_err(|e| odd(e.to_string()))?;
    if summary.successes.len() != rollouts as usize {
        return Err(odd(format!("it is of {} rollouts, not of {rollouts}", summary.successes.len())));
    }
    Ok(Some(Outcome { run: run.clone(), summary }))
}
