//! An episode as steps are found in: features of its frames, and what is known of it.

use std::ops::Range;
use std::sync::Arc;

use indicatif::ProgressBar;
use striatum_frames::Image;
use striatum_models::FeatureReader;

use crate::episode::{Episode, FrameReader, ReaderOptions};
use crate::error::Result;

/// Rows that are used of a clip where the caller does not say; more change the steps little and cost time.
const WANTED_ROWS: usize = 320;

/// One episode, encoded.
#[derive(Clone, Debug)]
pub(crate) struct Clip {
    pub(crate) name: String,
    /// Frames of the episode.
    pub(crate) frames: usize,
    /// The frame of each row, rising.
    pub(crate) shown: Vec<usize>,
    /// `[rows, views x width]`.
    pub(crate) features: Vec<f32>,
    /// True progress at each row.
    pub(crate) truth: Vec<f64>,
    /// Capture time of each row, seconds from the first frame.
    pub(crate) at_secs: Vec<f64>,
    /// The annotated steps, in frames; `None` without keyframes.
    pub(crate) annotated: Option<Vec<Range<usize>>>,
}

impl Clip {
    /// Decodes and encodes every `stride`-th frame.
    ///
    /// # Errors
    /// What decoding or the backbone refuses.
    pub(crate) fn read(
        episode: &Episode,
        stride: Option<usize>,
        reader: &mut FeatureReader,
        options: &ReaderOptions,
        bar: &ProgressBar,
    ) -> Result<Self> {
        let shown: Vec<usize> = rows_of(episode, stride).collect();
        let mut frames = FrameReader::open(episode, shown.clone(), options)?;
        let mut features = Vec::new();
        while let Some(row) = frames.next_row()? {
            let images: Vec<Arc<Image>> = row.images.into_iter().flatten().collect();
            features.extend_from_slice(reader.read(images.iter().map(AsRef::as_ref))?);
            bar.inc(1);
        }
        Ok(Self {
            name: episode.name(),
            frames: episode.frames(),
            truth: shown.iter().map(|&frame| episode.truth(frame)).collect(),
            at_secs: shown.iter().map(|&frame| episode.capture_secs(frame)).collect(),
            annotated: annotated(episode),
            shown,
            features,
        })
    }

    /// Rows as frames: each step runs from its first frame to the next one's, the last to the end of the episode.
    pub(crate) fn in_frames(&self, steps: &[Range<usize>]) -> Vec<Range<usize>> {
        let frame = |row: usize| self.shown.get(row).copied().unwrap_or(self.frames);
        steps.iter().map(|step| frame(step.start)..frame(step.end)).collect()
    }
}

/// How many rows [`Clip::read`] makes of an episode.
pub(crate) fn rows(episode: &Episode, stride: Option<usize>) -> usize {
    rows_of(episode, stride).count()
}

fn rows_of(episode: &Episode, stride: Option<usize>) -> impl Iterator<Item = usize> + use<> {
    let frames = episode.frames();
    (0..frames).step_by(stride.unwrap_or(frames.div_ceil(WANTED_ROWS)).max(1))
}

fn annotated(episode: &Episode) -> Option<Vec<Range<usize>>> {
    let segments = episode.keyframes()?.segments().iter();
    Some(segments.map(|segment| whole(segment.start_frame_id)..whole(segment.end_frame_id)).collect())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the clip")]
fn whole(frame: f64) -> usize {
    frame.max(0.0).round() as usize
}
