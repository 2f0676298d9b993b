//! What can go wrong in a simulated world, physics and pictures alike; each message is one line.

use thiserror::Error;

use crate::physics::WorldError;
use crate::render::RenderError;

/// Results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a world or its pictures were refused.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The world.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The pictures.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// No views, or one of them twice.
    #[error("views of robot `{robot}`: {what}; give each of its cameras once at most, and at least one")]
    Views {
        /// The robot.
        robot: String,
        /// What is wrong.
        what: String,
    },
    /// The robot has no camera of this name.
    #[error("robot `{robot}` has no camera `{view}`; it has {known}")]
    NoCamera {
        /// The robot.
        robot: String,
        /// What was asked for.
        view: String,
        /// Its cameras.
        known: String,
    },
}
