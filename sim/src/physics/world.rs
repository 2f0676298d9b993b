//! A world: a robot, a task, and one control period after another.

use nalgebra::Isometry3;
use striatum_robots::RobotSpec;

use super::action::Action;
use super::config::WorldConfig;
use super::control::Control;
use super::dice::Dice;
use super::error::{WorldError, WorldResult};
use super::layout::Layout;
use super::observe::Observation;
use super::robot::{Arm, JointState, Reach, RobotModel};
use super::stage::Stage;
use super::stillness::Stillness;
use super::tasks::{Sight, Task, TaskId};
use super::truth::Truth;
use crate::scene::Scene;

/// What an action led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What is true afterwards.
    pub truth: Truth,
    /// The episode is over; the next action is refused.
    pub ended: bool,
}

/// A robot and a task, advanced one control period at a time. The same seed and actions give the same bits.
///
/// ```
/// use striatum_robots::RobotSpec;
/// use striatum_sim::{Expert, TaskId, World, WorldConfig};
///
/// let robot = RobotSpec::builtin("panda")?;
/// let mut world = World::new(TaskId::Push, &robot, WorldConfig::default())?;
/// world.reset(7)?;
/// let mut expert = Expert::new(&world);
/// let action = expert.act(&world);
/// let step = world.act(&action)?;
/// assert!(step.truth.progress < 0.2 && !step.ended);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct World {
    pub(crate) model: RobotModel,
    reach: Reach,
    pub(crate) layout: Layout,
    task_id: TaskId,
    config: WorldConfig,
    seed: u64,
    pub(crate) play: Play,
}

/// What a reset makes anew.
pub(crate) struct Play {
    pub(crate) stage: Stage,
    pub(crate) arm: Arm,
    pub(crate) task: Task,
    pub(crate) control: Control,
    pub(crate) joints: JointState,
    truth: Truth,
    stillness: Stillness,
    actions: usize,
    successes: usize,
    ended: bool,
}

impl World {
    /// A world of this task for a robot, as after `reset(0)`.
    ///
    /// # Errors
    /// A configuration out of range, or a robot without what the task needs.
    pub fn new(task: TaskId, robot: &RobotSpec, config: WorldConfig) -> WorldResult<Self> {
        config.check()?;
        let model = RobotModel::from_spec(robot)?;
        let layout = Layout::new(&model);
        let reach = Reach::new(robot);
        check_reach(&model, &reach, &layout)?;
        let play = Play::new(task, &model, &reach, &layout, &config, 0)?;
        Ok(Self { model, reach, layout, task_id: task, config, seed: 0, play })
    }

    /// Starts an episode: everything is built anew from the seed alone.
    ///
    /// # Errors
    /// The robot cannot be put up, which the first reset would have shown.
    pub fn reset(&mut self, seed: u64) -> WorldResult<()> {
        self.play = Play::new(self.task_id, &self.model, &self.reach, &self.layout, &self.config, seed)?;
        self.seed = seed;
        Ok(())
    }

    /// Advances one control period.
    ///
    /// # Errors
    /// An action that is not finite, has the wrong length or comes after the end is refused and changes nothing. A world that
    /// blew up ([`WorldError::Diverged`]) has ended.
    pub fn act(&mut self, action: &Action) -> WorldResult<Step> {
        if self.play.ended {
            return Err(WorldError::Ended { steps: self.play.actions });
        }
        action.check(self.model.arm.len())?;
        self.play.advance(&self.model, &self.config, action);
        let step = self.play.settle(&self.config);
        let finite = self.play.joints.positions.iter().all(|position| position.is_finite());
        if !finite || !step.truth.progress.is_finite() {
            self.play.ended = true;
            return Err(WorldError::Diverged { secs: self.time_secs() });
        }
        Ok(step)
    }

    /// What is true now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.play.truth
    }

    /// The episode is over.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.play.ended
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task_id
    }

    /// The seed of the last reset.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How the world runs.
    #[must_use]
    pub fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// Simulated time since the reset.
    #[must_use]
    pub fn time_secs(&self) -> f64 {
        self.secs_of(self.play.actions)
    }

    /// How long nothing has moved: no link of the robot and no object by more than two
    /// millimetres, or a degree.
    #[must_use]
    pub fn still_secs(&self) -> f64 {
        self.secs_of(self.play.stillness.actions())
    }

    fn secs_of(&self, actions: usize) -> f64 {
        // Counts of actions are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let actions = actions as f64;
        actions * self.config.period_secs()
    }

    /// Names of the task's phases, in order.
    #[must_use]
    pub fn phase_names(&self) -> &'static [&'static str] {
        Task::phase_names(self.task_id)
    }

    /// Where the tool is.
    #[must_use]
    pub fn world_from_tool(&self) -> Isometry3<f64> {
        self.play.arm.tool(&self.play.stage)
    }

    /// Opening of the gripper as measured, from 0 (closed) to 1 (open).
    #[must_use]
    pub fn gripper(&self) -> f64 {
        let arm = self.model.arm.len();
        let positions = self.play.joints.positions[arm..].iter();
        self.model.fingers.iter().zip(positions).map(|(finger, at)| finger.opening(*at)).fold(0.0, f64::max)
    }

    /// The state, privileged parts included.
    #[must_use]
    pub fn observe(&self) -> Observation {
        let mut out = Observation::default();
        self.observe_into(&mut out);
        out
    }

    /// The same into an observation that keeps its memory.
    pub fn observe_into(&self, out: &mut Observation) {
        let arm = self.model.arm.len();
        out.time_secs = self.time_secs();
        out.joint_positions.clear();
        out.joint_positions.extend_from_slice(&self.play.joints.positions[..arm]);
        out.joint_velocities.clear();
        out.joint_velocities.extend_from_slice(&self.play.joints.velocities[..arm]);
        out.world_from_tool = self.world_from_tool();
        out.gripper = self.gripper();
        out.objects.clear();
        out.scalars.clear();
        self.play.task.report(&self.play.stage, &mut out.objects, &mut out.scalars);
    }

    /// Fills a scene; nothing is allocated once it has held this world's pieces.
    pub fn scene(&self, scene: &mut Scene) {
        self.play.stage.fill(scene);
        scene.world_from_tool = self.world_from_tool().cast::<f32>();
    }

    /// Every bit of the state that moves, for digests: bodies in order, then joints, then the command.
    pub fn state_bytes(&self, out: &mut Vec<u8>) {
        out.clear();
        self.play.stage.state_bytes(out);
        let joints = self.play.joints.positions.iter().chain(&self.play.joints.velocities);
        let command = self.play.control.world_from_command;
        let values = joints.chain(command.translation.vector.iter()).chain(command.rotation.coords.iter());
        for value in values {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&(self.play.actions as u64).to_le_bytes());
    }

    /// The tool's Jacobian where the joints are now.
    #[cfg(test)]
    pub(crate) fn reach_jacobian(&self) -> Option<nalgebra::OMatrix<f64, nalgebra::U6, nalgebra::Dyn>> {
        self.reach.jacobian(&self.play.joints.positions[..self.model.arm.len()])
    }

    /// Where the tool is when every joint is at home.
    pub(crate) fn world_from_home_tool(&self) -> Isometry3<f64> {
        self.reach.tool(&self.model.home)
    }

    pub(crate) fn sight(&self) -> Sight<'_> {
        self.play.sight()
    }
}

/// The corners of what tasks use of the table have to be in reach.
fn check_reach(model: &RobotModel, reach: &Reach, layout: &Layout) -> WorldResult<()> {
    const ENOUGH_METRES: f64 = 0.02;
    let rotation = reach.tool(&model.home).rotation;
    for (x, y) in [(-0.14, -0.28), (-0.14, 0.26), (0.14, -0.28), (0.14, 0.26)] {
        let at = layout.at(x, y, 0.05 * layout.scale);
        let target = Isometry3::from_parts(at.into(), rotation);
        let short = reach.shortfall(&target, &model.home);
        if short > ENOUGH_METRES {
            return Err(WorldError::Robot {
                robot: model.name.clone(),
                element: format!("place at {:.2}, {:.2}, {:.2} m", at.x, at.y, at.z),
                what: format!("stays {short:.3} m out of reach"),
                mend: "give a workspace under [safety] that the arm reaches down to the table".to_owned(),
            });
        }
    }
    Ok(())
}

impl Play {
    fn new(
        task: TaskId,
        model: &RobotModel,
        reach: &Reach,
        layout: &Layout,
        config: &WorldConfig,
        seed: u64,
    ) -> WorldResult<Self> {
        const OPENING: f64 = 1.0;
        let mut dice = Dice::new(seed, 0);
        let mut stage = Stage::new(config.step_secs());
        stage.furnish([0.35, 0.0], [0.6, 0.6]);
        let jitter = config.home_jitter_radians;
        let home: Vec<f64> = model.home.iter().map(|at| at + dice.between(-jitter, jitter)).collect();
        let grip = config.grip_newtons.min(model.max_grip_newtons);
        let arm = Arm::insert(&mut stage, model, &home, OPENING, grip).ok_or_else(|| WorldError::Robot {
            robot: model.name.clone(),
            element: "links".to_owned(),
            what: "do not make a tree of moving links".to_owned(),
            mend: "check the parents of the joints".to_owned(),
        })?;
        let tool = arm.tool(&stage).translation.vector;
        let task = Task::set(task, &mut stage, layout, &mut dice, &tool);
        let mut this = Self {
            control: Control::new(model, reach.clone(), &home, OPENING),
            stage,
            arm,
            task,
            joints: JointState::default(),
            truth: Truth::underway(0.0, 0, 1),
            stillness: Stillness::default(),
            actions: 0,
            successes: 0,
            ended: false,
        };
        this.arm.read(&this.stage, &mut this.joints);
        this.truth = this.task.judge(&this.sight());
        this.stillness.look(&this.stage);
        Ok(this)
    }

    fn advance(&mut self, model: &RobotModel, config: &WorldConfig, action: &Action) {
        let tool = self.arm.tool(&self.stage);
        self.control.take(model, config, action, &self.joints, &tool);
        let steps = config.steps_per_action();
        for step in 0..steps {
            let (positions, velocities, fingers) = self.control.reference(model, config, step, steps);
            self.arm.drive(&mut self.stage, positions, velocities, fingers);
            self.task.before_step(&mut self.stage);
            self.stage.world.step();
            self.arm.govern(&mut self.stage);
        }
        self.arm.read(&self.stage, &mut self.joints);
        self.actions += 1;
    }

    fn settle(&mut self, config: &WorldConfig) -> Step {
        self.truth = self.task.judge(&self.sight());
        self.stillness.look(&self.stage);
        self.successes = if self.truth.success { self.successes + 1 } else { 0 };
        let held = config.hold_actions > 0 && self.successes >= config.hold_actions;
        self.ended = held || self.actions >= config.max_actions;
        Step { truth: self.truth, ended: self.ended }
    }

    pub(crate) fn sight(&self) -> Sight<'_> {
        Sight { stage: &self.stage, world_from_tool: self.arm.tool(&self.stage), fingers: &self.arm.finger_colliders }
    }
}
