//! Path integrals on one scene: a demonstration's actions in the order of time, whatever the state.
//!
//! A rollout is compared with others of the same start by its return, the discounted sum of its rewards. Of a shaped reward
//! that is `gamma^(T-1) gold + gamma^T Phi(s_T) - Phi(s_0)`, with the potential of an end that was cut off and none of one that was
//! terminal: the learner announces that it goes on from a cut-off state, and takes what may still come for nothing more than
//! its potential.

use striatum_learner::{Pi2, Pi2Config, Transition};
use striatum_sim::Gym;

use crate::error::{Error, Result};

/// What is learnt, and where in an episode it is.
pub(super) struct Paths {
    config: Pi2Config,
    action_len: usize,
    seed: u64,
    /// From the first demonstration on.
    learner: Option<Pi2>,
    actions: Vec<f32>,
    step: usize,
    /// Of the episode so far, and what a reward of now counts in it.
    gain: f64,
    kept: f64,
}

impl Paths {
    /// # Errors
    /// A figure out of range.
    pub(super) fn new(action_len: usize, config: Pi2Config, seed: u64) -> Result<Self> {
        config.check()?;
        Ok(Self { config, action_len, seed, learner: None, actions: Vec::new(), step: 0, gain: 0.0, kept: 1.0 })
    }

    fn learner(&mut self) -> Result<&mut Pi2> {
        let missing = || Error::setup("path integrals", "there is no demonstration", "give --demonstrations 1");
        self.learner.as_mut().ok_or_else(missing)
    }

    pub(super) fn demonstrated<'a>(&mut self, lived: impl Iterator<Item = Transition<'a>>) -> Result<()> {
        let actions: Vec<f32> = lived.flat_map(|transition| transition.action).copied().collect();
        self.learner = Some(Pi2::new(&actions, self.action_len, self.config.clone(), self.seed)?);
        Ok(())
    }

    pub(super) fn begin(&mut self, explore: bool) -> Result<()> {
        let mut actions = std::mem::take(&mut self.actions);
        let learner = self.learner()?;
        if explore {
            learner.propose(&mut actions);
        } else {
            learner.best(&mut actions);
        }
        (self.actions, self.step, self.gain, self.kept) = (actions, 0, 0.0, 1.0);
        Ok(())
    }

    /// When they are over the arm stays where it is, and the gripper as it was.
    pub(super) fn act(&mut self, out: &mut Vec<f32>) {
        out.clear();
        let last = (self.actions.len() / self.action_len).saturating_sub(1);
        let begin = self.step.min(last) * self.action_len;
        out.extend_from_slice(self.actions.get(begin..begin + self.action_len).unwrap_or_default());
        if self.step > last {
            out.iter_mut().take(Gym::MOVES).for_each(|number| *number = 0.0);
        }
        self.step += 1;
    }

    pub(super) fn remember(&mut self, transition: &Transition<'_>) {
        self.gain += self.kept * f64::from(transition.reward);
        self.kept *= f64::from(transition.discount);
    }

    pub(super) fn end(&mut self) -> Result<()> {
        #[expect(clippy::cast_possible_truncation, reason = "a learner computes in 32 bits")]
        let cost = -self.gain as f32;
        self.learner()?.hear(cost)?;
        Ok(())
    }

    /// Between episodes; nothing at all before the demonstration.
    pub(super) fn save(&self) -> Result<Vec<u8>> {
        Ok(self.learner.as_ref().map(Pi2::save).transpose()?.unwrap_or_default())
    }

    pub(super) fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        self.learner = if bytes.is_empty() { None } else { Some(Pi2::load(bytes)?) };
        Ok(())
    }
}
