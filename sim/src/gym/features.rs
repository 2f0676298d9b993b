//! How lengths, angles and flags become numbers of about [-1, 1].

use std::f64::consts::TAU;

use nalgebra::{UnitQuaternion, Vector3};

/// What is far is told coarsely, what is near finely as well.
const COARSE_METRES: f64 = 0.25;
const FINE_METRES: f64 = 0.03;
const FINEST_METRES: f64 = 0.006;

/// Writes an observation.
pub(super) struct Features<'a> {
    out: &'a mut Vec<f32>,
    scale: f64,
    frame_from_world: UnitQuaternion<f64>,
}

impl<'a> Features<'a> {
    /// `scale` is the size of the robot's tasks; lengths are measured by it. Ways are told along x at `frame`.
    pub(super) fn new(out: &'a mut Vec<f32>, scale: f64, frame: f64) -> Self {
        out.clear();
        let frame_from_world = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), -frame);
        Self { out, scale, frame_from_world }
    }

    /// A vector of the world along the axes of the task.
    pub(super) fn turned(&self, way: &Vector3<f64>) -> Vector3<f64> {
        self.frame_from_world * way
    }

    /// A number as it is, kept within [-1.5, 1.5].
    pub(super) fn number(&mut self, value: f64) {
        // Within bounds.
        #[allow(clippy::cast_possible_truncation)]
        self.out.push(value.clamp(-1.5, 1.5) as f32);
    }

    /// A share of a whole, from [0, 1].
    pub(super) fn share(&mut self, share: f64) {
        self.number(2.0 * share - 1.0);
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.number(if flag { 1.0 } else { -1.0 });
    }

    /// An angle of something that looks the same after a turn of `symmetry`.
    pub(super) fn angle(&mut self, radians: f64, symmetry: f64) {
        let turns = TAU * radians / symmetry;
        self.number(turns.cos());
        self.number(turns.sin());
    }

    /// A length, coarsely.
    pub(super) fn far(&mut self, metres: f64) {
        self.number(metres / (COARSE_METRES * self.scale));
    }

    /// A length whose differences of less than `metres` matter.
    pub(super) fn near(&mut self, length: f64, metres: f64) {
        self.number((length / (metres * self.scale)).tanh());
    }

    /// A way to go, coarsely and finely.
    pub(super) fn way(&mut self, way: &Vector3<f64>) {
        for length in self.turned(way).iter() {
            self.far(*length);
            self.near(*length, FINE_METRES);
        }
    }

    /// What is left of a way where the last millimetres decide: whether to close the hand.
    pub(super) fn rest(&mut self, way: &Vector3<f64>) {
        for length in self.turned(way).iter() {
            self.near(*length, FINEST_METRES);
        }
    }

    /// A way along the table.
    pub(super) fn flat_way(&mut self, way: &Vector3<f64>) {
        for length in self.turned(way).xy().iter() {
            self.far(*length);
            self.near(*length, FINE_METRES);
        }
    }
}
