//! A model and an episode whose progress is the brightness of the pictures: what label and eval must then say is known.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use striatum_core::{Hop, MAX_VIEWS, Perspectives, Progress, Scores, ViewMask, hop_label};
use striatum_frames::{FrameSet, Image, encode_png};
use striatum_models::{RewardModel, StageTimings};

use super::LabelOptions;
use crate::load::Loaded;

const FRAMES: u8 = 41;
const HASH: [u8; 32] = [7; 32];

/// Progress is the first pixel's red / 200, averaged over the views.
pub(crate) struct BrightnessModel {
    views: Vec<String>,
    before: Option<f64>,
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
        let images_encoded = u32::try_from(seen.len()).unwrap();
        let non_finite_views = ViewMask::EMPTY;
        Scores { hops, per_view, std: 0.05, ood: 0.1, views: set.views, non_finite_views, images_encoded }
    }

    fn timings(&self) -> StageTimings {
        StageTimings::default()
    }

    fn reset(&mut self) {
        self.before = None;
    }

    fn bundle_hash(&self) -> [u8; 32] {
        HASH
    }
}

pub(crate) fn loaded() -> Loaded {
    let views = vec!["left".to_owned(), "right".to_owned()];
    Loaded {
        model: Box::new(BrightnessModel { views: views.clone(), before: None }),
        views,
        hash: HASH,
        manifest: String::new(),
    }
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
        ffmpeg: PathBuf::from("unused"),
        session: striatum_models::SessionConfig::default(),
    }
}
