//! The state of a world as a learner is told it. It is Markov: whatever the next state depends on is in it, up to speeds
//! that die away within a control period.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use nalgebra::{Isometry3, Vector3};

use super::act::{closing, frame, grasps};
use super::features::Features;
use crate::physics::{Delivery, Door, Hold, Leg, Peg, Push, Task, Tidy, World, closing_at_home, grip_at, yaw_of};

/// Time after which a gripper has done what it was told: experts wait that long before they go on.
const SETTLED_SECS: f64 = 1.6;

/// Writes the observation of a world whose gripper was told what it does this many decisions ago.
pub(super) fn observe(world: &World, gripper_age: u32, out: &mut Vec<f32>) {
    let hand = Hand::of(world);
    let mut features = Features::new(out, world.layout.scale, frame(world));
    hand.tell(world, &mut features);
    if grasps(world.task()) {
        let age_secs = f64::from(gripper_age) * world.config().period_secs();
        features.share((age_secs / SETTLED_SECS).min(1.0));
    }
    match &world.play.task {
        Task::Push(task) => push(world, &hand, task, &mut features),
        Task::PickPlace(task) => {
            delivery(world, &hand, &task.delivery, crate::physics::PickPlace::HOLD, &mut features);
            let other = world.play.stage.pose_of(task.other.body).translation.vector;
            features.far(other.x - hand.at.x);
            features.far(other.y - hand.at.y);
        }
        Task::Tidy(task) => tidy(world, &hand, task, &mut features),
        Task::Door(task) => door(world, &hand, task, &mut features),
        Task::Peg(task) => peg(world, &hand, task, &mut features),
    }
}

/// Where the hand is.
struct Hand {
    at: Vector3<f64>,
    closing: f64,
}

impl Hand {
    fn of(world: &World) -> Self {
        let pose = world.world_from_tool();
        Self { at: pose.translation.vector, closing: closing(world, &pose.rotation) }
    }

    fn tell(&self, world: &World, features: &mut Features<'_>) {
        let [x, y] = world.layout.centre;
        let place = self.at - Vector3::new(x, y, 0.15 * world.layout.scale);
        for length in features.turned(&place).iter() {
            features.far(*length);
        }
        features.near(self.at.z, 0.03);
        let lead = world.play.control.world_from_command.translation.vector - self.at;
        for length in features.turned(&lead).iter() {
            features.near(*length, 0.01);
        }
        features.angle(self.closing - closing_at_home(world), TAU);
        if grasps(world.task()) {
            features.share(world.gripper());
            features.flag(world.play.control.opening > 0.0);
        }
    }
}

fn push(world: &World, hand: &Hand, task: &Push, features: &mut Features<'_>) {
    /// From the block's centre to where the fingers push.
    const BEHIND_METRES: f64 = 0.065;
    let pose = world.play.stage.pose_of(task.block.body);
    let block = pose.translation.vector;
    let left = task.target - block;
    let heading = frame(world);
    features.way(&(block - hand.at));
    // Aside there is nothing left: the frame's x is where it is to go.
    features.far(left.xy().norm());
    features.near(left.xy().norm(), 0.03);
    features.near(left.xy().norm(), 0.006);
    let ahead = Vector3::new(heading.cos(), heading.sin(), 0.0);
    let behind = block - ahead * (BEHIND_METRES * world.layout.scale) - hand.at;
    features.flat_way(&behind);
    features.rest(&behind);
    features.angle(hand.closing - heading - FRAC_PI_2, PI);
    features.angle(yaw_of(&pose) - heading, FRAC_PI_2);
}

/// An object that is to be taken somewhere.
fn delivery(world: &World, hand: &Hand, task: &Delivery, hold: Hold, features: &mut Features<'_>) {
    let sight = world.sight();
    let pose = world.play.stage.pose_of(task.object.body);
    let at = pose.translation.vector;
    let width = hold.width * world.layout.scale;
    let reach = grip_at(world, &at, hand.closing, width) - hand.at;
    features.way(&reach);
    features.rest(&reach);
    features.way(&(task.place + Vector3::z() * task.standing - at));
    features.angle(yaw_of(&pose) + hold.across - hand.closing, hold.symmetry.clamp(0.1, PI));
    features.flag(sight.holds(&task.object));
}

fn tidy(world: &World, hand: &Hand, task: &Tidy, features: &mut Features<'_>) {
    let sight = world.sight();
    let next = task.deliveries.iter().position(|delivery| delivery.judge(&sight).0 != Leg::There);
    let next = next.unwrap_or(task.deliveries.len() - 1);
    // The one whose turn it is in full, the others as far as they are in the way.
    delivery(world, hand, &task.deliveries[next], Tidy::HOLDS[next], features);
    for (index, other) in task.deliveries.iter().enumerate() {
        features.flag(index == next);
        features.flag(other.judge(&sight).0 == Leg::There);
        let at = world.play.stage.pose_of(other.object.body).translation.vector;
        for length in (at - hand.at).iter() {
            features.far(*length);
        }
    }
}

fn door(world: &World, hand: &Hand, task: &Door, features: &mut Features<'_>) {
    let stage = &world.play.stage;
    let (door, lever) = (task.door_radians(stage), task.lever_radians(stage));
    let ball = task.ball_at(door, lever);
    let reach = grip_at(world, &ball, hand.closing, task.ball_width()) - hand.at;
    features.way(&reach);
    features.rest(&reach);
    features.number(door / Door::DONE_RADIANS);
    features.number((door / 0.05).tanh());
    features.number(lever / Door::LEVER_STOP_RADIANS);
    features.number((lever - Door::UNLATCHED_RADIANS) / 0.2);
    features.flag(world.sight().holds(&task.lever));
    // Where the ball goes as the lever turns, and as the door opens.
    let step = 0.05;
    let turning = (task.ball_at(door, lever + step) - ball) / (step * 0.1 * world.layout.scale);
    let opening = (task.ball_at(door + step, lever) - ball) / (step * 0.25 * world.layout.scale);
    let (turning, opening) = (features.turned(&turning), features.turned(&opening));
    for share in turning.iter().chain(opening.xy().iter()) {
        features.number(*share);
    }
    features.angle(yaw_of(&task.world_from_hinge) - door + FRAC_PI_2 - hand.closing, PI);
}

fn peg(world: &World, hand: &Hand, task: &Peg, features: &mut Features<'_>) {
    /// Where the expert takes hold, in halves of the peg's length above its middle.
    const GRASP_ABOVE: f64 = 0.55;
    let stage = &world.play.stage;
    let pose = stage.pose_of(task.peg.body);
    let up = pose.rotation * Vector3::z();
    let grasp = (pose * Isometry3::translation(0.0, 0.0, GRASP_ABOVE * task.half[2])).translation.vector;
    let reach = grip_at(world, &grasp, hand.closing, 2.0 * task.half[0]) - hand.at;
    features.way(&reach);
    features.rest(&reach);
    let left = task.world_from_hole.translation.vector + Vector3::z() * task.deep - task.tip(stage);
    features.way(&left);
    for length in left.iter() {
        features.near(*length, 0.003);
    }
    features.angle(yaw_of(&pose) - hand.closing, FRAC_PI_2);
    let off = yaw_of(&task.world_from_hole) - yaw_of(&pose);
    features.angle(off, FRAC_PI_2);
    let off = off - (off / FRAC_PI_2).round() * FRAC_PI_2;
    features.number((off / 0.05).tanh());
    features.number((up.x / 0.1).tanh());
    features.number((up.y / 0.1).tanh());
    features.flag(world.sight().holds(&task.peg));
    features.share(task.depth(stage) / task.deep);
}
