//! The robot inside a world: a rapier multibody with motors, made from a checked specification.
//!
//! - `model`, `from_spec`: a specification brought into the form that a multibody needs.
//! - `arm`: the multibody itself, its motors and what is read from it.
//! - `reach`: tool poses to joint angles.

mod arm;
mod from_spec;
mod model;
mod reach;

pub(crate) use arm::{Arm, JointState};
pub(crate) use model::RobotModel;
pub(crate) use reach::Reach;
