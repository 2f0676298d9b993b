//! Worlds whose progress is known: tasks for simulated robots, seen through simulated cameras.
//!
//! - `scene`: what can be seen, as plain data; physics writes it, rendering reads it.
//! - `physics`: rapier worlds, tasks, experts, failures.
//! - `render`: cameras, looks, randomisation, sensor faults.
//! - `studio`: a robot's cameras in a world.
//! - `gym`: a world as learners see it: numbers in, numbers out.
#![forbid(unsafe_code)]

mod error;
mod gym;
mod physics;
mod render;
mod scene;
mod studio;

pub use error::{Error, Result};
pub use gym::{Gym, GymConfig};
pub use physics::{
    Action, Expert, FailureKind, NamedPose, Observation, Step, TaskId, Truth, World, WorldConfig, WorldError,
    WorldResult,
};
pub use render::{Background, Camera, Jitter, Light, Look, Material, NUMBERED, Palette, Texture};
pub use render::{CameraFaults, Fate, FaultStream, Freeze, KeepOut, LastFrame, Level, TableArea, distractors};
pub use render::{RenderError, RenderResult, Renderer, Samples, TABLETOP_CAMERAS, Tabletop, contact_sheet, tabletop};
pub use scene::{Geometry, Piece, Role, Scene};
pub use studio::{Studio, StudioConfig};
