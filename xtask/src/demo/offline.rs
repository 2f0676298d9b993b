//! Learning from one episode and judging episodes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::process;

/// Every how many frames a row of a table is made.
const STRIDE: &str = "5";

/// `striatum adapt`; returns the bundle.
pub(super) fn adapt(striatum: &Path, episode: &Path, task: &str, out: &Path) -> Result<PathBuf> {
    let bundle = out.join("bundle");
    process::run(Command::new(striatum).arg("adapt").arg(episode).arg("--out").arg(&bundle).args(["--task", task]))?;
    Ok(bundle)
}

/// `striatum label`; returns the table.
pub(super) fn label(striatum: &Path, episode: &Path, bundle: &Path, out: &Path) -> Result<PathBuf> {
    let labels = out.join(format!("labels-{}.csv", name(episode)));
    let mut command = Command::new(striatum);
    command.arg("label").arg(episode).arg("--bundle").arg(bundle).arg("--out").arg(&labels);
    process::run(command.args(["--stride", STRIDE]))?;
    Ok(labels)
}

/// `striatum eval`; returns its JSON and the file that it is in.
pub(super) fn eval(striatum: &Path, episode: &Path, bundle: &Path, out: &Path) -> Result<(Value, PathBuf)> {
    let json = out.join("eval.json");
    let mut command = Command::new(striatum);
    command.arg("eval").arg(episode).arg("--bundle").arg(bundle).args(["--stride", STRIDE]).arg("--json").arg(&json);
    process::run(&mut command)?;
    Ok((read_json(&json)?, json))
}

/// An episode's name.
pub(super) fn name(episode: &Path) -> String {
    episode.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read_json(path: &Path) -> Result<Value> {
    let odd = |why: String| Failure::new(format!("reading {}", path.display()), why, "report this");
    let text = std::fs::read_to_string(path).map_err(|e| odd(e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| odd(e.to_string()))
}
