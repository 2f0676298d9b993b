//! What a training run is: written into its checkpoint, so that a run goes on as the run it was.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use striatum_learner::{Pi2Config, SacConfig};
use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, Samples, StudioConfig, TaskId};

use super::ablation::Ablation;
use super::learner::Method;
use super::reward::RewardKind;
use crate::error::{Error, Result};
use crate::sim::level;

/// Everything that decides a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) task: String,
    pub(crate) bundle: PathBuf,
    /// SHA-256 of the bundle's manifest: another bundle is another run.
    pub(crate) bundle_hash: String,
    pub(crate) reward: RewardKind,
    /// What is left out of it, or done wrongly, to compare with.
    #[serde(default)]
    pub(crate) ablation: Option<Ablation>,
    pub(crate) seed: u64,
    pub(crate) rollouts: u32,
    pub(crate) demonstrations: u32,
    pub(crate) evaluate_every: u32,
    pub(crate) evaluation_episodes: u32,
    /// Evaluation episodes after the last rollout, seen by the runtime.
    pub(crate) final_episodes: u32,
    pub(crate) gamma: f64,
    pub(crate) arm: String,
    pub(crate) views: Vec<String>,
    /// Width and height of the pictures, pixels.
    pub(crate) size: (u32, u32),
    pub(crate) randomise: String,
    pub(crate) gym: GymConfig,
    /// By the wall's clock, in place of lock-step.
    pub(crate) real_time: bool,
    /// Gradient steps for each step in the world.
    pub(crate) updates_per_step: u32,
    pub(crate) method: Method,
    pub(crate) learner: SacConfig,
    pub(crate) paths: Pi2Config,
}

/// The name of a choice, as on the command line.
pub(super) fn option_name(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// The robot's name in the keys.
pub(crate) const ROBOT: &str = "trainer";

/// Seeds of episodes: demonstrations, rollouts and evaluations never share one, whatever the run's seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Episodes {
    Demonstrations,
    Rollouts,
    Evaluations,
    Last,
}

impl Settings {
    /// # Errors
    /// A value out of range, by its option.
    pub(crate) fn check(&self) -> Result<()> {
        let counts = [
            ("--rollouts", self.rollouts, 1, 100_000),
            ("--demonstrations", self.demonstrations, 1, 1000),
            ("--evaluate-every", self.evaluate_every, 0, 100_000),
            ("--evaluation-episodes", self.evaluation_episodes, 1, 1000),
            ("--final-episodes", self.final_episodes, 0, 10_000),
            ("--updates-per-step", self.updates_per_step, 0, 1000),
        ];
        for (name, value, lowest, highest) in counts {
            if !(lowest..=highest).contains(&value) {
                return Err(Error::input(name, format!("is {value}"), format!("give {lowest} to {highest}")));
            }
        }
        if !(self.gamma > 0.0 && self.gamma <= 1.0) {
            return Err(Error::input("--gamma", format!("is {}", self.gamma), "give a discount above 0, at most 1"));
        }
        if let (Some(ablation), true) = (self.ablation, self.reward != RewardKind::Shaped) {
            let what = format!("is {}, and the reward is {}", ablation.name(), self.reward.name());
            return Err(Error::input("--ablation", what, "leave it out, or give --reward shaped"));
        }
        let told = Ablation::told_gamma(self.ablation, self.gamma);
        if self.ablation == Some(Ablation::OtherGamma) && (told - self.gamma).abs() < 1e-9 {
            let what = format!("is other_gamma, and the learner's own is {told} too");
            return Err(Error::input("--ablation", what, "give another --gamma"));
        }
        let control_hz = self.gym.control_hz;
        if !(1.0..=100.0).contains(&control_hz) {
            return Err(Error::input("--control-hz", format!("is {control_hz}"), "give 1 to 100"));
        }
        if self.method == Method::Pi2 && self.demonstrations != 1 {
            let what = format!("is {}", self.demonstrations);
            return Err(Error::input("--demonstrations", what, "path integrals start from one: leave it out"));
        }
        if self.method == Method::Pi2 {
            self.check_paths()?;
        }
        Ok(())
    }

    /// What path integrals have besides: whole steps, and episodes that are all the same.
    fn check_paths(&self) -> Result<()> {
        let step = u32::try_from(self.paths.rollouts).unwrap_or(u32::MAX);
        if !self.rollouts.is_multiple_of(step) {
            let what = format!("is {}, and path integrals learn from {step} at a time", self.rollouts);
            return Err(Error::input("--rollouts", what, format!("give a multiple of {step}")));
        }
        for (name, value) in
            [("--evaluation-episodes", self.evaluation_episodes), ("--final-episodes", self.final_episodes)]
        {
            if value > 1 {
                let what = format!("is {value}, and path integrals play the same episode each time");
                return Err(Error::input(name, what, "leave it out"));
            }
        }
        Ok(())
    }

    /// The reward's name, and what is left out of it.
    pub(crate) fn reward_in_words(&self) -> String {
        match self.ablation {
            None => self.reward.name(),
            Some(ablation) => format!("{} with {}", self.reward.name(), ablation.name()),
        }
    }

    /// The task's world as it is judged: success that lasts ends an episode.
    ///
    /// # Errors
    /// A task that there is not, or a robot that cannot do it.
    pub(crate) fn gym(&self, robot: &RobotSpec) -> Result<Gym> {
        self.gym_of(robot, self.gym)
    }

    /// The world that is learnt in. Where the model is to judge, success ends nothing: that would be the world's word.
    ///
    /// # Errors
    /// As [`Self::gym`].
    pub(crate) fn learning_gym(&self, robot: &RobotSpec) -> Result<Gym> {
        let hold_secs = if self.reward.judges_itself() { 0.0 } else { self.gym.hold_secs };
        self.gym_of(robot, GymConfig { hold_secs, ..self.gym })
    }

    fn gym_of(&self, robot: &RobotSpec, config: GymConfig) -> Result<Gym> {
        let task = TaskId::from_name(&self.task).map_err(striatum_sim::Error::from)?;
        Ok(Gym::new(task, robot, config).map_err(striatum_sim::Error::from)?)
    }

    /// # Errors
    /// A level that there is not.
    pub(crate) fn studio(&self) -> Result<StudioConfig> {
        let (width, height) = self.size;
        Ok(StudioConfig { width, height, level: level(&self.randomise)?, samples: Samples::TwoByTwo })
    }

    /// Seed of an episode's world. Path integrals have one scene, which is not that of their demonstration.
    pub(crate) fn seed_of(&self, of: Episodes, number: u32) -> u64 {
        // The run's seed is above all the numbers below, and each kind has its own block.
        let (block, number) = match (of, self.method) {
            (Episodes::Demonstrations, _) => (1, number),
            (_, Method::Pi2) => (2, 0),
            (Episodes::Rollouts, Method::Sac) => (2, number),
            (Episodes::Evaluations, Method::Sac) => (3, number),
            (Episodes::Last, Method::Sac) => (4, number),
        };
        self.seed.wrapping_mul(1_000_000_007).wrapping_add(block * 100_000_000 + u64::from(number))
    }
}
