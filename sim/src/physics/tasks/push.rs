//! Push a block onto a disc.

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

/// A block and the disc it shall come to.
pub(crate) struct Push {
    pub(crate) block: Object,
    pub(crate) target: Vector3<f64>,
    /// Distance from block to disc at the start: what progress is measured by.
    /// The block is on the disc when its centre is this near to the disc's.
    pub(crate) done: f64,
    start_distance: f64,
    start_reach: f64,
}

impl Push {
    pub(crate) const PHASES: &'static [&'static str] = &["approach", "push", "on_target"];
    /// Half the sides of the block.
    pub(crate) const HALF: [f64; 3] = [0.03, 0.03, 0.025];
    const KG: f64 = 0.12;
    const DISC_RADIUS: f64 = 0.05;
    const DONE_METRES: f64 = 0.022;

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        let s = layout.scale;
        let half = Self::HALF.map(|half| half * s);
        let target = layout.draw(dice, [0.04, 0.14], [-0.22, 0.22], 0.0005, 0.0).translation.vector;
        let mut start = layout.draw(dice, [-0.12, 0.10], [-0.2, 0.2], half[2], 0.4);
        while flat_distance(&start.translation.vector, &target) < 0.14 * layout.scale {
            start = layout.draw(dice, [-0.12, 0.10], [-0.2, 0.2], half[2], 0.4);
        }
        let disc = Geometry::Cylinder { radius_metres: real(Self::DISC_RADIUS * s), half_length_metres: 0.0005 };
        stage.show(disc, &Isometry3::translation(target.x, target.y, target.z), Role::Target);
        let form = Geometry::Box { half_metres: half.map(real) };
        let block = stage.object(form, &start, Self::KG * s.powi(3), Role::Object(0));
        let start_distance = flat_distance(&start.translation.vector, &target);
        let start_reach = (tool - start.translation.vector).norm();
        Self { block, target, done: Self::DONE_METRES * s, start_distance, start_reach }
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let block = sight.stage.pose_of(self.block.body).translation.vector;
        let distance = flat_distance(&block, &self.target);
        let phases = Self::PHASES.len();
        if block.z < -0.05 {
            return Truth { failed: Some(FailureKind::Drop), ..Truth::underway(0.0, 0, phases) };
        }
        let still = sight.stage.velocity_of(self.block.body).norm() < 0.02;
        if distance < self.done && still {
            return Truth::done(phases);
        }
        let near = nearness(sight.tool_distance(&block), 0.06, self.start_reach);
        let moved = nearness(distance, self.done, self.start_distance);
        let phase = usize::from(near >= 1.0 || moved > 0.05) + usize::from(distance < self.done);
        Truth::underway(0.15 * near + 0.85 * moved, phase.min(phases - 1), phases)
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>) {
        objects.push(NamedPose { name: "block", world_from_object: stage.pose_of(self.block.body) });
        let at = self.target;
        objects.push(NamedPose { name: "disc", world_from_object: Isometry3::translation(at.x, at.y, at.z) });
    }
}
