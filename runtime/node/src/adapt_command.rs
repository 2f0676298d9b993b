//! `striatum adapt`: recorded demonstrations in, a bundle out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use striatum_core::Progress;
use striatum_frames::Image;
use striatum_models::{
    AdaptConfig, Adapter, Backbone, BackboneId, Fitted, InputSize, Int8Calibrator, Precision, SessionConfig,
    SourceFile, SubsetFit, without_keyframes,
};

use crate::clock::monotonic_nanos;
use crate::episode::{Episode, FrameReader, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::{Cache, GRID};
use crate::hash::hex;
use crate::label::rows_bar;
use crate::page::About;

/// The output that heads are fitted to: a 2 x 2 grid keeps where things are.
const BACKBONE_OUTPUT: &str = "grid";
/// Frame sets that a backbone in 8 bits is calibrated on, over all demonstrations.
const CALIBRATION_SETS: usize = 32;
/// The recording's terms are not ours to state.
const LICENCE: &str = "holds pictures and features of the recording it was made from: that recording's terms apply";

/// What `striatum adapt` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct AdaptOptions {
    /// The EPISODEs: demonstrations of one task, with the same views.
    pub episodes: Vec<PathBuf>,
    /// The bundle's folder.
    pub out: PathBuf,
    /// The backbone.
    pub backbone: BackboneId,
    /// Side of the pictures that it gets.
    pub input_size: InputSize,
    /// In how many bits it computes.
    pub precision: Precision,
    /// Views in the bundle's order; all views by name if absent.
    pub views: Option<Vec<String>>,
    /// Seed of the augmented twins.
    pub seed: u64,
    /// Every how many frames are used; chosen from the length if absent.
    pub stride: Option<usize>,
    /// The task in words.
    pub task: String,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// How the backbone runs.
    pub session: SessionConfig,
}

/// Fits a head to demonstrations and writes it as a bundle; gives the bundle's folder. A summary goes to standard output.
///
/// # Errors
/// What opening the episodes, fetching the backbone, decoding, fitting or writing refuses.
pub(crate) fn adapt(options: &AdaptOptions) -> Result<PathBuf> {
    let start = monotonic_nanos();
    let episodes = open_all(&options.episodes, options.views.as_deref())?;
    episodes.iter().try_for_each(warn_of_what_teaches_little)?;
    refuse_place(&options.out)?;
    let cache = Cache::from_env()?;
    striatum_models::init_runtime(&cache.onnxruntime(true)?)?;
    let config = config(options, &episodes)?;
    let file = cache.backbone(options.backbone, options.input_size, true)?;
    let mut backbone = backbone(options.backbone, options.input_size, file);
    if options.precision == Precision::Int8 {
        backbone.precision = Precision::Int8;
        backbone.made = Some(in_eight_bits(options, &episodes, &cache.weights(options.backbone)?)?);
    }
    let stride = config.stride_for(total_frames(&episodes));
    let mut adapter = Adapter::new(config, backbone, &options.session)?;
    push_all(&mut adapter, &episodes, usize::try_from(stride).unwrap_or(usize::MAX), &options.ffmpeg)?;
    let bar = rows_bar("fit", 0);
    let fitted = adapter.finish(|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    fitted.write(&options.out)?;
    let seconds = seconds(monotonic_nanos().saturating_sub(start));
    print(&summary(&fitted, &options.out, seconds))?;
    Ok(options.out.clone())
}

/// A demonstration that would teach something else than the task.
fn warn_of_what_teaches_little(episode: &Episode) -> Result<()> {
    let name = episode.name();
    if episode.keyframes().is_none() {
        tracing::warn!(
            "{name} has no annotated_keyframes.json: progress is taken as linear in time, so a pause counts as progress"
        );
    }
    if let Some(failure) = About::of(episode.path())?.and_then(|about| about.failure) {
        tracing::warn!("{name} is of an expert that was told to fail (`{failure}`): its end is learnt as the goal");
    }
    Ok(())
}

/// Minutes of work should not end at a folder that cannot be written.
fn refuse_place(out: &Path) -> Result<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = folder.join(format!(".striatum-{}.probe", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::create_dir(&probe))
        .and_then(|()| std::fs::remove_dir(&probe))
        .map_err(|source| Error::file("write in", folder, source, "give --out a place in a folder that can be written"))
}

/// The backbone in 8 bits, calibrated on pictures from the whole of every demonstration.
fn in_eight_bits(options: &AdaptOptions, episodes: &[Episode], weights: &[u8]) -> Result<Vec<u8>> {
    let form = (options.input_size, GRID);
    let mut calibrator = Int8Calibrator::new(options.backbone, weights, form, &options.session)?;
    let each = CALIBRATION_SETS.div_ceil(episodes.len().max(1));
    let bar = rows_bar("calibrate", each * episodes.len());
    for episode in episodes {
        let wanted = (0..episode.frames()).step_by(episode.frames().div_ceil(each).max(1)).collect();
        let mut reader = FrameReader::open(episode, wanted, &ReaderOptions::new(options.ffmpeg.clone()))?;
        while let Some(row) = reader.next_row()? {
            row.images.iter().flatten().try_for_each(|image| calibrator.look(image))?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(calibrator.finish()?)
}

/// Opens every episode, with the first one's views. There is at least one.
///
/// # Errors
/// None was given, or one cannot be opened.
pub(crate) fn open_all(paths: &[PathBuf], views: Option<&[String]>) -> Result<Vec<Episode>> {
    let Some((first, rest)) = paths.split_first() else {
        return Err(Error::input("EPISODE", "none was given", "give the folder of at least one demonstration"));
    };
    let first = Episode::open(first, views)?;
    let views: Vec<String> = first.views().iter().map(|&view| view.to_owned()).collect();
    let rest = rest.iter().map(|path| Episode::open(path, Some(&views))).collect::<Result<Vec<_>>>()?;
    Ok(std::iter::once(first).chain(rest).collect())
}

fn config(options: &AdaptOptions, episodes: &[Episode]) -> Result<AdaptConfig> {
    let stride = options.stride.map(u32::try_from).transpose();
    let stride = stride.map_err(|_| Error::input("--stride", "is too large", "give a number of frames"))?;
    Ok(AdaptConfig {
        task: options.task.clone(),
        views: episodes
            .first()
            .map_or_else(Vec::new, |episode| episode.views().iter().map(ToString::to_string).collect()),
        seed: options.seed,
        stride,
        licence: LICENCE.to_owned(),
        ..AdaptConfig::default()
    })
}

/// The fetched file of a backbone as models take it.
pub(crate) fn backbone(id: BackboneId, size: InputSize, file: PathBuf) -> Backbone {
    Backbone {
        name: id.name().to_owned(),
        file,
        output: BACKBONE_OUTPUT.to_owned(),
        image_size: size.get(),
        mean: id.mean(),
        std: id.std(),
        licence: id.wheel().licence.to_owned(),
        precision: Precision::Fp32,
        made: None,
        cached: true,
    }
}

fn total_frames(episodes: &[Episode]) -> u32 {
    u32::try_from(episodes.iter().map(Episode::frames).sum::<usize>()).unwrap_or(u32::MAX)
}

/// Decodes and encodes every episode's frames.
fn push_all(adapter: &mut Adapter, episodes: &[Episode], stride: usize, ffmpeg: &Path) -> Result<()> {
    let wanted: Vec<Vec<usize>> = episodes.iter().map(|episode| wanted_frames(episode, stride)).collect();
    let bar = rows_bar("encode", wanted.iter().map(Vec::len).sum());
    // Episodes keep segments of their own: to leave one out is then to meet its part of the task in another episode only.
    let mut segments_before = 0;
    for (episode, frames) in episodes.iter().zip(wanted) {
        adapter.next_recording();
        name_sources(adapter, episode)?;
        segments_before += push_episode(adapter, episode, frames, segments_before, ffmpeg, &bar)?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Pushes one episode's frame sets; gives the number of its segments.
fn push_episode(
    adapter: &mut Adapter,
    episode: &Episode,
    frames: Vec<usize>,
    segments_before: usize,
    ffmpeg: &Path,
    bar: &ProgressBar,
) -> Result<usize> {
    let mut reader = FrameReader::open(episode, frames, &ReaderOptions::new(ffmpeg.to_owned()))?;
    let mut segments = 0;
    while let Some(row) = reader.next_row()? {
        let images: Vec<Arc<Image>> = row.images.into_iter().flatten().collect();
        let (truth, segment) = truth_and_segment(episode, row.source_frame);
        let source_frame = u32::try_from(row.source_frame).unwrap_or(u32::MAX);
        adapter.push(&images, truth, segments_before + segment, source_frame)?;
        segments = segments.max(segment + 1);
        bar.inc(1);
    }
    Ok(segments)
}

fn truth_and_segment(episode: &Episode, frame: usize) -> (Progress, usize) {
    #[allow(clippy::cast_precision_loss, reason = "frame counts are far below 2^53")]
    let segment = episode.keyframes().map(|keyframes| keyframes.segment_at(frame as f64));
    let clip = u32::try_from(episode.frames()).unwrap_or(u32::MAX);
    let segment = segment.unwrap_or_else(|| without_keyframes(u32::try_from(frame).unwrap_or(u32::MAX), clip).1);
    (Progress::clamped(episode.annotated_or_linear(frame)).unwrap_or(Progress::ZERO), segment)
}

/// Every `stride`-th frame, and the first and last annotated ones, which become the references.
fn wanted_frames(episode: &Episode, stride: usize) -> Vec<usize> {
    let last = episode.frames().saturating_sub(1);
    let mut frames: BTreeSet<usize> = (0..=last).step_by(stride.max(1)).collect();
    frames.insert(last);
    if let Some((first, end)) = episode.keyframes().and_then(|keyframes| {
        Some((keyframes.segments().first()?.start_frame_id, keyframes.segments().last()?.end_frame_id))
    }) {
        frames.extend([whole_frame(first).min(last), whole_frame(end).min(last)]);
    }
    frames.into_iter().collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the clip")]
fn whole_frame(frame: f64) -> usize {
    frame.max(0.0).ceil() as usize
}

/// Names the files of an episode in the manifest.
fn name_sources(adapter: &mut Adapter, episode: &Episode) -> Result<()> {
    for view in 0..episode.views().len() {
        let name = episode.view_path(view).and_then(Path::file_name).unwrap_or_default();
        let file = format!("{}/{}", episode.name(), name.to_string_lossy());
        adapter.add_source(SourceFile { file, sha256: hex(&episode.file_sha256(view)?) });
    }
    if let Some(sha256) = episode.keyframes_sha256()? {
        adapter.set_keyframes_sha256(hex(&sha256));
    }
    Ok(())
}

fn summary(fitted: &Fitted, out: &Path, seconds: f64) -> String {
    let mut text = format!("{}: {} frame sets, {seconds:.1} s\n", out.display(), fitted.sets());
    // Writing into a String cannot fail.
    for (view, weight) in fitted.views().iter().zip(fitted.reliability()) {
        let _ = writeln!(text, "  {view:<24} reliability {weight:.2}");
    }
    for SubsetFit { subset, std, left_out_mae, twin_mae, .. } in fitted.subsets() {
        let views: Vec<&str> = subset.iter().filter_map(|view| fitted.views().get(view).map(String::as_str)).collect();
        let _ = writeln!(
            text,
            "  {:<60} std {std:.3}; mean error on segments left out {left_out_mae:.3}, on held-out twins {twin_mae:.3}",
            views.join(" + ")
        );
    }
    match fitted.perceptual() {
        Ok((steps, std, mae)) => {
            let _ = writeln!(
                text,
                "  perceptual reward: {steps} steps, std {std:.3}; mean error on held-out twins {mae:.3}"
            );
        }
        Err(why) => {
            let _ = writeln!(text, "  no perceptual reward: {why}");
        }
    }
    text
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|source| {
        Error::file("write", Path::new("standard output"), source, "keep the reader of the pipe open")
    })
}

#[allow(clippy::cast_precision_loss, reason = "for a message")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::label::fake::draw_episode;

    #[test]
    fn the_first_and_the_last_annotated_frame_are_among_those_used() {
        let folder = tempfile::tempdir().unwrap();
        draw_episode(folder.path());
        let keyframes =
            "[{\"start_frame_id\": 3, \"end_frame_id\": 20}, {\"start_frame_id\": 22, \"end_frame_id\": 37}]";
        std::fs::write(folder.path().join("annotated_keyframes.json"), keyframes).unwrap();
        let episode = Episode::open(folder.path(), None).unwrap();
        assert_eq!(wanted_frames(&episode, 10), [0, 3, 10, 20, 30, 37, 40]);
        let (progress, segment) = truth_and_segment(&episode, 21);
        assert_eq!((progress.get(), segment), (0.5, 0), "in the gap");
        assert_eq!(truth_and_segment(&episode, 40), (Progress::ONE, 1));
    }

    #[test]
    fn without_keyframes_time_is_the_truth_in_ten_segments() {
        let folder = tempfile::tempdir().unwrap();
        draw_episode(folder.path());
        std::fs::remove_file(folder.path().join("annotated_keyframes.json")).unwrap();
        let episode = Episode::open(folder.path(), None).unwrap();
        assert_eq!(truth_and_segment(&episode, 40), (Progress::ONE, 9));
        assert!((truth_and_segment(&episode, 20).0.get() - 0.5).abs() < 1e-12);
        assert_eq!(wanted_frames(&episode, 15), [0, 15, 30, 40]);
    }

    #[test]
    fn episodes_must_have_the_first_ones_views() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        draw_episode(first.path());
        draw_episode(second.path());
        std::fs::remove_dir_all(second.path().join("right")).unwrap();
        let paths = [first.path().to_owned(), second.path().to_owned()];
        let message = open_all(&paths, None).unwrap_err().to_string();
        assert!(message.contains("\"right\""), "{message}");
        assert!(open_all(&[], None).unwrap_err().to_string().contains("EPISODE"));
    }
}
