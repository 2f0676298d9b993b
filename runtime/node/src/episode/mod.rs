//! EPISODE folders: views, capture times, keyframes and frames.
//!
//! An episode is a folder of `<view>.mp4`, or `<view>/` with numbered images, and, where there is one, an
//! `annotated_keyframes.json` (what `adapt` learns from) and a `truth.csv` (what is true, frame by frame, by a simulator).
//! Time stamps come from the container, pixels from an ffmpeg child process.

mod ffmpeg;
mod hash;
mod keyframes;
mod mp4;
mod plan;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod timeline;
mod truth;
mod view_thread;

use std::path::{Path, PathBuf};

pub(crate) use ffmpeg::{first_line, keep_start};
pub(crate) use reader::{FrameReader, FrameRow, ReaderOptions};

use keyframes::Keyframes;
use source::{IMAGE_FOLDER_FPS, Source, View};
use timeline::Timeline;
use truth::Truth;

use crate::error::{Error, Result};

/// Largest difference in length, or in the time of one frame, that views may have without a word, in frame periods.
const QUIET_SKEW_PERIODS: f64 = 0.5;

/// A recorded episode: what is known of it before a pixel is decoded.
#[derive(Clone, Debug)]
pub(crate) struct Episode {
    path: PathBuf,
    views: Vec<View>,
    timeline: Timeline,
    keyframes: Option<Keyframes>,
    truth: Option<Truth>,
}

/// Where an episode's true progress comes from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TruthSource {
    /// `truth.csv`: written frame by frame by who knew it.
    Recorded,
    /// The episode's keyframes.
    Keyframes,
    /// There is neither: linear in time.
    LinearInTime,
}

impl Episode {
    /// Opens the episode at `path` with these views in this order; with all views in the order of their names when `views`
    /// is absent. Views of different length or frame rate are matched by time: the clip runs over the time that all cover,
    /// at the first view's frames, and a warning says so.
    ///
    /// # Errors
    /// When there is no such folder or view, a file is not a whole video, or the keyframes or the truth do not fit the clip.
    pub(crate) fn open(path: &Path, views: Option<&[String]>) -> Result<Self> {
        refuse_other_kinds(path)?;
        let names = match views {
            Some(names) => names.to_vec(),
            None => source::view_names(path)?,
        };
        if names.is_empty() {
            let mend = "put <view>.mp4 or <view>/ with numbered images there";
            return Err(Error::input(path.display().to_string(), "no views", mend));
        }
        let views = names.iter().map(|name| source::open_view(path, name)).collect::<Result<Vec<_>>>()?;
        let stamps: Vec<&[f64]> = views.iter().map(|view| &view.stamps_secs[..]).collect();
        let timeline = Timeline::new(&stamps, 1.0 / IMAGE_FOLDER_FPS);
        warn_of_unequal_views(path, &views, &timeline);
        let keyframes_path = path.join(keyframes::FILE_NAME);
        let keyframes = match keyframes_path.is_file() {
            true => Some(Keyframes::read(&keyframes_path, timeline.stamps_secs.len())?),
            false => None,
        };
        let truth_path = path.join(truth::FILE_NAME);
        let truth = match truth_path.is_file() {
            true => Some(Truth::read(&truth_path, timeline.stamps_secs.len())?),
            false => None,
        };
        Ok(Self { path: path.to_owned(), views, timeline, keyframes, truth })
    }

    /// The folder.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name, for tables.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// The views' names, in order.
    #[must_use]
    pub(crate) fn views(&self) -> Vec<&str> {
        self.views.iter().map(|view| view.name.as_str()).collect()
    }

    /// Frames of the clip.
    #[must_use]
    pub(crate) fn frames(&self) -> usize {
        self.timeline.stamps_secs.len()
    }

    /// Time between two frames: the median of the first view, seconds.
    #[must_use]
    pub(crate) fn frame_period_secs(&self) -> f64 {
        self.timeline.period_secs
    }

    /// Capture time of a frame, seconds from the first. Beyond the clip it goes on at the frame period.
    #[must_use]
    pub(crate) fn capture_secs(&self, frame: usize) -> f64 {
        let stamps = &self.timeline.stamps_secs;
        match (stamps.get(frame), stamps.last()) {
            (Some(&stamp), _) => stamp,
            #[allow(clippy::cast_precision_loss, reason = "frame counts are far below 2^53")]
            (None, Some(&last)) => last + (frame + 1 - stamps.len()) as f64 * self.timeline.period_secs,
            (None, None) => 0.0,
        }
    }

    /// The frame of view `view`'s own file that is shown at `frame` of the clip.
    #[must_use]
    pub(crate) fn view_frame(&self, view: usize, frame: usize) -> usize {
        self.timeline.view_frame(view, frame)
    }

    /// The file or image folder of view `view`.
    #[must_use]
    pub(crate) fn view_path(&self, view: usize) -> Option<&Path> {
        self.views.get(view).map(|view| view.source.path())
    }

    /// The keyframes, where there are any.
    #[must_use]
    pub(crate) fn keyframes(&self) -> Option<&Keyframes> {
        self.keyframes.as_ref()
    }

    /// SHA-256 of the keyframes' file; `None` without keyframes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn keyframes_sha256(&self) -> Result<Option<[u8; 32]>> {
        self.keyframes.as_ref().map(|_| hash::file(&self.path.join(keyframes::FILE_NAME))).transpose()
    }

    /// Progress at `frame` by the keyframes; `None` without keyframes.
    #[must_use]
    pub(crate) fn annotated(&self, frame: usize) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "frame counts are far below 2^53")]
        self.keyframes.as_ref().map(|keyframes| keyframes.truth(frame as f64))
    }

    /// Progress at `frame` by the keyframes, or else by the share of the clip's time that has passed: what `adapt` learns,
    /// on a robot as in a simulator.
    #[must_use]
    pub(crate) fn annotated_or_linear(&self, frame: usize) -> f64 {
        let length = self.timeline.stamps_secs.last().copied().unwrap_or_default();
        let linear = || if length > 0.0 { (self.capture_secs(frame) / length).min(1.0) } else { 0.0 };
        self.annotated(frame).unwrap_or_else(linear)
    }

    /// Where [`Episode::truth`] comes from.
    #[must_use]
    pub(crate) fn truth_source(&self) -> TruthSource {
        match (&self.truth, &self.keyframes) {
            (Some(_), _) => TruthSource::Recorded,
            (None, Some(_)) => TruthSource::Keyframes,
            (None, None) => TruthSource::LinearInTime,
        }
    }

    /// True progress at `frame`, from the best source there is.
    #[must_use]
    pub(crate) fn truth(&self, frame: usize) -> f64 {
        self.truth.as_ref().map_or_else(|| self.annotated_or_linear(frame), |truth| truth.progress(frame))
    }

    /// Whether the task was done at the clip's end; `None` where nobody wrote it down.
    #[must_use]
    pub(crate) fn succeeded(&self) -> Option<bool> {
        self.truth.as_ref().map(|truth| truth.success(self.frames().saturating_sub(1)))
    }

    /// Whether the task was done at `frame`; `None` where nobody wrote it down.
    #[must_use]
    pub(crate) fn done(&self, frame: usize) -> Option<bool> {
        self.truth.as_ref().map(|truth| truth.success(frame))
    }

    /// Whether nothing that happened in the clip was a success, even for a moment; `None` where nobody wrote it down.
    #[must_use]
    pub(crate) fn never_succeeded(&self) -> Option<bool> {
        self.truth.as_ref().map(|truth| !truth.ever_success(self.frames()))
    }

    /// SHA-256 over the hashes of all that the episode says: its views' files in order, then the file of its truth.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn sha256(&self) -> Result<[u8; 32]> {
        let mut hashes = Vec::new();
        for view in 0..self.views.len() {
            hashes.extend(self.file_sha256(view)?);
        }
        match self.truth_source() {
            TruthSource::Recorded => hashes.extend(hash::file(&self.path.join(truth::FILE_NAME))?),
            TruthSource::Keyframes => hashes.extend(hash::file(&self.path.join(keyframes::FILE_NAME))?),
            TruthSource::LinearInTime => {}
        }
        Ok(hash::bytes(&hashes))
    }

    /// SHA-256 of view `view`'s file; of an image folder: of the SHA-256 of each image, in order.
    ///
    /// # Errors
    /// When there is no such view or a file cannot be read.
    pub(crate) fn file_sha256(&self, view: usize) -> Result<[u8; 32]> {
        match self.views.get(view).map(|view| &view.source) {
            Some(Source::Video { path, .. }) => hash::file(path),
            Some(Source::Images { files, .. }) => hash::files(files),
            None => Err(Error::input(self.path.display().to_string(), format!("no view {view}"), "count views from 0")),
        }
    }

    pub(crate) fn sources(&self) -> &[View] {
        &self.views
    }
}

fn refuse_other_kinds(path: &Path) -> Result<()> {
    let place = path.display().to_string();
    if place.contains("#episode=") {
        let what = "LeRobot datasets are not readable yet";
        return Err(Error::input(place, what, "give a folder of <view>.mp4 files"));
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mcap")) {
        let what = "MCAP recordings are not readable as episodes yet";
        return Err(Error::input(place, what, "give a folder of <view>.mp4 files, or use `striatum replay`"));
    }
    if !path.exists() {
        return Err(Error::input(place, "no such folder", "check the path"));
    }
    if !path.is_dir() {
        return Err(Error::input(place, "not a folder", "give the folder that holds the episode's <view>.mp4 files"));
    }
    Ok(())
}

fn warn_of_unequal_views(path: &Path, views: &[View], timeline: &Timeline) {
    let Some(first) = views.first() else { return };
    for (index, view) in views.iter().enumerate() {
        let limit = QUIET_SKEW_PERIODS * timeline.period_secs;
        let moved = timeline.stamps_secs.iter().enumerate().any(|(frame, at)| {
            let shown = timeline.view_frame(index, frame);
            shown != frame || (view.stamps_secs[shown] - at).abs() > limit
        });
        if moved || view.stamps_secs.len() != first.stamps_secs.len() {
            tracing::warn!(
                "{}: view {} has {} frames over {:.2} s, view {} has {} over {:.2} s; they are matched by time and {} \
                 frames are used",
                path.display(),
                first.name,
                first.stamps_secs.len(),
                first.stamps_secs.last().copied().unwrap_or_default(),
                view.name,
                view.stamps_secs.len(),
                view.stamps_secs.last().copied().unwrap_or_default(),
                timeline.stamps_secs.len(),
            );
        }
    }
}
