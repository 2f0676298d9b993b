//! Cameras: where they are and how they map points to pixels. OpenCV's optical frame: x right, y down, z forward.

use nalgebra::{Isometry3, Point3, Vector3};

/// A camera of the robot.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraMount {
    /// The view's name: 1 to 64 of a-z, 0-9 and `_`.
    pub name: String,
    /// What its pictures are published under.
    pub topic: String,
    /// What it is fixed to.
    pub mount: Mount,
    /// How it maps points to pixels.
    pub intrinsics: Intrinsics,
    /// Pictures a second.
    pub rate_hz: f64,
}

/// What a camera is fixed to. The camera's frame is optical: x right, y down, z forward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mount {
    /// The world, which is the base frame.
    Fixed {
        /// Where the camera is.
        world_from_camera: Isometry3<f64>,
    },
    /// The tool: the camera moves with the hand.
    Tool {
        /// Where the camera is on the tool.
        tool_from_camera: Isometry3<f64>,
    },
}

impl Mount {
    /// Where the camera is while the tool is at `world_from_tool`.
    #[must_use]
    pub fn world_from_camera(&self, world_from_tool: &Isometry3<f64>) -> Isometry3<f64> {
        match self {
            Self::Fixed { world_from_camera } => *world_from_camera,
            Self::Tool { tool_from_camera } => world_from_tool * tool_from_camera,
        }
    }
}

/// How a camera maps points to pixels: a pinhole with OpenCV's plumb bob distortion.
///
/// A pixel's centre has whole coordinates: the picture spans -0.5 to `width - 0.5`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intrinsics {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Focal length along x, in pixels.
    pub fx: f64,
    /// Focal length along y, in pixels.
    pub fy: f64,
    /// Column of the principal point.
    pub cx: f64,
    /// Row of the principal point.
    pub cy: f64,
    /// k1, k2, p1, p2, k3, in OpenCV's order.
    pub distortion: [f64; 5],
}

impl Intrinsics {
    /// A lens without distortion, its axis in the middle of the picture; `horizontal_view_radians` from border to border.
    #[must_use]
    pub fn pinhole(width: u32, height: u32, horizontal_view_radians: f64) -> Self {
        let focal = f64::from(width) / 2.0 / (horizontal_view_radians / 2.0).tan();
        let (cx, cy) = ((f64::from(width) - 1.0) / 2.0, (f64::from(height) - 1.0) / 2.0);
        Self { width, height, fx: focal, fy: focal, cx, cy, distortion: [0.0; 5] }
    }

    /// The same with distortion: k1, k2, p1, p2, k3.
    #[must_use]
    pub const fn with_distortion(mut self, distortion: [f64; 5]) -> Self {
        self.distortion = distortion;
        self
    }

    /// The same lens on a sensor of another number of pixels: it sees what it saw.
    #[must_use]
    pub fn scaled(&self, width: u32, height: u32) -> Self {
        let (x, y) = (f64::from(width) / f64::from(self.width), f64::from(height) / f64::from(self.height));
        // Pixel centres are at whole numbers, so the picture's border is half a pixel outside.
        let centre = |at: f64, scale: f64| (at + 0.5) * scale - 0.5;
        Self {
            width,
            height,
            fx: self.fx * x,
            fy: self.fy * y,
            cx: centre(self.cx, x),
            cy: centre(self.cy, y),
            distortion: self.distortion,
        }
    }

    /// The pixel at which a point of the camera's frame is seen, inside the picture or not.
    ///
    /// `None` behind the camera, and so far from its axis that the distortion folds back.
    #[must_use]
    pub fn project(&self, point: &Point3<f64>) -> Option<[f64; 2]> {
        if point.z <= 1e-9 {
            return None;
        }
        let (x, y) = self.distort(point.x / point.z, point.y / point.z)?;
        Some([self.fx * x + self.cx, self.fy * y + self.cy])
    }

    /// The ray through a pixel, in the camera's frame, with z = 1.
    ///
    /// `None` where no point is seen there: the distortion has no inverse that far out.
    #[must_use]
    pub fn unproject(&self, pixel: [f64; 2]) -> Option<Vector3<f64>> {
        let (u, v) = ((pixel[0] - self.cx) / self.fx, (pixel[1] - self.cy) / self.fy);
        let (x, y) = self.undistort(u, v)?;
        Some(Vector3::new(x, y, 1.0))
    }

    /// Whether a pixel lies in the picture.
    #[must_use]
    pub fn contains(&self, pixel: [f64; 2]) -> bool {
        let inside = |at: f64, size: u32| (-0.5..f64::from(size) - 0.5).contains(&at);
        inside(pixel[0], self.width) && inside(pixel[1], self.height)
    }

    /// Whether a point of the camera's frame is in the picture.
    #[must_use]
    pub fn sees(&self, point: &Point3<f64>) -> bool {
        self.project(point).is_some_and(|pixel| self.contains(pixel))
    }

    /// OpenCV's plumb bob model, camera calibration chapter of its manual.
    fn distort(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let [k1, k2, p1, p2, k3] = self.distortion;
        if self.distortion.iter().all(|k| k.abs() <= 0.0) {
            return Some((x, y));
        }
        let r2 = x * x + y * y;
        if self.folds(r2) {
            return None;
        }
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        Some((
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ))
    }

    /// Whether the radial part stops growing anywhere up to this squared radius: beyond it two points share a pixel.
    fn folds(&self, r2: f64) -> bool {
        const STEPS: u32 = 16;
        let [k1, k2, _, _, k3] = self.distortion;
        (1..=STEPS).any(|step| {
            let s = r2 * f64::from(step) / f64::from(STEPS);
            1.0 + s * (3.0 * k1 + s * (5.0 * k2 + s * 7.0 * k3)) <= 0.0
        })
    }

    /// The inverse of `distort`, by fixed-point iteration: the distortion at the last guess is taken off.
    fn undistort(&self, u: f64, v: f64) -> Option<(f64, f64)> {
        const MAX_ITERATIONS: u32 = 200;
        let (mut x, mut y) = (u, v);
        for _ in 0..MAX_ITERATIONS {
            let (du, dv) = self.distort(x, y)?;
            let (ex, ey) = (u - du, v - dv);
            if ex.abs().max(ey.abs()) < 1e-12 {
                return Some((x, y));
            }
            x += ex;
            y += ey;
        }
        None
    }
}
