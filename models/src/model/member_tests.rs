//! Several of a bundle's models at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
use std::path::Path;
use std::sync::Arc;

use striatum_core::{Estimate, Fuser, FusionConfig, Progress, Scores, ViewMask};
use striatum_frames::Image;
use tempfile::tempdir;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::{drawn, drawn_adapter, drawn_bundle, drawn_config, drawn_set, set_of};
use crate::{
    Bundle, CalibrationEntry, CalibrationMade, LoadOptions, Member, MemberRuleName, MembersConfig, Result,
    write_calibration,
};

const ALL: [Member; 3] = Member::ALL;

fn open(dir: &Path, members: MembersConfig) -> Result<BundleModel> {
    BundleModel::new(Bundle::load(dir, &LoadOptions { members, ..LoadOptions::default() })?, || 0)
}

fn all(dir: &Path, rule: MemberRuleName) -> BundleModel {
    open(dir, MembersConfig::of(ALL.to_vec(), rule)).unwrap()
}

fn fuser(model: &BundleModel) -> Fuser {
    Fuser::with_members(FusionConfig::memoryless(), model.member_fusion()).unwrap()
}

fn refused(dir: &Path, members: MembersConfig) -> String {
    let message = open(dir, members).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

/// Takes the tables of the perceptual reward out, as a bundle from before has none.
fn without_perceptual(dir: &Path) {
    let path = dir.join("manifest.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut kept = String::new();
    let mut drop = false;
    for line in text.lines() {
        if line.starts_with('[') {
            drop = line == "[perceptual]" || line == "[reliability]";
        }
        if !drop {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    assert!(kept.len() < text.len());
    std::fs::write(&path, kept).unwrap();
    std::fs::remove_file(dir.join("perceptual.onnx")).unwrap();
}

#[test]
fn three_members_read_one_pass_of_the_backbone_and_each_is_on_record() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 3);
        for rule in MemberRuleName::ALL {
            let mut model = all(&dir, rule);
            let mut fuser = fuser(&model);
            assert_eq!(model.members(), ALL);
            let mut errors = [0.0_f64; 4];
            for step in 1..=19 {
                let truth = f64::from(step) / 20.0 + 0.003;
                let scores = model.score(&drawn_set(3, truth));
                assert_eq!(scores.images_encoded, 3);
                let estimate = fuser.update(&scores);
                for (error, said) in errors.iter_mut().zip(&estimate.members[..3]) {
                    *error += (said.progress.unwrap() - truth).abs() / 19.0;
                    assert!(said.std.is_some_and(|std| std > 0.0));
                }
                errors[3] += (estimate.mean - truth).abs() / 19.0;
                let sum: f64 = estimate.members.iter().map(|said| said.share).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{rule:?} {estimate:?}");
            }
            assert!(errors[..2].iter().all(|error| *error < 0.08) && errors[2] < 0.2, "{rule:?} {errors:?}");
            assert!(errors[3] < 0.1, "{rule:?} {errors:?}");
        }
    });
}

/// A default that changed would change every reward.
#[test]
fn by_itself_a_bundle_answers_by_its_memory_bit_for_bit() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 2);
        let mut by_itself = open(&dir, MembersConfig::default()).unwrap();
        let mut named = open(&dir, MembersConfig::of(vec![Member::Grm], MemberRuleName::Reliability)).unwrap();
        let mut among = all(&dir, MemberRuleName::First);
        let (mut one, mut first) = (fuser(&by_itself), fuser(&among));
        assert_eq!((by_itself.members(), by_itself.chosen_models()), (&[Member::Grm][..], None));
        for step in 0..=10 {
            let set = drawn_set(2, f64::from(step) / 10.0);
            let (alone, all) = (by_itself.score(&set), among.score(&set));
            assert_eq!(named.score(&set), alone);
            assert_eq!((alone.others, all.hops, all.std), ([None; 3], alone.hops, alone.std));
            assert_eq!(all.goal, alone.goal);
            let (alone, all) = (one.update(&alone), first.update(&all));
            assert_eq!((alone.mean.to_bits(), alone.std.to_bits()), (all.mean.to_bits(), all.std.to_bits()));
        }
    });
}

#[test]
fn a_member_that_needs_a_view_that_is_missing_has_no_answer_and_the_others_go_on() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 2);
        let mut model = all(&dir, MemberRuleName::Reliability);
        let mut fuser = fuser(&model);
        let black = Arc::new(Image::filled(48, 32, [0; 3]));
        for half in [[Some(drawn(0, 0.5)), None], [Some(drawn(0, 0.5)), Some(black)]] {
            assert!(!fuser.update(&model.score(&drawn_set(2, 0.5))).held);
            let scores = model.score(&set_of(&half));
            assert_eq!((scores.others[0].is_some(), scores.others[1]), (true, None));
            let estimate = fuser.update(&scores);
            let shares = estimate.members.map(|said| said.share);
            assert!(shares[0] > 0.0 && shares[1] > 0.0 && shares[2] == 0.0, "{shares:?}");
            assert!((shares[0] + shares[1] - 1.0).abs() < 1e-12);
            assert_eq!((estimate.members[2].progress, estimate.held), (None, false));
            // The set before had not all views: no hop from it.
            assert_eq!(model.score(&drawn_set(2, 0.6)).others[1].unwrap().hops.incremental, None);
            assert!(model.score(&drawn_set(2, 0.6)).others[1].unwrap().hops.incremental.is_some());
        }
        model.reset();
        assert_eq!(model.score(&drawn_set(2, 0.6)).others[1].unwrap().hops.incremental, None);
    });
}

#[test]
fn where_the_only_member_has_no_answer_the_value_is_held_and_not_zero() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 2);
        let mut model = open(&dir, MembersConfig::of(vec![Member::Perceptual], MemberRuleName::First)).unwrap();
        let mut fuser = fuser(&model);
        let last = fuser.update(&model.score(&drawn_set(2, 0.9)));
        assert!(last.mean > 0.3 && !last.held, "{last:?}");
        let scores = model.score(&set_of(&[Some(drawn(0, 0.1)), None]));
        assert_eq!(scores.views, ViewMask::first(1));
        let held = fuser.update(&scores);
        assert_eq!((held.mean.to_bits(), held.held, held.votes), (last.mean.to_bits(), true, 0));
        assert_eq!(Estimate::WARMING_UP.members[0], held.members[0]);
    });
}

#[test]
fn the_success_estimate_is_the_memorys() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let mut with = all(&dir, MemberRuleName::First);
        let two = vec![Member::Absolute, Member::Perceptual];
        let mut without = open(&dir, MembersConfig::of(two, MemberRuleName::First)).unwrap();
        let (late, early) = (with.score(&drawn_set(1, 1.0)).goal, with.score(&drawn_set(1, 0.1)).goal);
        assert!(late > early && early.is_some() && with.goal_share().is_some(), "{early:?} {late:?}");
        assert_eq!((without.score(&drawn_set(1, 1.0)).goal, without.goal_share()), (None, None));
    });
}

#[test]
fn three_members_allocate_nothing_after_the_first_sets() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 3);
        for rule in MemberRuleName::ALL {
            let mut model = all(&dir, rule);
            let mut fuser = fuser(&model);
            let sets = [drawn_set(3, 0.2), drawn_set(3, 0.7)];
            sets.iter().for_each(|set| _ = fuser.update(&model.score(set)));
            let info = allocation_counter::measure(|| {
                for set in sets.iter().cycle().take(10) {
                    assert!(fuser.update(&model.score(set)).members[2].progress.is_some());
                }
            });
            assert_eq!(info.count_total, 0, "{info:?}");
        }
    });
}

#[test]
fn from_kept_features_every_member_says_the_same_bit_for_bit() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut model = all(&drawn_bundle(folder.path(), 2), MemberRuleName::First);
        let mut play = |mode: MemoMode| -> Vec<String> {
            model.reset();
            model.set_memo(mode);
            let sets = [0.1, 0.5, 0.9, 0.5].map(|progress| drawn_set(2, progress));
            sets.iter().map(|set| format!("{:?}", Scores { images_encoded: 0, ..model.score(set) })).collect()
        };
        let plain = play(MemoMode::Fill);
        assert_eq!(play(MemoMode::Reuse), plain);
    });
}

#[test]
fn a_bundle_from_before_loads_and_what_it_does_not_have_is_refused_by_name() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        without_perceptual(&dir);
        let mut model = open(&dir, MembersConfig::default()).unwrap();
        assert!(model.score(&drawn_set(1, 0.5)).hops.forward.is_some());
        let said = refused(&dir, MembersConfig::of(ALL.to_vec(), MemberRuleName::First));
        assert!(said.contains("models.members") && said.contains("`perceptual`"), "{said}");
        let two = vec![Member::Grm, Member::Absolute];
        let said = refused(&dir, MembersConfig::of(two.clone(), MemberRuleName::Reliability));
        assert!(said.contains("models.fusion") && said.contains("`reliability`"), "{said}");
        assert!(open(&dir, MembersConfig::of(two, MemberRuleName::InverseVariance)).is_ok());
    });
}

#[test]
fn tables_that_were_fitted_to_other_members_are_not_applied() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let chosen = MembersConfig::of(ALL.to_vec(), MemberRuleName::Consistency);
        let models = open(&dir, chosen.clone()).unwrap().chosen_models().map(str::to_owned);
        assert_eq!(models.as_deref(), Some("grm+absolute+perceptual by consistency (alpha 20, floor 0.5)"));
        let made = CalibrationMade {
            by: "test".into(),
            stride: 1,
            models,
            map_error: 0.0,
            left_out: None,
            episodes: Vec::new(),
        };
        let entry = CalibrationEntry {
            progress_in: vec![0.0, 1.0],
            progress_out: vec![0.2, 0.9],
            interval_multiplier: 2.0,
            interval_std_floor: 0.0,
            interval_guaranteed: false,
            made,
            goal: None,
            success: crate::Dropped,
        };
        write_calibration(&dir, entry).unwrap();
        let fitted_to = open(&dir, chosen.clone()).unwrap();
        assert!(fitted_to.check_calibration().is_ok() && !fitted_to.calibration().is_identity());
        for other in [MembersConfig::default(), MembersConfig { alpha: 10.0, ..chosen }] {
            let other = open(&dir, other).unwrap();
            assert!(other.calibration().is_identity());
            let said = other.check_calibration().unwrap_err().to_string();
            assert!(said.contains("consistency (alpha 20, floor 0.5)") && !said.contains('\n'), "{said}");
        }
    });
}

#[test]
fn the_perceptual_reward_is_fitted_to_each_recording_by_itself() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut adapter = drawn_adapter(folder.path(), drawn_config(1)).unwrap();
        adapter.next_recording();
        adapter.next_recording();
        for set in 0..40_u32 {
            let progress = f64::from(set) / 39.0;
            let segment = 10 + usize::try_from(set / 4).unwrap();
            adapter.push(&[drawn(0, progress)], Progress::new(progress).unwrap(), segment, set).unwrap();
        }
        let fitted = adapter.finish(|_, _| {}).unwrap();
        let fit = fitted.solution.perceptual.as_ref().unwrap();
        let ends: Vec<(usize, usize)> = fit.head.bounds.iter().map(|b| (b[0], b[b.len() - 1])).collect();
        assert_eq!(ends, [(0, 80), (0, 40)]);
        let shares = fitted.member_reliability();
        let sum: f64 = Member::ALL.iter().filter_map(|member| shares.of(*member)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{shares:?}");
    });
}
