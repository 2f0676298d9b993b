//! A critic: what is still to come, seen from a state and an action.
//!
//! Where a reward is shaped, a value is the unshaped one less the potential of its state (Ng et al. 1999, corollary 2). A
//! potential that is read off pictures is rough: from step to step it errs by more than a step is worth, and the state that
//! a learner is told does not say how. So a critic is a network plus a share of the potential itself, `Q = f(s, a) + w Phi(s)`:
//! once `w` has come near -1, the errors of both potentials in `gamma Phi(s') - Phi(s)` cancel to the last digit, whatever
//! they are. What an action is worth beside another does not hang on `w`, so nothing is chosen by it, and a policy needs no
//! potential to act.

use super::SacConfig;
use super::zero;
use crate::adam::Adam;
use crate::error::Result;
use crate::network::{Network, Tape};
use crate::product::dot;
use crate::random::Random;
use crate::store::{Reader, Writer};

/// How much faster than a network's parameters the share moves: it is one number, and has a whole unit to go.
const SHARE_SPEED: f32 = 10.0;

/// A critic, the slower one that targets come from, and its steps.
pub(super) struct Critic {
    pub(super) network: Network,
    pub(super) target: Network,
    steps: Adam,
    /// Of the potential, of the critic and of its target.
    share: f32,
    target_share: f32,
    share_steps: Adam,
}

impl Critic {
    pub(super) fn new(sizes: &[usize], random: &mut Random) -> Self {
        let network = Network::new(sizes, true, 0.1, random);
        Self {
            target: network.clone(),
            steps: Adam::new(network.params.len()),
            network,
            share: 0.0,
            target_share: 0.0,
            share_steps: Adam::new(1),
        }
    }

    /// The share of the potential that it adds.
    #[cfg(test)]
    pub(super) fn share(&self) -> f32 {
        self.share
    }

    /// Values, into `tape.out`.
    pub(super) fn say(&self, pairs: &[f32], potentials: &[f32], tape: &mut Tape) {
        self.network.forward(pairs, tape);
        crate::product::add(&mut tape.out, self.share, potentials);
    }

    /// The slower critic's values, into `tape.out`.
    pub(super) fn say_target(&self, pairs: &[f32], potentials: &[f32], tape: &mut Tape) {
        self.target.forward(pairs, tape);
        crate::product::add(&mut tape.out, self.target_share, potentials);
    }

    /// A step down the slope `by_out` of a loss by the values that it said last; the slower one follows.
    pub(super) fn step(
        &mut self,
        config: &SacConfig,
        potentials: &[f32],
        by_out: &[f32],
        tape: &mut Tape,
        slopes: &mut Vec<f32>,
    ) {
        zero(slopes, self.network.params.len());
        self.network.backward(tape, by_out, Some(slopes));
        self.steps.step(&mut self.network.params, slopes, config.learning_rate);
        let share = std::slice::from_mut(&mut self.share);
        self.share_steps.step(share, &[dot(by_out, potentials)], SHARE_SPEED * config.learning_rate);
        self.target.follow(&self.network, config.target_rate);
        self.target_share += config.target_rate * (self.share - self.target_share);
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.floats(&self.network.params);
        out.floats(&self.target.params);
        self.steps.save(out);
        out.f32(self.share);
        out.f32(self.target_share);
        self.share_steps.save(out);
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Result<()> {
        from.floats_into(&mut self.network.params)?;
        from.floats_into(&mut self.target.params)?;
        self.steps.load(from)?;
        (self.share, self.target_share) = (from.f32()?, from.f32()?);
        self.share_steps.load(from)
    }
}
