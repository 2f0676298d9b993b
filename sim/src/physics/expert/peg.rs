//! The peg: taken as any object, then turned and held over the hole as exactly as the arm can, and pushed in.

use std::f64::consts::FRAC_PI_2;

use nalgebra::{Isometry3, Vector3};

use super::Manner;
use super::motion::{nearest_turn, toward_pose};
use super::transfer::{Job, Stage as Taking, Transfer};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::layout::{upright, yaw_of};
use crate::physics::tasks::{Peg, Task};
use crate::physics::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Take,
    Align,
    Insert,
    LetGo,
    PullOut,
    Idle,
}

/// The state machine of insertion.
pub(crate) struct PegExpert {
    manner: Manner,
    transfer: Option<Transfer>,
    pub(super) stage: Stage,
    ticks: u32,
    deepest: f64,
    stuck: u32,
}

/// Height of the peg's tip above the block while it is aligned.
const ALIGN_ABOVE: f64 = 0.008;
/// How exactly the peg is aligned before it goes in: a third of the room that it has.
const ALIGNED_METRES: f64 = 0.00015;
const ALIGNED_RADIANS: f64 = 0.004;
const COARSE_METRES: f64 = 0.003;
const FINE_SHARE: f64 = 0.3;
const STILL_METRES_PER_SEC: f64 = 0.002;
const ALIGN_SPEED: f64 = 0.12;
const INSERT_SPEED: f64 = 0.03;
/// A peg that has not gone deeper for longer is stuck.
const STUCK_TICKS: u32 = 12;
/// The peg is held this far above its middle, in halves of its length.
const GRASP_ABOVE: f64 = 0.55;

impl PegExpert {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { manner, transfer: None, stage: Stage::Take, ticks: 0, deepest: 0.0, stuck: 0 }
    }

    fn fails(&self, failure: FailureKind) -> bool {
        self.manner.failure == Some(failure)
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.ticks = 0;
        self.stuck = 0;
        self.deepest = 0.0;
    }

    /// What to do now.
    pub(crate) fn act(&mut self, world: &World) -> Action {
        let Task::Peg(task) = &world.play.task else { return Action::stay(1.0) };
        self.ticks += 1;
        let in_hand = matches!(self.stage, Stage::Align | Stage::Insert);
        if in_hand && !world.sight().holds(&task.peg) {
            self.transfer = None;
            self.enter(if self.manner.failure.is_none() { Stage::Take } else { Stage::Idle });
        }
        match self.stage {
            Stage::Take => self.take(world, task),
            Stage::Align => self.align(world, task),
            Stage::Insert => self.insert(world, task),
            Stage::LetGo => Action::stay(if self.ticks > 1 { 0.5 } else { 0.0 }),
            Stage::PullOut => self.pull_out(world, task),
            Stage::Idle => Action::stay(world.play.control.opening),
        }
    }

    pub(crate) fn finished(&self) -> bool {
        match self.stage {
            Stage::Idle | Stage::LetGo => true,
            Stage::Insert => self.fails(FailureKind::Jam) && self.stuck > STUCK_TICKS,
            // A transfer that failed as asked is not begun again.
            Stage::Take => self.transfer.as_ref().is_some_and(|transfer| transfer.over()),
            Stage::Align | Stage::PullOut => false,
        }
    }

    fn take(&mut self, world: &World, task: &Peg) -> Action {
        let carried_away = [FailureKind::Drop, FailureKind::Miss].iter().any(|&failure| self.fails(failure));
        let transfer = self.transfer.get_or_insert_with(|| Transfer::new(job(task), self.manner));
        let action = transfer.act(world);
        if transfer.stage == Taking::Carry && !carried_away {
            self.enter(Stage::Align);
        } else if transfer.stage == Taking::Done && self.manner.failure.is_none() {
            self.transfer = None;
        }
        action
    }

    /// The peg with its tip at this height over the hole, upright and turned as the hole.
    fn peg_goal(&self, world: &World, task: &Peg, tip_height: f64, aside: f64) -> Isometry3<f64> {
        let peg = world.play.stage.pose_of(task.peg.body);
        let yaw = nearest_turn(yaw_of(&task.world_from_hole), FRAC_PI_2, yaw_of(&peg));
        let at = task.world_from_hole.translation.vector + Vector3::new(aside, 0.0, tip_height + task.half[2]);
        upright(at, yaw)
    }

    fn align(&mut self, world: &World, task: &Peg) -> Action {
        let aside = if self.fails(FailureKind::Jam) { 0.6 * task.half[0] * self.manner.side } else { 0.0 };
        let goal = self.peg_goal(world, task, task.deep + ALIGN_ABOVE, aside);
        let peg = world.play.stage.pose_of(task.peg.body);
        let off = (goal.translation.vector - peg.translation.vector).norm();
        let pose = if off > COARSE_METRES {
            goal * peg.inverse() * world.world_from_tool()
        } else {
            // A share of what is left, added to the command: what the arm gives under its load is made good bit by bit.
            let command = world.play.control.world_from_command;
            let whole = goal * peg.inverse() * command;
            command.try_lerp_slerp(&whole, FINE_SHARE, 1e-9).unwrap_or(whole)
        };
        let (action, _) = toward_pose(world, &pose, 0.0, ALIGN_SPEED * self.manner.haste);
        let still = world.play.stage.velocity_of(task.peg.body).norm() < STILL_METRES_PER_SEC;
        let exact = off < ALIGNED_METRES && goal.rotation.angle_to(&peg.rotation) < ALIGNED_RADIANS;
        if (exact && still) || self.ticks > 80 {
            self.enter(if self.fails(FailureKind::Stall) { Stage::Idle } else { Stage::Insert });
        }
        action
    }

    fn insert(&mut self, world: &World, task: &Peg) -> Action {
        let depth = task.depth(&world.play.stage);
        if depth > self.deepest + 0.0005 {
            (self.deepest, self.stuck) = (depth, 0);
        } else {
            self.stuck += 1;
        }
        if self.fails(FailureKind::Undo) && depth > 0.6 * task.deep {
            self.enter(Stage::PullOut);
        } else if depth > 0.95 * task.deep {
            self.enter(Stage::LetGo);
        } else if self.stuck > STUCK_TICKS && !self.fails(FailureKind::Jam) {
            self.enter(Stage::Align);
        }
        // Straight down from where it was aligned; the arm gives way to the walls of the hole.
        let down = INSERT_SPEED * self.manner.haste * world.config().period_secs();
        Action::EndEffector { delta_position_metres: [0.0, 0.0, -down], delta_rotation_radians: [0.0; 3], gripper: 0.0 }
    }

    fn pull_out(&mut self, world: &World, task: &Peg) -> Action {
        if self.ticks > 40 {
            self.enter(Stage::Idle);
        }
        let tip = task.tip(&world.play.stage).z;
        let goal = self.peg_goal(world, task, (tip + 0.02).min(task.deep + 0.06), 0.0);
        let peg = world.play.stage.pose_of(task.peg.body);
        let pose = goal * peg.inverse() * world.world_from_tool();
        toward_pose(world, &pose, 0.0, ALIGN_SPEED).0
    }
}

fn job(task: &Peg) -> Job {
    Job {
        object: task.peg,
        width: 2.0 * task.half[0],
        across: 0.0,
        symmetry: FRAC_PI_2,
        grasp_above: GRASP_ABOVE * task.half[2],
        place: task.world_from_hole.translation.vector + Vector3::new(0.0, 0.0, task.deep + task.half[2] + 0.01),
        travel_height: task.half[2] + task.deep + 0.03,
        jam_height: 0.0,
    }
}
