//! Where on a piece a point lies: its normal, its place on the pattern, its face.

use super::look::Background;
use super::shade::{Paint, RoomPaint};
use super::vector::{Vec3, dot, scale};
use crate::scene::Geometry;

/// A point of a surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// Outwards, length 1, in the frame that the point was given in.
    pub(super) normal: Vec3,
    /// Place on the pattern, in repeats.
    pub(super) u: f32,
    pub(super) v: f32,
    /// Which face, below 8.
    pub(super) face: u32,
}

/// The spot of a piece at a point on its surface, in its own frame.
#[inline(always)]
pub(super) fn spot(geometry: &Geometry, point: Vec3, per_metre: f32) -> Spot {
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
            let [x, y, z] = point;
            round(point, [x, y, z - z.clamp(-half, half)], radius, per_metre)
        }
        Geometry::Sphere { radius_metres: radius } => round(point, point, radius, per_metre),
    }
}

#[inline(always)]
fn on_box(half: Vec3, point: Vec3, per_metre: f32) -> Spot {
    let beyond = [point[0].abs() - half[0], point[1].abs() - half[1], point[2].abs() - half[2]];
    let axis = if beyond[2] >= beyond[0] && beyond[2] >= beyond[1] {
        2
    } else if beyond[0] >= beyond[1] {
        0
    } else {
        1
    };
    flat(axis, point[axis] > 0.0, point, per_metre)
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
    let around = (radius * std::f32::consts::TAU * per_metre + 0.5).clamp(1.0, 1e4) as u32 as f32;
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

/// Where a ray of the world leaves the room: the spot (normal inwards, in the world), the ray's parameter, and the paint.
#[inline(always)]
pub(super) fn background<'a>(
    room: &Background,
    paints: &'a RoomPaint,
    from: Vec3,
    along: Vec3,
) -> Option<(Spot, f32, &'a Paint)> {
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
        (2, false) => &paints.floor,
        (2, true) => &paints.ceiling,
        _ if point[2] - room.min_metres[2] < SKIRTING_METRES => &paints.skirting,
        _ => &paints.wall,
    };
    let mut spot = flat(axis, positive, point, paint.per_metre);
    spot.normal = scale(spot.normal, -1.0);
    Some((spot, leaves, paint))
}
