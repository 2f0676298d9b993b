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
mod outputs;
mod ran;
mod reliability;
mod report;
mod stages;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::PathBuf;

use striatum_core::Discount;
use striatum_frames::Transform;
use striatum_models::{MembersConfig, MemoMode, ReuseRule, SessionConfig};

pub(crate) use curve::{Curve, Player};
pub(crate) use report::EvalReport;

use crate::episode::{Episode, ReaderOptions, TruthSource};
use crate::error::Result;
use crate::label::{offline_config, rows_bar};
use crate::load::Loaded;
use crate::markup::Strip;
use crate::pipeline::Pipeline;
use hacks::{Attack, FREEZE_EVERY, Freezes, HackReport};
use ran::Ran;
use reliability::Reliability;
use report::{EpisodeReport, Playbacks};

/// Where in the clip pictures are frozen, in twentieths of its length.
const FREEZE_TWENTIETHS: [usize; 4] = [1, 7, 13, 19];
/// Moments of an episode whose pictures the report shows, at most and at least.
const MOMENTS: (usize, usize) = (8, 2);
/// Two rows in the second that the success estimate looks back.
const SUCCESS_NEEDS_SECS: f64 = 0.5;
/// Pictures that a report holds at most, of about 4 KB each, as long as that leaves the least number of moments.
const MOST_PICTURES: usize = 600;
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
    let ran = Ran::new(&loaded, options);
    let (encoder, hash) = (loaded.encoder, loaded.hash);
    let (views, models) = (loaded.views, loaded.chosen);
    let gamma = Discount::new(GAMMA).map_err(striatum_core::Error::from)?;
    // All are opened before the first is played: a wrong path should not cost a minute.
    let episodes = options.episodes.iter().map(|path| Episode::open(path, Some(&views))).collect::<Result<Vec<_>>>()?;
    warn_of_what_says_little(&episodes, options);
    let other = options.other.as_deref().map(|path| Episode::open(path, Some(&views))).transpose()?;
    let config = offline_config(views.len(), gamma);
    let goal_share = config.success.rule(loaded.model.goal_share())?.share();
    let mut pipeline = Pipeline::new(loaded.model, &config)?;
    let (mut reports, mut curves) = (Vec::new(), Vec::new());
    for episode in &episodes {
        let (report, of_episode) = eval_episode(&mut pipeline, episode, other.as_ref(), options)?;
        reports.push(report);
        curves.push(of_episode);
    }
    let forward: Vec<&Curve> = curves.iter().map(|curves| &curves.forward).collect();
    let mut report = EvalReport::new(reports, &forward);
    let known = episodes.iter().zip(forward).filter(|(episode, _)| episode.truth_source() != TruthSource::LinearInTime);
    report.calibration = Reliability::of(&known.map(|(episode, curve)| (episode.name(), curve)).collect::<Vec<_>>())?;
    report.bundle_sha256 = crate::hash::hex(&hash);
    report.models = models;
    report.stride = options.stride;
    report.encoder = encoder;
    report.transforms = options.transforms.iter().map(ToString::to_string).collect();
    report.ran = ran;
    if let Some(path) = &options.report {
        outputs::write_page(path, &html::page(&report, &curves, goal_share))?;
    }
    outputs::write(&report, options.json.as_deref(), out)?;
    Ok(report)
}

/// What a reader of the report would not see in its numbers.
fn warn_of_what_says_little(episodes: &[Episode], options: &EvalOptions) {
    for episode in episodes {
        let name = episode.name();
        if episode.truth_source() == TruthSource::LinearInTime {
            tracing::warn!(
                "{name} has neither truth.csv nor annotated_keyframes.json: errors and intervals are measured against the clock"
            );
        }
        let period_secs = episode.capture_secs(options.stride.min(episode.frames().saturating_sub(1)));
        if period_secs > SUCCESS_NEEDS_SECS {
            tracing::warn!(
                "{name}: one row every {period_secs:.1} s is too few to see a success, which takes two in a second; give a smaller --stride"
            );
        }
    }
}

/// What was played of an episode, as far as it is drawn.
#[derive(Debug, Default)]
pub(crate) struct Curves {
    /// As it is.
    forward: Curve,
    /// With each attack, in the order of the attacks.
    attacks: Vec<Curve>,
    /// Pictures of a few moments.
    strip: Strip,
}

/// Moments of each of so many episodes whose pictures are shown.
fn moments(episodes: usize, views: usize) -> usize {
    (MOST_PICTURES / (episodes * views).max(1)).clamp(MOMENTS.1, MOMENTS.0)
}

fn eval_episode(
    pipeline: &mut Pipeline,
    episode: &Episode,
    other: Option<&Episode>,
    options: &EvalOptions,
) -> Result<(EpisodeReport, Curves)> {
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
    let views = episode.views();
    let pictures = if options.report.is_some() { moments(options.episodes.len(), views.len()) } else { 0 };
    // Latency and encoder calls are taken from this playback, so it encodes every picture.
    player.remember(MemoMode::Fill);
    let mut forward = player.play(episode, &[], pictures)?;
    // Full-size pictures of many episodes would not fit into memory.
    let strip = Strip::new(&std::mem::take(&mut forward.pictures), &views, html::PICTURE_WIDTH)?;
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
    let mut played = Vec::with_capacity(attacks.len());
    for attack in attacks {
        let curve = play_attack(&mut player, episode, other, &attack)?;
        report.hacks.push(HackReport::new(&attack, &curve, &forward));
        played.push(curve);
    }
    if options.hacks {
        let every_tenth = player.every(FREEZE_EVERY).play(episode, &[], 0)?;
        let goal_share = player.pipeline.success_rule().share();
        report.hacks.push(Freezes::report(&every_tenth, goal_share));
        played.push(every_tenth);
    }
    // The next episode's pictures are others.
    player.remember(MemoMode::Off);
    bar.finish_and_clear();
    Ok((report, Curves { forward, attacks: played, strip }))
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
