//! Taking an object from where it stands to where it shall be: the piece of work that most tasks are made of.

use nalgebra::Vector3;

use super::Manner;
use super::motion::{Goal, closing_at_home, grip_at, nearest_turn, opening_for, toward};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::layout::{flat_distance, yaw_of};
use crate::physics::stage::Object;
use crate::physics::world::World;

/// What to take, how, and where to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) object: Object,
    /// Width between the fingers.
    pub(crate) width: f64,
    /// Direction of that width from the object's x.
    pub(crate) across: f64,
    /// The object looks the same after this turn about the vertical.
    pub(crate) symmetry: f64,
    /// Height of the grasp above the object's centre.
    pub(crate) grasp_above: f64,
    /// Where the object's centre shall be when it is let go.
    pub(crate) place: Vector3<f64>,
    /// Height of the object's centre on the way.
    pub(crate) travel_height: f64,
    /// Height of the object's centre at which it runs against the wall of its place.
    pub(crate) jam_height: f64,
}

/// Where the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Hover,
    Descend,
    Close,
    Lift,
    Carry,
    Lower,
    Open,
    Retreat,
    Done,
    /// Given up: the hand stays where it is.
    Idle,
    /// Takes the object back to where it was taken.
    Return,
}

/// The state machine of one transfer.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    job: Job,
    manner: Manner,
    pub(crate) stage: Stage,
    ticks: u32,
    closing: f64,
    taken_from: Vector3<f64>,
    carry_from: Vector3<f64>,
    turned_back: bool,
}

const TRAVEL_SPEED: f64 = 0.16;
const FINE_SPEED: f64 = 0.06;
const HOVER_METRES: f64 = 0.10;
/// Room between a fixed jaw and the object that it comes down beside.
const JAW_ROOM_METRES: f64 = 0.005;
const CLOSE_TICKS: u32 = 7;
const OPEN_TICKS: u32 = 4;
/// A way that takes longer than any is blocked.
const JAMMED_TICKS: u32 = 60;

impl Transfer {
    pub(crate) fn new(job: Job, manner: Manner) -> Self {
        Self {
            job,
            manner,
            stage: Stage::Hover,
            ticks: 0,
            closing: 0.0,
            taken_from: Vector3::zeros(),
            carry_from: Vector3::zeros(),
            turned_back: false,
        }
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
        let object = world.play.stage.pose_of(self.job.object.body);
        let at = object.translation.vector;
        let tool = world.world_from_tool().translation.vector;
        self.ticks += 1;
        match self.stage {
            Stage::Hover | Stage::Descend => self.approach(world, &at, yaw_of(&object)),
            Stage::Close => {
                if self.ticks >= CLOSE_TICKS {
                    self.enter(Stage::Lift);
                }
                Action::stay(0.0)
            }
            Stage::Lift => self.lift(world, &at, &tool),
            Stage::Carry => self.carry(world, &at, &tool),
            Stage::Lower => self.lower(world, &at, &tool),
            Stage::Return => self.put_back(world, &at, &tool),
            Stage::Open => {
                if self.ticks >= OPEN_TICKS {
                    self.enter(Stage::Retreat);
                }
                Action::stay(self.release_opening(world))
            }
            Stage::Retreat => self.retreat(world, &tool),
            Stage::Done => Action::stay(self.release_opening(world)),
            Stage::Idle => Action::stay(world.play.control.opening),
        }
    }

    /// It has come to its end, was given up, or has long been pushing against a rim.
    pub(crate) fn over(&self) -> bool {
        let jammed = self.fails(FailureKind::Jam) && self.stage == Stage::Carry && self.ticks > JAMMED_TICKS;
        matches!(self.stage, Stage::Done | Stage::Idle) || jammed
    }

    fn release_opening(&self, world: &World) -> f64 {
        opening_for(world, self.job.width, 0.015 * world.layout.scale)
    }

    fn speed(&self, fine: bool) -> f64 {
        self.manner.haste * if fine { FINE_SPEED } else { TRAVEL_SPEED }
    }

    /// Over the object, then down around it.
    fn approach(&mut self, world: &World, at: &Vector3<f64>, yaw: f64) -> Action {
        if self.stage == Stage::Hover {
            self.closing = nearest_turn(yaw + self.job.across, self.job.symmetry, closing_at_home(world));
        }
        let mut grasp = at + Vector3::new(0.0, 0.0, self.job.grasp_above);
        if self.fails(FailureKind::Miss) {
            let aside = self.job.width + 0.035 * world.layout.scale;
            grasp += Vector3::new(self.closing.cos(), self.closing.sin(), 0.0) * (aside * self.manner.side);
        }
        let hover = self.stage == Stage::Hover;
        let height = if hover { HOVER_METRES * world.layout.scale } else { 0.0 };
        // Fingers that meet in the tool leave the same room on both sides; a fixed jaw comes down this far off.
        let width = self.job.width + 2.0 * JAW_ROOM_METRES * world.layout.scale;
        let grasp = grip_at(world, &grasp, self.closing, width);
        let goal = Goal { at: grasp + Vector3::new(0.0, 0.0, height), closing: self.closing };
        let (action, gap) = toward(world, &goal, self.release_opening(world), self.speed(!hover));
        // An arm of five joints may not get its hand quite as it should be, and tries as it is.
        if hover && (gap.within(0.01, 0.05) || self.ticks > 60) {
            self.enter(Stage::Descend);
        } else if !hover && (gap.within(0.002, 0.03) || self.ticks > 40) {
            self.taken_from = *at;
            self.enter(Stage::Close);
        }
        action
    }

    fn lift(&mut self, world: &World, at: &Vector3<f64>, tool: &Vector3<f64>) -> Action {
        let height = self.job.travel_height - at.z;
        let empty = self.fails(FailureKind::Miss);
        if !empty && self.lost(world) && self.ticks > 1 {
            self.enter(Stage::Hover);
            return Action::stay(self.release_opening(world));
        }
        let jams = self.fails(FailureKind::Jam) && self.ticks > 3 && self.job.jam_height > 0.0;
        let lifted = jams || if empty { self.ticks > 8 } else { height < 0.004 };
        if lifted {
            self.carry_from = *tool;
            self.enter(Stage::Carry);
        }
        let up = if empty { tool.z + 0.03 } else { tool.z + height };
        let goal = Goal { at: Vector3::new(tool.x, tool.y, up), closing: self.closing };
        toward(world, &goal, 0.0, self.speed(self.ticks < 4)).0
    }

    /// Above its place, or as far as a failure lets it come.
    fn carry(&mut self, world: &World, at: &Vector3<f64>, tool: &Vector3<f64>) -> Action {
        if self.strikes(tool) {
            return self.strike(world);
        }
        let empty = self.fails(FailureKind::Miss);
        if !empty && self.lost(world) && !self.fails(FailureKind::Jam) {
            self.enter(Stage::Hover);
            return Action::stay(self.release_opening(world));
        }
        let offset = if empty { Vector3::zeros() } else { tool - at };
        let height = if self.fails(FailureKind::Jam) { self.job.jam_height } else { self.job.travel_height };
        let above = Vector3::new(self.job.place.x, self.job.place.y, height.max(if empty { tool.z } else { 0.0 }));
        let goal = Goal { at: above + offset, closing: self.closing };
        let (action, gap) = toward(world, &goal, 0.0, self.speed(false));
        if gap.metres < 0.006 {
            self.enter(Stage::Lower);
        }
        action
    }

    /// Whether it is time for a failure of the way.
    fn strikes(&self, tool: &Vector3<f64>) -> bool {
        let whole = flat_distance(&self.carry_from, &self.job.place);
        let gone = flat_distance(&self.carry_from, tool);
        (self.fails(FailureKind::Drop) || self.fails(FailureKind::Stall)) && gone > self.manner.when * whole
    }

    fn strike(&mut self, world: &World) -> Action {
        self.enter(Stage::Idle);
        Action::stay(if self.fails(FailureKind::Drop) { self.release_opening(world) } else { 0.0 })
    }

    fn lower(&mut self, world: &World, at: &Vector3<f64>, tool: &Vector3<f64>) -> Action {
        let empty = self.fails(FailureKind::Miss);
        if !empty && self.lost(world) {
            self.enter(Stage::Retreat);
            return Action::stay(self.release_opening(world));
        }
        let offset = if empty { Vector3::zeros() } else { tool - at };
        let goal = Goal { at: self.job.place + offset, closing: self.closing };
        let (action, gap) = toward(world, &goal, 0.0, self.speed(true));
        let there = gap.metres < 0.005 || self.ticks > 25;
        if there && self.fails(FailureKind::Undo) {
            self.turned_back = true;
            self.enter(Stage::Return);
        } else if there && self.fails(FailureKind::Jam) {
            self.enter(Stage::Idle);
        } else if there {
            self.enter(Stage::Open);
        }
        action
    }

    /// Up, back over where it was taken, down, open.
    fn put_back(&mut self, world: &World, at: &Vector3<f64>, tool: &Vector3<f64>) -> Action {
        let there = flat_distance(at, &self.taken_from);
        let travel = self.job.travel_height;
        let place = if there > 0.01 && at.z < travel - 0.02 && self.ticks < 25 {
            at + Vector3::new(0.0, 0.0, 0.05)
        } else {
            let height = if there > 0.01 { travel } else { self.taken_from.z };
            Vector3::new(self.taken_from.x, self.taken_from.y, height)
        };
        let goal = Goal { at: place + (tool - at), closing: self.closing };
        let (action, gap) = toward(world, &goal, 0.0, self.speed(there < 0.01));
        if there <= 0.01 && (gap.metres < 0.005 || self.ticks > 90) {
            self.enter(Stage::Open);
        }
        action
    }

    fn retreat(&mut self, world: &World, tool: &Vector3<f64>) -> Action {
        if self.ticks > 6 {
            self.enter(if self.turned_back { Stage::Idle } else { Stage::Done });
        }
        let goal = Goal { at: tool + Vector3::new(0.0, 0.0, 0.04), closing: self.closing };
        toward(world, &goal, self.release_opening(world), self.speed(false)).0
    }

    fn lost(&self, world: &World) -> bool {
        !world.sight().holds(&self.job.object)
    }
}
