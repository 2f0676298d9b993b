//! NaN and infinities as missing votes: every combination of what each perspective may say, under every rule.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use striatum_core::{Estimate, Fuser, FusionConfig, FusionRule, Scores, StartValue};
use support::{progress, scores};

const PRESETS: [FusionConfig; 4] =
    [FusionConfig::memoryless(), FusionConfig::plain(), FusionConfig::consistency(), FusionConfig::paper()];

/// What a perspective may say: nothing, what is no number in three ways, or one of two hops.
const SAID: [Option<f64>; 6] =
    [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(-0.25), Some(0.5)];

fn for_every_combination(mut check: impl FnMut([Option<f64>; 3])) {
    for incremental in SAID {
        for forward in SAID {
            for backward in SAID {
                check([incremental, forward, backward]);
            }
        }
    }
}

fn finite(hop: Option<f64>) -> Option<f64> {
    hop.filter(|hop| hop.is_finite())
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let present: Vec<f64> = values.iter().copied().flatten().collect();
    (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
}

/// phi_I, phi_F and phi_B as the reading rules state them, from `last`.
fn readings([i, f, b]: [Option<f64>; 3], last: Option<f64>) -> [Option<f64>; 3] {
    let incremental =
        finite(i).zip(last).map(|(h, last)| if h >= 0.0 { last + (1.0 - last) * h } else { last + last * h });
    [incremental, finite(f).map(|h| h.clamp(0.0, 1.0)), finite(b).map(|h| (1.0 + h).clamp(0.0, 1.0))]
}

/// The documented rule: the fused value from `last`, `None` where nothing votes.
fn expected(rule: FusionRule, [i, f, b]: [Option<f64>; 3], last: f64) -> Option<f64> {
    let goal = mean(&[f, b]);
    let divisor = |mean: f64| match rule {
        FusionRule::Consistency { floor, .. } => mean.max(floor),
        FusionRule::ConsistencyPaper { eps, .. } => mean + eps,
        FusionRule::Memoryless | FusionRule::Plain => unreachable!(),
    };
    match rule {
        FusionRule::Memoryless => goal,
        FusionRule::Plain => mean(&[i, f, b]),
        FusionRule::Consistency { alpha, .. } | FusionRule::ConsistencyPaper { alpha, .. } => {
            let weight = match (f, b) {
                (Some(f), Some(b)) => (-alpha * ((b - f) / divisor((f + b) / 2.0)).powi(2)).exp(),
                _ => 1.0,
            };
            mean(&[goal, i]).map(|target| (1.0 - weight) * last + weight * target)
        }
    }
}

fn count(values: &[Option<f64>]) -> u8 {
    values.iter().flatten().fold(0, |count, _| count + 1)
}

fn non_finite(hops: [Option<f64>; 3]) -> u8 {
    hops.iter().flatten().filter(|hop| !hop.is_finite()).fold(0, |count, _| count + 1)
}

#[test]
fn later_sets_are_fused_from_what_is_there_and_the_rest_is_counted() {
    for config in PRESETS {
        for_every_combination(|hops| {
            let mut fuser = Fuser::new(FusionConfig { start: StartValue::MeanOfFirst, ..config }).unwrap();
            let last = fuser.update(&scores(None, Some(0.4), None));
            let estimate = fuser.update(&scores(hops[0], hops[1], hops[2]));

            let [i, f, b] = readings(hops, Some(0.4));
            let said = estimate.readings;
            assert_eq!([said.incremental, said.forward, said.backward], [i, f, b], "{config:?} {hops:?}");
            assert_eq!(estimate.missing_votes, non_finite(hops), "{config:?} {hops:?}");
            match expected(config.rule, [i, f, b], 0.4) {
                Some(mean) => {
                    let voting = if config.rule == FusionRule::Memoryless { count(&[f, b]) } else { count(&[i, f, b]) };
                    assert!((estimate.mean - mean).abs() <= 1e-12, "{config:?} {hops:?} {estimate:?}");
                    assert_eq!((estimate.votes, estimate.held), (voting, false), "{config:?} {hops:?}");
                }
                None => {
                    assert_eq!((estimate.mean, estimate.std, estimate.ood), (last.mean, last.std, last.ood));
                    assert_eq!((estimate.votes, estimate.held, estimate.warming_up), (0, true, false));
                }
            }
        });
    }
}

#[test]
fn a_first_set_starts_the_value_only_where_something_votes() {
    for config in PRESETS {
        for_every_combination(|hops| {
            let estimate = Fuser::new(config).unwrap().update(&scores(hops[0], hops[1], hops[2]));
            let from_zero = config.start == StartValue::Zero;
            let readings = readings(hops, from_zero.then_some(0.0));
            let start = if from_zero { mean(&readings).map(|_| 0.0) } else { mean(&readings[1..]) };
            assert_eq!(estimate.missing_votes, non_finite(hops), "{config:?} {hops:?}");
            assert_eq!((estimate.held, estimate.warming_up), (start.is_none(), start.is_none()), "{config:?} {hops:?}");
            match start {
                Some(start) => assert!((estimate.mean - start).abs() <= 1e-15, "{config:?} {hops:?}"),
                None => assert_eq!((estimate.mean, estimate.std, estimate.votes), (0.0, 0.5, 0)),
            }
        });
    }
}

#[test]
fn warming_up_ends_with_the_first_value_and_starts_there() {
    let mut fuser = Fuser::new(FusionConfig::plain()).unwrap();
    assert!(fuser.update(&Scores::MISSING).warming_up);
    assert!(fuser.update(&scores(Some(0.3), None, Some(f64::NAN))).warming_up, "no value to hop from");
    let started = fuser.update(&scores(Some(0.3), Some(0.8), None));
    assert_eq!((started.mean, started.warming_up, started.readings.incremental), (0.8, false, None));
    assert!(!fuser.update(&Scores::MISSING).warming_up);
}

#[test]
fn a_std_or_ood_that_is_no_number_has_a_fall_back() {
    let mut fuser = Fuser::new(FusionConfig::memoryless()).unwrap();
    let agreed = scores(None, Some(0.5), Some(-0.5));
    for std in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1] {
        assert_eq!(fuser.update(&Scores { std, ..agreed }).std, Estimate::UNKNOWN_STD);
    }
    assert_eq!(fuser.update(&Scores { std: 0.0, ..agreed }).std, Estimate::MIN_STD);
    assert_eq!(fuser.update(&Scores { std: 1e300, ..agreed }).std, 1.0);
    for ood in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(fuser.update(&Scores { ood, ..agreed }).ood, Estimate::UNKNOWN_OOD);
    }
    assert_eq!(fuser.update(&Scores { ood: -3.0, ..agreed }).ood, 0.0);
    assert_eq!(fuser.update(&Scores { ood: 7.5, ..agreed }).ood, 7.5);
}

#[test]
fn one_perspective_alone_cannot_disagree() {
    let mut fuser = Fuser::new(FusionConfig::consistency()).unwrap();
    fuser.update(&scores(None, Some(0.2), Some(-0.8)));
    let alone = fuser.update(&scores(None, None, Some(-0.1)));
    assert_eq!((alone.weight, alone.votes), (1.0, 1));
    assert!((alone.mean - 0.9).abs() <= 1e-15);
    assert_eq!(progress(alone.mean).get(), alone.mean);
}
