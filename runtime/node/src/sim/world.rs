//! A world with its cameras and its expert, as the command line asks for them.

use striatum_frames::Image;
use striatum_robots::RobotSpec;
use striatum_sim::{
    Action, Expert, FailureKind, Level, Samples, Studio, StudioConfig, TaskId, Truth, World, WorldConfig,
};

use crate::error::{Error, Result};

/// What world, seen how.
#[derive(Clone, Debug)]
pub(crate) struct WorldOptions {
    pub(crate) task: String,
    /// How the expert is to fail.
    pub(crate) failure: Option<String>,
    /// Seed of the first episode.
    pub(crate) seed: u64,
    /// none, low, medium or high.
    pub(crate) randomise: String,
    /// A robot's name or file.
    pub(crate) arm: String,
    /// Views in order; all if absent.
    pub(crate) views: Option<Vec<String>>,
    /// Frames a second of simulated time.
    pub(crate) fps: u32,
    /// Width and height of the pictures, pixels.
    pub(crate) size: (u32, u32),
}

/// Actions a second, where frames do not ask for more.
const CONTROL_HZ: u32 = 10;
/// Longest episode, seconds.
const LONGEST_SECS: u32 = 30;
/// An expert's episode ends when nothing has moved for this long and its plan is done, seconds.
const SETTLED_SECS: f64 = 2.0;

/// A world and what looks at it.
pub(crate) struct Theatre {
    pub(crate) world: World,
    pub(crate) robot: RobotSpec,
    pub(crate) studio: Studio,
    pub(crate) failure: Option<FailureKind>,
    /// Actions between two frames.
    pub(crate) actions_per_frame: u32,
    pub(crate) images: Vec<Image>,
}

impl Theatre {
    /// # Errors
    /// A task, robot, camera, failure, size or rate that there is not.
    pub(crate) fn new(options: &WorldOptions) -> Result<Self> {
        let sim = |error: striatum_sim::WorldError| Error::from(striatum_sim::Error::from(error));
        let task = TaskId::from_name(&options.task).map_err(sim)?;
        let failure = options.failure.as_deref().map(FailureKind::from_name).transpose().map_err(sim)?;
        let robot = RobotSpec::open(&options.arm)?;
        let control = control_hz(options.fps);
        let max_actions = usize::try_from(LONGEST_SECS * control).unwrap_or(usize::MAX);
        // Success has to last a second before the episode ends.
        let hold_actions = usize::try_from(control).unwrap_or(usize::MAX);
        let config =
            WorldConfig { control_hz: f64::from(control), max_actions, hold_actions, ..WorldConfig::default() };
        let world = World::new(task, &robot, config).map_err(sim)?;
        if let Some(failure) = failure {
            // Refused now rather than after the first episode has begun.
            Expert::failing(&world, failure).map_err(sim)?;
        }
        let (width, height) = options.size;
        let studio_config =
            StudioConfig { width, height, level: level(&options.randomise)?, samples: Samples::TwoByTwo };
        let studio = Studio::new(&robot, options.views.as_deref(), studio_config)?;
        let images = studio.blank();
        Ok(Self { world, robot, studio, failure, actions_per_frame: control / options.fps, images })
    }

    /// Names of the views, in order.
    pub(crate) fn views(&self) -> Vec<String> {
        self.studio.views().map(str::to_owned).collect()
    }

    /// Begins an episode; its expert comes back.
    ///
    /// # Errors
    /// A world that cannot be put up.
    pub(crate) fn begin(&mut self, seed: u64) -> Result<Expert> {
        let sim = |error: striatum_sim::WorldError| Error::from(striatum_sim::Error::from(error));
        self.world.reset(seed).map_err(sim)?;
        self.studio.dress(&self.world, seed);
        match self.failure {
            Some(failure) => Expert::failing(&self.world, failure).map_err(sim),
            None => Ok(Expert::new(&self.world)),
        }
    }

    /// Draws every view as the world is now.
    ///
    /// # Errors
    /// A picture that cannot be drawn.
    pub(crate) fn shoot(&mut self) -> Result<()> {
        self.studio.shoot(&self.world, &mut self.images)?;
        Ok(())
    }

    /// One action. What is true afterwards, and whether the episode is over.
    ///
    /// # Errors
    /// An action that the world refuses; it is then as before.
    pub(crate) fn act(&mut self, action: &Action) -> Result<(Truth, bool)> {
        let step = self.world.act(action).map_err(|error| Error::from(striatum_sim::Error::from(error)))?;
        Ok((step.truth, step.ended))
    }

    /// Nothing more will happen: this expert has done what it meant to do, and nothing has moved since.
    pub(crate) fn settled(&self, expert: &Expert) -> bool {
        // Half a nanosecond less, or the sum of many periods could miss it.
        self.world.still_secs() > SETTLED_SECS - 5e-10 && expert.finished(&self.world)
    }
}

/// The least multiple of the frame rate that is at least [`CONTROL_HZ`].
fn control_hz(fps: u32) -> u32 {
    fps * CONTROL_HZ.div_ceil(fps.max(1))
}

/// The level of randomness with this name.
///
/// # Errors
/// A name that is none's.
pub(crate) fn level(name: &str) -> Result<Level> {
    match name {
        "none" => Ok(Level::None),
        "low" => Ok(Level::Low),
        "medium" => Ok(Level::Medium),
        "high" => Ok(Level::High),
        other => Err(Error::input("--randomise", format!("`{other}` is no level"), "give none, low, medium or high")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_is_at_least_ten_hertz_and_a_multiple_of_the_frames() {
        for fps in 1..=60 {
            let control = control_hz(fps);
            assert!(control >= CONTROL_HZ && control.is_multiple_of(fps) && control < CONTROL_HZ.max(2 * fps) + fps);
        }
    }
}
