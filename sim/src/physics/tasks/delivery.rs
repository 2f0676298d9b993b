//! One object and the place it shall come to: what picking, placing and tidying are made of.

use nalgebra::Vector3;

use super::Sight;
use crate::physics::layout::flat_distance;
use crate::physics::stage::Object;
use crate::physics::truth::nearness;

/// An object and a walled place for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) object: Object,
    /// Middle of the place, on the table.
    pub(crate) place: Vector3<f64>,
    /// Half the inner side of the place.
    pub(crate) half: f64,
    /// Height of its walls.
    pub(crate) rim: f64,
    /// Height of the object's centre where it stands.
    pub(crate) standing: f64,
    /// Distances at the start, which progress is measured by.
    start_distance: f64,
    start_reach: f64,
    /// A lift of this much counts as whole.
    pub(crate) lift: f64,
}

/// How an object is taken from above.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    /// Width between the fingers.
    pub(crate) width: f64,
    /// Direction of that width from the object's x.
    pub(crate) across: f64,
    /// The object looks the same after this turn about the vertical.
    pub(crate) symmetry: f64,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Leg {
    Reach,
    Lift,
    Carry,
    Release,
    There,
}

/// A lift of this much counts as whole, for a robot of a metre's reach.
const LIFT_METRES: f64 = 0.10;

impl Delivery {
    pub(crate) fn new(
        object: Object,
        start: &Vector3<f64>,
        place: Vector3<f64>,
        [half, rim]: [f64; 2],
        tool: &Vector3<f64>,
        scale: f64,
    ) -> Self {
        Self {
            object,
            place,
            half,
            rim,
            standing: start.z,
            start_distance: flat_distance(start, &place),
            start_reach: (tool - start).norm(),
            lift: LIFT_METRES * scale,
        }
    }

    /// Whether a point is between the walls, or above them.
    fn over(&self, at: &Vector3<f64>) -> bool {
        (at.x - self.place.x).abs() < self.half && (at.y - self.place.y).abs() < self.half
    }

    /// Whether an object lies in the place, let go.
    pub(crate) fn holds(&self, sight: &Sight<'_>, object: &Object) -> bool {
        let at = sight.stage.pose_of(object.body).translation.vector;
        self.over(&at) && at.z > 0.0 && at.z < self.rim.max(self.standing + 0.01) && !sight.holds(object)
    }

    /// The object has left the table.
    pub(crate) fn gone(&self, sight: &Sight<'_>) -> bool {
        sight.stage.pose_of(self.object.body).translation.z < -0.05
    }

    /// How far it is, in [0, 1]: 1 exactly when the object lies still in its place.
    pub(crate) fn judge(&self, sight: &Sight<'_>) -> (Leg, f64) {
        let at = sight.stage.pose_of(self.object.body).translation.vector;
        let held = sight.holds(&self.object);
        if self.holds(sight, &self.object) && sight.stage.velocity_of(self.object.body).norm() < 0.03 {
            return (Leg::There, 1.0);
        }
        if self.over(&at) {
            let lowered = nearness(at.z, self.standing, self.standing + 2.0 * self.lift);
            return (Leg::Release, 0.82 + 0.1 * lowered + if held { 0.0 } else { 0.05 });
        }
        if !held {
            return (Leg::Reach, 0.25 * nearness(sight.tool_distance(&at), 0.01, self.start_reach));
        }
        let lifted = ((at.z - self.standing) / self.lift).clamp(0.0, 1.0);
        let carried = nearness(flat_distance(&at, &self.place), self.half, self.start_distance);
        let leg = if lifted < 0.5 { Leg::Lift } else { Leg::Carry };
        (leg, 0.27 + 0.2 * lifted + 0.35 * carried * lifted)
    }
}
