//! Put a cube into a bin. Another cube, of another colour, is in nobody's way and must stay out of it.

use std::f64::consts::FRAC_PI_2;

use nalgebra::{Isometry3, Vector3};

use super::Sight;
use super::delivery::{Delivery, Hold};
use crate::physics::convert::real;
use crate::physics::dice::Dice;
use crate::physics::failure::FailureKind;
use crate::physics::layout::Layout;
use crate::physics::observe::NamedPose;
use crate::physics::stage::{Object, Stage};
use crate::physics::truth::Truth;
use crate::scene::{Geometry, Role};

/// A cube, its bin, and a cube that does not belong there.
pub(crate) struct PickPlace {
    pub(crate) delivery: Delivery,
    pub(crate) other: Object,
}

impl PickPlace {
    pub(crate) const PHASES: &'static [&'static str] = &["reach", "lift", "carry", "release", "in_bin"];
    /// Half the side of a cube.
    pub(crate) const HALF: f64 = 0.0225;
    pub(crate) const HOLD: Hold = Hold { width: 2.0 * Self::HALF, across: 0.0, symmetry: FRAC_PI_2 };
    const KG: f64 = 0.08;
    const BIN_HALF: f64 = 0.065;
    const BIN_HEIGHT: f64 = 0.05;

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        let s = layout.scale;
        let bin = layout.draw(dice, [-0.04, 0.08], [0.2, 0.26], 0.0, 0.0).translation.vector;
        open_box(stage, &bin, [Self::BIN_HALF * s, Self::BIN_HEIGHT * s], s, [Role::Target; 2]);
        let half = Self::HALF * s;
        let form = Geometry::Box { half_metres: [real(half); 3] };
        let start = layout.draw(dice, [-0.1, 0.1], [-0.1, 0.02], half, 0.7);
        let cube = stage.object(form, &start, Self::KG * s.powi(3), Role::Object(0));
        let aside = layout.draw(dice, [-0.1, 0.1], [-0.28, -0.2], half, 0.7);
        let other = stage.object(form, &aside, Self::KG * s.powi(3), Role::Object(1));
        let place = [Self::BIN_HALF * s, Self::BIN_HEIGHT * s];
        Self { delivery: Delivery::new(cube, &start.translation.vector, bin, place, tool, s), other }
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let phases = Self::PHASES.len();
        let (leg, progress) = self.delivery.judge(sight);
        let wrong = self.delivery.holds(sight, &self.other);
        if progress >= 1.0 && !wrong {
            return Truth::done(phases);
        }
        let failed =
            if self.delivery.gone(sight) { Some(FailureKind::Drop) } else { wrong.then_some(FailureKind::WrongObject) };
        Truth { failed, ..Truth::underway(progress, leg as usize, phases) }
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>) {
        objects.push(NamedPose { name: "cube", world_from_object: stage.pose_of(self.delivery.object.body) });
        objects.push(NamedPose { name: "other_cube", world_from_object: stage.pose_of(self.other.body) });
        let at = self.delivery.place;
        objects.push(NamedPose { name: "bin", world_from_object: Isometry3::translation(at.x, at.y, at.z) });
    }
}

/// Floor and four walls of a box that is open at the top; half its inner side, its height. Roles of floor and walls.
pub(crate) fn open_box(stage: &mut Stage, at: &Vector3<f64>, [half, height]: [f64; 2], scale: f64, roles: [Role; 2]) {
    const WALL_METRES: f64 = 0.004;
    const FLOOR: f64 = 0.001;
    let wall_half = WALL_METRES * scale;
    let floor = Geometry::Box { half_metres: [real(half), real(half), real(FLOOR)] };
    stage.fix(floor, &Isometry3::translation(at.x, at.y, FLOOR), roles[0]);
    for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let reach = half + wall_half;
        let along_x = f64::abs(dx) > 0.5;
        let (hx, hy) = if along_x { (wall_half, half) } else { (half + 2.0 * wall_half, wall_half) };
        let wall = Geometry::Box { half_metres: [real(hx), real(hy), real(height / 2.0)] };
        stage.fix(wall, &Isometry3::translation(at.x + dx * reach, at.y + dy * reach, height / 2.0), roles[1]);
    }
}
