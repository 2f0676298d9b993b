//! The demo with an episode that the user has: learnt from, judged, played live.

use std::path::{Path, PathBuf};

use super::live::{self, Play};
use super::steps::Steps;
use super::{offline, report};
use crate::failure::{Failure, Result};
use crate::say;

/// A folder that is there; what is in it, the commands check.
pub(super) fn folder(episode: &Path) -> Result<PathBuf> {
    episode
        .canonicalize()
        .map_err(|e| Failure::new(format!("reading {}", episode.display()), e, "give an episode's folder"))
}

/// Runs everything; returns what was written.
pub(super) fn demo(striatum: &Path, episode: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let mut steps = Steps::new(5);
    let bundle =
        steps.run("adapt: learning progress from the episode", || offline::adapt(striatum, episode, "", out))?;
    let labels =
        steps.run("label: a table of progress and reward", || offline::label(striatum, episode, &bundle, out))?;
    let (verdicts, json) =
        steps.run("eval: how good the progress is", || offline::eval(striatum, episode, &bundle, out))?;
    let play = Play::new(episode, 1, out);
    let live = steps.run("live: runtime, player and watcher as three processes on this machine", || {
        live::run(striatum, &bundle, &[play], out)
    })?;
    let replay = steps
        .run("replay: the same rewards from the recording, bit for bit", || live::replay(striatum, &live.recording))?;
    say::result("");
    report::print(&offline::name(episode), &verdicts);
    say::result("");
    say::result(&format!("live: {} rewards received; replay: {replay}", live.rewards()));
    say::result(&format!("all of this took {}", steps.elapsed()));
    Ok([vec![bundle, labels, json], live.files].concat())
}
