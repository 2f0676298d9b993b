//! A model and an episode whose progress is the brightness of the pictures: what label and eval must then say is known.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use striatum_core::{Hop, MAX_VIEWS, Perspectives, Progress, Scores, ViewMask, hop_label};
use striatum_frames::{FrameSet, Image, encode_png};
use striatum_models::{MemoMode, RewardModel, StageTimings};

use super::LabelOptions;
use crate::load::{EncoderUse, Loaded};

const FRAMES: u8 = 41;
const HASH: [u8; 32] = [7; 32];
/// From which share on a model with a success estimate sees the goal.
pub(crate) const GOAL_SHARE: f64 = 0.9;

/// Progress is the first pixel's red / 200, averaged over the views.
pub(crate) struct BrightnessModel {
    views: Vec<String>,
    before: Option<f64>,
    memo: MemoMode,
    /// Share of belief on the goal by progress, in models that have such an estimate.
    goal: Option<fn(f64) -> f64>,
    /// What was said of the memo.
    modes: Arc<Mutex<Vec<MemoMode>>>,
}

impl RewardModel for BrightnessModel {
    fn views(&self) -> &[String] {
        &self.views
    }

    fn score(&mut self, set: &FrameSet) -> Scores {
        let mut per_view = [None; MAX_VIEWS];
        for (view, frame) in set.frames.iter().enumerate() {
            per_view[view] = frame.as_ref().map(|frame| f64::from(frame.image.pixels()[0]) / 200.0);
        }
        let seen: Vec<f64> = per_view.iter().flatten().copied().collect();
        let progress = seen.iter().sum::<f64>() / f64::from(u32::try_from(seen.len()).unwrap());
        let as_progress = |value: f64| Progress::clamped(value).unwrap();
        let before = self.before.replace(progress);
        let hop = before.and_then(|before| hop_label(as_progress(before), as_progress(progress), 0.0));
        let incremental = hop.map(Hop::get);
        let hops = Perspectives { incremental, forward: Some(progress), backward: Some(progress - 1.0) };
        // With a memory there is no picture that it does not know.
        let images_encoded = if self.memo == MemoMode::Reuse { 0 } else { u32::try_from(seen.len()).unwrap() };
        let non_finite_views = ViewMask::EMPTY;
        let (std, ood, views) = (0.05, 0.1, set.views);
        let goal = self.goal.map(|goal| goal(progress));
        Scores {
            hops,
            per_view,
            std,
            goal,
            ood,
            least_ood: ood,
            views,
            non_finite_views,
            images_encoded,
            ..Scores::MISSING
        }
    }

    fn timings(&self) -> StageTimings {
        StageTimings::default()
    }

    fn reset(&mut self) {
        self.before = None;
    }

    fn set_memo(&mut self, mode: MemoMode) {
        self.memo = mode;
        self.modes.lock().unwrap().push(mode);
    }

    fn goal_share(&self) -> Option<f64> {
        self.goal.map(|_| GOAL_SHARE)
    }

    fn bundle_hash(&self) -> [u8; 32] {
        HASH
    }
}

pub(crate) fn loaded() -> Loaded {
    loaded_with_modes().0
}

/// A model with a success estimate: `goal` of progress is its share of belief, and from [`GOAL_SHARE`] on it sees the goal.
pub(crate) fn loaded_with_goal(goal: fn(f64) -> f64) -> Loaded {
    with(Some(goal)).0
}

/// And what the model is told of its memo.
pub(crate) fn loaded_with_modes() -> (Loaded, Arc<Mutex<Vec<MemoMode>>>) {
    with(None)
}

fn with(goal: Option<fn(f64) -> f64>) -> (Loaded, Arc<Mutex<Vec<MemoMode>>>) {
    let modes = Arc::<Mutex<Vec<MemoMode>>>::default();
    let views = vec!["left".to_owned(), "right".to_owned()];
    let memo = MemoMode::Off;
    let model = BrightnessModel { views: views.clone(), before: None, memo, goal, modes: Arc::clone(&modes) };
    let (members, chosen, encoder) = (Vec::new(), None, EncoderUse::default());
    (Loaded { model: Box::new(model), views, members, chosen, hash: HASH, manifest: String::new(), encoder }, modes)
}

/// Two views of pictures that brighten from frame to frame, with one segment from the first frame to the last.
pub(crate) fn draw_episode(folder: &Path) {
    for view in ["left", "right"] {
        let images = folder.join(view);
        std::fs::create_dir_all(&images).unwrap();
        for frame in 0..FRAMES {
            let image = Image::filled(32, 24, [frame * 5, 40, 90]);
            std::fs::write(images.join(format!("{frame:03}.png")), encode_png(&image).unwrap()).unwrap();
        }
    }
    let keyframes = format!("[{{\"start_frame_id\": 0, \"end_frame_id\": {}}}]", FRAMES - 1);
    std::fs::write(folder.join("annotated_keyframes.json"), keyframes).unwrap();
}

pub(crate) fn options(folder: &Path, out: &str, transforms: &[&str]) -> LabelOptions {
    LabelOptions {
        episode: folder.to_owned(),
        bundle: PathBuf::from("unused"),
        out: folder.join(out),
        stride: 5,
        gamma: 0.9,
        transforms: transforms.iter().map(|text| text.parse().unwrap()).collect(),
        reuse: None,
        ffmpeg: PathBuf::from("unused"),
        session: striatum_models::SessionConfig::default(),
        members: striatum_models::MembersConfig::default(),
    }
}
