//! Who drives in an episode: the expert that demonstrates, the learner that explores, the policy that is judged.

use striatum_learner::Transition;

use super::learner::Learner;
use super::rollout::Driver;
use super::stage::Stage;
use crate::error::Result;

/// Shows how it is done, and keeps what it did until it is known whether it went well.
#[derive(Default)]
pub(super) struct Demonstrator {
    lived: Vec<Lived>,
}

/// A transition with numbers of its own.
struct Lived {
    observation: Vec<f32>,
    action: Vec<f32>,
    reward: f32,
    discount: f32,
    next_observation: Vec<f32>,
    potentials: [f32; 2],
}

impl Demonstrator {
    /// Gives the learner what was lived through, as a demonstration.
    ///
    /// # Errors
    /// Numbers that the learner refuses.
    pub(super) fn teach(self, learner: &mut Learner) -> Result<()> {
        learner.demonstrated(self.lived.iter().map(|lived| Transition {
            observation: &lived.observation,
            action: &lived.action,
            reward: lived.reward,
            discount: lived.discount,
            next_observation: &lived.next_observation,
            potentials: lived.potentials,
        }))
    }
}

impl Driver for Demonstrator {
    fn act(&mut self, stage: &mut Stage, _observation: &[f32], action: &mut Vec<f32>) -> Result<()> {
        stage.gym.expert_action(action);
        Ok(())
    }

    fn meanwhile(&mut self) -> Result<()> {
        Ok(())
    }

    fn learn(&mut self, transition: Transition<'_>) -> Result<()> {
        let Transition { observation, action, reward, discount, next_observation, potentials } = transition;
        self.lived.push(Lived {
            observation: observation.to_vec(),
            action: action.to_vec(),
            reward,
            discount,
            next_observation: next_observation.to_vec(),
            potentials,
        });
        Ok(())
    }
}

/// Tries, and learns while the reward of its last action is computed.
pub(super) struct Explorer<'a> {
    pub(super) learner: &'a mut Learner,
    pub(super) updates_per_step: u32,
    pub(super) losses: Losses,
}

/// Of the gradient steps since the rollout's beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    critic_sum: f64,
    updates: u32,
    temperature: f32,
}

impl Losses {
    /// Mean loss of the critics, and the entropy's weight at the end; none without gradient steps.
    #[expect(clippy::cast_possible_truncation, reason = "a loss is told, not computed with")]
    pub(super) fn told(&self) -> Option<[f32; 2]> {
        (self.updates > 0).then(|| [(self.critic_sum / f64::from(self.updates)) as f32, self.temperature])
    }
}

impl Driver for Explorer<'_> {
    fn act(&mut self, _stage: &mut Stage, observation: &[f32], action: &mut Vec<f32>) -> Result<()> {
        self.learner.act(observation, true, action)
    }

    fn meanwhile(&mut self) -> Result<()> {
        for _ in 0..self.updates_per_step {
            let Some(losses) = self.learner.update()? else { break };
            self.losses.critic_sum += f64::from(losses.critic);
            self.losses.temperature = losses.temperature;
            self.losses.updates += 1;
        }
        Ok(())
    }

    fn learn(&mut self, transition: Transition<'_>) -> Result<()> {
        self.learner.remember(transition)
    }
}

/// Does what it thinks best, and learns nothing.
pub(super) struct Candidate<'a> {
    pub(super) learner: &'a mut Learner,
}

impl Driver for Candidate<'_> {
    fn act(&mut self, _stage: &mut Stage, observation: &[f32], action: &mut Vec<f32>) -> Result<()> {
        self.learner.act(observation, false, action)
    }

    fn meanwhile(&mut self) -> Result<()> {
        Ok(())
    }

    fn learn(&mut self, _transition: Transition<'_>) -> Result<()> {
        Ok(())
    }
}
