//! What a robot is: plain checked data. Made by [`RobotSpec::builtin`] or [`RobotSpec::load`] only, so it can be trusted.

use nalgebra::{Isometry3, Matrix3, Translation3, Unit, Vector3};

use crate::camera::CameraMount;

/// A robot: one arm with a gripper, its bounds, cameras and topics. Checked where it is made and trusted afterwards.
///
/// The base frame is that of the base link: z up, the arm facing +x.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RobotSpec {
    /// Short name: 1 to 64 of a-z, 0-9 and `_`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// A sentence or two.
    pub description: String,
    /// Under which terms these data are given.
    pub licence: String,
    /// Where the figures come from.
    pub source: String,
    /// Every link; a parent comes before its children.
    pub links: Vec<Link>,
    /// The link that the base frame is; nothing between it and the root moves.
    pub base: usize,
    /// Links whose parent joint is an arm joint, from the base outwards.
    pub arm: Vec<usize>,
    /// One value for each arm joint: radians, or metres for a prismatic one.
    pub home_radians: Vec<f64>,
    /// What the arm positions.
    pub tool: Tool,
    /// What it holds with.
    pub gripper: Gripper,
    /// Bounds that a controller keeps.
    pub safety: Safety,
    /// Cameras, in the order of the file.
    pub cameras: Vec<CameraMount>,
    /// What its messages are published under.
    pub topics: Topics,
}

/// A rigid part, and the joint that hangs it on its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its name in the URDF.
    pub name: String,
    /// Index of the parent link; `None` for the root alone.
    pub parent: Option<usize>,
    /// The joint to the parent; `None` for the root alone.
    pub joint: Option<Joint>,
    /// Mass and inertia; `None` for a link that is only a frame.
    pub inertial: Option<Inertial>,
    /// What is seen.
    pub visuals: Vec<Shape>,
    /// What is touched.
    pub collisions: Vec<Shape>,
}

/// Mass and inertia of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inertial {
    /// Above 0.
    pub mass_kg: f64,
    /// Where the centre of mass is, and the axes of `inertia`.
    pub link_from_com: Isometry3<f64>,
    /// About the centre of mass, kg m^2; symmetric and positive definite.
    pub inertia: Matrix3<f64>,
}

/// A joint between a link and its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// Its name in the URDF.
    pub name: String,
    /// How it moves.
    pub kind: JointKind,
    /// Where the child link is on the parent when the joint is at 0.
    pub parent_from_joint: Isometry3<f64>,
    /// What it turns about or slides along, in the child's frame; x for a fixed joint.
    pub axis: Unit<Vector3<f64>>,
    /// `None` for a fixed joint, and for a continuous one that states none.
    pub limits: Option<Limits>,
    /// The joint that this one follows.
    pub mimic: Option<Mimic>,
}

/// How a joint moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JointKind {
    /// Not at all.
    Fixed,
    /// Turns between limits; radians.
    Revolute,
    /// Turns without end; radians.
    Continuous,
    /// Slides between limits; metres.
    Prismatic,
}

/// What a joint may do. Radians and newton metres, or metres and newtons for a prismatic joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Lowest position; minus infinity for a continuous joint, finite otherwise.
    pub lower: f64,
    /// Highest position; infinity for a continuous joint, finite otherwise.
    pub upper: f64,
    /// Highest speed, a second; above 0.
    pub velocity: f64,
    /// Highest torque or force; at least 0.
    pub effort: f64,
    /// Highest acceleration, a second squared, where the TOML file states one; above 0.
    pub acceleration: Option<f64>,
}

/// A joint that follows another: its position is `multiplier * position of the other + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mimic {
    /// The link whose parent joint is followed.
    pub link: usize,
    /// Times its position.
    pub multiplier: f64,
    /// Plus this.
    pub offset: f64,
}

/// The form of a piece of a link, about its own origin; metres.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// A box by half its sides.
    Box {
        /// Half the sides along x, y and z.
        half_metres: [f64; 3],
    },
    /// A cylinder along z.
    Cylinder {
        /// Radius.
        radius_metres: f64,
        /// Half the length.
        half_length_metres: f64,
    },
    /// A capsule along z; its ends reach one radius beyond the half length.
    Capsule {
        /// Radius.
        radius_metres: f64,
        /// Half the length between the centres of its ends.
        half_length_metres: f64,
    },
    /// A sphere.
    Sphere {
        /// Radius.
        radius_metres: f64,
    },
    /// A mesh by the name that the URDF gives it. It is not read: it is neither shown nor touched.
    Mesh {
        /// As in the URDF; a `package://` path is not followed.
        file: String,
    },
}

/// A piece of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its form.
    pub geometry: Geometry,
    /// Where it is on the link.
    pub link_from_shape: Isometry3<f64>,
    /// Red, green, blue and opacity in [0, 1].
    pub colour: Option<[f64; 4]>,
}

/// The point of the robot that a task is written for: between the finger tips, z out of the hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tool {
    /// The link that it is fixed to.
    pub link: usize,
    /// Where it is on that link.
    pub link_from_tool: Isometry3<f64>,
}

/// What the robot holds with.
#[derive(Clone, Debug, PartialEq)]
pub struct Gripper {
    /// Links moved by the gripper's joints.
    pub links: Vec<usize>,
    /// Position of each of those joints when open; metres or radians.
    pub open: Vec<f64>,
    /// Position of each when closed on nothing.
    pub closed: Vec<f64>,
    /// Most that it presses with.
    pub max_force_newtons: f64,
    /// How it closes.
    pub kind: GripperKind,
}

/// How a gripper closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GripperKind {
    /// Fingers slide towards each other.
    Parallel,
    /// A jaw turns onto a fixed one.
    Jaw,
}

/// Bounds that a controller keeps the tool in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Safety {
    /// Lowest corner of the box that the tool stays in, base frame.
    pub workspace_min_metres: [f64; 3],
    /// Highest corner.
    pub workspace_max_metres: [f64; 3],
    /// Highest speed of the tool.
    pub max_linear_metres_per_sec: f64,
    /// Highest turning speed of the tool.
    pub max_angular_radians_per_sec: f64,
}

/// What the robot's messages are published under; no two are the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// Joint positions and speeds, from the robot.
    pub joint_state: String,
    /// What a policy asks for, to the robot.
    pub action: String,
    /// Pose of the tool, from the robot.
    pub tool_pose: Option<String>,
    /// Opening of the gripper, from the robot.
    pub gripper: Option<String>,
}

impl RobotSpec {
    /// The index of the link with this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.name == name)
    }

    /// The index of the link whose parent joint has this name.
    #[must_use]
    pub fn link_of_joint(&self, joint: &str) -> Option<usize> {
        self.links.iter().position(|link| link.joint.as_ref().is_some_and(|j| j.name == joint))
    }

    /// The joint of each arm link, from the base outwards.
    pub fn arm_joints(&self) -> impl Iterator<Item = &Joint> {
        self.arm.iter().filter_map(|&link| self.links.get(link)?.joint.as_ref())
    }

    /// The joint of each gripper link.
    pub fn gripper_joints(&self) -> impl Iterator<Item = &Joint> {
        self.gripper.links.iter().filter_map(|&link| self.links.get(link)?.joint.as_ref())
    }
}

impl Joint {
    /// Where the child link is on the parent at this position of the joint.
    #[must_use]
    pub fn parent_from_child(&self, position: f64) -> Isometry3<f64> {
        match self.kind {
            JointKind::Fixed => self.parent_from_joint,
            JointKind::Revolute | JointKind::Continuous => {
                self.parent_from_joint * Isometry3::rotation(self.axis.into_inner() * position)
            }
            JointKind::Prismatic => self.parent_from_joint * Translation3::from(self.axis.into_inner() * position),
        }
    }

    /// Whether it moves at all.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.kind != JointKind::Fixed
    }

    /// Lowest and highest position; infinite where there is no limit.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        self.limits.map_or((f64::NEG_INFINITY, f64::INFINITY), |limits| (limits.lower, limits.upper))
    }
}
