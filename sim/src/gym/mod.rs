//! A world as learners see it: an action is a few numbers in [-1, 1], an observation a row of numbers of that size.
//!
//! - `config`: how often a learner decides; `act`: what its numbers mean; `observe`, `features`: what it is told.

mod act;
mod config;
mod features;
mod observe;

pub use config::GymConfig;
use striatum_robots::RobotSpec;

use crate::physics::{Dice, Expert, Step, TaskId, World, WorldError, WorldResult};

/// A world with normalised actions and a flat observation of its state.
///
/// Success that has lasted ends an episode ([`Step::ended`] with a truth that says success): it is terminated. One that
/// ends without success was cut off by its time: truncated.
///
/// ```
/// use striatum_robots::RobotSpec;
/// use striatum_sim::{Gym, GymConfig, TaskId};
///
/// let mut gym = Gym::new(TaskId::Push, &RobotSpec::builtin("panda")?, GymConfig::default())?;
/// gym.reset(3)?;
/// let (mut observation, mut action) = (Vec::new(), Vec::new());
/// gym.observe(&mut observation);
/// gym.expert_action(&mut action);
/// assert_eq!((observation.len(), action.len()), (gym.observation_len(), gym.action_len()));
/// assert!(!gym.step(&action)?.ended);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Gym {
    world: World,
    expert: Expert,
    expert_noise: f64,
    dice: Dice,
    /// Decisions since the gripper was last told something else.
    gripper_age: u32,
    observation_len: usize,
}

impl Gym {
    /// Numbers of an action that move the hand; what comes after them, where a task takes hold, is the gripper's.
    pub const MOVES: usize = act::MOVES;

    /// A gym of this task for a robot, as after `reset(0)`.
    ///
    /// # Errors
    /// A configuration out of range, or a robot without what the task needs.
    pub fn new(task: TaskId, robot: &RobotSpec, config: GymConfig) -> WorldResult<Self> {
        let world = World::new(task, robot, config.world()?)?;
        let mut observation = Vec::new();
        observe::observe(&world, 0, &mut observation);
        Ok(Self {
            expert: Expert::new(&world),
            expert_noise: config.expert_noise,
            dice: dice(0),
            gripper_age: 0,
            world,
            observation_len: observation.len(),
        })
    }

    /// Numbers of an observation.
    #[must_use]
    pub fn observation_len(&self) -> usize {
        self.observation_len
    }

    /// Numbers of an action: three shifts, a turn, and the gripper where the task takes hold of something.
    #[must_use]
    pub fn action_len(&self) -> usize {
        act::len(self.world.task())
    }

    /// Starts an episode from a seed alone.
    ///
    /// # Errors
    /// The robot cannot be put up, which the first reset would have shown.
    pub fn reset(&mut self, seed: u64) -> WorldResult<()> {
        self.world.reset(seed)?;
        self.expert = Expert::new(&self.world);
        self.dice = dice(seed);
        self.gripper_age = 0;
        Ok(())
    }

    /// The state now, within about [-1, 1]; `out` is filled anew.
    pub fn observe(&self, out: &mut Vec<f32>) {
        observe::observe(&self.world, self.gripper_age, out);
    }

    /// Acts for one control period. Numbers beyond [-1, 1] count as -1 or 1; a gripper's above 0 opens it.
    ///
    /// # Errors
    /// An action of another length, one that is not finite, or one after the end changes nothing.
    pub fn step(&mut self, action: &[f32]) -> WorldResult<Step> {
        if action.len() != self.action_len() {
            return Err(WorldError::ActionLen { given: action.len(), wanted: self.action_len() });
        }
        if let Some(index) = action.iter().position(|value| !value.is_finite()) {
            let value = f64::from(action[index]);
            return Err(WorldError::NotFinite { field: "values", index, value });
        }
        let action = act::decode(&self.world, action);
        let opened = self.world.play.control.opening > 0.0;
        let step = self.world.act(&action)?;
        let told_anew = opened != (self.world.play.control.opening > 0.0);
        self.gripper_age = if told_anew { 0 } else { self.gripper_age.saturating_add(1) };
        Ok(step)
    }

    /// What the scripted expert would do now, in numbers, each off at random as the configuration says. It counts the times
    /// it is asked: ask once for each step.
    pub fn expert_action(&mut self, out: &mut Vec<f32>) {
        let action = self.expert.act(&self.world);
        act::encode(&self.world, &action, out);
        for value in out.iter_mut() {
            // Numbers within [-1, 1].
            #[allow(clippy::cast_possible_truncation)]
            let off = self.dice.between(-self.expert_noise, self.expert_noise) as f32;
            *value = (*value + off).clamp(-1.0, 1.0);
        }
    }

    /// The world, for pictures and for what is true.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Length of a step in simulated time.
    #[must_use]
    pub fn period_secs(&self) -> f64 {
        self.world.config().period_secs()
    }
}

/// Chance of an expert's episode; the world has streams of its own.
fn dice(seed: u64) -> Dice {
    Dice::new(seed, 2)
}
