//! What the property tests share.
#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(dead_code, reason = "each test file uses its own share of it")]

pub(crate) mod mdp;
pub(crate) mod random_mdp;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use striatum_core::{
    Discount, Ending, EpisodeRules, Perspectives, Potential, Progress, Scores, Shaper, Success, SuccessSource,
    Transition,
};

/// `count` cases from a fixed seed: a test that fails, fails for everyone. PROPTEST_RNG_SEED explores other cases.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let from_env = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    ProptestConfig {
        cases: count,
        rng_seed: RngSeed::Fixed(from_env.unwrap_or(2512)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(crate) fn progress(value: f64) -> Progress {
    Progress::new(value).unwrap()
}

pub(crate) fn potential(value: f64) -> Potential {
    Potential::new(value).unwrap()
}

pub(crate) fn rules(gamma: f64) -> EpisodeRules {
    EpisodeRules::new(Discount::new(gamma).unwrap())
}

pub(crate) fn shaper(rules: EpisodeRules, first: f64) -> Shaper {
    Shaper::begin(rules, potential(first)).unwrap()
}

/// A transition that nobody calls a success.
pub(crate) fn transition(next: f64, k: f64, ending: Ending) -> Transition {
    Transition { next: potential(next), k, ending, success: Success::Unknown, source: SuccessSource::None }
}

/// Scores with these hops and a model that is sure and at home.
pub(crate) fn scores(incremental: Option<f64>, forward: Option<f64>, backward: Option<f64>) -> Scores {
    Scores { hops: Perspectives { incremental, forward, backward }, std: 0.05, ood: 0.0, ..Scores::MISSING }
}

/// Scores whose readings are phi_F = `forward` and phi_B = `backward`, with an incremental hop.
pub(crate) fn goal_scores(hop: f64, forward: f64, backward: f64) -> Scores {
    scores(Some(hop), Some(forward), Some(backward - 1.0))
}

/// Any double there is: NaN, infinities, subnormals and both zeros included.
pub(crate) fn any_double() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => any::<u64>().prop_map(f64::from_bits),
        4 => -1.5..1.5_f64,
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN, 5e-324,
        ]),
    ]
}

/// A progress anywhere in \[0, 1\], both ends and their neighbours more often than chance has them.
pub(crate) fn any_progress() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..=1.0_f64,
        1 => prop::sample::select(vec![0.0, 1.0, 5e-324, 1e-300, 1e-17, f64::EPSILON, 1.0 - f64::EPSILON / 2.0, 0.5]),
    ]
}
