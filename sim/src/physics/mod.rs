//! Rapier worlds: robots that move by motors, objects that are held by friction, and the truth about both.
//!
//! - `world`: reset, act, observe; `config`, `action`, `observe`, `truth`, `failure`, `error`: what goes in and out.
//! - `robot`: the arm as a multibody; `control`: actions to joint references.
//! - `stage`, `layout`: what stands where; `tasks`: what shall be done with it; `stillness`: whether anything moves.
//! - `expert`: scripted experts, and experts that fail in a given way.

mod action;
mod config;
mod control;
mod convert;
mod dice;
mod error;
mod expert;
mod failure;
mod layout;
mod observe;
mod robot;
mod stage;
mod stillness;
mod tasks;
#[cfg(test)]
mod tests;
mod truth;
mod world;

pub use action::Action;
pub use config::WorldConfig;
pub(crate) use dice::Dice;
pub use error::{WorldError, WorldResult};
pub use expert::Expert;
pub(crate) use expert::{closing_at_home, down, grip_at, opening_for};
pub use failure::FailureKind;
pub(crate) use layout::yaw_of;
pub use observe::{NamedPose, Observation};
pub use tasks::TaskId;
pub(crate) use tasks::{Delivery, Door, Hold, Leg, Peg, PickPlace, Push, Task, Tidy};
pub use truth::Truth;
pub use world::{Step, World};
