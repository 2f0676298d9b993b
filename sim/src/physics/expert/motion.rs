//! How an expert moves: towards a place, with the tool pointing down and turned about the vertical.

use std::f64::consts::PI;

use nalgebra::{Isometry3, Matrix3, Rotation3, Translation3, UnitQuaternion, Vector3};

use crate::physics::action::Action;
use crate::physics::world::World;

/// Where the tool shall be: pointing down, its fingers closing along `closing` radians from x.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) at: Vector3<f64>,
    pub(crate) closing: f64,
}

/// What is left between tool and goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) metres: f64,
    pub(crate) radians: f64,
}

impl Gap {
    pub(crate) fn within(&self, metres: f64, radians: f64) -> bool {
        self.metres < metres && self.radians < radians
    }
}

/// Where the tool is when something of this width, with its middle at `at`, lies between its fingers.
pub(crate) fn grip_at(world: &World, at: &Vector3<f64>, closing: f64, width: f64) -> Vector3<f64> {
    at - down(world, closing) * world.model.tool_from_held(width)
}

/// An action towards a goal at no more than `speed`, and how far the tool is from it now.
pub(crate) fn toward(world: &World, goal: &Goal, opening: f64, speed: f64) -> (Action, Gap) {
    let pose = Isometry3::from_parts(Translation3::from(goal.at), down(world, goal.closing));
    toward_pose(world, &pose, opening, speed)
}

/// The same for a whole pose.
pub(crate) fn toward_pose(world: &World, pose: &Isometry3<f64>, opening: f64, speed: f64) -> (Action, Gap) {
    let command = world.play.control.world_from_command;
    let tool = world.world_from_tool();
    let period = world.config().period_secs();
    let shift = pose.translation.vector - command.translation.vector;
    let turn = (pose.rotation * command.rotation.inverse()).scaled_axis();
    let shift = shift * (speed * period / shift.norm().max(1e-9)).min(1.0);
    let turning = world.model.max_angular_radians_per_sec * period;
    let turn = turn * (turning / turn.norm().max(1e-9)).min(1.0);
    let gap = Gap {
        metres: (pose.translation.vector - tool.translation.vector).norm(),
        radians: pose.rotation.angle_to(&tool.rotation),
    };
    let action = Action::EndEffector {
        delta_position_metres: shift.into(),
        delta_rotation_radians: turn.into(),
        gripper: opening.clamp(0.0, 1.0),
    };
    (action, gap)
}

/// The tool pointing straight down with its fingers closing along this direction.
pub(crate) fn down(world: &World, closing: f64) -> UnitQuaternion<f64> {
    let z = Vector3::z();
    let raw = world.model.closing_axis();
    let along = (raw - z * raw.dot(&z)).try_normalize(1e-6).unwrap_or_else(Vector3::y);
    let tool = Matrix3::from_columns(&[along, z.cross(&along), z]);
    let ahead = Vector3::new(closing.cos(), closing.sin(), 0.0);
    let world = Matrix3::from_columns(&[ahead, (-z).cross(&ahead), -z]);
    UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(world * tool.transpose()))
}

/// Where the fingers close along at home, as seen from above: the turn furthest from the wrist's limits.
pub(crate) fn closing_at_home(world: &World) -> f64 {
    let axis = world.world_from_home_tool().rotation * world.model.closing_axis();
    axis.y.atan2(axis.x)
}

/// Of the directions `angle + n * period`, the one nearest to `to`. Fingers are alike, so a period is pi at most.
pub(crate) fn nearest_turn(angle: f64, period: f64, to: f64) -> f64 {
    let period = period.min(PI);
    angle + ((to - angle) / period).round() * period
}

/// Opening that leaves `clearance` on both sides of something this wide.
pub(crate) fn opening_for(world: &World, width: f64, clearance: f64) -> f64 {
    ((width + 2.0 * clearance) / world.layout.grip_width.max(1e-6)).clamp(0.0, 1.0)
}
