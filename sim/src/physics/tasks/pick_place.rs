//! Put a cube into a bin. Another cube, of another colour, is in nobody's way and must stay out of it.

use nalgebra::{Isometry3, Vector3};

use super::Sight;
use crate::physics::convert::real;
use crate::physics::dice::Dice;
use crate::physics::failure::FailureKind;
use crate::physics::layout::{Layout, flat_distance};
use crate::physics::observe::NamedPose;
use crate::physics::stage::{Object, Stage};
use crate::physics::truth::{Truth, nearness};
use crate::scene::{Geometry, Role};

/// A cube, its bin, and a cube that does not belong there.
pub(crate) struct PickPlace {
    pub(crate) cube: Object,
    pub(crate) other: Object,
    pub(crate) bin: Vector3<f64>,
    start_distance: f64,
}

impl PickPlace {
    pub(crate) const PHASES: &'static [&'static str] = &["reach", "lift", "carry", "release", "in_bin"];
    /// Half the side of a cube.
    pub(crate) const HALF: f64 = 0.0225;
    const KG: f64 = 0.08;
    /// Half the inner side of the bin.
    pub(crate) const BIN_HALF: f64 = 0.065;
    /// Height of the bin's walls.
    pub(crate) const BIN_HEIGHT: f64 = 0.05;
    /// A cube this high counts as lifted.
    pub(crate) const LIFT_METRES: f64 = 0.10;

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice) -> Self {
        let bin = layout.draw(dice, [-0.04, 0.08], [0.2, 0.26], 0.0, 0.0).translation.vector;
        open_box(stage, &bin, Self::BIN_HALF, Self::BIN_HEIGHT, Role::Target);
        let half = real(Self::HALF);
        let form = Geometry::Box { half_metres: [half; 3] };
        let start = layout.draw(dice, [-0.08, 0.08], [-0.1, 0.02], Self::HALF, 0.7);
        let cube = stage.object(form, &start, Self::KG, Role::Object(0));
        let aside = layout.draw(dice, [-0.08, 0.08], [-0.26, -0.2], Self::HALF, 0.7);
        let other = stage.object(form, &aside, Self::KG, Role::Object(1));
        let start_distance = flat_distance(&start.translation.vector, &bin);
        Self { cube, other, bin, start_distance }
    }

    /// Whether a point is between the bin's walls, or above them.
    fn over_bin(&self, at: &Vector3<f64>) -> bool {
        (at.x - self.bin.x).abs() < Self::BIN_HALF && (at.y - self.bin.y).abs() < Self::BIN_HALF
    }

    fn in_bin(&self, at: &Vector3<f64>) -> bool {
        self.over_bin(at) && at.z < Self::BIN_HEIGHT && at.z > 0.0
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let phases = Self::PHASES.len();
        let cube = sight.stage.pose_of(self.cube.body).translation.vector;
        let held = sight.holds(&self.cube);
        let still = sight.stage.velocity_of(self.cube.body).norm() < 0.03;
        if self.in_bin(&cube) && still && !held {
            return Truth::done(phases);
        }
        let failed = self.failure(sight, &cube);
        let (phase, progress) = self.underway(sight, &cube, held);
        Truth { failed, ..Truth::underway(progress, phase, phases) }
    }

    fn failure(&self, sight: &Sight<'_>, cube: &Vector3<f64>) -> Option<FailureKind> {
        let other = sight.stage.pose_of(self.other.body).translation.vector;
        if cube.z < -0.05 {
            Some(FailureKind::Drop)
        } else if self.in_bin(&other) && !sight.holds(&self.other) {
            Some(FailureKind::WrongObject)
        } else {
            None
        }
    }

    fn underway(&self, sight: &Sight<'_>, cube: &Vector3<f64>, held: bool) -> (usize, f64) {
        if self.over_bin(cube) {
            let lowered = nearness(cube.z, Self::HALF, 0.2);
            return (3, 0.82 + 0.12 * lowered + if held { 0.0 } else { 0.03 });
        }
        if !held {
            return (0, 0.25 * nearness(sight.tool_distance(cube), 0.01, 0.4));
        }
        let lifted = nearness(Self::LIFT_METRES - (cube.z - Self::HALF), 0.0, Self::LIFT_METRES);
        let carried = nearness(flat_distance(cube, &self.bin), Self::BIN_HALF, self.start_distance);
        if lifted < 0.5 {
            return (1, 0.27 + 0.2 * lifted);
        }
        (2, 0.27 + 0.2 * lifted + 0.35 * carried)
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>) {
        objects.push(NamedPose { name: "cube", world_from_object: stage.pose_of(self.cube.body) });
        objects.push(NamedPose { name: "other_cube", world_from_object: stage.pose_of(self.other.body) });
        let at = self.bin;
        objects.push(NamedPose { name: "bin", world_from_object: Isometry3::translation(at.x, at.y, at.z) });
    }
}

/// Floor and four walls of a box that is open at the top; `half` is half its inner side.
pub(crate) fn open_box(stage: &mut Stage, at: &Vector3<f64>, half: f64, height: f64, role: Role) {
    const WALL: f64 = 0.004;
    const FLOOR: f64 = 0.001;
    let floor = Geometry::Box { half_metres: [real(half), real(half), real(FLOOR)] };
    stage.fix(floor, &Isometry3::translation(at.x, at.y, FLOOR), role);
    for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0_f64)] {
        let reach = half + WALL;
        let (hx, hy) = if dx == 0.0 { (half + 2.0 * WALL, WALL) } else { (WALL, half) };
        let wall = Geometry::Box { half_metres: [real(hx), real(hy), real(height / 2.0)] };
        stage.fix(wall, &Isometry3::translation(at.x + dx * reach, at.y + dy * reach, height / 2.0), role);
    }
}
