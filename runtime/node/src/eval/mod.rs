//! `striatum eval`: how good is a bundle on an episode, and what fools it.
//!
//! A clock without any camera has a VOC+ of 0.99, so VOC+ stands beside measures that a clock fails: the error, the clip
//! played backwards, frozen pictures, and, with `--hacks`, a list of playbacks of which each should or should not change
//! the verdict. The verdict is the runtime's own: where its success estimate does not say success at the end, a failure was
//! detected.

mod curve;
mod hacks;
mod html;
pub(crate) mod measures;
mod report;
mod svg;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::{Path, PathBuf};

use striatum_core::Discount;
use striatum_frames::Transform;
use striatum_models::{MembersConfig, MemoMode, ReuseRule, SessionConfig};

pub(crate) use curve::{Curve, Player};
pub(crate) use report::EvalReport;

use crate::episode::{Episode, ReaderOptions};
use crate::error::{Error, Result};
use crate::label::{offline_config, rows_bar, write_whole};
use crate::load::Loaded;
use crate::pipeline::Pipeline;
use hacks::{Attack, FREEZE_EVERY, Freezes, HackReport};
use html::Plot;
use report::{EpisodeReport, Playbacks};

/// Where in the clip pictures are frozen, in twentieths of its length.
const FREEZE_TWENTIETHS: [usize; 4] = [1, 7, 13, 19];
/// Rows whose pictures the report shows.
const REPORT_PICTURES: usize = 6;
/// Shaping is not measured here; any discount will do.
const GAMMA: f64 = 0.99;

/// How often an episode is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PlaybackSet {
    /// Forward, backward, and with frozen pictures.
    #[default]
    All,
    /// Forward only: quicker, without VOC- and drift.
    Forward,
}

/// What `striatum eval` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct EvalOptions {
    /// The EPISODEs.
    pub episodes: Vec<PathBuf>,
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// Every how many frames a row is made.
    pub stride: usize,
    /// What is done to every clip first, in order.
    pub transforms: Vec<Transform>,
    /// When features are taken again.
    pub reuse: Option<ReuseRule>,
    /// Also play each episode in ways that should and should not change the verdict.
    pub hacks: bool,
    /// A clip of another task, for the attacks that play it as if it were this one's.
    pub other: Option<PathBuf>,
    /// How often each is played.
    pub playbacks: PlaybackSet,
    /// Where the JSON goes: a file, or `-` for standard output and nothing else there.
    pub json: Option<PathBuf>,
    /// Where the HTML report goes.
    pub report: Option<PathBuf>,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// How the model runs.
    pub session: SessionConfig,
    /// Which of the bundle's models answer.
    pub members: MembersConfig,
}

/// Evaluates a bundle on episodes. `out` (standard output) gets a table, or, with JSON to `-`, one JSON object and nothing
/// else.
///
/// # Errors
/// What loading the bundle, opening an episode, decoding or writing refuses.
pub(crate) fn eval(options: &EvalOptions, out: &mut dyn Write) -> Result<EvalReport> {
    let loaded = crate::load::bundle(&options.bundle, &options.session, &options.members)?.with_reuse(options.reuse);
    eval_with(loaded, options, out)
}

/// [`eval`] with a model that is already loaded.
///
/// # Errors
/// As [`eval`].
pub(crate) fn eval_with(loaded: Loaded, options: &EvalOptions, out: &mut dyn Write) -> Result<EvalReport> {
    let encoder = loaded.encoder;
    let (views, models) = (loaded.views, loaded.chosen);
    let gamma = Discount::new(GAMMA).map_err(striatum_core::Error::from)?;
    // All are opened before the first is played: a wrong path should not cost a minute.
    let episodes = options.episodes.iter().map(|path| Episode::open(path, Some(&views))).collect::<Result<Vec<_>>>()?;
    let other = options.other.as_deref().map(|path| Episode::open(path, Some(&views))).transpose()?;
    let mut pipeline = Pipeline::new(loaded.model, &offline_config(views.len(), gamma))?;
    let (mut reports, mut curves) = (Vec::new(), Vec::new());
    for episode in &episodes {
        let (report, forward) = eval_episode(&mut pipeline, episode, other.as_ref(), options)?;
        reports.push(report);
        curves.push(forward);
    }
    let mut report = EvalReport::new(reports, &curves);
    report.bundle_sha256 = crate::hash::hex(&loaded.hash);
    report.models = models;
    report.stride = options.stride;
    report.encoder = encoder;
    report.transforms = options.transforms.iter().map(ToString::to_string).collect();
    write_outputs(&report, &episodes, &curves, options, out)?;
    Ok(report)
}

fn eval_episode(
    pipeline: &mut Pipeline,
    episode: &Episode,
    other: Option<&Episode>,
    options: &EvalOptions,
) -> Result<(EpisodeReport, Curve)> {
    let bar = rows_bar(&format!("eval {}", episode.name()), 0);
    let mut player = Player {
        pipeline,
        reader: ReaderOptions::new(options.ffmpeg.clone()),
        stride: options.stride,
        transforms: &options.transforms,
        bar: &bar,
    };
    let frames = player.clip_frames(episode)?;
    let other_frames = other.map(|other| player.clip_frames(other)).transpose()?;
    let attacks = if options.hacks { hacks::attacks(frames, &episode.views(), other_frames) } else { Vec::new() };
    let more = if options.playbacks == PlaybackSet::All { 1 + FREEZE_TWENTIETHS.len() } else { 0 };
    let playbacks = 1 + more + attacks.len();
    let tenths = if options.hacks { frames.div_ceil(FREEZE_EVERY) } else { 0 };
    bar.set_length(u64::try_from(playbacks * frames.div_ceil(options.stride.max(1)) + tenths).unwrap_or(u64::MAX));
    let pictures = if options.report.is_some() { REPORT_PICTURES } else { 0 };
    // Latency and encoder calls are taken from this playback, so it encodes every picture.
    player.remember(MemoMode::Fill);
    let forward = player.play(episode, &[], pictures)?;
    player.remember(MemoMode::Reuse);
    let (mut backward, mut frozen) = (None, Vec::new());
    if options.playbacks == PlaybackSet::All {
        backward = Some(player.play(episode, &[Transform::Reverse], 0)?);
        for twentieths in FREEZE_TWENTIETHS {
            let frame = u32::try_from(frames.saturating_sub(1) * twentieths / 20).unwrap_or(u32::MAX);
            frozen.push(player.play(episode, &[Transform::Freeze { frame }], 0)?);
        }
    }
    let playbacks = Playbacks { forward: &forward, backward: backward.as_ref(), frozen: &frozen };
    let mut report = EpisodeReport::new(episode, &playbacks);
    for attack in attacks {
        let curve = play_attack(&mut player, episode, other, &attack)?;
        report.hacks.push(HackReport::new(&attack, &curve, &forward));
    }
    if options.hacks {
        let every_tenth = player.every(FREEZE_EVERY).play(episode, &[], 0)?;
        let goal_share = player.pipeline.success_rule().share();
        report.hacks.push(Freezes::report(&every_tenth, goal_share));
    }
    // The next episode's pictures are others.
    player.remember(MemoMode::Off);
    bar.finish_and_clear();
    Ok((report, forward))
}

fn play_attack(player: &mut Player<'_>, episode: &Episode, other: Option<&Episode>, attack: &Attack) -> Result<Curve> {
    let transforms = attack.transform.as_slice();
    match other.filter(|_| attack.of_other) {
        None => player.play(episode, transforms, 0),
        Some(other) => {
            let mut curve = player.play(other, transforms, 0)?;
            // Its own truth is of its own task; of this one nothing is done.
            curve.truth.fill(0.0);
            Ok(curve)
        }
    }
}

fn write_outputs(
    report: &EvalReport,
    episodes: &[Episode],
    curves: &[Curve],
    options: &EvalOptions,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(path) = &options.report {
        let plots: Vec<Plot<'_>> = report
            .episodes
            .iter()
            .zip(episodes)
            .zip(curves)
            .map(|((report, episode), curve)| Plot { report, views: episode.views(), curve })
            .collect();
        let page = html::page(report, &plots)?;
        write_whole(path, |file| file.write_all(page.as_bytes()))?;
    }
    let json = report.to_json().map_err(|error| Error::input("the report", error.to_string(), "report this"))?;
    let text = match options.json.as_deref() {
        Some(path) if path == Path::new("-") => format!("{json}\n"),
        Some(path) => {
            write_whole(path, |file| writeln!(file, "{json}"))?;
            report.table()
        }
        None => report.table(),
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|source| {
        Error::file("write", Path::new("standard output"), source, "keep the reader of the pipe open")
    })
}
