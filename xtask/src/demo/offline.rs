//! Learning from one episode and judging all of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::clips::Clips;
use crate::failure::{Failure, Result};
use crate::{process, say};

/// What `eval` said, and the files that were written.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The JSON of `striatum eval`.
    pub(crate) verdicts: Value,
    pub(crate) files: Vec<PathBuf>,
}

/// `striatum adapt`; returns the bundle.
pub(crate) fn adapt(striatum: &Path, clips: &Clips, out: &Path) -> Result<PathBuf> {
    say::step("adapt: learning progress from one episode");
    let bundle = out.join("bundle");
    let mut command = Command::new(striatum);
    command.arg("adapt").arg(&clips.teacher().folder).arg("--out").arg(&bundle).args(["--views", &clips.views]);
    process::run(&mut command)?;
    Ok(bundle)
}

/// `striatum label` and `striatum eval` on every episode.
pub(crate) fn judge(striatum: &Path, clips: &Clips, bundle: &Path, out: &Path) -> Result<Judged> {
    let mut files = Vec::new();
    for clip in &clips.clips {
        let name = clip.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        say::step(&format!("label: {name}"));
        let labels = out.join(format!("labels-{name}.csv"));
        let mut command = Command::new(striatum);
        command
            .arg("label")
            .arg(&clip.folder)
            .arg("--bundle")
            .arg(bundle)
            .arg("--out")
            .arg(&labels)
            .args(["--stride", "5"]);
        process::run(&mut command)?;
        files.push(labels);
    }
    say::step("eval: how good the progress is");
    let json = out.join("eval.json");
    let mut command = Command::new(striatum);
    command.arg("eval").args(clips.clips.iter().map(|clip| &clip.folder)).arg("--bundle").arg(bundle);
    process::run(command.arg("--json").arg(&json))?;
    let verdicts = read_json(&json)?;
    files.push(json);
    Ok(Judged { verdicts, files })
}

fn read_json(path: &Path) -> Result<Value> {
    let odd = |why: String| Failure::new(format!("reading {}", path.display()), why, "report this");
    let text = std::fs::read_to_string(path).map_err(|e| odd(e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| odd(e.to_string()))
}
