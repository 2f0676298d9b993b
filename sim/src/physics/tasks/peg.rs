//! Put a square peg into a square hole with half a millimetre of room on every side.

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

/// A standing peg and a block with a hole.
pub(crate) struct Peg {
    pub(crate) peg: Object,
    /// Middle of the hole on the table; its turn is the block's.
    pub(crate) world_from_hole: Isometry3<f64>,
    /// Half the sides of the peg.
    pub(crate) half: [f64; 3],
    /// Height of the block, which is the depth of the hole.
    pub(crate) deep: f64,
    start_distance: f64,
    start_reach: f64,
}

impl Peg {
    pub(crate) const PHASES: &'static [&'static str] = &["reach", "lift", "align", "insert", "inserted"];
    const HALF: [f64; 3] = [0.010, 0.010, 0.045];
    const KG: f64 = 0.06;
    /// Room on every side of the peg, for a robot of any size.
    const ROOM: f64 = 0.0005;
    const BLOCK_HALF: f64 = 0.04;
    const DEPTH: f64 = 0.045;
    /// Share of the depth at which the peg is in.
    const DONE_SHARE: f64 = 0.89;

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        let world_from_hole = layout.draw(dice, [-0.03, 0.08], [0.12, 0.22], 0.0, 0.25);
        let s = layout.scale;
        let half = Self::HALF.map(|half| half * s);
        let deep = Self::DEPTH * s;
        build_block(stage, &world_from_hole, half[0] + Self::ROOM, Self::BLOCK_HALF * s, deep);
        let start = layout.draw(dice, [-0.06, 0.08], [-0.22, -0.08], half[2], 0.6);
        let form = Geometry::Box { half_metres: half.map(real) };
        let peg = stage.object(form, &start, Self::KG * s.powi(3), Role::Object(0));
        let at = start.translation.vector;
        Self {
            peg,
            world_from_hole,
            half,
            deep,
            start_distance: flat_distance(&at, &world_from_hole.translation.vector),
            start_reach: (tool - at).norm(),
        }
    }

    /// Middle of the peg's lower end.
    pub(crate) fn tip(&self, stage: &Stage) -> Vector3<f64> {
        (stage.pose_of(self.peg.body) * Isometry3::translation(0.0, 0.0, -self.half[2])).translation.vector
    }

    /// How deep the peg is in the hole; 0 outside of it.
    pub(crate) fn depth(&self, stage: &Stage) -> f64 {
        let tip = self.tip(stage);
        let upright = (stage.pose_of(self.peg.body).rotation * Vector3::z()).z > 0.98;
        let off = flat_distance(&tip, &self.world_from_hole.translation.vector);
        if upright && off < 0.3 * self.half[0] { (self.deep - tip.z).clamp(0.0, self.deep) } else { 0.0 }
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let phases = Self::PHASES.len();
        let pose = sight.stage.pose_of(self.peg.body);
        let at = pose.translation.vector;
        let depth = self.depth(sight.stage);
        let done = Self::DONE_SHARE * self.deep;
        if depth >= done {
            return Truth::done(phases);
        }
        if at.z < -0.05 {
            return Truth { failed: Some(FailureKind::Drop), ..Truth::underway(0.0, 0, phases) };
        }
        if depth > 0.002 {
            return Truth::underway(0.7 + 0.28 * depth / done, 3, phases);
        }
        if !sight.holds(&self.peg) {
            return Truth::underway(0.25 * nearness(sight.tool_distance(&at), 0.03, self.start_reach), 0, phases);
        }
        let lifted = ((at.z - self.half[2]) / (self.deep + 0.01)).clamp(0.0, 1.0);
        let hole = self.world_from_hole.translation.vector;
        let aligned = nearness(flat_distance(&self.tip(sight.stage), &hole), 0.001, self.start_distance);
        let phase = if lifted < 0.7 { 1 } else { 2 };
        Truth::underway(0.27 + 0.15 * lifted + 0.28 * aligned * lifted, phase, phases)
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>, scalars: &mut Vec<(&'static str, f64)>) {
        objects.push(NamedPose { name: "peg", world_from_object: stage.pose_of(self.peg.body) });
        objects.push(NamedPose { name: "hole", world_from_object: self.world_from_hole });
        scalars.push(("depth_metres", self.depth(stage)));
    }
}

/// Four walls around the hole; half the hole's side, half the block's.
fn build_block(stage: &mut Stage, world_from_hole: &Isometry3<f64>, inner: f64, outer: f64, height: f64) {
    let half_height = height / 2.0;
    let (thick, middle) = ((outer - inner) / 2.0, f64::midpoint(outer, inner));
    for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let along_x = f64::abs(dx) > 0.5;
        let (hx, hy) = if along_x { (thick, inner) } else { (outer, thick) };
        let wall = Geometry::Box { half_metres: [real(hx), real(hy), real(half_height)] };
        let at = world_from_hole * Isometry3::translation(dx * middle, dy * middle, half_height);
        stage.fix(wall, &at, Role::Target);
    }
}
