//! What can be seen of a world at one moment: plain data between physics, which writes it, and rendering, which reads it.

use nalgebra::Isometry3;

/// The form of a piece, about its own origin; metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Geometry {
    /// A box by half its sides.
    Box {
        /// Half the sides along x, y and z.
        half_metres: [f32; 3],
    },
    /// A cylinder along z.
    Cylinder {
        /// Radius.
        radius_metres: f32,
        /// Half the length.
        half_length_metres: f32,
    },
    /// A capsule along z; its ends reach one radius beyond the half length.
    Capsule {
        /// Radius.
        radius_metres: f32,
        /// Half the length between the centres of its ends.
        half_length_metres: f32,
    },
    /// A sphere.
    Sphere {
        /// Radius.
        radius_metres: f32,
    },
}

/// What a piece is for: decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What the robot works on.
    Table,
    /// Under and behind the table.
    Room,
    /// A robot's link.
    Link,
    /// A robot's joint housing.
    Joint,
    /// A gripper's finger.
    Finger,
    /// An object of the task, by number; numbers differ in colour.
    Object(u8),
    /// Where something has to go: a bin, a hole, a marked place.
    Target,
    /// Part of the furniture of the task that is neither object nor target: a door, its frame, a handle's mount.
    Fixture,
    /// What the hand has to take hold of on a fixture.
    Handle,
    /// Has nothing to do with the task.
    Distractor(u8),
}

/// One rigid piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Its form.
    pub geometry: Geometry,
    /// Where it is.
    pub world_from_piece: Isometry3<f32>,
    /// What it is for.
    pub role: Role,
}

/// Everything there is to see. World frame: z up, metres, the robot's base at the origin facing +x.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// The pieces, in an order that does not change while a world lives.
    pub pieces: Vec<Piece>,
    /// Where the tool of the robot is: wrist cameras hang on it.
    pub world_from_tool: Isometry3<f32>,
}
