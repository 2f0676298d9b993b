//! The world from episode to episode: who drives it, how it stands, how it ended.

use striatum_frames::Image;
use striatum_sim::{Action, Expert, FailureKind, Observation, Truth};
use striatum_wire::{ActionKind, Task};

use super::super::world::{Theatre, WorldOptions};
use super::desk::Tally;
use crate::error::{Error, Result};

/// Who drives an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    Client,
    Expert,
}

/// A world that goes on for as long as it is served.
pub(super) struct Show {
    theatre: Theatre,
    usual_failure: Option<FailureKind>,
    driver: Option<Driver>,
    expert: Option<Expert>,
    running: bool,
    episode: u64,
    steps: u64,
    idle_steps: u64,
    /// What the gripper was told last.
    gripper: f64,
    observation: Observation,
    /// Measured opening of the gripper now and a period ago.
    openings: [f64; 2],
    said: Tally,
}

impl Show {
    /// A world at rest, as its first seed has it.
    ///
    /// # Errors
    /// A world that there is not.
    pub(super) fn new(options: &WorldOptions) -> Result<Self> {
        let mut theatre = Theatre::new(options)?;
        theatre.begin(options.seed)?;
        let mut show = Self {
            usual_failure: theatre.failure,
            theatre,
            driver: None,
            expert: None,
            running: false,
            episode: 0,
            steps: 0,
            idle_steps: 0,
            gripper: 1.0,
            observation: Observation::default(),
            openings: [1.0; 2],
            said: Tally::default(),
        };
        show.look();
        Ok(show)
    }

    /// Begins an episode.
    ///
    /// # Errors
    /// A world that cannot be put up.
    pub(super) fn begin(&mut self, seed: u64, driver: Driver, failure: Option<FailureKind>) -> Result<()> {
        self.theatre.failure = failure;
        let expert = self.theatre.begin(seed)?;
        self.expert = (driver == Driver::Expert).then_some(expert);
        self.driver = Some(driver);
        (self.running, self.steps, self.idle_steps) = (true, 0, 0);
        self.episode += 1;
        self.look();
        self.gripper = self.observation.gripper;
        self.openings = [self.gripper; 2];
        Ok(())
    }

    /// One control period, with the client's action if there was one; true when the episode ended with it.
    pub(super) fn advance(&mut self, action: Option<striatum_wire::Action>) -> bool {
        if !self.running {
            self.idle_steps += 1;
            return false;
        }
        let action = match (&mut self.expert, action) {
            (Some(expert), _) => expert.act(&self.theatre.world),
            (None, Some(action)) => action_of(&action),
            // Nobody said anything: it stays where it is.
            (None, None) => Action::stay(self.gripper),
        };
        self.gripper = action.gripper();
        match self.theatre.act(&action) {
            Ok((_, ended)) => {
                let settled = self.expert.as_ref().is_some_and(|expert| self.theatre.settled(expert));
                self.running = !ended && !settled;
            }
            Err(error) => {
                tracing::warn!("{error}");
                // A refused action leaves the world as it was; a world that is no more ends the episode.
                self.running = !self.theatre.world.ended();
            }
        }
        self.steps += 1;
        self.look();
        !self.running
    }

    fn look(&mut self) {
        self.theatre.world.observe_into(&mut self.observation);
        self.openings = [self.observation.gripper, self.openings[0]];
    }

    /// Draws every view.
    ///
    /// # Errors
    /// A picture that cannot be drawn.
    pub(super) fn shoot(&mut self) -> Result<&[Image]> {
        self.theatre.shoot()?;
        Ok(&self.theatre.images)
    }

    /// Is a picture due now?
    pub(super) fn frame_is_due(&self) -> bool {
        (self.steps + self.idle_steps).is_multiple_of(u64::from(self.theatre.actions_per_frame.max(1)))
    }

    /// The failure with this name, if the expert of this task has it; none for an empty name.
    ///
    /// # Errors
    /// A name that is not known, or a failure that this task does not have.
    pub(super) fn failure(&self, name: &str) -> Result<Option<FailureKind>> {
        if name.is_empty() {
            return Ok(None);
        }
        let sim = |error: striatum_sim::WorldError| Error::from(striatum_sim::Error::from(error));
        let failure = FailureKind::from_name(name).map_err(sim)?;
        Expert::failing(&self.theatre.world, failure).map_err(sim)?;
        Ok(Some(failure))
    }

    /// How the expert fails that drives while no client does.
    pub(super) fn usual_failure(&self) -> Option<FailureKind> {
        self.usual_failure
    }

    /// Names of the joints in the order of [`positions`](Self::positions): the arm's, then the gripper's.
    pub(super) fn joint_names(&self) -> Vec<String> {
        let robot = &self.theatre.robot;
        robot.arm_joints().chain(robot.gripper_joints()).map(|joint| joint.name.clone()).collect()
    }

    /// Position and speed of every joint; the fingers' from how far the gripper is open.
    pub(super) fn joints(&self) -> impl Iterator<Item = (f64, f64)> {
        let arm =
            self.observation.joint_positions.iter().copied().zip(self.observation.joint_velocities.iter().copied());
        let gripper = &self.theatre.robot.gripper;
        let [now, before] = self.openings;
        let speed = (now - before) / self.period_secs();
        let fingers = gripper.open.iter().zip(&gripper.closed).map(move |(open, closed)| {
            let stroke = open - closed;
            (closed + stroke * now, stroke * speed)
        });
        arm.chain(fingers)
    }

    pub(super) fn truth(&self) -> Truth {
        self.theatre.world.truth()
    }

    pub(super) fn views(&self) -> Vec<String> {
        self.theatre.views()
    }

    pub(super) fn arm_joints(&self) -> usize {
        self.theatre.robot.arm.len()
    }

    pub(super) fn period_secs(&self) -> f64 {
        1.0 / self.theatre.world.config().control_hz
    }

    pub(super) fn task(&self) -> Task {
        // Ours are far shorter; a longer one would come as empty.
        Task::try_from(self.theatre.world.task().instruction()).unwrap_or_default()
    }

    pub(super) fn driver(&self) -> Option<Driver> {
        self.driver
    }

    pub(super) fn episode(&self) -> u64 {
        self.episode
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn running(&self) -> bool {
        self.running
    }

    /// How long no episode has been running, in simulated seconds; none while one is.
    pub(super) fn idle_secs(&self) -> Option<f64> {
        (!self.running).then(|| self.idle_steps as f64 * self.period_secs())
    }

    /// The episode's line in the log, once: at its end, or when it is given up.
    pub(super) fn say_end(&mut self, tally: &Tally, late: u64) {
        let Some(driver) = self.driver.filter(|_| self.episode > 0 && self.idle_steps == 0) else { return };
        let truth = self.truth();
        let verdict = match (self.running, truth.success) {
            (true, _) => "given up",
            (false, true) => "success",
            (false, false) => "failure",
        };
        let who = match (driver, self.theatre.failure) {
            (Driver::Client, _) => "a client".to_owned(),
            (Driver::Expert, None) => "the expert".to_owned(),
            (Driver::Expert, Some(failure)) => format!("the expert failing by {}", failure.name()),
        };
        let lost = |tally: &Tally| tally.losses.iter().sum::<u64>();
        tracing::info!(
            "episode {} (seed {}, {who}): {verdict} after {:.1} s, progress {:.2}; {} actions used, {} not; {late} periods late so far",
            self.episode,
            self.theatre.world.seed(),
            self.steps as f64 * self.period_secs(),
            truth.progress,
            tally.used - self.said.used,
            lost(tally) - lost(&self.said),
        );
        self.said = *tally;
        // So that it is said once.
        self.running = false;
        self.idle_steps = 1;
    }
}

/// An action of the wire as the world takes it. The desk has checked it; what it should have let through that does not fit,
/// the world refuses.
fn action_of(action: &striatum_wire::Action) -> Action {
    let gripper = action.gripper;
    match (action.kind, action.delta.as_slice()) {
        (ActionKind::EndEffectorDelta, &[x, y, z, a, b, c]) => {
            Action::EndEffector { delta_position_metres: [x, y, z], delta_rotation_radians: [a, b, c], gripper }
        }
        (_, delta) => Action::Joint { delta_radians: delta.to_vec(), gripper },
    }
}
