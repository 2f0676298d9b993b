#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]
use tempfile::tempdir;

use super::*;
use crate::bundle::{Bundle, LoadOptions};
use crate::test_files::with_runtime;
use crate::testkit::{drawn_bundle, drawn_set};
use crate::{BundleModel, RewardModel};

fn entry() -> CalibrationEntry {
    CalibrationEntry {
        progress_in: vec![0.0, 0.3, 1.0],
        progress_out: vec![0.0, 0.5, 0.9],
        interval_multiplier: 2.5,
        interval_std_floor: 0.01,
        interval_guaranteed: false,
        made: CalibrationMade {
            by: "test".into(),
            models: None,
            stride: 5,
            map_error: 0.01,
            left_out: None,
            episodes: vec![SourceFile { file: "episode_002".into(), sha256: "1".repeat(64) }],
        },
        goal: None,
        success: Dropped,
    }
}

fn goal(share: f64) -> GoalEntry {
    let (held_secs, window_secs) = (0.5, 1.0);
    GoalEntry { share, held_secs, window_secs, negatives: 60, false_successes: 0, rate_bound: 0.05, confidence: 0.95 }
}

#[test]
fn a_goal_share_that_was_calibrated_takes_the_place_of_the_memorys_own() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let own = load(&dir).unwrap().goal_share().unwrap();
        write_calibration(&dir, entry()).unwrap();
        assert_eq!(load(&dir).unwrap().goal_share(), Some(own), "it was not asked for");
        write_calibration(&dir, CalibrationEntry { goal: Some(goal(0.8125)), ..entry() }).unwrap();
        assert_eq!(load(&dir).unwrap().goal_share(), Some(0.8125));
        assert!((own - 0.8125).abs() > 1e-3);
    });
}

#[test]
fn a_threshold_from_before_is_read_and_not_kept() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        write_calibration(&dir, entry()).unwrap();
        let text = std::fs::read_to_string(dir.join(MANIFEST)).unwrap();
        let old = "\n[calibration.success]\nthreshold = 0.9\nframes = 3\nof = 5\nnegatives = 59\n\
                   rate_bound = 0.05\nconfidence = 0.95\n";
        std::fs::write(dir.join(MANIFEST), text.clone() + old).unwrap();
        assert_eq!(load(&dir).unwrap().calibration().interval.multiplier(), 2.5);
        write_calibration(&dir, entry()).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join(MANIFEST)).unwrap(), text);
    });
}

fn load(dir: &Path) -> Result<BundleModel> {
    BundleModel::new(Bundle::load(dir, &LoadOptions::default())?, || 0)
}

#[test]
fn a_calibration_is_written_loaded_and_replaced() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let mut plain = load(&dir).unwrap();
        assert!(plain.calibration().is_identity());
        let hash = write_calibration(&dir, entry()).unwrap();
        let mut calibrated = load(&dir).unwrap();
        assert_eq!((calibrated.bundle_hash(), calibrated.manifest().calibration.as_ref()), (hash, Some(&entry())));
        assert_ne!(hash, plain.bundle_hash());
        assert_eq!(calibrated.calibration().mean.outputs(), [0.0, 0.5, 0.9]);
        assert_eq!(calibrated.calibration().interval.multiplier(), 2.5);
        // Scores are the model's own: what is calibrated is the fused estimate.
        assert_eq!(plain.score(&drawn_set(1, 0.4)), calibrated.score(&drawn_set(1, 0.4)));
        let only_interval = CalibrationEntry { progress_in: vec![], progress_out: vec![], ..entry() };
        assert_ne!(write_calibration(&dir, only_interval).unwrap(), hash);
        assert!(load(&dir).unwrap().calibration().mean.is_identity());
        // All else in the manifest is as it was, to the last bit.
        let rewritten = Bundle::manifest_in(&dir).unwrap();
        assert_eq!(crate::Manifest { calibration: None, ..rewritten }, *plain.manifest());
        assert!(!std::fs::read_dir(&dir).unwrap().any(|e| e.unwrap().file_name().to_string_lossy().ends_with(".part")));
    });
}

#[test]
fn a_calibration_that_cannot_be_is_refused_by_its_key_and_not_written() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let before = std::fs::read(dir.join(MANIFEST)).unwrap();
        let cases = [
            (CalibrationEntry { progress_out: vec![0.0, 0.9, 0.5], ..entry() }, "progress_out: the outputs fall"),
            (CalibrationEntry { progress_in: vec![0.0, 0.0, 1.0], ..entry() }, "the inputs do not rise"),
            (CalibrationEntry { progress_in: vec![], ..entry() }, "2 to 64 knots"),
            (CalibrationEntry { progress_out: vec![0.0, f64::NAN, 1.0], ..entry() }, "not in [0, 1]"),
            (CalibrationEntry { interval_multiplier: 0.0, ..entry() }, "interval multiplier is 0"),
            (CalibrationEntry { interval_std_floor: f64::NAN, ..entry() }, "interval std floor is NaN"),
            (CalibrationEntry { goal: Some(goal(0.0)), ..entry() }, "calibration.goal.share is 0,"),
            (CalibrationEntry { goal: Some(goal(f64::NAN)), ..entry() }, "calibration.goal.share is NaN,"),
        ];
        for (entry, said) in cases {
            let message = write_calibration(&dir, entry).expect_err(said).to_string();
            assert!(message.contains(said) && message.lines().count() == 1, "{message}");
        }
        assert_eq!(std::fs::read(dir.join(MANIFEST)).unwrap(), before);
        assert!(write_calibration(folder.path(), entry()).is_err(), "a folder that is no bundle");
    });
}

#[test]
fn an_edited_calibration_is_refused_on_loading() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        write_calibration(&dir, entry()).unwrap();
        let good = std::fs::read_to_string(dir.join(MANIFEST)).unwrap();
        for (from, to, said) in [
            ("progress_out = [0.0, 0.5, 0.9]", "progress_out = [0.0, 0.5, 0.4]", "the outputs fall"),
            ("interval_multiplier = 2.5", "interval_multiplier = -2.5", "interval multiplier is -2.5"),
            ("progress_in = ", "progress_im = ", "did you mean `progress_in`?"),
        ] {
            assert!(good.contains(from), "{good}");
            std::fs::write(dir.join(MANIFEST), good.replacen(from, to, 1)).unwrap();
            let message = load(&dir).map(drop).unwrap_err().to_string();
            assert!(message.contains(said) && message.contains("manifest.toml"), "{message}");
        }
    });
}
