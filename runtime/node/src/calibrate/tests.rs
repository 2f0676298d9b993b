//! Episodes whose progress is known and a model that is wrong in a known way.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::path::PathBuf;

use striatum_calibration::MapChoice;
use striatum_core::{Calibration, CalibrationTable, IntervalTable, Scores};
use striatum_frames::FrameSet;
use striatum_models::{RewardModel, StageTimings};

use super::*;
use crate::label::fake::{draw_episode, loaded, loaded_with_goal};
use crate::pipeline::{PipelineConfig, SuccessConfig};

fn options(episodes: &[&Path]) -> CalibrateOptions {
    CalibrateOptions {
        episodes: episodes.iter().map(|path| path.to_path_buf()).collect(),
        bundle: PathBuf::from("unused"),
        stride: 2,
        success: None,
        json: None,
        ffmpeg: PathBuf::from("unused"),
        session: SessionConfig::default(),
        members: MembersConfig::default(),
    }
}

/// Drawn episodes whose truth is progress^power, by its own truth.csv. None of a power of 0 succeeds.
fn drawn(powers: &[i32]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, power) in powers.iter().enumerate() {
        let episode = folder.path().join(format!("episode_{index}"));
        std::fs::create_dir(&episode).unwrap();
        draw_episode(&episode);
        let mut text = "frame_index,timestamp_secs,progress,phase,success\n".to_owned();
        for frame in 0..41_u32 {
            let truth = if *power == 0 { 0.1 } else { (f64::from(frame) / 40.0).powi(*power) };
            let success = u8::from(truth >= 1.0);
            text += &format!("{frame},{},{truth},0,{success}\n", f64::from(frame) / 30.0);
        }
        std::fs::write(episode.join("truth.csv"), text).unwrap();
    }
    folder
}

fn paths(folder: &Path, count: usize) -> Vec<PathBuf> {
    (0..count).map(|index| folder.join(format!("episode_{index}"))).collect()
}

fn found(folder: &Path, count: usize) -> Result<Found> {
    let paths = paths(folder, count);
    fit_with(loaded(), &options(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>()))
}

#[test]
fn a_model_that_is_ahead_of_the_truth_is_held_back() {
    let folder = drawn(&[2, 2, 2, 2]);
    let found = found(folder.path(), 4).unwrap();
    assert!(matches!(found.fitted.map, MapChoice::Isotonic { squared_error_ratio, .. } if squared_error_ratio < 0.05));
    let half = found.fitted.calibration.mean.apply(striatum_core::Progress::new(0.5).unwrap()).get();
    assert!((half - 0.25).abs() < 0.03, "{half}");
    let held = found.left_out.as_ref().unwrap();
    assert!(held.before.ece > 0.1 && held.after.ece < 0.02, "{} {}", held.before.ece, held.after.ece);
    assert!(!found.fitted.multiplier.guaranteed);
    let entry = entry::of(&found).unwrap();
    assert_eq!((entry.made.episodes.len(), entry.made.episodes[1].file.as_str()), (4, "episode_1"));
    let mut out = Vec::new();
    report::write(&found, &["a".into(), "b".into()], &options(&[]), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("after, each episode left out") && text.contains("its hash was a, it is b"), "{text}");
}

#[test]
fn json_is_one_object_with_the_measures_before_and_after() {
    let folder = drawn(&[2, 2, 2]);
    let found = found(folder.path(), 3).unwrap();
    let mut out = Vec::new();
    let asked = CalibrateOptions { json: Some("-".into()), ..options(&[]) };
    report::write(&found, &["a".into(), "b".into()], &asked, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    for side in ["before", "after"] {
        for key in ["ece", "mae", "coverage_90", "least_coverage_90", "interval_width_90"] {
            assert!(json["left_out"][side][key].is_f64(), "{side} {key}: {json}");
        }
        assert_eq!(json["left_out"][side]["bins"].as_array().unwrap().len(), 10);
    }
    assert_eq!((&json["map"]["kind"], &json["success"]), (&"isotonic".into(), &serde_json::Value::Null));
}

#[test]
fn one_clip_is_one_sample_and_is_said_to_be() {
    let folder = drawn(&[2]);
    let found = found(folder.path(), 1).unwrap();
    assert_eq!(found.fitted.map, MapChoice::OneEpisode);
    let mut out = Vec::new();
    let asked = CalibrateOptions { json: Some("-".into()), ..options(&[]) };
    report::write(&found, &["a".into(), "b".into()], &asked, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("one clip is one sample") && text.contains("\"left_out\":null"), "{text}");
    assert!(entry::of(&found).unwrap().made.left_out.is_none());
}

#[test]
fn an_episode_without_truth_is_refused_by_its_folder() {
    let folder = drawn(&[1]);
    let episode = folder.path().join("episode_0");
    std::fs::remove_file(episode.join("truth.csv")).unwrap();
    assert!(fit_with(loaded(), &options(&[&episode])).is_ok(), "keyframes are a truth");
    std::fs::remove_file(episode.join("annotated_keyframes.json")).unwrap();
    let message = fit_with(loaded(), &options(&[&episode])).map(drop).unwrap_err().to_string();
    assert!(message.contains("episode_0") && message.contains("the clock is no truth"), "{message}");
}

#[test]
fn a_goal_share_is_refused_with_too_few_failures_and_chosen_with_enough() {
    let folder = drawn(&[1, 1, 0, 0, 0, 0, 0]);
    let paths = paths(folder.path(), 7);
    let wanted = SuccessWanted { rate: 0.05, confidence: 0.95 };
    let plain = options(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let model = || loaded_with_goal(|progress| progress * 0.95);
    let asked = CalibrateOptions { success: Some(wanted), ..plain.clone() };
    let message = fit_with(model(), &asked).map(drop).unwrap_err().to_string();
    assert!(message.contains("needs 59 episodes, there are 5") && message.contains("0.451 at best"), "{message}");
    let asked = CalibrateOptions { success: Some(SuccessWanted { rate: 0.5, ..wanted }), ..plain.clone() };
    let message = fit_with(loaded(), &asked).map(drop).unwrap_err().to_string();
    assert!(message.contains("no success estimate"), "{message}");
    // Five failures are enough for "half of them at most, with 95 %": (1/2)^5 < 0.05.
    let found = fit_with(model(), &asked).unwrap();
    let success = found.success.unwrap();
    assert_eq!((success.threshold.negatives, success.threshold.false_successes, success.positives), (5, 0, 2));
    // The last eight rows, a 15th of a second each, make half a second: the least of them shows 26 / 40.
    let highest = 26.0 / 40.0 * 0.95;
    assert!(success.threshold.share > highest && success.threshold.share < highest + 1.1e-4);
    // The pictures of both kinds are the same: what fails looks like what succeeds, and no success passes.
    assert_eq!((success.recalled, success.early), (0, 0));
    let goal = entry::of(&found).unwrap().goal.unwrap();
    assert_eq!((goal.share, goal.held_secs, goal.window_secs, goal.negatives), (success.threshold.share, 0.5, 1.0, 5));
    // And with the share that was chosen, none of those failures is called a success.
    let ever = |share: f64| {
        let success = SuccessConfig { share: Some(share), ..SuccessConfig::default() };
        let config = PipelineConfig { success, ..offline_config(2, Discount::new(0.5).unwrap()) };
        let mut pipeline = Pipeline::new(model().model, &config).unwrap();
        play(&mut pipeline, &Episode::open(&paths[2], None).unwrap(), &plain).unwrap().success.contains(&true)
    };
    assert!(!ever(goal.share) && ever(goal.share - 2e-4));
}

/// A model with tables of its own, as a calibrated bundle has them.
struct Calibrated(Box<dyn RewardModel>);

impl RewardModel for Calibrated {
    fn views(&self) -> &[String] {
        self.0.views()
    }
    fn score(&mut self, set: &FrameSet) -> Scores {
        self.0.score(set)
    }
    fn reset(&mut self) {
        self.0.reset();
    }
    fn timings(&self) -> StageTimings {
        self.0.timings()
    }
    fn calibration(&self) -> Calibration {
        Calibration {
            mean: CalibrationTable::new(&[0.0, 1.0], &[0.5, 1.0]).unwrap(),
            interval: IntervalTable::new(2.0 * IntervalTable::Z_90, 0.0).unwrap(),
        }
    }
    fn bundle_hash(&self) -> [u8; 32] {
        self.0.bundle_hash()
    }
}

#[test]
fn the_pipeline_applies_the_models_tables_and_fits_without_them() {
    let folder = drawn(&[1]);
    let episode = Episode::open(&folder.path().join("episode_0"), None).unwrap();
    let pipeline = || {
        let gamma = Discount::new(0.5).unwrap();
        Pipeline::new(Box::new(Calibrated(loaded().model)), &offline_config(2, gamma)).unwrap()
    };
    let play = |mut pipeline: Pipeline| {
        let bar = rows_bar("test", 0);
        let reader = ReaderOptions::new("unused".into());
        Player { pipeline: &mut pipeline, reader, stride: 5, transforms: &[], bar: &bar }
            .play(&episode, &[], 0)
            .unwrap()
    };
    let (calibrated, plain) = (play(pipeline()), play(pipeline().without_calibration()));
    for row in 0..plain.rows() {
        assert!((calibrated.progress[row] - (0.5 + plain.progress[row] / 2.0)).abs() < 1e-12);
        assert!((calibrated.std[row] - 2.0 * plain.std[row]).abs() < 1e-12);
        if let (Some(before), Some(shaping)) = (row.checked_sub(1), calibrated.shaping[row]) {
            assert_eq!(shaping, 0.5 * calibrated.progress[row] - calibrated.progress[before], "the potential is of it");
        }
    }
}
