//! Between nalgebra in `f64`, which the rest of the workspace speaks, and rapier's glam in `f32`.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion, Vector3};
use rapier3d::math::{Pose, Rotation, Vector};

/// To rapier's precision; every length of a world is within what `f32` holds to a micrometre.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn real(value: f64) -> f32 {
    value as f32
}

pub(crate) fn vector(v: &Vector3<f64>) -> Vector {
    Vector::new(real(v.x), real(v.y), real(v.z))
}

pub(crate) fn pose(iso: &Isometry3<f64>) -> Pose {
    let q = iso.rotation.coords;
    let rotation = Rotation::from_xyzw(real(q.x), real(q.y), real(q.z), real(q.w)).normalize();
    Pose::from_parts(vector(&iso.translation.vector), rotation)
}

pub(crate) fn isometry(pose: &Pose) -> Isometry3<f64> {
    let (t, q) = (pose.translation, pose.rotation);
    let rotation = Quaternion::new(f64::from(q.w), f64::from(q.x), f64::from(q.y), f64::from(q.z));
    Isometry3::from_parts(
        Translation3::new(f64::from(t.x), f64::from(t.y), f64::from(t.z)),
        UnitQuaternion::from_quaternion(rotation),
    )
}

/// For the scene, which is drawn in `f32`.
pub(crate) fn isometry_f32(pose: &Pose) -> Isometry3<f32> {
    let (t, q) = (pose.translation, pose.rotation);
    Isometry3::from_parts(
        Translation3::new(t.x, t.y, t.z),
        UnitQuaternion::new_unchecked(Quaternion::new(q.w, q.x, q.y, q.z)),
    )
}
