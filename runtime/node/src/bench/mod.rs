//! `striatum bench`: what a frame set costs, stage by stage, on this machine.
//!
//! One step goes from decoded frames in hand to the reward handed to zenoh, which delivers it to a subscriber over loopback
//! TCP. Frames are decoded before the first step and written afresh by another thread right before theirs, or, with
//! `overlap`, decoded by a thread of their own at the same time, as in a live run. `fuse_shape_wire` goes from scores in hand
//! to the message's bytes. The floor is the same encoder session alone, in a tight loop on the same batch.

mod measure;
mod report;
mod rig;

use std::io::Write;
use std::path::{Path, PathBuf};

use striatum_models::{MembersConfig, SessionConfig};

use self::measure::Samples;
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
    publish(options, &samples, floor, rig.views(), out)
}

fn publish(
    options: &BenchOptions,
    samples: &Samples,
    floor: Vec<u64>,
    views: usize,
    out: &mut dyn Write,
) -> Result<()> {
    let report = report::report(options, samples, floor, views);
    match &options.json {
        Some(path) if path == Path::new("-") => say(out, report),
        Some(path) => {
            crate::label::write_whole(path, |file| writeln!(file, "{report}"))?;
            report::table(&report, out)
        }
        None => report::table(&report, out),
    }
}
