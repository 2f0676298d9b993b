#![allow(clippy::unwrap_used, clippy::float_cmp)]
use proptest::prelude::*;
use striatum_core::{Hop, Progress};

use super::pairs::{balanced_pairs, hop_error};
use super::*;
use crate::adapt::Rowset;
use crate::head::{FEATURES, PRESENT};
use crate::session::FixedModel;
use crate::test_files::with_runtime;
use crate::testkit::Noise;
use crate::{GrmSpec, SessionConfig};

const WIDTH: usize = 48;
const CELLS: usize = 2;

/// Features that turn with progress in some directions, with a little noise; `views` views of them.
fn row(progress: f64, views: usize, noise: &mut Noise) -> Vec<f32> {
    let mut directions = Noise::new(9);
    let mut features = Vec::new();
    for _ in 0..views {
        let (a, b) = (directions.floats(WIDTH, 1.0), directions.floats(WIDTH, 1.0));
        let (sin, cos) = (progress * 2.5).sin_cos();
        let extra = noise.floats(WIDTH, 0.03);
        features.extend((0..WIDTH).map(|i| a[i] * cos as f32 + b[i] * sin as f32 + extra[i]));
    }
    features
}

fn demonstration(views: usize, rows: usize, seed: u64) -> Rowset {
    let mut noise = Noise::new(seed);
    let mut set = Rowset::new(views);
    for i in 0..rows {
        let progress = i as f64 / (rows - 1) as f64;
        set.push(&row(progress, views, &mut noise), progress, i * 8 / rows);
    }
    set
}

fn memory(views: usize) -> GrmSpec {
    memorise(&demonstration(views, 120, 1), WIDTH, CELLS).unwrap()
}

fn locate(spec: &GrmSpec, features: &[f32], present: &[bool], absolute: (f64, f64)) -> Located {
    let evidence: Vec<f32> = spec.evidence(features, present).into_iter().map(|v| v as f32).collect();
    Locator::new(spec.progress.clone(), Vec::new(), 0.15).locate(&evidence, absolute).unwrap()
}

#[test]
fn what_was_not_seen_is_found_where_it_lies() {
    let (spec, mut noise) = (memory(2), Noise::new(5));
    for i in 0..=20 {
        let truth = f64::from(i) / 20.0;
        let found = locate(&spec, &row(truth, 2, &mut noise), &[true; 2], (0.5, 10.0));
        assert!((found.mean() - truth).abs() < 0.04, "{truth}: {found:?}");
        assert!(found.goal > 0.5 || truth < 0.97, "{truth}: {found:?}");
        assert!(found.goal < 0.2 || truth > 0.93, "{truth}: {found:?}");
    }
}

#[test]
fn a_view_that_is_missing_widens_the_distribution() {
    let (spec, mut noise) = (memory(3), Noise::new(6));
    let features = row(0.4, 3, &mut noise);
    let of = |present: &[bool]| locate(&spec, &features, present, (0.5, 10.0)).std;
    let (all, two, one) = (of(&[true; 3]), of(&[true, true, false]), of(&[true, false, false]));
    assert!(all < two && two < one, "{all} {two} {one}");
    // Nothing is known but the absolute head's word.
    let none = locate(&spec, &features, &[false; 3], (0.8, 0.15));
    assert!((none.mean() - 0.8).abs() < 0.05 && none.std > one, "{none:?}");
}

#[test]
fn a_view_that_shows_something_else_loses_its_say() {
    let (spec, mut noise) = (memory(3), Noise::new(7));
    let mut features = row(0.3, 3, &mut noise);
    let right = locate(&spec, &features, &[true; 3], (0.5, 10.0));
    let strange = Noise::new(8).floats(WIDTH, 4.0);
    features[WIDTH..2 * WIDTH].copy_from_slice(&strange);
    let disturbed = locate(&spec, &features, &[true; 3], (0.5, 10.0));
    assert!((disturbed.mean() - right.mean()).abs() < 0.08, "{right:?} {disturbed:?}");
}

#[test]
fn the_onnx_file_says_what_the_arithmetic_says() {
    with_runtime(|| {
        let (spec, mut noise) = (memory(3), Noise::new(11));
        let mut model = FixedModel::open(&spec.to_onnx().unwrap(), "grm", &SessionConfig::default()).unwrap();
        let (features, present) = (model.input_index(FEATURES).unwrap(), model.input_index(PRESENT).unwrap());
        let output = model.output_index(EVIDENCE).unwrap();
        for (progress, there) in [(0.0, [true; 3]), (0.6, [true, false, true]), (1.0, [false, true, false])] {
            let mut seen = row(progress, 3, &mut noise);
            for (view, _) in there.iter().enumerate().filter(|(_, there)| !**there) {
                seen[view * WIDTH..(view + 1) * WIDTH].fill(0.0);
            }
            model.input_mut(features).copy_from_slice(&seen);
            let mask = there.map(|there| if there { 1.0 } else { 0.0 });
            model.input_mut(present).copy_from_slice(&mask);
            model.run().unwrap();
            let want = spec.evidence(&seen, &there);
            for (got, want) in model.output(output).iter().zip(&want) {
                assert!((f64::from(*got) - want).abs() < 1e-4 * (1.0 + want.abs()), "{got} {want}");
            }
            // What becomes of the difference: progress.
            let narrow: Vec<f32> = want.iter().map(|&v| v as f32).collect();
            let mut locator = Locator::new(spec.progress.clone(), Vec::new(), 0.15);
            let [got, want] = [model.output(output), &narrow].map(|row| locator.locate(row, (0.5, 10.0)).unwrap());
            assert!((got.mean() - want.mean()).abs() < 1e-5 && (got.goal - want.goal).abs() < 1e-5, "{got:?} {want:?}");
        }
    });
}

#[test]
fn a_tail_that_is_not_1_is_worked_into_the_file() {
    with_runtime(|| {
        let spec = GrmSpec { tail: 2.5, ..memory(2) };
        let seen = row(0.4, 2, &mut Noise::new(13));
        let mut model = FixedModel::open(&spec.to_onnx().unwrap(), "grm", &SessionConfig::default()).unwrap();
        let (features, present) = (model.input_index(FEATURES).unwrap(), model.input_index(PRESENT).unwrap());
        model.input_mut(features).copy_from_slice(&seen);
        model.input_mut(present).fill(1.0);
        model.run().unwrap();
        let output = model.output_index(EVIDENCE).unwrap();
        for (got, want) in model.output(output).iter().zip(spec.evidence(&seen, &[true; 2])) {
            assert!((f64::from(*got) - want).abs() < 1e-4 * (1.0 + want.abs()), "{got} {want}");
        }
    });
}

#[test]
fn progress_is_less_sure_in_the_middle_of_a_segment_than_at_a_keyframe() {
    let spec = memory(1);
    let largest = spec.label_std.iter().copied().fold(0.0, f64::max);
    // Eight segments, each worth an eighth.
    assert!((0.03..=0.35 / 8.0 + 1e-9).contains(&largest), "{largest}");
    let rows = spec.progress.iter().zip(&spec.label_std);
    let at_keyframes = rows.filter(|(progress, _)| (*progress * 119.0 / 15.0).fract() == 0.0);
    assert!(at_keyframes.clone().count() >= 4 && at_keyframes.into_iter().all(|(_, &std)| std < 1e-6));
    let evidence: Vec<f32> = vec![0.0; 2 * spec.rows()];
    let locate =
        |label_std: Vec<f64>| Locator::new(spec.progress.clone(), label_std, 0.15).locate(&evidence, (0.5, 0.1));
    let (with, without) = (locate(spec.label_std.clone()).unwrap(), locate(Vec::new()).unwrap());
    assert!(with.label_std > 0.01 && with.label_std < largest);
    assert_eq!((without.label_std, with.std, with.halves), (0.0, without.std, without.halves));
}

#[test]
fn evidence_that_is_not_finite_is_no_answer() {
    let mut locator = Locator::new(vec![0.0, 1.0], Vec::new(), 0.15);
    assert!(locator.locate(&[0.0, f32::NAN, 0.0, 0.0], (0.5, 0.1)).is_none());
    assert!(locator.locate(&[0.0; 4], (f64::NAN, 0.1)).is_none());
    assert!(locator.locate(&[0.0; 3], (0.5, 0.1)).is_none());
    // An absolute head that knows nothing has no say, and is no reason to say nothing.
    assert!(locator.locate(&[0.0; 4], (0.5, f64::NAN)).is_some());
}

#[test]
fn a_view_that_never_changes_is_remembered_and_says_nothing() {
    let mut set = demonstration(2, 60, 3);
    set.features[1].fill(0.5);
    let spec = memorise(&set, WIDTH, CELLS).unwrap();
    let mut features = row(0.5, 2, &mut Noise::new(4));
    features[WIDTH..].fill(0.5);
    let with = locate(&spec, &features, &[true, true], (0.5, 10.0));
    let without = locate(&spec, &features, &[true, false], (0.5, 10.0));
    assert!((with.mean() - without.mean()).abs() < 1e-9);
}

#[test]
fn pairs_are_balanced_and_one_in_twenty_is_no_hop() {
    let truth: Vec<f64> = (0..80).map(|i| (f64::from(i) / 79.0).powi(2).max(0.01)).collect();
    let pairs = balanced_pairs(&truth, 3);
    let zero = pairs.iter().filter(|(p, q)| truth[*p] == truth[*q]).count();
    let share = zero as f64 / pairs.len() as f64;
    assert!((share - 0.05).abs() < 0.01, "{share}");
    let hop = |&(p, q): &(usize, usize)| {
        Hop::between(Progress::new(truth[p]).unwrap(), Progress::new(truth[q]).unwrap()).get()
    };
    // Without balance nearly all hops of this slow start would be small ones.
    let large = pairs.iter().filter(|pair| hop(pair).abs() > 0.5).count() as f64 / pairs.len() as f64;
    assert!(large > 0.35, "{large}");
    assert_eq!(pairs, balanced_pairs(&truth, 3));
    assert_ne!(pairs, balanced_pairs(&truth, 4));
}

#[test]
fn a_distribution_too_narrow_for_its_errors_is_widened() {
    let truth: Vec<f64> = (0..50).map(|i| f64::from(i) / 49.0).collect();
    let mut noise = Noise::new(12);
    let located = |std: f64, noise: &mut Noise| -> Vec<Located> {
        let at = |t: &f64| (t + 0.05 * noise.normal()).clamp(0.0, 1.0);
        truth.iter().map(at).map(|mean| Located { halves: [mean; HALVES], std, label_std: 0.0, goal: 0.0 }).collect()
    };
    let pairs = balanced_pairs(&truth, 1);
    let narrow = hop_error(&pairs, &located(0.025, &mut noise), &truth).std_factor;
    let wide = hop_error(&pairs, &located(0.2, &mut noise), &truth).std_factor;
    assert!((1.5..=2.4).contains(&narrow), "{narrow}");
    assert_eq!(wide, 1.0);
    assert_eq!(hop_error(&[], &[], &[]).std_factor, 3.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_reading_is_a_progress_whatever_is_seen(seed in any::<u64>(), scale in 0.0_f64..100.0, absolute in 0.0_f64..=1.0) {
        let spec = memory(2);
        let found = locate(&spec, &Noise::new(seed).floats(2 * WIDTH, scale), &[true; 2], (absolute, 0.1));
        prop_assert!(found.halves.iter().all(|h| (0.0..=1.0).contains(h)));
        prop_assert!((0.0..=1.0).contains(&found.goal) && found.std >= 0.0 && found.std <= 0.5 + 1e-9);
    }

    #[test]
    fn views_may_come_in_any_order(progress in 0.0_f64..=1.0, seed in any::<u64>()) {
        let set = demonstration(2, 60, 3);
        let mut turned = set.clone();
        turned.features.swap(0, 1);
        let seen = row(progress, 2, &mut Noise::new(seed));
        let seen_turned = [&seen[WIDTH..], &seen[..WIDTH]].concat();
        let [a, b] = [(set, seen), (turned, seen_turned)].map(|(set, seen)| {
            locate(&memorise(&set, WIDTH, CELLS).unwrap(), &seen, &[true; 2], (progress, 0.15))
        });
        prop_assert!((a.mean() - b.mean()).abs() < 1e-4, "{a:?} {b:?}");
    }
}
