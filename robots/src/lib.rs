//! What a robot is, as data: a checked specification from a TOML file and a URDF, and its kinematics.
//!
//! - [`RobotSpec`]: links, joints, gripper, bounds, cameras and topics; built in, or from a folder of one's own.
//! - [`Kinematics`]: forward, Jacobian, inverse.
//! - [`Finding`]: what a check of a specification that is valid still has to say.
//!
//! Everything is SI, in `f64`; a transform `a_from_b` takes coordinates of frame b to frame a.
#![forbid(unsafe_code)]

mod builtin;
mod camera;
mod error;
mod file;
mod inverse;
mod kinematics;
mod model;
mod report;
mod show;
mod urdf;

pub use camera::{CameraMount, Intrinsics, Mount};
pub use error::{Error, Result};
pub use inverse::{IkOptions, Outcome, Solution};
pub use kinematics::{Forward, Kinematics};
pub use model::{
    Geometry, Gripper, GripperKind, Inertial, Joint, JointKind, Limits, Link, Mimic, RobotSpec, Safety, Shape, Tool,
    Topics,
};
pub use report::{Finding, Level};
pub use show::{JointRow, Summary};
