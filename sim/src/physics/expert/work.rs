//! Experts whose work is one transfer after another.

use nalgebra::Vector3;

use super::Manner;
use super::transfer::{Job, Stage, Transfer};
use crate::physics::action::Action;
use crate::physics::failure::FailureKind;
use crate::physics::tasks::{Delivery, Hold, Leg, PickPlace, Task, Tidy};
use crate::physics::world::World;

/// Does transfers until the task is done; a transfer that did not succeed is tried again.
pub(crate) struct Carrier {
    manner: Manner,
    /// Which of several transfers goes wrong.
    strikes_at: usize,
    begun: usize,
    pub(super) transfer: Option<Transfer>,
}

impl Carrier {
    pub(crate) fn new(manner: Manner, strikes_at: usize) -> Self {
        Self { manner, strikes_at, begun: 0, transfer: None }
    }

    pub(crate) fn act(&mut self, world: &World) -> Action {
        let struck = self.struck();
        let finished = self.transfer.as_ref().is_none_or(|transfer| transfer.stage == Stage::Done);
        if finished && !struck && !world.truth().success {
            self.begin(world);
        }
        match &mut self.transfer {
            Some(transfer) => transfer.act(world),
            None => Action::stay(1.0),
        }
    }

    /// The failure asked for has happened, or is happening: nothing is begun after it.
    fn struck(&self) -> bool {
        self.manner.failure.is_some() && self.begun > self.strikes_at
    }

    pub(crate) fn finished(&self, world: &World) -> bool {
        let over = self.transfer.as_ref().is_some_and(Transfer::over);
        over && (self.struck() || world.truth().success)
    }

    fn begin(&mut self, world: &World) {
        let strikes = self.manner.failure.is_some() && self.begun == self.strikes_at;
        let manner = Manner { failure: self.manner.failure.filter(|_| strikes), ..self.manner };
        if let Some(job) = next_job(world, &manner) {
            self.transfer = Some(Transfer::new(job, manner));
            self.begun += 1;
        }
    }
}

/// What is to be done next.
fn next_job(world: &World, manner: &Manner) -> Option<Job> {
    let wrong = manner.failure == Some(FailureKind::WrongObject);
    match &world.play.task {
        Task::PickPlace(task) => {
            let mut delivery = task.delivery;
            if wrong {
                delivery.object = task.other;
            }
            Some(job(&delivery, PickPlace::HOLD, world.layout.scale))
        }
        Task::Tidy(task) => {
            let sight = world.sight();
            let next = task.deliveries.iter().position(|delivery| delivery.judge(&sight).0 != Leg::There)?;
            let mut delivery = task.deliveries[next];
            if wrong {
                delivery.place = task.deliveries[(next + 1) % task.deliveries.len()].place;
            }
            Some(job(&delivery, Tidy::HOLDS[next], world.layout.scale))
        }
        _ => None,
    }
}

fn job(delivery: &Delivery, hold: Hold, scale: f64) -> Job {
    Job {
        object: delivery.object,
        width: hold.width * scale,
        across: hold.across,
        symmetry: hold.symmetry,
        grasp_above: 0.0,
        place: delivery.place + Vector3::new(0.0, 0.0, delivery.standing + 0.12 * delivery.lift),
        travel_height: delivery.standing + 1.2 * delivery.lift,
        jam_height: delivery.rim / 2.0,
    }
}
