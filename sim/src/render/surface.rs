//! Where on a piece a point lies: its normal, its place on the pattern, its face.

use super::look::Background;
use super::shade::{OUTSIDE, Paint, Shading, Sights};
use super::solid::Solid;
use super::tracer::NOTHING;
use super::vector::{Vec3, dot, greater, lesser, scale, whole_bits};
use crate::scene::Geometry;

/// Points of surfaces, one for each of several rays.
pub(super) struct Spots<const N: usize> {
    /// Outwards, length 1, in the camera's frame: all x, all y, all z.
    pub(super) normal: [[f32; N]; 3],
    /// Place on the pattern, in repeats.
    pub(super) u: [f32; N],
    pub(super) v: [f32; N],
    /// Along the camera's axis.
    pub(super) depth: [f32; N],
    /// A number for the face of the scene.
    pub(super) face: [u32; N],
    /// Which paint.
    pub(super) paint: [usize; N],
    /// All have the first one's paint.
    pub(super) alike: bool,
    /// Some have no spot: their face says why.
    pub(super) any_without: bool,
}

/// One point of a surface.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// Outwards, length 1, in the frame that the point was given in.
    normal: Vec3,
    u: f32,
    v: f32,
    /// Which face of its piece, below 8.
    face: u32,
}

impl<const N: usize> Spots<N> {
    #[inline(always)]
    pub(super) fn new(shading: &Shading<'_>, sights: &Sights<'_, N>) -> Self {
        let first = sights.seen[0];
        let mut spots = Self {
            normal: [[0.0; N]; 3],
            u: [0.0; N],
            v: [0.0; N],
            depth: [0.0; N],
            face: [NOTHING; N],
            paint: [0; N],
            alike: first != NOTHING && sights.seen.iter().all(|&seen| seen == first),
            any_without: false,
        };
        if spots.alike {
            let paint = &shading.paints[first as usize];
            spots.paint = [first as usize; N];
            spots.all_on(&shading.tracer.solids[first as usize], paint, sights);
            return spots;
        }
        for at in 0..N {
            let seen = sights.seen[at];
            if seen == NOTHING {
                spots.on_room(at, shading, sights);
            } else {
                let solid = &shading.tracer.solids[seen as usize];
                spots.paint[at] = seen as usize;
                let per_metre = shading.paints[seen as usize].per_metre;
                spots.on_solid(at, solid, sights, |point| spot(&solid.geometry, point, per_metre));
            }
        }
        spots
    }

    /// Every ray ends on one solid: one loop for each form.
    #[inline(always)]
    fn all_on(&mut self, solid: &Solid, paint: &Paint, sights: &Sights<'_, N>) {
        let per_metre = paint.per_metre;
        match solid.geometry {
            Geometry::Box { half_metres: half } => {
                (0..N).for_each(|at| self.on_solid(at, solid, sights, |point| on_box(half, point, per_metre)));
            }
            Geometry::Capsule { radius_metres: radius, half_length_metres: half } => {
                (0..N).for_each(|at| {
                    self.on_solid(at, solid, sights, |point| on_capsule(radius, half, point, per_metre));
                });
            }
            Geometry::Cylinder { .. } | Geometry::Sphere { .. } => {
                (0..N).for_each(|at| self.on_solid(at, solid, sights, |point| spot(&solid.geometry, point, per_metre)));
            }
        }
    }

    #[inline(always)]
    fn on_solid(&mut self, at: usize, solid: &Solid, sights: &Sights<'_, N>, spot: impl Fn(Vec3) -> Spot) {
        let depth = sights.depth[at];
        let point = [sights.u[at] * depth, sights.v[at] * depth, depth];
        let spot = spot(solid.piece_from_camera.point(point));
        self.set(at, solid.piece_from_camera.turn_back(spot.normal), &spot, depth, solid.piece * 8 + spot.face);
    }

    #[inline(always)]
    fn set(&mut self, at: usize, normal: Vec3, spot: &Spot, depth: f32, face: u32) {
        for (all, one) in self.normal.iter_mut().zip(normal) {
            all[at] = one;
        }
        self.u[at] = spot.u;
        self.v[at] = spot.v;
        self.depth[at] = depth;
        self.face[at] = face;
    }

    #[inline(always)]
    fn on_room(&mut self, at: usize, shading: &Shading<'_>, sights: &Sights<'_, N>) {
        let world = &shading.world_from_camera;
        let along = world.turn([sights.u[at], sights.v[at], 1.0]);
        let room = shading.paints.len() - ROOM_PAINTS;
        let Some((spot, depth, paint)) =
            background(&shading.look.background, &shading.paints[room..], world.shift, along)
        else {
            self.any_without = true;
            self.face[at] = if sights.u[at].is_nan() { NOTHING } else { OUTSIDE };
            return;
        };
        self.paint[at] = room + paint;
        self.set(at, world.turn_back(spot.normal), &spot, depth, OUTSIDE - 1 - spot.face);
    }
}

/// The spot of a piece at a point on its surface, in its own frame.
#[inline(always)]
fn spot(geometry: &Geometry, point: Vec3, per_metre: f32) -> Spot {
    match *geometry {
        Geometry::Box { half_metres: half } => on_box(half, point, per_metre),
        Geometry::Cylinder { radius_metres: radius, half_length_metres: half } => {
            let [x, y, z] = point;
            let outside = z.abs() - half;
            // On the cap where it is farther beyond the half length than beyond the radius.
            if outside > 0.0 || (outside > -1e-3 * half && x * x + y * y < radius * radius * 0.998) {
                let normal = [0.0, 0.0, z.signum()];
                return Spot { normal, u: x * per_metre, v: y * per_metre, face: 1 + u32::from(z > 0.0) };
            }
            round(point, [x, y, 0.0], radius, per_metre)
        }
        Geometry::Capsule { radius_metres: radius, half_length_metres: half } => {
            on_capsule(radius, half, point, per_metre)
        }
        Geometry::Sphere { radius_metres: radius } => round(point, point, radius, per_metre),
    }
}

/// The face is the one that the point is farthest beyond; grain runs along x where it can, along y on the ends.
#[inline(always)]
fn on_box(half: Vec3, point: Vec3, per_metre: f32) -> Spot {
    let [x, y, z] = point;
    let beyond = [x.abs() - half[0], y.abs() - half[1], z.abs() - half[2]];
    let on_z = (beyond[2] >= beyond[0]) & (beyond[2] >= beyond[1]);
    let on_x = !on_z & (beyond[0] >= beyond[1]);
    let on_y = !on_z & !on_x;
    let sign = |on: bool, along: f32| if on { 1.0_f32.copysign(along) } else { 0.0 };
    let normal = [sign(on_x, x), sign(on_y, y), sign(on_z, z)];
    let positive = normal[0] + normal[1] + normal[2] > 0.0;
    let axis = if on_z {
        4
    } else if on_x {
        0
    } else {
        2
    };
    let (u, v) = (if on_x { y } else { x }, if on_z { y } else { z });
    Spot { normal, u: u * per_metre, v: v * per_metre, face: axis + u32::from(positive) }
}

#[inline(always)]
fn on_capsule(radius: f32, half: f32, point: Vec3, per_metre: f32) -> Spot {
    let [x, y, z] = point;
    round(point, [x, y, z - lesser(greater(z, -half), half)], radius, per_metre)
}

/// A face across an axis.
#[inline(always)]
fn flat(axis: usize, positive: bool, point: Vec3, per_metre: f32) -> Spot {
    let mut normal = [0.0; 3];
    normal[axis] = if positive { 1.0 } else { -1.0 };
    // Grain runs along x where it can, along y on the ends.
    let (u, v) = [(point[1], point[2]), (point[0], point[2]), (point[0], point[1])][axis];
    Spot { normal, u: u * per_metre, v: v * per_metre, face: axis as u32 * 2 + u32::from(positive) }
}

/// A round face; `from_axis` points from its axis or centre to the point and has the radius' length.
#[inline(always)]
fn round(point: Vec3, from_axis: Vec3, radius: f32, per_metre: f32) -> Spot {
    let normal = scale(from_axis, 1.0 / dot(from_axis, from_axis).sqrt().max(1e-12));
    // As many repeats around as fit, at least one, so that the pattern closes.
    let repeats = (radius * std::f32::consts::TAU * per_metre + 0.5).clamp(1.0, 1e4);
    let around = repeats - whole_bits(repeats).1;
    Spot { normal, u: point[2] * per_metre, v: turn(point[0], point[1]) * around, face: 0 }
}

/// How far around a point lies, 0 to 1: grows with the angle, and needs no arc tangent.
#[inline(always)]
fn turn(x: f32, y: f32) -> f32 {
    let part = y / (x.abs() + y.abs()).max(1e-12);
    let quarters = if x < 0.0 {
        2.0 - part
    } else if y < 0.0 {
        4.0 + part
    } else {
        part
    };
    quarters * 0.25
}

/// Height of the dark strip at the foot of the walls.
const SKIRTING_METRES: f32 = 0.09;

/// Paints of the room: floor, walls, skirting, ceiling.
pub(super) const ROOM_PAINTS: usize = 4;

/// Where a ray of the world leaves the room: the spot (normal inwards, in the world), the ray's parameter, and which of the
/// room's paints.
#[inline(always)]
fn background(room: &Background, paints: &[Paint], from: Vec3, along: Vec3) -> Option<(Spot, f32, usize)> {
    let (mut leaves, mut enters, mut axis) = (f32::INFINITY, 0.0_f32, 0);
    for at in 0..3 {
        let inverse = 1.0 / along[at];
        let (one, other) = ((room.min_metres[at] - from[at]) * inverse, (room.max_metres[at] - from[at]) * inverse);
        let (near, far) = if one < other { (one, other) } else { (other, one) };
        if far < leaves {
            (leaves, axis) = (far, at);
        }
        enters = if near > enters { near } else { enters };
    }
    if !(leaves > enters && leaves < f32::INFINITY) {
        return None;
    }
    let point = [from[0] + along[0] * leaves, from[1] + along[1] * leaves, from[2] + along[2] * leaves];
    let positive = along[axis] > 0.0;
    let paint = match (axis, positive) {
        (2, false) => 0,
        (2, true) => 3,
        _ if point[2] - room.min_metres[2] < SKIRTING_METRES => 2,
        _ => 1,
    };
    let mut spot = flat(axis, positive, point, paints[paint].per_metre);
    spot.normal = scale(spot.normal, -1.0);
    // The skirting is a face of its own.
    spot.face += u32::from(paint == 2) * 8;
    Some((spot, leaves, paint))
}
