//! Scripted experts: state machines on the privileged state, with retries, and experts that fail in a given way.

mod door;
mod motion;
mod peg;
mod push;
mod transfer;
mod work;

use door::DoorExpert;
pub(crate) use motion::{closing_at_home, down, grip_at, opening_for};
use peg::PegExpert;
use push::PushExpert;
use work::Carrier;

use super::action::Action;
use super::dice::Dice;
use super::error::WorldResult;
use super::failure::FailureKind;
use super::tasks::{Task, TaskId};
use super::world::World;

/// Does a world's task, or fails at it as asked. Sees the whole state; its own memory is only where it is in its plan.
pub struct Expert {
    plan: Plan,
}

enum Plan {
    Push(PushExpert),
    Carry(Carrier),
    Door(DoorExpert),
    Peg(PegExpert),
}

/// How an expert differs from the next: so that no two demonstrations are alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Share of its usual speed.
    pub(crate) haste: f64,
    /// Share of the way at which a failure strikes.
    pub(crate) when: f64,
    /// A direction in which to be wrong: 1 or -1.
    pub(crate) side: f64,
    /// The failure to show.
    pub(crate) failure: Option<FailureKind>,
}

impl Expert {
    /// An expert for a world that has just been reset; its manner comes from the world's seed.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self::with(world, None)
    }

    /// An expert that fails in this way.
    ///
    /// # Errors
    /// [`WorldError::NoSuchFailure`](super::WorldError::NoSuchFailure) if the task has no such failure.
    pub fn failing(world: &World, failure: FailureKind) -> WorldResult<Self> {
        failure.check(world.task())?;
        Ok(Self::with(world, Some(failure)))
    }

    fn with(world: &World, failure: Option<FailureKind>) -> Self {
        let mut dice = Dice::new(world.seed(), 1);
        // Three transfers are as long as one is elsewhere.
        let pace = if world.task() == TaskId::Tidy { 2.0 } else { 1.0 };
        let manner = Manner {
            haste: dice.between(0.8, 1.1) * pace * world.layout.scale.sqrt(),
            when: dice.between(0.25, 0.5),
            side: if dice.between(0.0, 1.0) < 0.5 { 1.0 } else { -1.0 },
            failure,
        };
        let plan = match &world.play.task {
            Task::Push(_) => Plan::Push(PushExpert::new(manner)),
            Task::PickPlace(_) => Plan::Carry(Carrier::new(manner, 0)),
            Task::Tidy(_) => Plan::Carry(Carrier::new(
                manner,
                match failure {
                    // What is taken back was nearly done.
                    Some(FailureKind::Undo) => 2,
                    // The last object has no empty tray left to be wrong in.
                    Some(FailureKind::WrongObject) => dice.below(2),
                    _ => dice.below(3),
                },
            )),
            Task::Door(_) => Plan::Door(DoorExpert::new(manner)),
            Task::Peg(_) => Plan::Peg(PegExpert::new(manner)),
        };
        Self { plan }
    }

    /// What to do now.
    pub fn act(&mut self, world: &World) -> Action {
        match &mut self.plan {
            Plan::Push(plan) => plan.act(world),
            Plan::Carry(plan) => plan.act(world),
            Plan::Door(plan) => plan.act(world),
            Plan::Peg(plan) => plan.act(world),
        }
    }

    /// Nothing is left of the plan: the expert waits, or goes on pushing against what does not give way. One that may yet try
    /// again has not finished.
    #[must_use]
    pub fn finished(&self, world: &World) -> bool {
        match &self.plan {
            Plan::Push(plan) => plan.finished(world),
            Plan::Carry(plan) => plan.finished(world),
            Plan::Door(plan) => plan.finished(),
            Plan::Peg(plan) => plan.finished(),
        }
    }

    /// Where the expert is in its plan, as its own states are called; for people who look for what went wrong.
    #[must_use]
    pub fn state(&self) -> String {
        match &self.plan {
            Plan::Push(plan) => format!("{:?}", plan.stage),
            Plan::Carry(plan) => format!("{:?}", plan.transfer.as_ref().map(|transfer| transfer.stage)),
            Plan::Door(plan) => format!("{:?}", plan.stage),
            Plan::Peg(plan) => format!("{:?}", plan.stage),
        }
    }
}
