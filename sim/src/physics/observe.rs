//! What a learner may be told of a world besides its pictures.

use nalgebra::Isometry3;

/// The state of a robot and of the task's objects at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Simulated time since the reset.
    pub time_secs: f64,
    /// Arm joints from the base outwards; radians, or metres for a joint that slides.
    pub joint_positions: Vec<f64>,
    /// Their speeds, a second.
    pub joint_velocities: Vec<f64>,
    /// Where the tool is in the base frame.
    pub world_from_tool: Isometry3<f64>,
    /// Opening of the gripper from 0 (closed) to 1 (open), as measured.
    pub gripper: f64,
    /// Privileged state: what no sensor of the robot tells.
    pub objects: Vec<NamedPose>,
    /// Privileged angles and such, each with its name.
    pub scalars: Vec<(&'static str, f64)>,
}

/// Where something of the task is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NamedPose {
    /// Its name.
    pub name: &'static str,
    /// Where it is in the base frame.
    pub world_from_object: Isometry3<f64>,
}
