//! A camera: its lens and where it is.

use nalgebra::{Isometry3, Matrix3, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};
use striatum_robots::Intrinsics;

use super::error::{RenderResult, finite, within};
use super::lens::Lens;

/// Points nearer to the camera than this, along its axis, are not drawn. A camera has some body of its own.
pub(super) const NEAR_METRES: f32 = 0.004;

/// A camera in the world. Its own frame is OpenCV's optical one: x right, y down, z forward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The lens.
    pub intrinsics: Intrinsics,
    /// Where the camera is.
    pub world_from_camera: Isometry3<f64>,
}

impl Camera {
    /// A camera at `eye` that looks at `target`, upright. Looking straight up or down, the top of the picture is towards +x.
    #[must_use]
    pub fn looking_at(intrinsics: Intrinsics, eye: [f64; 3], target: [f64; 3]) -> Self {
        let forward = (Vector3::from(target) - Vector3::from(eye)).try_normalize(1e-9).unwrap_or(Vector3::x());
        let up = if forward.x * forward.x + forward.y * forward.y < 1e-12 { Vector3::x() } else { Vector3::z() };
        let right = forward.cross(&up).normalize();
        let down = forward.cross(&right);
        let rotation = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[right, down, forward]));
        let turn = UnitQuaternion::from_rotation_matrix(&rotation);
        Self { intrinsics, world_from_camera: Isometry3::from_parts(Translation3::from(Vector3::from(eye)), turn) }
    }

    /// Where a point of the world is drawn, in pixels from the middle of the first pixel, right and down; it may lie outside the
    /// picture. `None` for a point that the lens does not see: behind it, or beyond where distortion would fold the picture over.
    #[must_use]
    pub fn project(&self, world_metres: [f64; 3]) -> Option<[f64; 2]> {
        let point = self.world_from_camera.inverse_transform_point(&Point3::from(world_metres));
        if point.z.is_nan() || point.z < f64::from(NEAR_METRES) {
            return None;
        }
        let lens = Lens::new(&self.intrinsics);
        let [x, y] = lens.distort([point.x / point.z, point.y / point.z])?;
        let pixel = [self.intrinsics.fx * x + self.intrinsics.cx, self.intrinsics.fy * y + self.intrinsics.cy];
        pixel.iter().all(|at| at.is_finite()).then_some(pixel)
    }

    /// The depth of a point along the camera's axis, in metres; what a depth camera measures.
    #[must_use]
    pub fn depth_metres(&self, world_metres: [f64; 3]) -> f64 {
        self.world_from_camera.inverse_transform_point(&Point3::from(world_metres)).z
    }

    /// Refuses a camera that nothing can be drawn with.
    pub(super) fn check(&self) -> RenderResult<()> {
        check_lens(&self.intrinsics)?;
        let pose = &self.world_from_camera;
        let numbers = pose.translation.vector.iter().chain(pose.rotation.coords.iter());
        numbers.copied().try_for_each(|number| finite("camera.world_from_camera", number))
    }
}

/// Refuses a lens that nothing can be drawn with.
fn check_lens(lens: &Intrinsics) -> RenderResult<()> {
    for (field, focal) in [("intrinsics.fx", lens.fx), ("intrinsics.fy", lens.fy)] {
        within(field, focal, focal.is_finite() && focal > 0.0, "a finite number of pixels above 0")?;
    }
    for (field, centre) in [("intrinsics.cx", lens.cx), ("intrinsics.cy", lens.cy)] {
        finite(field, centre)?;
    }
    lens.distortion.iter().try_for_each(|&term| finite("intrinsics.distortion", term))
}
