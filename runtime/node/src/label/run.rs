//! An episode and transforms in, scored rows out: the one loop of label, eval and bench.

use std::sync::Arc;

use striatum_core::{Discount, EpisodeRules, FusionConfig, PotentialFn, StampNanos, ViewMask};
use striatum_frames::{DropOut, Frame, FrozenPolicy, Image, SyncConfig, Transform, ViewEdits, content_hash, playback};

use crate::clock::monotonic_nanos;
use crate::episode::{Episode, FrameReader, FrameRow, ReaderOptions};
use crate::error::{Error, Result};
use crate::pipeline::{OOD_HOLD, Pipeline, PipelineConfig, Scored, StepTimings, SuccessConfig};

/// The clip's first capture: away from 0, which readers of a log take for "no stamp".
const FIRST_CAPTURE: StampNanos = StampNanos(1_000_000_000);
/// Views of one row carry the same stamp.
const MAX_SKEW_NANOS: u64 = 1_000_000;
/// Nothing is on its way while a file is read: a view that is not there is not waited for.
const VIEW_DEADLINE_NANOS: u64 = 1;
/// As in a live run. Offline a frozen camera is only flagged.
const FROZEN_AFTER_NANOS: u64 = 2_000_000_000;
/// Out-of-distribution limit: the one fitted with the bundle.
const OOD_LIMIT: f64 = 1.0;

/// The pipeline of label and eval: every row of frames is a frame set; missing views degrade it; a frozen camera is flagged
/// and its value not held; shaping goes from row to row with k = 1 and this discount.
#[must_use]
pub(crate) fn offline_config(views: usize, gamma: Discount) -> PipelineConfig {
    PipelineConfig {
        sync: SyncConfig {
            views,
            max_skew_nanos: MAX_SKEW_NANOS,
            view_deadline_nanos: VIEW_DEADLINE_NANOS,
            period_nanos: 0,
            drop_out: DropOut::Degrade,
            frozen_after_nanos: FROZEN_AFTER_NANOS,
            frozen: FrozenPolicy::FlagOnly,
        },
        fusion: FusionConfig::default(),
        potential: PotentialFn::default(),
        rules: EpisodeRules::new(gamma),
        ood_limit: OOD_LIMIT,
        ood_hold: OOD_HOLD,
        success: SuccessConfig::default(),
    }
}

/// What is played.
#[derive(Clone, Debug)]
pub(crate) struct RunOptions {
    /// How frames are decoded.
    pub reader: ReaderOptions,
    /// Every how many playback frames a row is made, at least 1.
    pub stride: usize,
    /// What is done to the clip, in order.
    pub transforms: Vec<Transform>,
}

/// One row that was played and scored.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    /// Playback time in source frame periods: 0, 5, 10 at stride 5.
    pub frame_index: usize,
    /// The frame of the clip that was shown.
    pub source_frame: usize,
    /// Playback time, seconds. Without transforms, the capture time.
    pub timestamp_secs: f64,
    /// What the pipeline says.
    pub scored: Scored,
    /// From the first decoded frame in hand to the reward, nanoseconds.
    pub step_nanos: u64,
    /// What its stages took of that.
    pub timings: StepTimings,
    /// The pictures that were shown, after the transforms, by view.
    pub images: &'a [Option<Arc<Image>>],
}

/// Which frame of the clip is shown at each row: (frame index of the playback, frame of the clip).
///
/// # Errors
/// A transform that names a frame beyond the clip, or a stride of 0.
pub(crate) fn plan(episode: &Episode, options: &RunOptions) -> Result<Vec<(usize, usize)>> {
    if options.stride == 0 {
        return Err(Error::input("--stride", "is 0", "give a number of frames from 1 up"));
    }
    let frames = u32::try_from(episode.frames()).unwrap_or(u32::MAX);
    let shown = playback(&options.transforms, frames, episode.frame_period_secs())?;
    Ok(shown.iter().map(|&frame| frame as usize).enumerate().step_by(options.stride).collect())
}

/// Plays `episode` through `pipeline`, which is reset first, and hands each scored row to `on_row`.
///
/// The episode's views are the pipeline's, in its order. Every row gives exactly one frame set.
///
/// # Errors
/// What [`plan`], decoding, the pipeline or `on_row` refuse; a transform of a view that is not there, or one that leaves no
/// view.
pub(crate) fn run_episode(
    pipeline: &mut Pipeline,
    episode: &Episode,
    options: &RunOptions,
    mut on_row: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    let rows = plan(episode, options)?;
    let mut edits = ViewEdits::new(&options.transforms, &episode.views())?;
    let wanted = rows.iter().map(|&(_, source_frame)| source_frame).collect();
    let mut reader_options = options.reader.clone();
    reader_options.skip = undecoded(&options.transforms, &episode.views());
    let mut reader = FrameReader::open(episode, wanted, &reader_options)?;
    pipeline.reset();
    for (frame_index, source_frame) in rows {
        let Some(FrameRow { mut images, .. }) = reader.next_row()? else { break };
        edits.apply(&mut images)?;
        let timestamp_secs = episode.capture_secs(frame_index);
        let capture = FIRST_CAPTURE.plus(nanos(timestamp_secs));
        let frames = frames_of(&images, capture, source_frame);
        if frames.is_empty() {
            return Err(Error::input("--transform", "no view is left to look at", "drop fewer views"));
        }
        let start = monotonic_nanos();
        let scored = step(pipeline, frames, capture)?;
        let step_nanos = monotonic_nanos().saturating_sub(start);
        // Live, a failing model is a missing vote; offline nobody waits for the answer, and the failure is the answer.
        if let Some(error) = pipeline.take_model_error() {
            return Err(error.into());
        }
        let timings = pipeline.timings();
        on_row(&Row { frame_index, source_frame, timestamp_secs, scored, step_nanos, timings, images: &images })?;
    }
    // A video that is damaged after the last wanted frame is damaged all the same.
    reader.next_row().map(|_| ())
}

/// Pushes one row's frames and gives the frame set they make.
fn step(pipeline: &mut Pipeline, frames: Vec<Frame>, capture: StampNanos) -> Result<Scored> {
    let mut scored = None;
    for frame in frames {
        scored = pipeline.step(frame, capture)?.or(scored);
    }
    if scored.is_none() {
        scored = pipeline.poll(capture.plus(VIEW_DEADLINE_NANOS))?;
    }
    let place = || format!("playback at {:.3} s", secs_from_start(capture));
    scored.ok_or_else(|| Error::input(place(), "its frames make no frame set", "check the recording's time stamps"))
}

fn frames_of(images: &[Option<Arc<Image>>], capture: StampNanos, source_frame: usize) -> Vec<Frame> {
    let frame = |(view, image): (usize, &Option<Arc<Image>>)| {
        let image = Arc::clone(image.as_ref()?);
        let source_frame = u32::try_from(source_frame).unwrap_or(u32::MAX);
        let content_hash = content_hash(&image);
        Some(Frame { view, capture, received: capture, source_frame, content_hash, image })
    };
    images.iter().enumerate().filter_map(frame).collect()
}

/// Views that are dropped for good need no decoding, unless another view's pictures are moved around first.
fn undecoded(transforms: &[Transform], views: &[&str]) -> ViewMask {
    if transforms.iter().any(|transform| matches!(transform, Transform::Swap { .. })) {
        return ViewMask::EMPTY;
    }
    let dropped = transforms.iter().filter_map(|transform| match transform {
        Transform::Drop { view } => views.iter().position(|name| name == view),
        _ => None,
    });
    dropped.fold(ViewMask::EMPTY, ViewMask::with)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "stamps of a clip are positive and far below 2^63"
)]
fn nanos(secs: f64) -> u64 {
    (secs.max(0.0) * 1e9).round() as u64
}

#[allow(clippy::cast_precision_loss, reason = "for a message")]
fn secs_from_start(capture: StampNanos) -> f64 {
    capture.since(FIRST_CAPTURE) as f64 * 1e-9
}
