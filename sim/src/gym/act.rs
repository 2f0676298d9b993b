//! Between a learner's numbers and a world's actions: `[x, y, z, turn]`, and a gripper where the task takes hold.
//!
//! Numbers are in [-1, 1], along the axes of the task (see `frame`). A shift is `SHIFT * a |a|`: small numbers are fine moves, and the exactness that a peg asks
//! for is within the reach of a policy that is a few hundredths off. The hand is kept pointing down; a learner turns it
//! about the vertical alone.

use nalgebra::{UnitQuaternion, Vector3};

use crate::physics::{Action, Door, PickPlace, Task, TaskId, Tidy, World, down, opening_for, yaw_of};

/// Numbers of an action that move the hand: three shifts and a turn.
pub(super) const MOVES: usize = 4;
/// Longest shift along an axis, for a second of a robot of a metre's reach.
const SHIFT_METRES_PER_SEC: f64 = 0.2;
/// Fastest turn about the vertical.
const TURN_RADIANS_PER_SEC: f64 = 1.25;
/// Room on both sides of what the open gripper is to go around.
const ROOM_METRES: f64 = 0.015;
/// An expert that asks for less means to close.
const OPEN: f64 = 0.1;

/// What an expert says of the gripper, either way: sure, and near enough to 0 that a learner finds the other side.
const GRIPPER: f32 = 0.5;

/// Whether a task is done by taking hold of something.
pub(super) fn grasps(task: TaskId) -> bool {
    task != TaskId::Push
}

/// Numbers of an action.
pub(super) fn len(task: TaskId) -> usize {
    MOVES + usize::from(grasps(task))
}

/// How far the fingers are apart when they are open.
pub(super) fn opening(world: &World) -> f64 {
    let s = world.layout.scale;
    let (width, room) = match world.task() {
        // What the expert pushes with.
        TaskId::Push => (0.03, 0.0),
        TaskId::PickPlace => (PickPlace::HOLD.width, ROOM_METRES),
        TaskId::Tidy => (Tidy::HOLDS[0].width, ROOM_METRES),
        TaskId::Door => (2.0 * Door::BALL, ROOM_METRES),
        TaskId::Peg => (0.02, ROOM_METRES),
    };
    opening_for(world, width * s, room * s)
}

/// Direction, seen from above, in which the fingers of this hand close.
pub(super) fn closing(world: &World, rotation: &UnitQuaternion<f64>) -> f64 {
    let axis = rotation * world.model.closing_axis();
    axis.y.atan2(axis.x)
}

/// Direction, seen from above, of the x axis that shifts and ways are told in: a push is the same push whichever way it goes,
/// and a door the same door.
pub(super) fn frame(world: &World) -> f64 {
    match &world.play.task {
        Task::Push(task) => {
            let left = task.target - world.play.stage.pose_of(task.block.body).translation.vector;
            left.y.atan2(left.x)
        }
        Task::Door(task) => yaw_of(&task.world_from_hinge),
        Task::PickPlace(_) | Task::Tidy(_) | Task::Peg(_) => 0.0,
    }
}

/// What a world is asked to do.
pub(super) fn decode(world: &World, action: &[f32]) -> Action {
    let value = |index: usize| action.get(index).map_or(0.0, |&value| f64::from(value.clamp(-1.0, 1.0)));
    let period = world.config().period_secs();
    let shift = SHIFT_METRES_PER_SEC * period * world.layout.scale;
    let command = world.play.control.world_from_command;
    let closing = closing(world, &command.rotation) + TURN_RADIANS_PER_SEC * period * value(3);
    let turn = (down(world, closing) * command.rotation.inverse()).scaled_axis();
    let open = !grasps(world.task()) || value(4) > 0.0;
    let shares = Vector3::from([0, 1, 2].map(|axis| shift * value(axis) * value(axis).abs()));
    let world_from_frame = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), frame(world));
    Action::EndEffector {
        delta_position_metres: (world_from_frame * shares).into(),
        delta_rotation_radians: turn.into(),
        gripper: if open { opening(world) } else { 0.0 },
    }
}

/// The numbers that come nearest to an action of an expert.
pub(super) fn encode(world: &World, action: &Action, out: &mut Vec<f32>) {
    out.clear();
    let Action::EndEffector { delta_position_metres, delta_rotation_radians, gripper } = action else { return };
    let period = world.config().period_secs();
    let most = SHIFT_METRES_PER_SEC * period * world.layout.scale;
    let frame_from_world = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), -frame(world));
    let shift = frame_from_world * Vector3::from(*delta_position_metres);
    // Slower rather than bent: the direction is what matters.
    let shift = shift * (most / shift.amax().max(1e-9)).min(1.0) / most;
    out.extend(shift.iter().map(|share| number(share.signum() * share.abs().sqrt())));
    let command = world.play.control.world_from_command.rotation;
    let turned = UnitQuaternion::from_scaled_axis(Vector3::from(*delta_rotation_radians)) * command;
    let turn = closing(world, &turned) - closing(world, &command);
    let turn = turn.sin().atan2(turn.cos());
    out.push(number((turn / (TURN_RADIANS_PER_SEC * period)).clamp(-1.0, 1.0)));
    if grasps(world.task()) {
        out.push(if *gripper > OPEN { GRIPPER } else { -GRIPPER });
    }
}

fn number(value: f64) -> f32 {
    // Numbers within [-1, 1].
    #[allow(clippy::cast_possible_truncation)]
    let value = value as f32;
    value
}
