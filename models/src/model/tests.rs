#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use striatum_core::{Hop, Progress, Scores, StampNanos, ViewMask};
use striatum_frames::{FrameSet, Image};
use tempfile::tempdir;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::{drawn, drawn_bundle, drawn_set, set_of};
use crate::{Bundle, LoadOptions};

/// A clock that goes on by one at each look.
fn ticks() -> u64 {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    TICKS.fetch_add(1, Ordering::Relaxed)
}

fn model(folder: &Path, views: usize) -> BundleModel {
    let bundle = Bundle::load(&drawn_bundle(folder, views), &LoadOptions::default()).unwrap();
    BundleModel::new(bundle, ticks).unwrap()
}

/// Forward and backward reading, averaged.
fn progress(scores: &Scores) -> f64 {
    let (forward, backward) = (scores.hops.forward.unwrap(), scores.hops.backward.unwrap());
    (forward.max(0.0) + (1.0 + backward).min(1.0)) / 2.0
}

fn black() -> Arc<Image> {
    Arc::new(Image::filled(48, 32, [0; 3]))
}

#[test]
fn progress_between_the_frames_of_the_demonstration_is_found() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let mut last = -1.0;
        for step in 1..=19 {
            let truth = f64::from(step) / 20.0 + 0.003;
            let scores = model.score(&drawn_set(3, truth));
            assert!((progress(&scores) - truth).abs() < 0.12, "{truth} {scores:?}");
            assert!(progress(&scores) > last - 0.03, "{truth} {last} {scores:?}");
            last = progress(&scores);
            assert_eq!((scores.views, scores.images_encoded), (ViewMask::first(3), 3));
            assert!(scores.ood < 1.0, "{}", scores.ood);
            assert!(scores.per_view[..3].iter().all(Option::is_some) && scores.per_view[3].is_none());
        }
        assert!(model.take_error().is_none());
        assert_eq!(model.timings(), StageTimings { preprocess_nanos: 1, encode_nanos: 1, score_nanos: 1 });
    });
}

#[test]
fn the_same_picture_is_a_zero_hop_and_the_way_back_leads_back() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 1);
        assert_eq!(model.score(&drawn_set(1, 0.3)).hops.incremental, None);
        let first = model.score(&drawn_set(1, 0.3));
        let again = model.score(&drawn_set(1, 0.3));
        assert_eq!(first, again);
        assert_eq!(again.hops.incremental, Some(0.0));
        let there = Hop::new(model.score(&drawn_set(1, 0.8)).hops.incremental.unwrap()).unwrap();
        let back = Hop::new(model.score(&drawn_set(1, 0.3)).hops.incremental.unwrap()).unwrap();
        assert!(there.get() > 0.3 && back.get() < -0.3);
        // The way there and back leads back to one progress alone, and that is where the model says it is.
        let (up, down) = (there.get(), back.get());
        let from = up * (1.0 + down) / (1.0 - (1.0 - up) * (1.0 + down));
        assert!((back.apply(there.apply(Progress::new(from).unwrap())).get() - from).abs() < 1e-12);
        assert!((from - progress(&again)).abs() < 0.03, "{from} {again:?}");
        model.reset();
        assert_eq!(model.score(&drawn_set(1, 0.3)).hops.incremental, None);
    });
}

#[test]
fn the_references_score_as_start_and_goal() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 2);
        let start = model.score(&drawn_set(2, 0.0));
        assert!(start.hops.forward.unwrap().abs() < 1e-3, "{start:?}");
        let goal = model.score(&drawn_set(2, 1.0));
        assert!(goal.hops.backward.unwrap().abs() < 1e-3, "{goal:?}");
    });
}

#[test]
fn a_missing_view_takes_the_head_of_those_that_are_there() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let all = model.score(&drawn_set(3, 0.5));
        for gone in 0..3 {
            let images: Vec<_> = (0..3).map(|v| (v != gone).then(|| drawn(v, 0.5))).collect();
            let scores = model.score(&set_of(&images));
            assert_eq!(scores.views, ViewMask::first(3).without(gone));
            assert_eq!(scores.images_encoded, 2);
            assert!((progress(&scores) - 0.5).abs() < 0.1);
            assert_eq!(scores.per_view[gone], None);
            assert!(scores.hops.incremental.unwrap().abs() < 0.02, "{scores:?}");
            for view in (0..3).filter(|v| *v != gone) {
                assert!((scores.per_view[view].unwrap() - all.per_view[view].unwrap()).abs() < 1e-4);
            }
        }
        // From view 0 alone to view 1 alone there is no common ground.
        model.score(&set_of(&[Some(drawn(0, 0.5)), None, None]));
        let scores = model.score(&set_of(&[None, Some(drawn(1, 0.5)), None]));
        assert_eq!(scores.hops.incremental, None);
        let nothing = model.score(&set_of(&[None, None, None]));
        assert_eq!((nothing.hops.forward, nothing.views, nothing.images_encoded), (None, ViewMask::EMPTY, 0));
    });
}

#[test]
fn a_view_of_numbers_that_are_not_finite_is_left_out_and_named() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let without = model.score(&set_of(&[Some(drawn(0, 0.4)), None, Some(drawn(2, 0.4))]));
        model.reset();
        let broken = model.score(&set_of(&[Some(drawn(0, 0.4)), Some(black()), Some(drawn(2, 0.4))]));
        assert_eq!(broken.non_finite_views, ViewMask::EMPTY.with(1));
        assert_eq!(broken.views, without.views);
        assert!((progress(&broken) - progress(&without)).abs() < 1e-5);
        assert!(broken.ood.is_finite() && broken.std.is_finite());
        let all = model.score(&set_of(&[Some(black()), Some(black()), Some(black())]));
        assert_eq!((all.hops.forward, all.non_finite_views), (None, ViewMask::first(3)));
        // And it leaves no trace.
        let after = model.score(&drawn_set(3, 0.4));
        assert!((progress(&after) - 0.4).abs() < 0.12);
    });
}

#[test]
fn a_view_it_has_never_seen_is_far_from_the_demonstration() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 2);
        let usual = model.score(&drawn_set(2, 0.5)).ood;
        let swapped = model.score(&set_of(&[Some(drawn(1, 0.5)), Some(drawn(0, 0.5))])).ood;
        assert!(usual < 1.0 && swapped > 1.0, "{usual} {swapped}");
    });
}

#[test]
fn of_many_views_some_may_be_absent_at_a_wider_std() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 5);
        let all = model.score(&drawn_set(5, 0.5));
        let images: Vec<_> = (0..5).map(|v| (v != 2).then(|| drawn(v, 0.5))).collect();
        let fewer = model.score(&set_of(&images));
        assert!(fewer.std >= all.std, "{} {}", fewer.std, all.std);
        assert_eq!(fewer.views.count(), 4);
        // Five views and four have no row in common but those of single views.
        assert!(fewer.hops.incremental.unwrap().abs() < 0.01);
        assert!((progress(&fewer) - 0.5).abs() < 0.25);
    });
}

#[test]
fn scoring_allocates_nothing_after_the_first_sets() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let sets = [drawn_set(3, 0.2), drawn_set(3, 0.7)];
        for set in &sets {
            model.score(set);
        }
        let info = allocation_counter::measure(|| {
            for set in sets.iter().cycle().take(10) {
                assert!(model.score(set).hops.forward.is_some());
            }
        });
        assert_eq!(info.count_total, 0, "{info:?}");
    });
}

#[test]
fn what_comes_from_memory_is_the_same_bit_for_bit_and_encodes_nothing() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let one_missing = set_of(&[Some(drawn(0, 0.4)), None, Some(drawn(2, 0.4))]);
        let one_broken = set_of(&[Some(drawn(0, 0.4)), Some(black()), Some(drawn(2, 0.4))]);
        let swapped = set_of(&[Some(drawn(1, 0.1)), Some(drawn(0, 0.1)), Some(drawn(2, 0.1))]);
        let clip = [drawn_set(3, 0.1), one_missing, drawn_set(3, 0.9), one_broken, drawn_set(3, 0.1)];
        let mut play = |mode: MemoMode, clip: &[FrameSet]| -> Vec<Scores> {
            model.reset();
            model.set_memo(mode);
            clip.iter().map(|set| model.score(set)).collect()
        };
        let plain = play(MemoMode::Off, &clip);
        assert_eq!(play(MemoMode::Fill, &clip), plain, "filling encodes all, the picture that comes twice too");
        let without_count = |scores: &[Scores]| -> Vec<_> {
            scores.iter().map(|scores| format!("{:?}", Scores { images_encoded: 0, ..*scores })).collect()
        };
        let recalled = play(MemoMode::Reuse, &clip);
        assert_eq!(without_count(&recalled), without_count(&plain));
        assert!(recalled.iter().all(|scores| scores.images_encoded == 0));
        // The same pictures in other places are another set.
        assert_eq!(play(MemoMode::Reuse, &[swapped])[0].images_encoded, 3);
        play(MemoMode::Off, &[]);
        assert_eq!(play(MemoMode::Reuse, &clip[..1])[0].images_encoded, 3, "off has forgotten");
    });
}

/// The drawn set at some progress, captured at `secs`.
fn captured(progress: f64, secs: u64) -> FrameSet {
    let mut set = drawn_set(3, progress);
    set.frames.iter_mut().flatten().for_each(|frame| frame.capture = StampNanos(secs * 1_000_000_000));
    set
}

fn reuse(threshold: f64) -> Option<ReuseRule> {
    Some(ReuseRule::new(threshold, 5_000_000_000).unwrap())
}

#[test]
fn views_that_did_not_change_are_not_encoded_and_say_the_same() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        let plain: Vec<Scores> = [captured(0.3, 1), captured(0.8, 2)].iter().map(|set| model.score(set)).collect();
        model.reset();
        model.set_reuse(reuse(1.0));
        assert_eq!(model.score(&captured(0.3, 1)), plain[0], "the first set is encoded whole");
        let again = model.score(&captured(0.3, 3));
        assert_eq!((again.images_encoded, again.views), (0, ViewMask::first(3)));
        assert_eq!((again.hops.forward, again.std, again.ood), (plain[0].hops.forward, plain[0].std, plain[0].ood));
        assert_eq!(again.hops.incremental, Some(0.0));
        // One view moves on: it alone is encoded.
        let mut moved = captured(0.3, 4);
        moved.frames[1] = captured(0.8, 4).frames[1].clone();
        assert_eq!(model.score(&moved).images_encoded, 1);
        // Too old is encoded again: views 0 and 2 were at 1 s, view 1 at 4 s.
        assert_eq!(model.score(&moved_to(&moved, 7)).images_encoded, 2);
        // All moved: what is said is what is said without.
        let far = model.score(&captured(0.8, 8));
        assert!((progress(&far) - progress(&plain[1])).abs() < 1e-6, "{far:?} {:?}", plain[1]);
        model.reset();
        assert_eq!(model.score(&captured(0.8, 9)).images_encoded, 3, "a reset forgets");
        model.set_reuse(None);
        assert_eq!(model.score(&captured(0.8, 9)).images_encoded, 3);
    });
}

fn moved_to(set: &FrameSet, secs: u64) -> FrameSet {
    let mut set = set.clone();
    set.frames.iter_mut().flatten().for_each(|frame| frame.capture = StampNanos(secs * 1_000_000_000));
    set
}

#[test]
fn what_is_taken_again_is_the_same_in_every_run_and_never_broken_or_from_memory() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        model.set_reuse(reuse(3.0));
        let clip: Vec<FrameSet> = (0..12_u32).map(|step| captured(0.2 + 0.01 * f64::from(step), step.into())).collect();
        let mut play = |mode: MemoMode| -> Vec<String> {
            model.reset();
            model.set_memo(mode);
            clip.iter().map(|set| format!("{:?}", model.score(set))).collect()
        };
        let first = play(MemoMode::Off);
        assert_eq!(play(MemoMode::Off), first);
        assert_eq!(play(MemoMode::Fill), first);
        assert_eq!(
            play(MemoMode::Reuse),
            first,
            "what is taken again depends on what came before, so memory is no answer"
        );
        let broken = set_of(&[Some(drawn(0, 0.4)), Some(black()), Some(drawn(2, 0.4))]);
        model.reset();
        assert_eq!(model.score(&broken).non_finite_views, ViewMask::EMPTY.with(1));
        let again = model.score(&broken);
        assert_eq!((again.images_encoded, again.non_finite_views), (1, ViewMask::EMPTY.with(1)));
    });
}

#[test]
fn taking_features_again_allocates_nothing_after_the_first_sets() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = model(folder.path(), 3);
        model.set_reuse(reuse(1.0));
        let sets = [captured(0.2, 1), captured(0.7, 2), captured(0.7, 3)];
        for set in sets.iter().cycle().take(6) {
            model.score(set);
        }
        let mut encoded = 0;
        let info = allocation_counter::measure(|| {
            for set in sets.iter().cycle().take(12) {
                encoded += model.score(set).images_encoded;
            }
        });
        assert_eq!(info.count_total, 0, "{info:?}");
        assert!(encoded < 36, "{encoded}");
    });
}
