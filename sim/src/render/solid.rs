//! A piece as a camera sees it, and where rays enter it. Solids are seen from outside: where a ray starts inside one, or enters
//! it nearer than the near plane, it passes through, as it must for a camera in its own housing.

use super::camera::NEAR_METRES;
use super::vector::{Rigid, Vec3, dot, greater, lesser, scale, sub};
use crate::scene::{Geometry, Piece};

/// A piece in a camera's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solid {
    pub(super) geometry: Geometry,
    /// From the camera's frame to the piece's.
    pub(super) piece_from_camera: Rigid,
    /// The sphere around it: its centre in the camera's frame.
    pub(super) centre: Vec3,
    pub(super) bound: f32,
    /// Its number in the scene.
    pub(super) piece: u32,
    /// No ray meets it nearer than this.
    pub(super) nearest: f32,
}

impl Solid {
    /// `None` for a piece of no size or at no place.
    pub(super) fn new(piece: &Piece, number: u32, camera_from_world: &nalgebra::Isometry3<f32>) -> Option<Self> {
        let bound = bound(piece)?;
        let camera_from_piece = camera_from_world * piece.world_from_piece;
        let centre: Vec3 = camera_from_piece.translation.vector.into();
        let piece_from_camera = Rigid::new(&camera_from_piece.inverse());
        let nearest = centre[2] - bound;
        Some(Self { geometry: piece.geometry, piece_from_camera, centre, bound, piece: number, nearest })
    }

    /// The depths at which rays (u, v, 1) enter the solid; infinite or not a number where they do not.
    #[inline(always)]
    pub(super) fn entries<const N: usize>(&self, u: &[f32; N], v: &[f32; N]) -> [f32; N] {
        match self.geometry {
            Geometry::Box { half_metres } => self.cut(u, v, |from, along| enter_box(half_metres, from, along)),
            Geometry::Cylinder { radius_metres: radius, half_length_metres: half } => {
                self.cut(u, v, |from, along| enter_cylinder(radius, half, from, along))
            }
            Geometry::Capsule { radius_metres: radius, half_length_metres: half } => {
                self.cut(u, v, |from, along| enter_capsule(radius, half, from, along))
            }
            Geometry::Sphere { radius_metres: radius } => {
                self.cut(u, v, |from, along| enter_sphere(radius, from, along))
            }
        }
    }

    #[inline(always)]
    fn cut<const N: usize>(&self, u: &[f32; N], v: &[f32; N], enter: impl Fn(Vec3, Vec3) -> f32) -> [f32; N] {
        let [a, b, c] = self.piece_from_camera.rows;
        let mut depths = [0.0; N];
        for at in 0..N {
            let (u, v) = (u[at], v[at]);
            let along = [a[0] * u + a[1] * v + a[2], b[0] * u + b[1] * v + b[2], c[0] * u + c[1] * v + c[2]];
            depths[at] = enter(self.piece_from_camera.shift, along);
        }
        depths
    }

    /// Keeps what is nearer: depth and number of the solid.
    #[inline(always)]
    pub(super) fn cover<const N: usize>(
        &self,
        own: u32,
        u: &[f32; N],
        v: &[f32; N],
        depth: &mut [f32; N],
        seen: &mut [u32; N],
    ) {
        let entries = self.entries(u, v);
        for at in 0..N {
            let nearer = (entries[at] >= NEAR_METRES) & (entries[at] < depth[at]);
            depth[at] = if nearer { entries[at] } else { depth[at] };
            seen[at] = if nearer { own } else { seen[at] };
        }
    }
}

/// The radius of the sphere around a piece; `None` where the piece has no size or no place.
pub(super) fn bound(piece: &Piece) -> Option<f32> {
    let (sizes, square) = match piece.geometry {
        Geometry::Box { half_metres: half } => (half, dot(half, half)),
        Geometry::Cylinder { radius_metres: radius, half_length_metres: half } => {
            ([radius, half, half], radius * radius + half * half)
        }
        Geometry::Capsule { radius_metres: radius, half_length_metres: half } => {
            // A capsule of no length is a sphere.
            let half_or_more = if half == 0.0 { radius } else { half };
            ([radius, half_or_more, radius], (radius + half) * (radius + half))
        }
        Geometry::Sphere { radius_metres: radius } => ([radius; 3], radius * radius),
    };
    let pose = &piece.world_from_piece;
    let placed = pose.translation.vector.iter().chain(pose.rotation.coords.iter()).all(|number| number.is_finite());
    let sized = sizes.iter().all(|size| size.is_finite() && *size > 0.0) && square.is_finite();
    (placed && sized).then(|| square.sqrt())
}

#[inline(always)]
fn enter_box(half: Vec3, from: Vec3, along: Vec3) -> f32 {
    let (mut enters, mut leaves) = (f32::NEG_INFINITY, f32::INFINITY);
    for axis in 0..3 {
        let inverse = 1.0 / along[axis];
        let (one, other) = ((-half[axis] - from[axis]) * inverse, (half[axis] - from[axis]) * inverse);
        enters = greater(enters, lesser(one, other));
        leaves = lesser(leaves, greater(one, other));
    }
    if enters <= leaves { enters } else { f32::INFINITY }
}

#[inline(always)]
fn enter_cylinder(radius: f32, half: f32, from: Vec3, along: Vec3) -> f32 {
    let (side, meets) = enter_tube(radius, from, along);
    let height = from[2] + side * along[2];
    let cap = (if along[2] > 0.0 { -half } else { half } - from[2]) / along[2];
    let (x, y) = (from[0] + cap * along[0], from[1] + cap * along[1]);
    let by_cap = if x * x + y * y <= radius * radius { cap } else { f32::INFINITY };
    if meets & (height <= half) & (height >= -half) { side } else { by_cap }
}

#[inline(always)]
fn enter_capsule(radius: f32, half: f32, from: Vec3, along: Vec3) -> f32 {
    let (side, meets) = enter_tube(radius, from, along);
    let height = from[2] + side * along[2];
    let end = if height < 0.0 { -half } else { half };
    let by_end = enter_sphere(radius, [from[0], from[1], from[2] - end], along);
    let by_side = (height <= half) & (height >= -half);
    let enters = if by_side { side } else { by_end };
    if meets { enters } else { f32::INFINITY }
}

/// The endless cylinder along z: where a ray enters it, and whether it does. The discriminant is written with the ray's distance
/// from the axis, which keeps its digits for thin tubes far away.
#[inline(always)]
fn enter_tube(radius: f32, from: Vec3, along: Vec3) -> (f32, bool) {
    let a = greater(along[0] * along[0] + along[1] * along[1], 1e-12);
    let b = from[0] * along[0] + from[1] * along[1];
    let aside = from[0] * along[1] - from[1] * along[0];
    let square = a * radius * radius - aside * aside;
    ((-b - greater(square, 0.0).sqrt()) / a, square >= 0.0)
}

#[inline(always)]
fn enter_sphere(radius: f32, from: Vec3, along: Vec3) -> f32 {
    let a = dot(along, along);
    let b = dot(from, along);
    // From the point of the ray that is nearest to the centre.
    let aside = sub(from, scale(along, b / a));
    let square = (radius * radius - dot(aside, aside)) * a;
    let enters = (-b - greater(square, 0.0).sqrt()) / a;
    if square >= 0.0 { enters } else { f32::INFINITY }
}
