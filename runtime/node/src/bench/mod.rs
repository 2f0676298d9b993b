//! `striatum bench`: what a frame set costs, stage by stage, on this machine.
//!
//! One step goes from decoded frames in hand to the reward handed to zenoh, which delivers it to a subscriber over loopback
//! TCP. Frames are decoded before the first step and written afresh by another thread right before theirs, or, with
//! `overlap`, decoded by a thread of their own at the same time, as in a live run. `fuse_shape_wire` goes from scores in hand
//! to the message's bytes. The floor is the same encoder session alone, in a tight loop on the same batch. With `against` a second
//! bundle scores the same frame sets in turn, and the CPU time of both is compared.

mod against;
mod measure;
mod report;
mod rig;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use striatum_models::{MembersConfig, ReuseRule, SessionConfig};

use self::rig::Rig;
use crate::cli::say;
use crate::error::{Error, Result};

/// What to measure.
pub(crate) struct BenchOptions {
    pub(crate) bundle: PathBuf,
    pub(crate) episode: PathBuf,
    pub(crate) steps: usize,
    pub(crate) stride: usize,
    pub(crate) session: SessionConfig,
    /// When features are taken again.
    pub(crate) reuse: Option<ReuseRule>,
    /// A bundle to score the same frame sets with, in turn.
    pub(crate) against: Option<PathBuf>,
    pub(crate) members: MembersConfig,
    pub(crate) json: Option<PathBuf>,
    pub(crate) record: bool,
    /// Decode while measuring.
    pub(crate) overlap: bool,
}

/// Steps that warm caches and buffers up and are not counted.
const WARM_UP: usize = 5;
/// Encoder runs for the floor.
const FLOOR_RUNS: usize = 100;

/// Measures and reports.
///
/// # Errors
/// A bundle or episode that is refused, or an episode that is too short.
pub(crate) fn bench(options: &BenchOptions, out: &mut dyn Write) -> Result<()> {
    let mut rig = Rig::new(options)?;
    let samples = rig.measure(options.steps + WARM_UP, WARM_UP)?;
    if samples.step.is_empty() {
        return Err(Error::input(
            options.episode.display().to_string(),
            "is shorter than the warm-up",
            "give a longer episode",
        ));
    }
    let floor = rig::floor(options, rig.views(), FLOOR_RUNS)?;
    let paired = options.against.as_deref().map(|other| against::against(options, other)).transpose()?;
    let mut report = report::report(options, &samples, floor, &rig);
    if let (Some(other), Some(paired)) = (&options.against, &paired) {
        report["against"] = report::against(other, paired);
    }
    publish(options, &report, out)
}

fn publish(options: &BenchOptions, report: &Value, out: &mut dyn Write) -> Result<()> {
    match &options.json {
        Some(path) if path == Path::new("-") => say(out, report),
        Some(path) => {
            crate::label::write_whole(path, |file| writeln!(file, "{report}"))?;
            report::table(report, out)
        }
        None => report::table(report, out),
    }
}
