//! The door: takes the lever's ball from above, turns the lever, pulls the ball along the door's arc.

use std::f64::consts::FRAC_PI_2;

use nalgebra::Vector3;

use super::Manner;
use super::motion::{Goal, closing_at_home, grip_at, nearest_turn, opening_for, toward};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::layout::yaw_of;
use crate::physics::tasks::{Door, Task};
use crate::physics::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Over,
    Down,
    Close,
    Turn,
    Pull,
    PushBack,
    Idle,
}

/// The state machine of opening a door.
pub(crate) struct DoorExpert {
    manner: Manner,
    pub(super) stage: Stage,
    ticks: u32,
    closing: f64,
    /// Commanded angles of lever and door.
    lever: f64,
    door: f64,
    /// Angle of the door when the ball was taken.
    taken_at: f64,
}

const HOVER_METRES: f64 = 0.08;
const TURN_RADIANS_PER_SEC: f64 = 0.30;
const PULL_RADIANS_PER_SEC: f64 = 0.22;
const TURNED_RADIANS: f64 = Door::UNLATCHED_RADIANS + 0.14;
const OPENED_RADIANS: f64 = Door::DONE_RADIANS + 0.12;

impl DoorExpert {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { manner, stage: Stage::Over, ticks: 0, closing: 0.0, lever: 0.0, door: 0.0, taken_at: 0.0 }
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
        let Task::Door(task) = &world.play.task else { return Action::stay(1.0) };
        let angles = (task.door_radians(&world.play.stage), task.lever_radians(&world.play.stage));
        self.ticks += 1;
        self.notice_loss(world, task, angles);
        match self.stage {
            Stage::Over | Stage::Down => self.approach(world, task, angles),
            Stage::Close => {
                (self.door, self.lever) = angles;
                self.taken_at = self.door;
                if self.ticks > 6 {
                    // A jam pulls at the door without having turned the lever.
                    let skip = self.fails(FailureKind::Jam) || angles.0 > 0.1;
                    self.enter(if skip { Stage::Pull } else { Stage::Turn });
                }
                Action::stay(0.0)
            }
            Stage::Turn => self.turn(world, task, angles),
            Stage::Pull => self.pull(world, task, angles),
            Stage::PushBack => self.push_back(world, task),
            Stage::Idle => Action::stay(world.play.control.opening),
        }
    }

    /// The door has been asked to open as far as it shall, whether it did or not.
    pub(crate) fn finished(&self) -> bool {
        self.stage == Stage::Idle || self.stage == Stage::Pull && self.door >= OPENED_RADIANS
    }

    /// An expert that has lost the ball takes it again.
    fn notice_loss(&mut self, world: &World, task: &Door, (door, lever): (f64, f64)) {
        let held = matches!(self.stage, Stage::Turn | Stage::Pull);
        let grip_off = world.model.tool_from_held(task.ball_width()).norm();
        let off = (world.world_from_tool().translation.vector - task.ball_at(door, lever)).norm();
        if held && off > 0.75 * task.ball_width() + grip_off && self.manner.failure.is_none() {
            self.enter(Stage::Over);
        }
    }

    fn approach(&mut self, world: &World, task: &Door, (door, lever): (f64, f64)) -> Action {
        let over = self.stage == Stage::Over;
        if over {
            let along = yaw_of(&task.world_from_hinge) - door + FRAC_PI_2;
            self.closing = nearest_turn(along, std::f64::consts::PI, closing_at_home(world));
        }
        let mut at = task.ball_at(door, lever) + self.aside(task);
        at.z += if over { HOVER_METRES * world.layout.scale } else { 0.0 };
        let at = grip_at(world, &at, self.closing, task.ball_width());
        let speed = self.manner.haste * if over { 0.16 } else { 0.06 };
        let opening = opening_for(world, task.ball_width(), 0.015 * world.layout.scale);
        let (action, gap) = toward(world, &Goal { at, closing: self.closing }, opening, speed);
        if gap.within(if over { 0.01 } else { 0.002 }, 0.05) || self.ticks > 100 {
            self.enter(if over { Stage::Down } else { Stage::Close });
        }
        action
    }

    /// A miss takes hold of the air before the door.
    fn aside(&self, task: &Door) -> Vector3<f64> {
        if self.fails(FailureKind::Miss) {
            task.world_from_hinge.rotation * Vector3::x() * (-1.8 * task.ball_width())
        } else {
            Vector3::zeros()
        }
    }

    fn follow(&self, world: &World, task: &Door) -> Action {
        // The hand turns with the door: fingers that close along its arc would squeeze the ball out.
        let closing = self.closing - (self.door - self.taken_at);
        let at = task.ball_at(self.door, self.lever) + self.aside(task);
        let goal = Goal { at: grip_at(world, &at, closing, task.ball_width()), closing };
        toward(world, &goal, 0.0, 0.2).0
    }

    fn turn(&mut self, world: &World, task: &Door, (_, lever): (f64, f64)) -> Action {
        self.lever = (self.lever + self.rate(world, TURN_RADIANS_PER_SEC)).min(TURNED_RADIANS);
        if lever > Door::UNLATCHED_RADIANS + 0.05 || self.ticks > 40 {
            self.enter(Stage::Pull);
        }
        self.follow(world, task)
    }

    fn pull(&mut self, world: &World, task: &Door, (door, _): (f64, f64)) -> Action {
        self.door = (self.door + self.rate(world, PULL_RADIANS_PER_SEC)).min(OPENED_RADIANS);
        if self.fails(FailureKind::Stall) && door > self.manner.when * Door::DONE_RADIANS {
            self.enter(Stage::Idle);
        } else if self.fails(FailureKind::Undo) && door > 0.8 * Door::DONE_RADIANS {
            self.enter(Stage::PushBack);
        }
        self.follow(world, task)
    }

    fn push_back(&mut self, world: &World, task: &Door) -> Action {
        self.door = (self.door - self.rate(world, PULL_RADIANS_PER_SEC)).max(0.05);
        if self.ticks > 60 {
            self.enter(Stage::Idle);
        }
        self.follow(world, task)
    }

    fn rate(&self, world: &World, radians_per_sec: f64) -> f64 {
        self.manner.haste * radians_per_sec * world.config().period_secs()
    }
}
