//! Two bundles on the same frame sets, in turn: a machine that is busy or slow is so for both.

use striatum_core::ViewMask;
use striatum_frames::{FrameSet, SetVerdict};
use striatum_models::RewardModel;

use super::BenchOptions;
use super::measure::thread_cpu_nanos;
use super::rig::{capture_of, frames};
use crate::episode::{Episode, FrameReader, FrameRow, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::load::{self, EncoderUse};

/// CPU time of scoring, from decoded frames in hand to scores.
pub(super) struct Paired {
    pub(super) encoder: EncoderUse,
    /// Nanoseconds by counted frame set: this bundle's, the other's.
    pub(super) nanos: Vec<[u64; 2]>,
}

impl Paired {
    /// CPU time of this bundle over all frame sets, by the other's.
    pub(super) fn ratio(&self) -> f64 {
        let sum = |of: usize| self.nanos.iter().map(|pair| pair[of] as f64).sum::<f64>();
        sum(0) / sum(1)
    }
}

/// Scores every frame set with both, the one that begins changing from set to set.
///
/// # Errors
/// A bundle or episode that is refused, views that differ, a system that does not say a thread's CPU time.
pub(super) fn against(options: &BenchOptions, other: &std::path::Path) -> Result<Paired> {
    let ours = load::bundle(&options.bundle, &options.session, &options.members)?.with_reuse(options.reuse);
    let theirs = load::bundle(other, &options.session, &options.members)?;
    if ours.views != theirs.views {
        let what = format!("has the views {:?}, {} has {:?}", theirs.views, options.bundle.display(), ours.views);
        return Err(Error::input(other.display().to_string(), what, "give a bundle of the same views"));
    }
    let episode = Episode::open(&options.episode, Some(&ours.views))?;
    let steps = options.steps + super::WARM_UP;
    let wanted = (0..episode.frames()).step_by(options.stride).take(steps).collect();
    let mut reader = FrameReader::open(&episode, wanted, &ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?))?;
    let mut models = [ours.model, theirs.model];
    let mut nanos = Vec::with_capacity(steps);
    while let Some(row) = reader.next_row()? {
        let set = set_of(row, &episode);
        let mut pair = [0; 2];
        let first = nanos.len() % 2;
        for which in [first, 1 - first] {
            pair[which] = cpu_of(&mut *models[which], &set)?;
        }
        nanos.push(pair);
    }
    nanos.drain(..super::WARM_UP.min(nanos.len()));
    if nanos.is_empty() {
        return Err(Error::input(
            options.episode.display().to_string(),
            "is shorter than the warm-up",
            "give a longer episode",
        ));
    }
    Ok(Paired { encoder: theirs.encoder, nanos })
}

fn cpu_of(model: &mut dyn RewardModel, set: &FrameSet) -> Result<u64> {
    let start = thread_cpu_nanos()?;
    model.score(set);
    let spent = thread_cpu_nanos()?.saturating_sub(start);
    match model.take_error() {
        Some(error) => Err(error.into()),
        None => Ok(spent),
    }
}

fn set_of(row: FrameRow, episode: &Episode) -> FrameSet {
    let capture = capture_of(episode, row.source_frame);
    let mut set = FrameSet {
        frames: [const { None }; striatum_core::MAX_VIEWS],
        views: ViewMask::EMPTY,
        oldest: capture,
        newest: capture,
        verdict: SetVerdict::Complete,
        frozen: ViewMask::EMPTY,
    };
    for frame in frames(row, capture) {
        set.views = set.views.with(frame.view);
        let view = frame.view;
        set.frames[view] = Some(frame);
    }
    set
}
