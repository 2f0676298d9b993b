//! Three numbers and a rotation, as arrays: what the loops over pixels calculate with.

use nalgebra::Isometry3;

/// x, y, z.
pub(super) type Vec3 = [f32; 3];

/// A rotation and a translation: `apply(p) = rows p + shift`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rigid {
    /// The rotation's rows.
    pub(super) rows: [Vec3; 3],
    /// The translation in metres.
    pub(super) shift: Vec3,
}

impl Rigid {
    /// From a pose of nalgebra's.
    pub(super) fn new(pose: &Isometry3<f32>) -> Self {
        let rotation = pose.rotation.to_rotation_matrix();
        let matrix = rotation.matrix();
        let row = |at| [matrix[(at, 0)], matrix[(at, 1)], matrix[(at, 2)]];
        Self { rows: [row(0), row(1), row(2)], shift: pose.translation.vector.into() }
    }

    /// Moves a point.
    #[inline]
    pub(super) fn point(&self, point: Vec3) -> Vec3 {
        add(self.turn(point), self.shift)
    }

    /// Turns a direction.
    #[inline]
    pub(super) fn turn(&self, direction: Vec3) -> Vec3 {
        [dot(self.rows[0], direction), dot(self.rows[1], direction), dot(self.rows[2], direction)]
    }

    /// Turns a direction back.
    #[inline]
    pub(super) fn turn_back(&self, direction: Vec3) -> Vec3 {
        let [x, y, z] = direction;
        let [a, b, c] = self.rows;
        [a[0] * x + b[0] * y + c[0] * z, a[1] * x + b[1] * y + c[1] * z, a[2] * x + b[2] * y + c[2] * z]
    }
}

#[inline]
pub(super) fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
pub(super) fn add(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline]
pub(super) fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline]
pub(super) fn scale(a: Vec3, by: f32) -> Vec3 {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// Length 1 in the same direction; z where there is no direction.
pub(super) fn unit(a: Vec3) -> Vec3 {
    let length = dot(a, a).sqrt();
    if length.is_finite() && length > 0.0 { scale(a, 1.0 / length) } else { [0.0, 0.0, 1.0] }
}

/// The lesser, as one machine instruction: `f32::min` also has to mind what is not a number.
#[inline(always)]
pub(super) fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The greater, likewise.
#[inline(always)]
pub(super) fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The whole number at or below, as far as its lowest 22 bits go, and what is above it, from 0 to 1. Unlike a cast this is plain
/// arithmetic on several numbers at once: adding 1.5 x 2^23 leaves no room for a fraction.
#[inline(always)]
pub(super) fn whole_bits(a: f32) -> (u32, f32) {
    const SHIFT: f32 = 12_582_912.0;
    let nearest = (a + SHIFT) - SHIFT;
    let below = nearest - if nearest > a { 1.0 } else { 0.0 };
    // What is not a number comes out as 0.
    let above = lesser(greater(a - below, 0.0), 1.0);
    ((below + SHIFT).to_bits() & 0x003F_FFFF, above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_found_below_and_not_towards_zero() {
        for (a, below, above) in
            [(0.0, 0, 0.0), (2.75, 2, 0.75), (-0.25, -1, 0.75), (-3.0, -3, 0.0), (7.999, 7, 0.999), (300.5, 300, 0.5)]
        {
            let (bits, part) = whole_bits(a);
            assert_eq!(bits & 0xFFFF, u32::from_ne_bytes(i32::to_ne_bytes(below)) & 0xFFFF, "{a}");
            assert!((part - above).abs() < 1e-4, "{a}: {part}");
        }
    }
}
