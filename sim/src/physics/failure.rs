//! Failures that can be asked for by name.

use super::error::{WorldError, WorldResult};
use super::tasks::TaskId;

/// A way in which an attempt goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    /// The gripper opens on the way.
    Drop,
    /// It grasps or pushes beside the object and carries on as if nothing were missing.
    Miss,
    /// It runs against a wall or a rim and keeps pushing.
    Jam,
    /// It stops half-way and waits.
    Stall,
    /// It does the task with another object.
    WrongObject,
    /// It comes close to the end and takes the work back.
    Undo,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Drop, Self::Miss, Self::Jam, Self::Stall, Self::WrongObject, Self::Undo];

    /// Its name, as in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Miss => "miss",
            Self::Jam => "jam",
            Self::Stall => "stall",
            Self::WrongObject => "wrong_object",
            Self::Undo => "undo",
        }
    }

    /// The failure of this name.
    ///
    /// # Errors
    /// [`WorldError::UnknownFailure`] if there is none.
    pub fn from_name(name: &str) -> WorldResult<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| WorldError::UnknownFailure { name: name.to_owned() })
    }

    /// The failures that a task can be asked for.
    #[must_use]
    pub fn supported(task: TaskId) -> &'static [Self] {
        match task {
            TaskId::Push => &[Self::Miss, Self::Stall, Self::Undo, Self::Jam],
            TaskId::PickPlace => &[Self::Drop, Self::Miss, Self::Jam, Self::Stall, Self::WrongObject, Self::Undo],
            TaskId::Tidy => &[Self::Drop, Self::Miss, Self::Stall, Self::WrongObject, Self::Undo],
            TaskId::Door => &[Self::Miss, Self::Jam, Self::Stall, Self::Undo],
            TaskId::Peg => &[Self::Drop, Self::Miss, Self::Jam, Self::Stall, Self::Undo],
        }
    }

    /// # Errors
    /// [`WorldError::NoSuchFailure`] if the task cannot fail like this.
    pub(crate) fn check(self, task: TaskId) -> WorldResult<()> {
        if Self::supported(task).contains(&self) {
            return Ok(());
        }
        let names: Vec<_> = Self::supported(task).iter().map(|kind| kind.name()).collect();
        Err(WorldError::NoSuchFailure {
            task: task.name(),
            failure: self.name(),
            mend: format!("ask for {}", names.join(", ")),
        })
    }
}
