//! Policy invariance on random finite MDPs, every reward out of the real shaper: Q_shaped(s, a) = Q(s, a) - Phi(s).
//!
//! Ng, Harada and Russell 1999; episodes that end: Grzes 2017; potentials that are no function of the state: Devlin and
//! Kudenko 2012.
#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::panic)]

mod support;

use proptest::prelude::*;
use striatum_core::{Discount, Ending, EpisodeRules, ShapingMode};
use support::cases;
use support::mdp::{Mdp, Outcome, Q};
use support::random_mdp::{Endings, random_mdp};

const TOLERANCE: f64 = 1e-9;
const ENDLESS: Endings = Endings { truncated: false, least_termination: 0.0 };

/// max |Q_shaped(s, a) - (Q(s, a) - Phi(s))|
fn invariance_error(mdp: &Mdp) -> f64 {
    largest_error(&mdp.shaped_q(), &mdp.unshaped_q(), &mdp.potentials)
}

fn largest_error(shaped: &Q, plain: &Q, potentials: &[f64]) -> f64 {
    let rows = shaped.iter().zip(plain).zip(potentials);
    rows.flat_map(|((shaped, plain), phi)| shaped.iter().zip(plain).map(move |(s, q)| (s - (q - phi)).abs()))
        .fold(0.0, f64::max)
}

/// Q by backward induction: `target(t, state, outcome)` is a reward and whether V at t + 1 is added.
fn backward_induction(mdp: &Mdp, horizon: usize, target: impl Fn(usize, usize, &Outcome) -> (f64, bool)) -> Vec<Q> {
    let gamma = mdp.gamma();
    let mut values = vec![0.0; mdp.outcomes.len()];
    let mut by_time = Vec::with_capacity(horizon);
    for time in (0..horizon).rev() {
        let of_outcome = |state: usize, outcome: &Outcome| {
            let (reward, goes_on) = target(time, state, outcome);
            outcome.probability * (reward + if goes_on { gamma.powf(outcome.k) * values[outcome.next] } else { 0.0 })
        };
        let of_state = |(state, actions): (usize, &Vec<Vec<Outcome>>)| {
            actions.iter().map(|outcomes| outcomes.iter().map(|outcome| of_outcome(state, outcome)).sum()).collect()
        };
        let q: Q = mdp.outcomes.iter().enumerate().map(of_state).collect();
        values = q.iter().map(|row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
        by_time.push(q);
    }
    by_time.reverse();
    by_time
}

/// The outcome as it is at `time` of an episode that is cut after `horizon` transitions.
fn at_time(outcome: &Outcome, time: usize, horizon: usize) -> Outcome {
    let cut = time + 1 == horizon && outcome.ending == Ending::Running;
    Outcome { ending: if cut { Ending::Truncated } else { outcome.ending }, ..outcome.clone() }
}

fn not_bootstrapping(mdp: Mdp) -> Mdp {
    Mdp { rules: EpisodeRules { bootstrap_on_truncation: false, ..mdp.rules }, ..mdp }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn q_moves_by_phi_when_episodes_terminate(mdp in random_mdp(0.3..0.97_f64, ENDLESS)) {
        prop_assert!(invariance_error(&mdp) <= TOLERANCE);
    }

    #[test]
    fn q_moves_by_phi_without_any_discount(
        mdp in random_mdp(Just(1.0), Endings { truncated: false, least_termination: 0.1 }),
    ) {
        prop_assert!(invariance_error(&mdp) <= TOLERANCE);
    }

    #[test]
    fn q_moves_by_phi_when_truncation_bootstraps(
        mdp in random_mdp(0.3..0.97_f64, Endings { truncated: true, least_termination: 0.0 }),
    ) {
        prop_assert!(mdp.rules.bootstrap_on_truncation);
        prop_assert!(invariance_error(&mdp) <= TOLERANCE);
    }

    #[test]
    fn q_moves_by_phi_when_a_random_truncation_does_not_bootstrap(
        mdp in random_mdp(0.3..0.97_f64, Endings { truncated: true, least_termination: 0.0 }),
    ) {
        prop_assert!(invariance_error(&not_bootstrapping(mdp)) <= TOLERANCE);
    }

    /// A time limit without bootstrapping: values depend on the time left, and so may the potential.
    #[test]
    fn q_moves_by_phi_under_a_time_limit_that_does_not_bootstrap(
        mdp in random_mdp(0.3..=1.0_f64, ENDLESS),
        potentials in prop::collection::vec(prop::collection::vec(-3.0..3.0_f64, 6), 13),
        horizon in 1..=12_usize,
    ) {
        let mdp = not_bootstrapping(mdp);
        let plain = backward_induction(&mdp, horizon, |time, _, outcome| {
            let target = mdp.unshaped_target(&at_time(outcome, time, horizon));
            (target.reward, target.bootstraps)
        });
        let shaped = backward_induction(&mdp, horizon, |time, state, outcome| {
            let outcome = at_time(outcome, time, horizon);
            let step = mdp.shaped_between(potentials[time][state], potentials[time + 1][outcome.next], &outcome);
            (outcome.extra + step.reward, step.bootstraps)
        });
        for time in 0..horizon {
            prop_assert!(largest_error(&shaped[time], &plain[time], &potentials[time]) <= TOLERANCE);
        }
    }

    /// Recursive fusion makes the potential a function of the history: each history has one of its own here.
    #[test]
    fn rule_7_q_moves_by_phi_of_the_history(mdp in random_mdp(0.3..=1.0_f64, ENDLESS), seed in any::<u64>()) {
        let mdp = not_bootstrapping(mdp);
        let plain = backward_induction(&mdp, HISTORY_LENGTH, |time, _, outcome| {
            let target = mdp.unshaped_target(&at_time(outcome, time, HISTORY_LENGTH));
            (target.reward, target.bootstraps)
        });
        let histories = Histories { mdp: &mdp, plain: &plain };
        let mut largest = 0.0;
        histories.value(0, 0, seed, &mut largest);
        prop_assert!(largest <= TOLERANCE, "{largest}");
    }

    /// A test that cannot fail proves nothing: the same check, the same MDPs, the naive modes.
    #[test]
    fn the_check_catches_the_naive_modes(mdp in random_mdp(0.3..0.9_f64, ENDLESS)) {
        for mode in [ShapingMode::NaiveDifference, ShapingMode::NaiveProgress] {
            let naive = Mdp { rules: EpisodeRules { mode, ..mdp.rules }, ..mdp.clone() };
            prop_assert!(invariance_error(&naive) > 1e-6);
        }
    }

    /// ... and a discount that is not the learner's.
    #[test]
    fn the_check_catches_a_gamma_that_is_not_the_learners(mdp in random_mdp(0.3..0.9_f64, ENDLESS)) {
        let discount = Discount::new(0.95).unwrap();
        let other = Mdp { rules: EpisodeRules { discount, ..mdp.rules }, ..mdp.clone() };
        let wrong = mdp.solve(|state, outcome| other.shaped_target(state, outcome));
        let running = mdp.outcomes.iter().flatten().flatten().any(|outcome| outcome.ending == Ending::Running);
        prop_assert!(!running || largest_error(&wrong, &mdp.unshaped_q(), &mdp.potentials) > 1e-6);
    }
}

const HISTORY_LENGTH: usize = 4;

struct Histories<'a> {
    mdp: &'a Mdp,
    /// Q of the MDP without shaping, by time.
    plain: &'a [Q],
}

impl Histories<'_> {
    /// V_shaped of a history that stands in `state` at `time`; notes the largest |Q_shaped(h, a) - (Q(s, a, t) -
    /// Phi(h))|.
    fn value(&self, time: usize, state: usize, history: u64, largest: &mut f64) -> f64 {
        if time == HISTORY_LENGTH {
            return 0.0;
        }
        let phi = potential_of(history);
        let mut best = f64::NEG_INFINITY;
        for (action, outcomes) in self.mdp.outcomes[state].iter().enumerate() {
            let mut q = 0.0;
            for (index, outcome) in outcomes.iter().enumerate() {
                let outcome = at_time(outcome, time, HISTORY_LENGTH);
                let after = mixed(history ^ mixed((action * 8 + index) as u64));
                let step = self.mdp.shaped_between(phi, potential_of(after), &outcome);
                let rest = if step.bootstraps { self.value(time + 1, outcome.next, after, largest) } else { 0.0 };
                q += outcome.probability * (outcome.extra + step.reward + self.mdp.gamma().powf(outcome.k) * rest);
            }
            *largest = largest.max((q - (self.plain[time][state][action] - phi)).abs());
            best = best.max(q);
        }
        best
    }
}

/// A potential in \[-3, 3\] for each history, the same each time it is asked.
fn potential_of(history: u64) -> f64 {
    (mixed(history) >> 11) as f64 / (1_u64 << 53) as f64 * 6.0 - 3.0
}

/// The finaliser of splitmix64.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
