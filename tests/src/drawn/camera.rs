//! Pinhole cameras.

use super::geometry::{Pose, UP, Vec3};

/// A pinhole camera without distortion: x right, y down, z forward, centre of projection in the middle of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Camera {
    pub(super) world_from_camera: Pose,
    pub(super) focal_pixels: f32,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Camera {
    /// At `position`, with `target` in the middle of the image and the horizon level.
    pub(super) fn looking_at(
        position: Vec3,
        target: Vec3,
        up_hint: Vec3,
        size: (usize, usize),
        view_degrees: f32,
    ) -> Self {
        let forward = (target - position).normalised();
        let level = forward.cross(up_hint);
        let right = if level.length() > 1e-4 { level.normalised() } else { forward.cross(UP).normalised() };
        let down = forward.cross(right);
        let (width, height) = size;
        let focal_pixels = width as f32 / 2.0 / (view_degrees.to_radians() / 2.0).tan();
        Self { world_from_camera: Pose { origin: position, axes: [right, down, forward] }, focal_pixels, width, height }
    }

    /// The direction through the middle of a pixel, not normalised: its part along the optical axis is 1.
    pub(super) fn ray(&self, column: usize, row: usize) -> Vec3 {
        let x = (column as f32 + 0.5 - self.width as f32 / 2.0) / self.focal_pixels;
        let y = (row as f32 + 0.5 - self.height as f32 / 2.0) / self.focal_pixels;
        let [right, down, forward] = self.world_from_camera.axes;
        right * x + down * y + forward
    }

    /// Column and row of a point in camera coordinates in front of the camera.
    pub(super) fn project(&self, point: Vec3) -> (f32, f32) {
        (
            point.x / point.z * self.focal_pixels + self.width as f32 / 2.0,
            point.y / point.z * self.focal_pixels + self.height as f32 / 2.0,
        )
    }
}
