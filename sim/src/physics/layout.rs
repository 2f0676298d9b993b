//! Where a robot's tasks take place: in front of it, as far as its workspace allows.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};

use super::dice::Dice;
use super::robot::RobotModel;

/// The piece of table that tasks use, and how far a robot's is from the size that tasks are written for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Where tasks take place.
    pub(crate) centre: [f64; 2],
    /// Every length of a task is multiplied by this; 1 for a robot of a metre's reach.
    pub(crate) scale: f64,
    /// Widest object that the gripper takes between its fingers.
    pub(crate) grip_width: f64,
}

impl Layout {
    /// Tasks are written for a workspace half a metre wide on both sides of its centre.
    pub(crate) fn new(model: &RobotModel) -> Self {
        const WRITTEN_FOR: [f64; 2] = [0.27, 0.45];
        let [low, high] = model.workspace;
        let centre = [(low.x + high.x) / 2.0, (low.y + high.y) / 2.0];
        let fits = [(high.x - low.x) / 2.0 / WRITTEN_FOR[0], (high.y - low.y) / 2.0 / WRITTEN_FOR[1]];
        Self { centre, scale: fits[0].min(fits[1]).clamp(0.2, 1.0), grip_width: model.grip_width() }
    }

    /// A place on the table by its offset from the centre, as written for a scale of 1.
    pub(crate) fn at(&self, x: f64, y: f64, z: f64) -> Vector3<f64> {
        Vector3::new(self.centre[0] + self.scale * x, self.centre[1] + self.scale * y, z)
    }

    /// An upright pose at a place.
    pub(crate) fn pose(&self, x: f64, y: f64, z: f64, yaw: f64) -> Isometry3<f64> {
        upright(self.at(x, y, z), yaw)
    }

    /// A pose at a place drawn from a box of offsets, turned by any yaw within `turn` of 0.
    pub(crate) fn draw(&self, dice: &mut Dice, x: [f64; 2], y: [f64; 2], z: f64, turn: f64) -> Isometry3<f64> {
        let (x, y) = (dice.between(x[0], x[1]), dice.between(y[0], y[1]));
        self.pose(x, y, z, dice.between(-turn, turn))
    }
}

/// An upright pose.
pub(crate) fn upright(at: Vector3<f64>, yaw: f64) -> Isometry3<f64> {
    Isometry3::from_parts(Translation3::from(at), UnitQuaternion::from_axis_angle(&Vector3::z_axis(), yaw))
}

/// The turn of a pose about the vertical.
pub(crate) fn yaw_of(pose: &Isometry3<f64>) -> f64 {
    let x = pose.rotation * Vector3::x();
    x.y.atan2(x.x)
}

/// Distance on the table.
pub(crate) fn flat_distance(a: &Vector3<f64>, b: &Vector3<f64>) -> f64 {
    (a.xy() - b.xy()).norm()
}
