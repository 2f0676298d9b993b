//! Points, poses and cuboids. Metres; x right, y away from the high camera, z up; the table top is z = 0.

use std::ops::{Add, Mul, Sub};

/// A point or direction in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vec3 {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) z: f32,
}

pub(super) const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

pub(super) const UP: Vec3 = vec3(0.0, 0.0, 1.0);

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        vec3(self.x * factor, self.y * factor, self.z * factor)
    }
}

impl Vec3 {
    pub(super) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(super) fn cross(self, other: Self) -> Self {
        vec3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    pub(super) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// Length 1; the zero vector stays as it is.
    pub(super) fn normalised(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { self }
    }

    pub(super) fn lerp(self, to: Self, share: f32) -> Self {
        self + (to - self) * share
    }
}

/// Where a body is and how it is turned: `world = origin + x * axes[0] + y * axes[1] + z * axes[2]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    pub(super) origin: Vec3,
    pub(super) axes: [Vec3; 3],
}

impl Pose {
    /// Upright, turned about z by `yaw_radians`.
    pub(super) fn upright(origin: Vec3, yaw_radians: f32) -> Self {
        let (sin, cos) = yaw_radians.sin_cos();
        Self { origin, axes: [vec3(cos, sin, 0.0), vec3(-sin, cos, 0.0), UP] }
    }

    /// The third axis along `direction`, the first as level as it can be.
    pub(super) fn along(origin: Vec3, direction: Vec3) -> Self {
        let forward = direction.normalised();
        let level = if forward.cross(UP).length() > 1e-3 { forward.cross(UP) } else { vec3(1.0, 0.0, 0.0) };
        let right = level.normalised();
        Self { origin, axes: [right, forward.cross(right), forward] }
    }

    pub(super) fn to_world(self, point: Vec3) -> Vec3 {
        self.origin + self.axes[0] * point.x + self.axes[1] * point.y + self.axes[2] * point.z
    }

    pub(super) fn to_body(self, point: Vec3) -> Vec3 {
        let from_origin = point - self.origin;
        vec3(from_origin.dot(self.axes[0]), from_origin.dot(self.axes[1]), from_origin.dot(self.axes[2]))
    }
}

/// Red, green, blue; 1 is white.
pub(super) type Colour = [f32; 3];

pub(super) fn shade(colour: Colour, factor: f32) -> Colour {
    colour.map(|channel| channel * factor)
}

/// A box of one colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuboid {
    pub(super) pose: Pose,
    /// Half the edge lengths along the pose's axes.
    pub(super) half: Vec3,
    pub(super) colour: Colour,
    /// Whether it darkens the table.
    pub(super) casts_shadow: bool,
}

impl Cuboid {
    pub(super) fn new(pose: Pose, half: Vec3, colour: Colour) -> Self {
        Self { pose, half, colour, casts_shadow: true }
    }

    /// From one point to another with a square cross-section.
    pub(super) fn beam(from: Vec3, to: Vec3, half_width: f32, colour: Colour) -> Self {
        let pose = Pose::along(from.lerp(to, 0.5), to - from);
        Self::new(pose, vec3(half_width, half_width, (to - from).length() / 2.0), colour)
    }

    pub(super) fn corners(&self) -> [Vec3; 8] {
        std::array::from_fn(|i| {
            let sign = |bit: usize| if i & bit == 0 { -1.0 } else { 1.0 };
            self.pose.to_world(vec3(sign(1) * self.half.x, sign(2) * self.half.y, sign(4) * self.half.z))
        })
    }
}
