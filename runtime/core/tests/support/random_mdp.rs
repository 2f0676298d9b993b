//! Random finite MDPs with random potentials.

use proptest::prelude::*;
use striatum_core::{Ending, EpisodeRules, KMode};

use super::mdp::{Mdp, Outcome};
use super::rules;

/// How the transitions of a random MDP may end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endings {
    pub(crate) truncated: bool,
    /// Every action ends the episode with at least this probability; needed where gamma is 1.
    pub(crate) least_termination: f64,
}

/// MDPs of 2 to 6 states and 2 to 4 actions, up to three outcomes each; potentials of any sign, not 0 at terminal
/// states.
pub(crate) fn random_mdp(gamma: impl Strategy<Value = f64>, endings: Endings) -> impl Strategy<Value = Mdp> {
    (2..=6_usize, 2..=4_usize, gamma, any::<bool>()).prop_flat_map(move |(states, actions, gamma, elapsed)| {
        let mut rules = rules(gamma);
        if elapsed {
            rules = EpisodeRules { k_mode: KMode::Elapsed, period_nanos: 200_000_000, ..rules };
        }
        let k = if elapsed { (0.25..4.0_f64).boxed() } else { (1..=4_u8).prop_map(f64::from).boxed() };
        let outcome = (0.05..1.0_f64, 0..states, ending(endings), k, -1.0..1.0_f64, any::<bool>()).prop_map(
            |(probability, next, ending, k, extra, succeeds)| Outcome { probability, next, ending, k, extra, succeeds },
        );
        let choices = prop::collection::vec(outcome, 1..=3)
            .prop_map(move |outcomes| with_termination(normalised(outcomes), endings.least_termination));
        let outcomes = prop::collection::vec(prop::collection::vec(choices, actions), states);
        let potentials = prop::collection::vec(-3.0..3.0_f64, states);
        (outcomes, potentials).prop_map(move |(outcomes, potentials)| Mdp { rules, potentials, outcomes })
    })
}

fn ending(endings: Endings) -> impl Strategy<Value = Ending> {
    let truncated = if endings.truncated { 1 } else { 0 };
    prop_oneof![
        4 => Just(Ending::Running),
        1 => Just(Ending::Terminated),
        truncated => Just(Ending::Truncated),
    ]
}

fn normalised(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let total: f64 = outcomes.iter().map(|outcome| outcome.probability).sum();
    outcomes.iter_mut().for_each(|outcome| outcome.probability /= total);
    outcomes
}

fn with_termination(mut outcomes: Vec<Outcome>, least: f64) -> Vec<Outcome> {
    if least > 0.0 {
        let first = outcomes[0].clone();
        outcomes.iter_mut().for_each(|outcome| outcome.probability *= 1.0 - least);
        outcomes.push(Outcome { probability: least, ending: Ending::Terminated, ..first });
    }
    outcomes
}
