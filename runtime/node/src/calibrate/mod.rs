//! `striatum calibrate`: how far can a bundle's estimates be believed?
//!
//! Plays episodes whose truth is known through the same pipeline as a live run, without calibration, fits tables to what it
//! said (`striatum-calibration`), and writes them into the bundle's manifest. From then on every pipeline with that bundle
//! applies them.

mod entry;
mod report;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::{Path, PathBuf};

use striatum_calibration::{
    EpisodeCurve, Fitted, Held, Measures, SuccessThreshold, fit, highest_share, leave_one_out, measure, says,
    success_threshold,
};
use striatum_core::{Discount, SuccessRule};
use striatum_models::{Bundle, Manifest, MembersConfig, SessionConfig, write_calibration};

use crate::cli::say;
use crate::episode::{Episode, ReaderOptions, TruthSource};
use crate::error::{Error, Result};
use crate::eval::{Curve, Player};
use crate::hash::hex;
use crate::label::{offline_config, rows_bar, write_whole};
use crate::load::Loaded;
use crate::pipeline::Pipeline;

/// Shaping is not looked at here; any discount will do.
const GAMMA: f64 = 0.99;

/// What `striatum calibrate` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct CalibrateOptions {
    /// The EPISODEs: not those that the bundle was adapted to.
    pub episodes: Vec<PathBuf>,
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// Every how many frames a row is made.
    pub stride: usize,
    /// What the success estimate must keep, if anything.
    pub success: Option<SuccessWanted>,
    /// Where the JSON goes: a file, or `-` for standard output and nothing else there.
    pub json: Option<PathBuf>,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// How the model runs.
    pub session: SessionConfig,
    /// Which of the bundle's models answer.
    pub members: MembersConfig,
}

/// What the success estimate must keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SuccessWanted {
    /// Largest share of failed episodes that may ever be called a success.
    pub rate: f64,
    /// How sure of that.
    pub confidence: f64,
}

/// From when on the goal is seen, and what comes of the successful episodes with that.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Success {
    rule: SuccessRule,
    threshold: SuccessThreshold,
    /// Successful episodes,
    positives: usize,
    /// of these, called a success in some row,
    recalled: usize,
    /// and called one before they were.
    early: usize,
}

/// Everything that was found.
struct Found {
    episodes: Vec<Episode>,
    curves: Vec<EpisodeCurve>,
    fitted: Fitted,
    /// All episodes as the fuser says them.
    as_is: Measures,
    left_out: Option<Held>,
    success: Option<Success>,
    stride: usize,
    /// The members that answered, in words, where they were not the bundle's own choice.
    models: Option<String>,
}

/// Calibrates a bundle. `out` (standard output) gets a table, or, with JSON to `-`, one JSON object and nothing else.
///
/// # Errors
/// What loading the bundle, opening an episode, decoding, fitting or writing refuses; an episode without truth. Nothing is
/// written then.
pub(crate) fn calibrate(options: &CalibrateOptions, out: &mut dyn Write) -> Result<()> {
    let loaded = crate::load::to_calibrate(&options.bundle, &options.session, &options.members)?;
    let episodes = options.episodes.iter().map(|path| open(path, &loaded.views)).collect::<Result<Vec<_>>>()?;
    refuse_what_says_nothing_new(&episodes, &Bundle::manifest_in(&options.bundle)?)?;
    let before = hex(&loaded.hash);
    let found = fit_with(loaded, options)?;
    let after = write_calibration(&options.bundle, entry::of(&found)?)?;
    report::write(&found, &[before, hex(&after)], options, out)
}

/// Plays and fits, and writes nothing.
fn fit_with(loaded: Loaded, options: &CalibrateOptions) -> Result<Found> {
    let (views, models) = (loaded.views, loaded.chosen);
    // All are opened before the first is played: a wrong path should not cost a minute.
    let episodes = options.episodes.iter().map(|path| open(path, &views)).collect::<Result<Vec<_>>>()?;
    let gamma = Discount::new(GAMMA).map_err(striatum_core::Error::from)?;
    let mut pipeline = Pipeline::new(loaded.model, &offline_config(views.len(), gamma))?.without_calibration();
    let played = episodes.iter().map(|episode| play(&mut pipeline, episode, options)).collect::<Result<Vec<_>>>()?;
    let curves = episodes.iter().zip(&played).map(|(episode, curve)| of_progress(episode, curve));
    let curves = curves.collect::<Result<Vec<_>>>()?;
    let fitted = fit(&curves)?;
    let left_out = leave_one_out(&curves)?;
    let rule = *pipeline.success_rule();
    let success = options.success.map(|wanted| success(&wanted, &rule, &episodes, &played)).transpose()?;
    Ok(Found { as_is: measure(&curves), episodes, curves, fitted, left_out, success, stride: options.stride, models })
}

/// An episode whose truth somebody wrote down.
fn open(path: &Path, views: &[String]) -> Result<Episode> {
    let episode = Episode::open(path, Some(views))?;
    if episode.truth_source() == TruthSource::LinearInTime {
        let what = "has neither truth.csv nor annotated_keyframes.json: the clock is no truth to calibrate to";
        return Err(Error::input(path.display().to_string(), what, "annotate it (docs/guide/adapt.md says how)"));
    }
    Ok(episode)
}

/// An episode counts once, and the one that the bundle was adapted to says nothing about others.
fn refuse_what_says_nothing_new(episodes: &[Episode], manifest: &Manifest) -> Result<()> {
    let learnt: Vec<&str> = manifest.made.sources.iter().map(|source| source.sha256.as_str()).collect();
    let mut seen: Vec<(String, String)> = Vec::new();
    for episode in episodes {
        let hash = hex(&episode.file_sha256(0)?);
        let name = episode.name();
        if learnt.contains(&hash.as_str()) {
            let what = "is what the bundle was adapted to: it says nothing about other episodes";
            return Err(Error::input(name, what, "leave it out"));
        }
        if let Some((first, _)) = seen.iter().find(|(_, before)| *before == hash) {
            let what = format!("is the same recording as {first}, and an episode counts once");
            return Err(Error::input(name, what, "leave one of them out"));
        }
        seen.push((name, hash));
    }
    Ok(())
}

fn play(pipeline: &mut Pipeline, episode: &Episode, options: &CalibrateOptions) -> Result<Curve> {
    let rows = episode.frames().div_ceil(options.stride.max(1));
    let bar = rows_bar(&format!("calibrate {}", episode.name()), rows);
    let mut player = Player {
        pipeline,
        reader: ReaderOptions::new(options.ffmpeg.clone()),
        stride: options.stride,
        transforms: &[],
        bar: &bar,
    };
    let curve = player.play(episode, &[], 0)?;
    bar.finish_and_clear();
    Ok(curve)
}

fn of_progress(episode: &Episode, curve: &Curve) -> Result<EpisodeCurve> {
    let Curve { progress, std, truth, .. } = curve;
    Ok(EpisodeCurve::new(episode.name(), progress.clone(), std.clone(), truth.clone())?)
}

/// From which share on the goal counts as seen. It is apart from progress: no table of the calibration changes it.
fn success(wanted: &SuccessWanted, rule: &SuccessRule, episodes: &[Episode], played: &[Curve]) -> Result<Success> {
    if played.iter().all(|curve| curve.goal.iter().all(Option::is_none)) {
        let what = "has no success estimate to choose a share for: it has no memory of the demonstration";
        return Err(Error::input("the bundle", what, "adapt again"));
    }
    let of_those = |failed: bool| -> Vec<&Curve> {
        let those = episodes.iter().zip(played).filter(|(episode, _)| episode.never_succeeded() == Some(failed));
        those.map(|(_, curve)| curve).collect()
    };
    let (negatives, positives) = (of_those(true), of_those(false));
    let highest = |curve: &&Curve| highest_share(rule, &curve.captured, &curve.trusted_goal);
    let highest: Vec<f64> = negatives.iter().map(highest).collect();
    let threshold = success_threshold(&highest, wanted.rate, wanted.confidence)?;
    let rule = rule.with_share(threshold.share)?;
    let said: Vec<Vec<bool>> =
        positives.iter().map(|curve| says(&rule, &curve.captured, &curve.trusted_goal)).collect();
    let early = |(curve, said): &(&&Curve, &Vec<bool>)| {
        said.iter().zip(&curve.not_done).any(|(&said, &not_done)| said && not_done)
    };
    Ok(Success {
        rule,
        threshold,
        positives: positives.len(),
        recalled: said.iter().filter(|said| said.contains(&true)).count(),
        early: positives.iter().zip(&said).filter(early).count(),
    })
}
