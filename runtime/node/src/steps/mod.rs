//! `striatum steps`: the steps of a task, found without labels, and how well they and their reward agree with what is known.

mod clip;
mod measure;
mod report;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::{Path, PathBuf};

use striatum_models::{
    BackboneId, Demonstration, FeatureReader, InputSize, PerceptualOptions, SessionConfig, fit_perceptual, split,
};

use crate::adapt_command::{backbone, open_all};
use crate::episode::ReaderOptions;
use crate::error::{Error, Result};
use crate::eval::measures::mean;
use crate::fetch::Cache;
use crate::label::{rows_bar, write_whole};
use clip::Clip;
use report::{EpisodeSteps, StepsReport};

/// What `striatum steps` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct StepsOptions {
    /// The EPISODEs: one task, with the same views.
    pub episodes: Vec<PathBuf>,
    /// The backbone.
    pub backbone: BackboneId,
    /// Views; all by name if absent.
    pub views: Option<Vec<String>>,
    /// How steps are found.
    pub perceptual: PerceptualOptions,
    /// How many of the episodes, from the first, the reward is fitted to.
    pub demonstrations: usize,
    /// Every how many frames are used; chosen from each clip's length if absent.
    pub stride: Option<usize>,
    /// Where the JSON goes: a file, or `-` for standard output and nothing else there.
    pub json: Option<PathBuf>,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// How the backbone runs.
    pub session: SessionConfig,
}

/// Finds the steps of every episode, fits the reward to the first ones and says how well both agree with what is known.
///
/// # Errors
/// What opening the episodes, fetching the backbone, decoding, fitting or writing refuses.
pub(crate) fn steps(options: &StepsOptions, out: &mut dyn Write) -> Result<()> {
    options.perceptual.validate()?;
    let episodes = open_all(&options.episodes, options.views.as_deref())?;
    if options.demonstrations > episodes.len() {
        let what = format!("is {} and there are {} episodes", options.demonstrations, episodes.len());
        return Err(Error::input("--demonstrations", what, "give no more than there are episodes"));
    }
    let views: Vec<String> = episodes[0].views().iter().map(ToString::to_string).collect();
    let cache = Cache::from_env()?;
    striatum_models::init_runtime(&cache.onnxruntime(true)?)?;
    let size = InputSize::TRAINED;
    let backbone = backbone(options.backbone, size, cache.backbone(options.backbone, size, true)?);
    let mut reader = FeatureReader::new(&backbone, views.len(), &options.session)?;
    let bar = rows_bar("encode", episodes.iter().map(|episode| clip::rows(episode, options.stride)).sum());
    let decoding = ReaderOptions::new(options.ffmpeg.clone());
    let read = |episode| Clip::read(episode, options.stride, &mut reader, &decoding, &bar);
    let clips = episodes.iter().map(read).collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut report = report(&clips, (views.len(), reader.width()), options.demonstrations, &options.perceptual)?;
    report.backbone = backbone.name;
    report.views = views;
    write(&report, options.json.as_deref(), out)
}

/// Everything that is said of the clips; backbone and views are left for the caller to name.
fn report(
    clips: &[Clip],
    (views, width): (usize, usize),
    demonstrations: usize,
    options: &PerceptualOptions,
) -> Result<StepsReport> {
    let rows = clips
        .iter()
        .map(|clip| Demonstration::new(&clip.features, views * width))
        .collect::<striatum_models::Result<Vec<_>>>()?;
    let head = fit_perceptual(&rows[..demonstrations], (views, width), options)?;
    let lengths: Vec<f64> = clips[..demonstrations].iter().filter_map(|clip| clip.at_secs.last().copied()).collect();
    let steps = head.steps.len();
    let mut episodes = Vec::new();
    for (index, (clip, rows)) in clips.iter().zip(&rows).enumerate() {
        let found = clip.in_frames(&split(rows, steps, options)?);
        let annotated = clip.annotated.as_ref().map_or(steps, Vec::len);
        episodes.push(EpisodeSteps {
            episode: clip.name.clone(),
            frames: clip.frames,
            step_starts: found.iter().map(|step| step.start).collect(),
            overlap: measure::overlaps(clip, rows, steps, options)?,
            overlap_as_annotated: measure::overlaps(clip, rows, annotated, options)?,
            reading: measure::reading(&head, clip, rows, index < demonstrations, mean(&lengths)),
        });
    }
    let report = StepsReport {
        backbone: String::new(),
        views: Vec::new(),
        steps,
        steps_chosen: options.steps.is_none(),
        demonstrations,
        episodes,
        mean_overlap: None,
        mean_overlap_as_annotated: None,
    };
    Ok(report.with_means())
}

fn write(report: &StepsReport, json: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::input("the report", error.to_string(), "report this"))?;
    let said = match json {
        Some(path) if path == Path::new("-") => format!("{text}\n"),
        Some(path) => {
            write_whole(path, |file| writeln!(file, "{text}"))?;
            report.table()
        }
        None => report.table(),
    };
    out.write_all(said.as_bytes()).and_then(|()| out.flush()).map_err(|source| {
        Error::file("write", Path::new("standard output"), source, "keep the reader of the pipe open")
    })
}
