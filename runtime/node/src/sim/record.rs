//! Episodes of an expert, into folders.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::keyframes::{TrueFrame, segments};
use super::store::EpisodeStore;
use super::world::{Theatre, WorldOptions};
use crate::cli::say;
use crate::clock;
use crate::error::{Error, Result};

/// What to record, and where to.
#[derive(Clone, Debug)]
pub(crate) struct RecordOptions {
    pub(crate) world: WorldOptions,
    pub(crate) episodes: usize,
    pub(crate) folder: PathBuf,
    /// Writes videos; numbered images where absent.
    pub(crate) ffmpeg: Option<PathBuf>,
}

/// Records episodes, or as many as there are before `stop`.
///
/// # Errors
/// A world that there is not, a place that is taken, a disk that is full.
pub(crate) fn record(options: &RecordOptions, stop: &AtomicBool, out: &mut dyn Write) -> Result<()> {
    let mut theatre = Theatre::new(&options.world)?;
    let bar = bar(options.episodes);
    let begun = clock::monotonic_nanos();
    let mut simulated_secs = 0.0;
    let mut done = 0;
    let seeds = (0_u64..).take(options.episodes).map(|index| options.world.seed.wrapping_add(index));
    let places: Vec<(u64, PathBuf)> =
        seeds.map(|seed| (seed, options.folder.join(format!("episode_{seed:03}")))).collect();
    if let Some((_, taken)) = places.iter().find(|(_, place)| place.exists()) {
        let mend = "give another --out or --seed, or remove it";
        return Err(Error::input(taken.display().to_string(), "is there already", mend));
    }
    for (index, (seed, place)) in places.into_iter().enumerate() {
        let Some(truth) = episode(&mut theatre, options, &place, seed, stop)? else { break };
        let last = truth.last().copied();
        simulated_secs += last.map_or(0.0, |frame| frame.timestamp_secs);
        bar.set_position(index as u64 + 1);
        if let Some(last) = last {
            let verdict = if last.success { "success" } else { "failure" };
            let line = format!(
                "{}: {verdict}, {} frames, true progress at the end {:.2}",
                place.display(),
                truth.len(),
                last.progress
            );
            bar.suspend(|| say(out, line))?;
        }
        done += 1;
    }
    bar.finish_and_clear();
    let wall_secs = (clock::monotonic_nanos() - begun) as f64 / 1e9;
    say(
        out,
        format_args!(
            "{done} episodes, {simulated_secs:.1} s simulated in {wall_secs:.1} s: {:.1} times real time",
            simulated_secs / wall_secs.max(1e-9)
        ),
    )
}

/// `None`, and nothing written, if it was stopped on the way.
fn episode(
    theatre: &mut Theatre,
    options: &RecordOptions,
    place: &Path,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<Vec<TrueFrame>>> {
    let world = &options.world;
    let mut store = EpisodeStore::begin(place, &theatre.views(), world.fps, world.size, options.ffmpeg.as_deref())?;
    let mut expert = theatre.begin(seed)?;
    let mut frames = Vec::new();
    let mut truth = theatre.world.truth();
    'episode: loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        theatre.shoot()?;
        store.push(&theatre.images)?;
        frames.push(TrueFrame {
            timestamp_secs: theatre.world.time_secs(),
            progress: truth.progress,
            phase: truth.phase,
            success: truth.success,
        });
        for _ in 0..theatre.actions_per_frame {
            if theatre.world.ended() || theatre.settled(&expert) {
                break 'episode;
            }
            let action = expert.act(&theatre.world);
            (truth, _) = theatre.act(&action)?;
        }
    }
    let phases = theatre.world.phase_names();
    let about = json!({
        "task": theatre.world.task().name(),
        "instruction": theatre.world.task().instruction(),
        "robot": theatre.robot.name,
        "seed": seed,
        "failure": theatre.failure.map(striatum_sim::FailureKind::name),
        "randomise": world.randomise,
        "fps": world.fps,
        "phases": phases,
        "success": truth.success,
        "striatum": env!("CARGO_PKG_VERSION"),
    });
    store.finish(&frames, &segments(&frames, phases.len()), phases, &about)?;
    Ok(Some(frames))
}

fn bar(episodes: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} episodes, {eta} left");
    ProgressBar::new(episodes as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
