//! Experts whose work is one transfer after another.

use std::f64::consts::FRAC_PI_2;

use nalgebra::Vector3;

use super::Manner;
use super::transfer::{Job, Stage, Transfer};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::tasks::{PickPlace, Task};
use crate::physics::world::World;

/// Does transfers until the task is done; a transfer that did not succeed is tried again.
pub(crate) struct Carrier {
    manner: Manner,
    transfer: Option<Transfer>,
}

impl Carrier {
    pub(crate) fn new(_world: &World, manner: Manner) -> Self {
        Self { manner, transfer: None }
    }

    pub(crate) fn act(&mut self, world: &World) -> Action {
        let finished = self.transfer.as_ref().is_some_and(|transfer| transfer.stage == Stage::Done);
        if self.transfer.is_none() || (finished && self.manner.failure.is_none() && !world.truth().success) {
            self.transfer = job(world, &self.manner).map(|job| Transfer::new(job, self.manner));
        }
        match &mut self.transfer {
            Some(transfer) => transfer.act(world),
            None => Action::stay(1.0),
        }
    }
}

/// What is to be done next.
fn job(world: &World, manner: &Manner) -> Option<Job> {
    match &world.play.task {
        Task::PickPlace(task) => {
            let wrong = manner.failure == Some(FailureKind::WrongObject);
            Some(Job {
                object: if wrong { task.other } else { task.cube },
                width: 2.0 * PickPlace::HALF,
                symmetry: FRAC_PI_2,
                grasp_above: 0.0,
                place: task.bin + Vector3::new(0.0, 0.0, PickPlace::HALF + 0.015),
                travel_height: PickPlace::HALF + PickPlace::LIFT_METRES + 0.03,
            })
        }
        Task::Push(_) => None,
    }
}
