//! Pushing with two finger tips side by side: the block turns until it lies against both and then stays there.

use std::f64::consts::{FRAC_PI_2, PI};

use nalgebra::Vector3;

use super::Manner;
use super::motion::{Goal, closing_at_home, nearest_turn, opening_for, toward};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::layout::flat_distance;
use crate::physics::tasks::Task;
use crate::physics::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Over,
    Down,
    Push,
    Back,
    Up,
    Idle,
}

/// The state machine of pushing.
#[derive(Clone, Debug)]
pub(crate) struct PushExpert {
    manner: Manner,
    pub(super) stage: Stage,
    ticks: u32,
    /// Direction of the push, from x.
    heading: f64,
    closing: f64,
    start: Option<Vector3<f64>>,
    undoing: bool,
}

/// Inner distance of the finger tips.
const SPREAD_METRES: f64 = 0.03;
/// From the block's centre to the tool behind it.
const BEHIND_METRES: f64 = 0.065;
const TRAVEL_HEIGHT: f64 = 0.10;
const TABLE_CLEARANCE: f64 = 0.008;
/// An approach that takes longer goes on as it is.
const PATIENCE_TICKS: u32 = 60;

impl PushExpert {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { manner, stage: Stage::Over, ticks: 0, heading: 0.0, closing: 0.0, start: None, undoing: false }
    }

    fn fails(&self, failure: FailureKind) -> bool {
        self.manner.failure == Some(failure)
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.ticks = 0;
    }

    /// What to do now.
    pub(crate) fn act(&mut self, world: &World) -> Action {
        let Task::Push(task) = &world.play.task else { return Action::stay(1.0) };
        let block = world.play.stage.pose_of(task.block.body).translation.vector;
        let tool = world.world_from_tool().translation.vector;
        let start = *self.start.get_or_insert(block);
        let target = if self.undoing { start } else { task.target };
        self.ticks += 1;
        let low = world.model.tip_beyond_tool() + TABLE_CLEARANCE * world.layout.scale;
        match self.stage {
            Stage::Over | Stage::Down => self.approach(world, &block, &target, low),
            Stage::Push => self.push(world, &block, &target, &tool, low),
            Stage::Back => {
                let away = Vector3::new(self.heading.cos(), self.heading.sin(), 0.0) * -0.03;
                if self.ticks > 4 {
                    self.enter(Stage::Up);
                }
                self.go(world, tool + away, 0.12)
            }
            Stage::Up => {
                if self.ticks > 6 {
                    self.after(&block, &target, task.done);
                }
                self.go(world, Vector3::new(tool.x, tool.y, low + TRAVEL_HEIGHT * world.layout.scale), 0.25)
            }
            Stage::Idle => Action::stay(world.play.control.opening),
        }
    }

    pub(crate) fn finished(&self, world: &World) -> bool {
        let jammed = self.fails(FailureKind::Jam) && self.stage == Stage::Down && self.ticks > PATIENCE_TICKS;
        // Held up until it is seen to have succeeded: see `after`.
        let done = self.stage == Stage::Up && world.truth().success;
        self.stage == Stage::Idle || jammed || done
    }

    /// What follows a push that is over.
    fn after(&mut self, block: &Vector3<f64>, target: &Vector3<f64>, done: f64) {
        let near = flat_distance(block, target) < 0.8 * done;
        match self.manner.failure {
            None if near => self.ticks = 0,
            None => self.enter(Stage::Over),
            Some(FailureKind::Undo) if !self.undoing => {
                self.undoing = true;
                self.enter(Stage::Over);
            }
            Some(_) => self.enter(Stage::Idle),
        }
    }

    fn go(&self, world: &World, at: Vector3<f64>, speed: f64) -> Action {
        let opening = opening_for(world, SPREAD_METRES * world.layout.scale, 0.0);
        toward(world, &Goal { at, closing: self.closing }, opening, speed * self.manner.haste).0
    }

    /// Over the place behind the block, then down to the table.
    fn approach(&mut self, world: &World, block: &Vector3<f64>, target: &Vector3<f64>, low: f64) -> Action {
        let s = world.layout.scale;
        let along = target - block;
        if self.stage == Stage::Over {
            self.heading = along.y.atan2(along.x);
            self.closing = nearest_turn(self.heading + FRAC_PI_2, PI, closing_at_home(world));
        }
        let ahead = Vector3::new(self.heading.cos(), self.heading.sin(), 0.0);
        // A jam comes down on the block itself.
        let away = if self.fails(FailureKind::Jam) { 0.0 } else { BEHIND_METRES * s };
        let mut behind = block - ahead * away;
        if self.fails(FailureKind::Miss) {
            behind += Vector3::new(-ahead.y, ahead.x, 0.0) * (0.085 * s * self.manner.side);
        }
        let height = if self.stage == Stage::Over { low + TRAVEL_HEIGHT * world.layout.scale } else { low };
        let goal = Goal { at: Vector3::new(behind.x, behind.y, height), closing: self.closing };
        let opening = opening_for(world, SPREAD_METRES * world.layout.scale, 0.0);
        let speed = if self.stage == Stage::Over { 0.16 } else { 0.08 };
        let (action, gap) = toward(world, &goal, opening, speed * self.manner.haste);
        let jams = self.fails(FailureKind::Jam) && self.stage == Stage::Down;
        if !jams && (gap.within(0.008, 0.05) || self.ticks > PATIENCE_TICKS) {
            self.enter(if self.stage == Stage::Over { Stage::Down } else { Stage::Push });
        }
        action
    }

    fn push(
        &mut self,
        world: &World,
        block: &Vector3<f64>,
        target: &Vector3<f64>,
        tool: &Vector3<f64>,
        low: f64,
    ) -> Action {
        let ahead = Vector3::new(self.heading.cos(), self.heading.sin(), 0.0);
        let left = (target - block).dot(&ahead);
        let offset = block - tool;
        let aside = offset - ahead * offset.dot(&ahead);
        let empty = self.fails(FailureKind::Miss);
        let slipped = Vector3::new(aside.x, aside.y, 0.0).norm() > 0.03 * world.layout.scale;
        if self.strikes(block, target) {
            self.enter(Stage::Idle);
            return Action::stay(world.play.control.opening);
        }
        let early = if self.fails(FailureKind::Undo) && !self.undoing { 0.05 * world.layout.scale } else { 0.002 };
        if (!empty && (left < early || slipped)) || self.ticks > 100 {
            self.enter(Stage::Back);
        }
        // Where the tool is when the block, as it lies against it now, is on the target.
        let goal = if empty { tool + ahead * 0.05 } else { target - offset };
        let speed = if left < 0.03 { 0.03 } else { 0.07 };
        self.go(world, Vector3::new(goal.x, goal.y, low), speed)
    }

    /// Whether it is time to stop half-way.
    fn strikes(&self, block: &Vector3<f64>, target: &Vector3<f64>) -> bool {
        let Some(start) = self.start else { return false };
        let whole = flat_distance(&start, target);
        self.fails(FailureKind::Stall) && flat_distance(block, target) < (1.0 - self.manner.when) * whole
    }
}
