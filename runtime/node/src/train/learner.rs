//! Who learns: an actor-critic from every transition, or path integrals from whole rollouts.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use striatum_learner::{Losses, Sac, Transition};
use striatum_sim::Gym;

use super::paths::Paths;
use super::settings::{Settings, option_name};
use crate::error::Result;

/// How it is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Soft actor-critic with prior data: a policy for every scene of the task.
    Sac,
    /// Path integrals: the actions of one demonstration, bent until they do the task in one other scene.
    Pi2,
}

impl Method {
    /// As on the command line.
    pub(crate) fn name(self) -> String {
        option_name(&self)
    }
}

/// The learner of a run.
pub(super) enum Learner {
    Critic(Box<Sac>),
    Paths(Box<Paths>),
}

impl Learner {
    /// One that knows nothing yet.
    ///
    /// # Errors
    /// A figure of the settings out of range.
    pub(super) fn new(settings: &Settings, gym: &Gym) -> Result<Self> {
        let [seen, done] = [gym.observation_len(), gym.action_len()];
        Ok(match settings.method {
            Method::Sac => Self::Critic(Box::new(Sac::new(seen, done, settings.learner.clone(), settings.seed)?)),
            Method::Pi2 => Self::Paths(Box::new(Paths::new(done, settings.paths.clone(), settings.seed)?)),
        })
    }

    /// One that was saved.
    ///
    /// # Errors
    /// Bytes that are not what was saved.
    pub(super) fn load(settings: &Settings, gym: &Gym, bytes: &[u8]) -> Result<Self> {
        let mut this = Self::new(settings, gym)?;
        match &mut this {
            Self::Critic(sac) => **sac = Sac::load(bytes)?,
            Self::Paths(paths) => paths.restore(bytes)?,
        }
        Ok(this)
    }

    /// # Errors
    /// What cannot be written.
    pub(super) fn save(&self) -> Result<Vec<u8>> {
        match self {
            Self::Critic(sac) => Ok(sac.save()?),
            Self::Paths(paths) => paths.save(),
        }
    }

    /// A demonstration that went well.
    ///
    /// # Errors
    /// Numbers that the learner refuses.
    pub(super) fn demonstrated<'a>(&mut self, lived: impl Iterator<Item = Transition<'a>>) -> Result<()> {
        match self {
            Self::Critic(sac) => Ok(sac.remember_demonstration(lived)?),
            Self::Paths(paths) => paths.demonstrated(lived),
        }
    }

    /// What is learnt of demonstrations alone.
    ///
    /// # Errors
    /// There is none, or numbers ran away.
    pub(super) fn warm_start(&mut self) -> Result<()> {
        if let Self::Critic(sac) = self {
            sac.warm_start()?;
        }
        Ok(())
    }

    /// An episode begins, to try something or to do what is thought best.
    ///
    /// # Errors
    /// There was no demonstration.
    pub(super) fn begin(&mut self, explore: bool) -> Result<()> {
        match self {
            Self::Critic(sac) => {
                sac.begin_rollout();
                Ok(())
            }
            Self::Paths(paths) => paths.begin(explore),
        }
    }

    /// What to do now; `explore` is that of the episode's beginning.
    ///
    /// # Errors
    /// An observation that is none.
    pub(super) fn act(&mut self, observation: &[f32], explore: bool, action: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Critic(sac) => Ok(sac.act(observation, explore, action)?),
            Self::Paths(paths) => {
                paths.act(action);
                Ok(())
            }
        }
    }

    /// A gradient step, of those who take any.
    ///
    /// # Errors
    /// Numbers ran away.
    pub(super) fn update(&mut self) -> Result<Option<Losses>> {
        match self {
            Self::Critic(sac) => Ok(Some(sac.update()?)),
            Self::Paths(_) => Ok(None),
        }
    }

    /// What came of an action.
    ///
    /// # Errors
    /// Numbers that the learner refuses.
    pub(super) fn remember(&mut self, transition: Transition<'_>) -> Result<()> {
        match self {
            Self::Critic(sac) => Ok(sac.remember(transition)?),
            Self::Paths(paths) => {
                paths.remember(&transition);
                Ok(())
            }
        }
    }

    /// A rollout is over, and was not lost; gold says whether it `succeeded`.
    ///
    /// # Errors
    /// A return that is not finite.
    pub(super) fn end(&mut self, succeeded: bool) -> Result<()> {
        match self {
            Self::Critic(sac) => {
                sac.end_rollout(succeeded);
                Ok(())
            }
            Self::Paths(paths) => paths.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use striatum_learner::SacConfig;

    use super::*;

    /// What is left of a rollout of one step that ended so.
    fn after(lost_first: bool, succeeded: bool) -> Vec<u8> {
        let mut learner = Learner::Critic(Box::new(Sac::new(1, 1, SacConfig::default(), 1).unwrap()));
        let step = |reward| Transition {
            observation: &[0.0],
            action: &[0.0],
            reward,
            discount: 0.9,
            next_observation: &[0.0],
            potentials: [0.0; 2],
        };
        learner.begin(true).unwrap();
        learner.remember(step(0.0)).unwrap();
        if !lost_first {
            learner.end(false).unwrap();
        }
        learner.begin(true).unwrap();
        learner.remember(step(1.0)).unwrap();
        learner.end(succeeded).unwrap();
        learner.save().unwrap()
    }

    #[test]
    fn success_leaves_something_to_clone_and_a_rollout_that_was_lost_does_not() {
        assert_ne!(after(false, true), after(false, false));
        assert_eq!(after(true, true), after(false, true));
    }
}
