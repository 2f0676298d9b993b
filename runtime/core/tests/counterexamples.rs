//! One small MDP for each wrong way to shape: it changes which policy is best, and the right way does not.
//!
//! Random MDPs show this too rarely to rely on. The two naive variants are modes of the shaper; the others are what
//! other libraries do, and are made here around it.
#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::panic)]

mod support;

use striatum_core::{Ending, EpisodeRules, ShapingMode};
use support::mdp::{Mdp, Outcome, Target, best_action};
use support::rules;

const START: usize = 0;

/// The action leads to `next` for certain.
fn to(next: usize) -> Vec<Outcome> {
    vec![Outcome { probability: 1.0, next, ending: Ending::Running, k: 1.0, extra: 0.0, succeeds: false }]
}

/// The action ends the episode in `next`, a success.
fn done(next: usize) -> Vec<Outcome> {
    vec![Outcome { ending: Ending::Terminated, succeeds: true, ..to(next)[0].clone() }]
}

/// The action ends the episode in `next`, a failure.
fn fails(next: usize) -> Vec<Outcome> {
    vec![Outcome { ending: Ending::Terminated, ..to(next)[0].clone() }]
}

/// The best first action without shaping, with the right shaping, and with a wrong one.
fn best_first_actions(mdp: &Mdp, wrong: impl Fn(usize, &Outcome) -> Target) -> [usize; 3] {
    let (plain, shaped, wrong) = (mdp.unshaped_q(), mdp.shaped_q(), mdp.solve(wrong));
    for (state, row) in plain.iter().enumerate() {
        for (action, q) in row.iter().enumerate() {
            assert!(
                (shaped[state][action] - (q - mdp.potentials[state])).abs() <= 1e-9,
                "the right way moves Q by Phi"
            );
        }
    }
    [best_action(&plain[START]), best_action(&shaped[START]), best_action(&wrong[START])]
}

/// The same MDP with the shaper in another mode.
fn in_mode(mdp: &Mdp, mode: ShapingMode) -> Mdp {
    Mdp { rules: EpisodeRules { mode, ..mdp.rules }, ..mdp.clone() }
}

/// The semantic trap, difference form: F = Phi(s') - Phi(s) pays in full for reaching a pose that looks nearly done,
/// and nothing takes it back while the agent stays there for ever. Two steps of real work pay 1 as gold and 1 as
/// progress, both discounted: 0.4 x 2 = 0.8 < 0.9.
#[test]
fn naive_difference_makes_posing_better_than_working() {
    const WORK: usize = 1;
    const POSE: usize = 2;
    const GOAL: usize = 3;
    let (work, pose) = (0, 1);
    let mdp = Mdp {
        rules: rules(0.4),
        potentials: vec![0.0, 0.0, 0.9, 1.0],
        outcomes: vec![vec![to(WORK), to(POSE)], vec![done(GOAL)], vec![to(POSE)], vec![]],
    };
    let naive = in_mode(&mdp, ShapingMode::NaiveDifference);
    let best = best_first_actions(&mdp, |state, outcome| naive.shaped_target(state, outcome));
    assert_eq!(best, [work, work, pose]);
}

/// The semantic trap, progress form: F = Phi(s') pays for every step in front of the goal, so finishing is the last
/// thing to do: 0.9 / (1 - 0.9) = 9 against 1 + 1.
#[test]
fn naive_progress_makes_lingering_before_the_goal_better_than_finishing() {
    const GOAL: usize = 1;
    let (finish, linger) = (0, 1);
    let mdp =
        Mdp { rules: rules(0.9), potentials: vec![0.9, 1.0], outcomes: vec![vec![done(GOAL), to(START)], vec![]] };
    let naive = in_mode(&mdp, ShapingMode::NaiveProgress);
    let best = best_first_actions(&mdp, |state, outcome| naive.shaped_target(state, outcome));
    assert_eq!(best, [finish, finish, linger]);
}

/// F = 0 on the last transition in place of Phi = 0 in the last state: what was paid out for nearly being done is never
/// taken back, so failing from a high state (0.8 x 0.9 = 0.72) beats succeeding by a longer way (0.8^2 = 0.64).
#[test]
fn zero_shaping_at_the_end_makes_failing_near_the_goal_better_than_succeeding() {
    const FIRST: usize = 1;
    const SECOND: usize = 2;
    const NEAR: usize = 3;
    const END: usize = 4;
    let (succeed, fail) = (0, 1);
    let mdp = Mdp {
        rules: rules(0.8),
        potentials: vec![0.0, 0.0, 0.0, 0.9, 0.0],
        outcomes: vec![vec![to(FIRST), to(NEAR)], vec![to(SECOND)], vec![done(END)], vec![fails(END)], vec![]],
    };
    let best = best_first_actions(&mdp, |state, outcome| {
        let step = mdp.shaped(state, outcome);
        Target { reward: if step.bootstraps { step.reward } else { step.gold }, bootstraps: step.bootstraps }
    });
    assert_eq!(best, [succeed, succeed, fail]);
}

/// The last state keeps its potential: a terminal failure that looks nearly done is paid for as if something came after
/// it, 0.5 x 0.9 = 0.45 at once against 0.5^2 + 0.5^3 = 0.375 for succeeding in three steps.
#[test]
fn a_terminal_potential_that_is_not_zero_makes_a_failure_that_looks_done_better_than_succeeding() {
    const FIRST: usize = 1;
    const SECOND: usize = 2;
    const GOAL: usize = 3;
    const LOOKS_DONE: usize = 4;
    let (succeed, fail) = (0, 1);
    let mdp = Mdp {
        rules: rules(0.5),
        potentials: vec![0.0, 0.0, 0.0, 1.0, 0.9],
        outcomes: vec![vec![to(FIRST), fails(LOOKS_DONE)], vec![to(SECOND)], vec![done(GOAL)], vec![], vec![]],
    };
    let best = best_first_actions(&mdp, |state, outcome| {
        let step = mdp.shaped(state, outcome);
        let kept = step.gamma.powf(step.k) * mdp.potentials[outcome.next] - mdp.potentials[state];
        Target { reward: step.gold + if step.bootstraps { step.shaping } else { kept }, bootstraps: step.bootstraps }
    });
    assert_eq!(best, [succeed, succeed, fail]);
}

/// Phi = 0 at a truncation from which the learner does bootstrap: its target has V(s') - Phi(s') in it already, so
/// Phi(s') is taken twice. The short way (one more step to the goal, high potential) is truncated after its first step
/// and looks worse than the long one: 0.9 (1 - 0.9) = 0.09 against 0.9^2.
#[test]
fn a_zero_potential_at_a_truncation_that_bootstraps_makes_the_long_way_better_than_the_short_one() {
    const NEAR: usize = 1;
    const FAR: usize = 2;
    const LAST: usize = 3;
    const GOAL: usize = 4;
    let (short, long) = (0, 1);
    let truncated = vec![Outcome { ending: Ending::Truncated, ..to(NEAR)[0].clone() }];
    let mdp = Mdp {
        rules: rules(0.9),
        potentials: vec![0.0, 0.9, 0.0, 0.0, 1.0],
        outcomes: vec![vec![truncated, to(FAR)], vec![done(GOAL)], vec![to(LAST)], vec![done(GOAL)], vec![]],
    };
    let zeroing = Mdp { rules: EpisodeRules { bootstrap_on_truncation: false, ..mdp.rules }, ..mdp.clone() };
    let best = best_first_actions(&mdp, |state, outcome| Target {
        reward: zeroing.shaped(state, outcome).reward,
        bootstraps: mdp.unshaped_target(outcome).bootstraps,
    });
    assert_eq!(best, [short, short, long]);
}

/// Phi kept at a truncation from which the learner does not bootstrap: that state is the learner's last, and being cut
/// off near the goal pays as much as 0.8 x 0.9 = 0.72, more than succeeding in three steps, 0.8^2.
#[test]
fn a_potential_kept_at_a_truncation_that_does_not_bootstrap_makes_waiting_for_the_cut_better_than_succeeding() {
    const FIRST: usize = 1;
    const SECOND: usize = 2;
    const NEAR: usize = 3;
    const GOAL: usize = 4;
    let (succeed, wait) = (0, 1);
    let truncated = vec![Outcome { ending: Ending::Truncated, ..to(NEAR)[0].clone() }];
    let mdp = Mdp {
        rules: EpisodeRules { bootstrap_on_truncation: false, ..rules(0.8) },
        potentials: vec![0.0, 0.0, 0.0, 0.9, 1.0],
        outcomes: vec![vec![to(FIRST), truncated], vec![to(SECOND)], vec![done(GOAL)], vec![to(NEAR)], vec![]],
    };
    let keeping = Mdp { rules: EpisodeRules { bootstrap_on_truncation: true, ..mdp.rules }, ..mdp.clone() };
    let best = best_first_actions(&mdp, |state, outcome| Target {
        reward: keeping.shaped(state, outcome).reward,
        bootstraps: mdp.unshaped_target(outcome).bootstraps,
    });
    assert_eq!(best, [succeed, succeed, wait]);
}
