//! Tasks: what stands on the table, how far the work is, when it is done.

mod delivery;
mod door;
mod peg;
mod pick_place;
mod push;
mod tidy;

use nalgebra::{Isometry3, Vector3};
use rapier3d::geometry::ColliderHandle;

pub(crate) use delivery::{Delivery, Hold, Leg};
pub(crate) use door::Door;
pub(crate) use peg::Peg;
pub(crate) use pick_place::PickPlace;
pub(crate) use push::Push;
pub(crate) use tidy::Tidy;

use super::dice::Dice;
use super::error::{WorldError, WorldResult};
use super::layout::Layout;
use super::observe::NamedPose;
use super::stage::{Object, Stage};
use super::truth::Truth;

/// A task that worlds are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskId {
    /// Push a block onto a disc.
    Push,
    /// Put a cube into a bin; another cube of another colour stays where it is.
    PickPlace,
    /// Put three objects each into its own tray.
    Tidy,
    /// Turn a lever that unlatches a door, and open it.
    Door,
    /// Put a peg into a hole.
    Peg,
}

impl TaskId {
    /// Every task.
    pub const ALL: [Self; 5] = [Self::Push, Self::PickPlace, Self::Tidy, Self::Door, Self::Peg];

    /// Its name, as in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::PickPlace => "pick_place",
            Self::Tidy => "tidy",
            Self::Door => "door",
            Self::Peg => "peg",
        }
    }

    /// What a robot is told to do.
    #[must_use]
    pub fn instruction(self) -> &'static str {
        match self {
            Self::Push => "push the block onto the disc",
            Self::PickPlace => "put the cube into the bin",
            Self::Tidy => "put every object into its tray",
            Self::Door => "turn the lever and open the door",
            Self::Peg => "put the peg into the hole",
        }
    }

    /// The task of this name.
    ///
    /// # Errors
    /// [`WorldError::UnknownTask`] if there is none.
    pub fn from_name(name: &str) -> WorldResult<Self> {
        let found = Self::ALL.into_iter().find(|task| task.name() == name);
        found.ok_or_else(|| WorldError::UnknownTask { name: name.to_owned() })
    }
}

/// What a task sees of the world when it judges.
pub(crate) struct Sight<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) world_from_tool: Isometry3<f64>,
    /// Colliders of each part of the gripper that presses.
    pub(crate) fingers: &'a [Vec<ColliderHandle>],
}

impl Sight<'_> {
    /// Held: every part of the gripper that presses, presses on it.
    pub(crate) fn holds(&self, object: &Object) -> bool {
        !self.fingers.is_empty()
            && self.fingers.iter().all(|finger| finger.iter().any(|&c| self.stage.touching(c, object.collider)))
    }

    /// Distance from the tool to a point.
    pub(crate) fn tool_distance(&self, at: &nalgebra::Vector3<f64>) -> f64 {
        (self.world_from_tool.translation.vector - at).norm()
    }
}

/// A task as it stands on a stage.
pub(crate) enum Task {
    Push(Push),
    PickPlace(PickPlace),
    Tidy(Tidy),
    Door(Door),
    Peg(Peg),
}

impl Task {
    /// Sets a task up on a furnished stage; `tool` is where the robot's tool is.
    pub(crate) fn set(id: TaskId, stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        match id {
            TaskId::Push => Self::Push(Push::set(stage, layout, dice, tool)),
            TaskId::PickPlace => Self::PickPlace(PickPlace::set(stage, layout, dice, tool)),
            TaskId::Tidy => Self::Tidy(Tidy::set(stage, layout, dice, tool)),
            TaskId::Door => Self::Door(Door::set(stage, layout, dice, tool)),
            TaskId::Peg => Self::Peg(Peg::set(stage, layout, dice, tool)),
        }
    }

    /// Names of the phases, in order.
    pub(crate) fn phase_names(id: TaskId) -> &'static [&'static str] {
        match id {
            TaskId::Push => Push::PHASES,
            TaskId::PickPlace => PickPlace::PHASES,
            TaskId::Tidy => Tidy::PHASES,
            TaskId::Door => Door::PHASES,
            TaskId::Peg => Peg::PHASES,
        }
    }

    /// The task's own mechanisms, before each physics step.
    pub(crate) fn before_step(&mut self, stage: &mut Stage) {
        if let Self::Door(task) = self {
            task.before_step(stage);
        }
    }

    /// How far the work is.
    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        match self {
            Self::Push(task) => task.judge(sight),
            Self::PickPlace(task) => task.judge(sight),
            Self::Tidy(task) => task.judge(sight),
            Self::Door(task) => task.judge(sight),
            Self::Peg(task) => task.judge(sight),
        }
    }

    /// The privileged state.
    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>, scalars: &mut Vec<(&'static str, f64)>) {
        match self {
            Self::Push(task) => task.report(stage, objects),
            Self::PickPlace(task) => task.report(stage, objects),
            Self::Tidy(task) => task.report(stage, objects),
            Self::Door(task) => task.report(stage, objects, scalars),
            Self::Peg(task) => task.report(stage, objects, scalars),
        }
    }
}
