//! Learning in a simulated world.

use std::path::PathBuf;

use clap::Args;

use super::sim::size;
use crate::error::{Error, Result};
use crate::train::{Ablation, Method, RewardKind, Settings, TrainOptions, bundle_facts, usual_gamma, usual_gym};

/// `striatum train`.
#[derive(Debug, Args)]
pub(in crate::cli) struct TrainArgs {
    /// push, pick_place, tidy, door or peg.
    #[arg(required_unless_present = "resume")]
    pub(in crate::cli) task: Option<String>,
    /// The run's folder: curve, tables, checkpoint.
    #[arg(long)]
    pub(in crate::cli) out: PathBuf,
    /// The bundle that gives the reward, adapted from a demonstration of this task.
    #[arg(long, required_unless_present = "resume")]
    pub(in crate::cli) bundle: Option<PathBuf>,
    /// Which reward.
    #[arg(long, value_enum, default_value_t = RewardKind::Shaped)]
    pub(in crate::cli) reward: RewardKind,
    /// Leave something out of `shaped`, or do it wrongly: to see what it is there for, not to train with.
    #[arg(long, value_enum)]
    pub(in crate::cli) ablation: Option<Ablation>,
    /// Episodes that are learnt from.
    #[arg(long, default_value_t = 150)]
    pub(in crate::cli) rollouts: u32,
    /// Who learns.
    #[arg(long, value_enum, default_value_t = Method::Sac)]
    pub(in crate::cli) learner: Method,
    /// Episodes of the scripted expert that the learner is given first; 5 if absent, and 1 for pi2.
    #[arg(long)]
    pub(in crate::cli) demonstrations: Option<u32>,
    /// Decides everything that is drawn at random.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    /// Evaluate after every so many rollouts; 0 never.
    #[arg(long, default_value_t = 10)]
    pub(in crate::cli) evaluate_every: u32,
    /// Episodes of an evaluation; 10 if absent, and 1 for pi2, whose episodes are all the same.
    #[arg(long)]
    pub(in crate::cli) evaluation_episodes: Option<u32>,
    /// Episodes of the trained policy that the runtime judges at the end; 20 if absent, and 1 for pi2.
    #[arg(long)]
    pub(in crate::cli) final_episodes: Option<u32>,
    /// The learner's discount, announced at every begin; if absent one that sees a third of the task's longest episode ahead:
    /// 0.97 for 100 steps, 0.988 for 250.
    #[arg(long)]
    pub(in crate::cli) gamma: Option<f64>,
    /// Gradient steps for each step in the world; 3 if absent, and pi2 takes none.
    #[arg(long)]
    pub(in crate::cli) updates_per_step: Option<u32>,
    /// How much light, surfaces and cameras differ from episode to episode: none, low, medium, high.
    #[arg(long, default_value = "none", value_parser = ["none", "low", "medium", "high"])]
    pub(in crate::cli) randomise: String,
    /// A robot's name, or the path of its TOML file.
    #[arg(long, default_value = "panda")]
    pub(in crate::cli) arm: String,
    /// Size of the pictures, WIDTHxHEIGHT.
    #[arg(long, default_value = "224x224", value_parser = size)]
    pub(in crate::cli) size: (u32, u32),
    /// By the wall's clock, as before a robot: pictures, rewards and gradient steps have to be done within a control period, and a
    /// reward that is late is flagged. Not the same twice.
    #[arg(long)]
    pub(in crate::cli) real_time: bool,
    /// Control periods a second; 5 if absent, the rate that the learner's settings were found with.
    #[arg(long)]
    pub(in crate::cli) control_hz: Option<f64>,
    /// A runtime that is up, with robot = "trainer" and clock = "lock_step" ("wall" with --real-time); one is started otherwise.
    #[arg(long)]
    pub(in crate::cli) connect: Option<String>,
    /// Go on with the run in --out; what it is stands in its checkpoint.
    #[arg(long, conflicts_with_all = ["task", "bundle", "reward", "ablation", "rollouts", "learner", "demonstrations", "seed", "evaluate_every", "evaluation_episodes", "final_episodes", "gamma", "updates_per_step", "randomise", "arm", "size", "real_time", "control_hz"])]
    pub(in crate::cli) resume: bool,
}

impl TrainArgs {
    /// # Errors
    /// A folder that is no bundle.
    pub(in crate::cli) fn options(self) -> Result<TrainOptions> {
        let (out, connect) = (self.out.clone(), self.connect.clone());
        let settings = if self.resume { None } else { Some(self.settings()?) };
        Ok(TrainOptions { settings, out, connect })
    }

    fn settings(self) -> Result<Settings> {
        let (Some(task), Some(bundle)) = (self.task, self.bundle) else {
            return Err(Error::input(
                "striatum train",
                "no task or no --bundle was given",
                "see `striatum train --help`",
            ));
        };
        let facts = bundle_facts(&bundle)?;
        let mut gym = usual_gym(&task)?;
        if let Some(control_hz) = self.control_hz {
            gym.control_hz = control_hz;
            // Of one decision, as it is usual: see `GymConfig`.
            gym.hold_secs = 1.0 / control_hz;
        }
        let updates_per_step = match (self.learner, self.updates_per_step) {
            (Method::Pi2, Some(given)) if given > 0 => {
                let what = format!("is {given}, and path integrals take no gradient steps");
                return Err(Error::input("--updates-per-step", what, "leave it out"));
            }
            (Method::Pi2, _) => 0,
            (Method::Sac, given) => given.unwrap_or(3),
        };
        let usual = |of_policies: u32| if self.learner == Method::Pi2 { 1 } else { of_policies };
        if self.learner == Method::Pi2 {
            // Nothing comes back from what an expert was off by: actions are played in the order of time.
            gym.expert_noise = 0.0;
        }
        Ok(Settings {
            task,
            // So that a run can go on from another folder.
            bundle: std::path::absolute(&bundle).unwrap_or(bundle),
            bundle_hash: facts.hash,
            reward: self.reward,
            ablation: self.ablation,
            seed: self.seed,
            rollouts: self.rollouts,
            demonstrations: self.demonstrations.unwrap_or(usual(5)),
            evaluate_every: self.evaluate_every,
            evaluation_episodes: self.evaluation_episodes.unwrap_or(usual(10)),
            final_episodes: self.final_episodes.unwrap_or(usual(20)),
            gamma: self.gamma.unwrap_or_else(|| usual_gamma(&gym)),
            arm: self.arm,
            views: facts.views,
            size: self.size,
            randomise: self.randomise,
            gym,
            real_time: self.real_time,
            updates_per_step,
            method: self.learner,
            learner: striatum_learner::SacConfig::default(),
            paths: striatum_learner::Pi2Config::default(),
        })
    }
}
