//! Finite MDPs whose rewards come out of the real shaper, solved exactly.

use nalgebra::{DMatrix, DVector};
use striatum_core::{Ending, EpisodeRules, ShapedStep, Success, SuccessSource, Transition};

use super::{potential, shaper};

/// One thing that an action may lead to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) probability: f64,
    pub(crate) next: usize,
    pub(crate) ending: Ending,
    pub(crate) k: f64,
    /// What the environment pays besides gold.
    pub(crate) extra: f64,
    pub(crate) succeeds: bool,
}

/// `outcomes[state][action]`; `potentials[state]`, terminal states included. Terminal states may have no action.
#[derive(Clone, Debug)]
pub(crate) struct Mdp {
    pub(crate) rules: EpisodeRules,
    pub(crate) potentials: Vec<f64>,
    pub(crate) outcomes: Vec<Vec<Vec<Outcome>>>,
}

/// `q[state][action]`
pub(crate) type Q = Vec<Vec<f64>>;

/// What a learner makes of one outcome: its reward, and whether it adds gamma^k V(s').
pub(crate) struct Target {
    pub(crate) reward: f64,
    pub(crate) bootstraps: bool,
}

impl Mdp {
    pub(crate) fn gamma(&self) -> f64 {
        self.rules.discount.get()
    }

    /// The real shaper's answer to one transition.
    pub(crate) fn shaped(&self, state: usize, outcome: &Outcome) -> ShapedStep {
        self.shaped_between(self.potentials[state], self.potentials[outcome.next], outcome)
    }

    /// The same with potentials of the caller's.
    pub(crate) fn shaped_between(&self, before: f64, after: f64, outcome: &Outcome) -> ShapedStep {
        let success = if outcome.succeeds { Success::Yes } else { Success::Unknown };
        let transition = Transition {
            next: potential(after),
            k: outcome.k,
            ending: outcome.ending,
            success,
            source: SuccessSource::Simulation,
        };
        shaper(self.rules, before).step(transition).unwrap()
    }

    /// What the learner would earn without any shaper: written out here, so that the shaper does not mark its own work.
    pub(crate) fn unshaped_target(&self, outcome: &Outcome) -> Target {
        let gold = if outcome.succeeds && outcome.ending == Ending::Terminated { 1.0 } else { 0.0 };
        let bootstraps = match outcome.ending {
            Ending::Running => true,
            Ending::Terminated => false,
            Ending::Truncated => self.rules.bootstrap_on_truncation,
        };
        Target { reward: outcome.extra + gold, bootstraps }
    }

    /// What the learner earns with the real shaper in between.
    pub(crate) fn shaped_target(&self, state: usize, outcome: &Outcome) -> Target {
        let step = self.shaped(state, outcome);
        Target { reward: outcome.extra + step.reward, bootstraps: step.bootstraps }
    }

    pub(crate) fn unshaped_q(&self) -> Q {
        self.solve(|_, outcome| self.unshaped_target(outcome))
    }

    pub(crate) fn shaped_q(&self) -> Q {
        self.solve(|state, outcome| self.shaped_target(state, outcome))
    }

    /// The optimal Q of a learner with these targets: policy iteration, each policy's values by a linear solve.
    pub(crate) fn solve(&self, target: impl Fn(usize, &Outcome) -> Target) -> Q {
        let states = self.outcomes.len();
        let gamma = self.gamma();
        // Expected reward and discounted weights of the states after, for each state and action.
        let model: Vec<Vec<(f64, DVector<f64>)>> = (0..states)
            .map(|state| {
                let expected = |outcomes: &Vec<Outcome>| {
                    let (mut reward, mut weights) = (0.0, DVector::zeros(states));
                    for outcome in outcomes {
                        let target = target(state, outcome);
                        reward += outcome.probability * target.reward;
                        if target.bootstraps {
                            weights[outcome.next] += outcome.probability * gamma.powf(outcome.k);
                        }
                    }
                    (reward, weights)
                };
                self.outcomes[state].iter().map(expected).collect()
            })
            .collect();

        let mut policy = vec![0_usize; states];
        for _ in 0..1000 {
            let values = policy_values(&model, &policy);
            let q: Q = model.iter().map(|m| m.iter().map(|(r, w)| r + w.dot(&values)).collect()).collect();
            let mut stable = true;
            for (state, row) in q.iter().enumerate() {
                for (action, &value) in row.iter().enumerate() {
                    if value > row[policy[state]] + 1e-12 {
                        policy[state] = action;
                        stable = false;
                    }
                }
            }
            if stable {
                return q;
            }
        }
        panic!("policy iteration did not settle");
    }
}

fn policy_values(model: &[Vec<(f64, DVector<f64>)>], policy: &[usize]) -> DVector<f64> {
    let states = model.len();
    let mut matrix = DMatrix::identity(states, states);
    let mut rewards = DVector::zeros(states);
    for (state, actions) in model.iter().enumerate() {
        // States without actions are terminal: worth 0.
        if let Some((reward, weights)) = actions.get(policy[state]) {
            rewards[state] = *reward;
            for (next, weight) in weights.iter().enumerate() {
                matrix[(state, next)] -= weight;
            }
        }
    }
    matrix.lu().solve(&rewards).unwrap()
}

/// The best action of a state; panics on a tie, which would make a counterexample worthless.
pub(crate) fn best_action(row: &[f64]) -> usize {
    let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    assert!(
        row.iter().enumerate().all(|(action, &value)| action == best || value < row[best] - 1e-6),
        "a tie: {row:?}"
    );
    best
}
