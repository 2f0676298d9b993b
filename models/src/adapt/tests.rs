#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
use std::sync::Arc;

use striatum_core::Progress;
use striatum_frames::Image;
use tempfile::tempdir;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::{drawn, drawn_adapter, drawn_config, tiny_backbone};
use crate::{SessionConfig, subsets_of};

#[test]
fn a_drawn_task_is_learnt_with_every_subset_of_its_views() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut steps = Vec::new();
        let adapter = drawn_adapter(folder.path(), drawn_config(3)).unwrap();
        assert_eq!(adapter.sets(), 80);
        let fitted = adapter.finish(|done, total| steps.push((done, total))).unwrap();
        assert_eq!(fitted.subsets().iter().map(|s| s.subset).collect::<Vec<_>>(), subsets_of(3));
        for subset in fitted.subsets() {
            assert!(subset.twin_mae < 0.2 && subset.left_out_mae < 0.2, "{subset:?}");
            assert!(subset.std > 0.0 && subset.std < 0.5);
        }
        let sum: f64 = fitted.reliability().iter().sum();
        assert!((sum - 1.0).abs() < 1e-9);
        assert!(steps.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let last = steps.last().unwrap();
        assert_eq!(last.0, last.1);
        assert_eq!((fitted.start.source_frame, fitted.goal.source_frame), (0, 79));
    });
}

#[test]
fn the_same_demonstration_gives_the_same_bytes() {
    with_runtime(|| {
        let write = |seed: u64| {
            let folder = tempdir().unwrap();
            let config = AdaptConfig { seed, ..drawn_config(2) };
            let fitted = drawn_adapter(folder.path(), config).unwrap().finish(|_, _| {}).unwrap();
            let bundle = folder.path().join("bundle");
            fitted.write(&bundle).unwrap();
            std::fs::read(bundle.join("manifest.toml")).unwrap()
        };
        assert_eq!(write(4), write(4));
        assert_ne!(write(4), write(5));
    });
}

#[test]
fn a_demonstration_without_twins_is_fitted_too() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let config = AdaptConfig { copies: 0, ..drawn_config(1) };
        let fitted = drawn_adapter(folder.path(), config).unwrap().finish(|_, _| {}).unwrap();
        assert_eq!(fitted.subsets().len(), 1);
    });
}

#[test]
fn the_references_are_the_annotated_ends() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let backbone = tiny_backbone(folder.path());
        let mut adapter = Adapter::new(drawn_config(1), backbone, &SessionConfig::default()).unwrap();
        let keyframes = Keyframes::new(vec![(6, 20), (20, 34)]).unwrap();
        for frame in 0..40 {
            let (truth, segment) = keyframes.at(frame);
            adapter.push(&[drawn(0, truth.get())], truth, segment, frame).unwrap();
        }
        let fitted = adapter.finish(|_, _| {}).unwrap();
        assert_eq!((fitted.start.source_frame, fitted.goal.source_frame), (6, 34));
    });
}

/// Pushes `sets` sets of pictures that `picture` makes from the progress, in `segments` segments.
fn refusal(sets: u32, segments: u32, truth: fn(f64) -> f64, picture: fn(f64) -> Arc<Image>) -> String {
    let folder = tempdir().unwrap();
    let backbone = tiny_backbone(folder.path());
    let mut adapter = Adapter::new(drawn_config(1), backbone, &SessionConfig::default()).unwrap();
    for set in 0..sets {
        let progress = f64::from(set) / f64::from(sets.max(2) - 1);
        let segment = usize::try_from(set * segments / sets).unwrap();
        let result = adapter.push(&[picture(progress)], Progress::new(truth(progress)).unwrap(), segment, set);
        if let Err(error) = result {
            return error.to_string();
        }
    }
    adapter.finish(|_, _| {}).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_learnt_from_is_refused_in_words() {
    with_runtime(|| {
        let moving = |progress: f64| drawn(0, progress);
        let still = |_: f64| drawn(0, 0.5);
        let black = |_: f64| Arc::new(Image::filled(48, 32, [0; 3]));
        let same = |progress: f64| progress;
        for (got, said) in [
            (refusal(1, 1, same, moving), "1 frame sets are too few"),
            (refusal(40, 1, same, moving), "one segment"),
            (refusal(40, 4, |p| 0.4 + 0.1 * p, moving), "the truth only runs from 0.40 to 0.50"),
            (refusal(40, 4, same, black), "frame 0, view view_0: the backbone gives numbers that are not finite"),
        ] {
            assert!(got.contains(said) && got.lines().count() == 1, "{got}");
        }
        // Twins differ even where the frames do not, so here it is the regression that finds nothing.
        let config = AdaptConfig { copies: 0, ..drawn_config(1) };
        let folder = tempdir().unwrap();
        let mut adapter = Adapter::new(config, tiny_backbone(folder.path()), &SessionConfig::default()).unwrap();
        for set in 0..40_u32 {
            let truth = Progress::new(f64::from(set) / 39.0).unwrap();
            adapter.push(&[still(0.0)], truth, (set / 10) as usize, set).unwrap();
        }
        let got = adapter.finish(|_, _| {}).unwrap_err().to_string();
        assert!(got.contains("all frames look the same in every view"), "{got}");
    });
}

#[test]
fn a_set_without_one_of_its_views_is_refused() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut adapter =
            Adapter::new(drawn_config(2), tiny_backbone(folder.path()), &SessionConfig::default()).unwrap();
        let got = adapter.push(&[drawn(0, 0.0)], Progress::ZERO, 0, 7).unwrap_err().to_string();
        assert!(got.contains("frame 7: 1 images for 2 views"), "{got}");
    });
}
