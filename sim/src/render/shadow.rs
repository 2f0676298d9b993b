//! Which points the lamp reaches: a depth picture taken from it, kept until the pieces or the lamp move.

use nalgebra::{Isometry3, Matrix3, Rotation3, Translation3, UnitQuaternion, Vector3};
use striatum_robots::Intrinsics;

use super::lens::Rays;
use super::solid::bound;
use super::texture::{Corners, mix_corners};
use super::tracer::{TILE, Tiling, Tracer};
use super::vector::{Vec3, unit, whole_bits};
use crate::scene::{Piece, Role};

/// Pixels on a side.
const SIDE: usize = 256;
const MIDDLE: f32 = (SIDE as f32 - 1.0) / 2.0;
const LAST: f32 = (SIDE - 2) as f32;
/// No place in the picture.
const OUTSIDE: u32 = 1 << 30;
/// The lamp's camera stands this many radii of the scene away: near enough to parallel, and its lens never changes.
const AWAY: f32 = 12.0;
/// What is farther than this from the middle of the scene casts no shadow.
const WIDEST_METRES: f32 = 3.0;
/// The radius changes in such steps, so that a moving arm does not make the shadows shimmer.
const STEP_METRES: f32 = 0.25;

/// The depth picture.
#[derive(Debug)]
pub(super) struct ShadowMap {
    tracer: Tracer,
    rays: Rays,
    focal: f32,
    light_from_world: Isometry3<f32>,
    slack_metres: f32,
    /// Depth row by row: four neighbours are found faster than in tiles.
    depth: Vec<f32>,
    /// What the picture was taken of.
    pieces: Vec<Piece>,
    towards_lamp: Vec3,
}

impl ShadowMap {
    pub(super) fn new() -> Self {
        let tiling = Tiling::new(SIDE, SIDE);
        let focal = SIDE as f32 / 2.0 * AWAY;
        let centre = (SIDE as f64 - 1.0) / 2.0;
        let side = SIDE as u32;
        let (fx, fy) = (f64::from(focal), f64::from(focal));
        let lens = Intrinsics { width: side, height: side, fx, fy, cx: centre, cy: centre, distortion: [0.0; 5] };
        let mut rays = Rays::default();
        rays.fill(&lens, &tiling);
        Self {
            tracer: Tracer::new(tiling),
            rays,
            focal,
            light_from_world: Isometry3::identity(),
            slack_metres: 0.0,
            depth: vec![f32::INFINITY; SIDE * SIDE],
            pieces: Vec::new(),
            towards_lamp: [0.0; 3],
        }
    }

    /// Takes the picture again if anything moved.
    pub(super) fn update(&mut self, pieces: &[Piece], towards_lamp: Vec3) {
        let same_lamp = self.towards_lamp.map(f32::to_bits) == towards_lamp.map(f32::to_bits);
        if same_lamp && self.pieces == pieces {
            return;
        }
        self.pieces.clear();
        self.pieces.extend_from_slice(pieces);
        self.towards_lamp = towards_lamp;
        let (middle, radius) = extent(pieces);
        self.light_from_world = light_from_world(unit(towards_lamp), middle, radius);
        self.slack_metres = 2.2 * radius / SIDE as f32;
        let light_from_world = self.light_from_world;
        self.tracer.place(pieces, &light_from_world, |piece| piece.role != Role::Room);
        self.tracer.trace(&self.rays);
        for (y, row) in self.depth.chunks_exact_mut(SIDE).enumerate() {
            for (x, row) in row.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
                let at = self.tracer.tiling.at(x * TILE, y);
                row.copy_from_slice(&self.tracer.depth[at..at + TILE]);
            }
        }
    }
}

impl ShadowMap {
    pub(super) fn light_from_world(&self) -> &Isometry3<f32> {
        &self.light_from_world
    }

    /// How far from its surface a point must be asked for, so that the surface does not shade itself.
    pub(super) fn slack_metres(&self) -> f32 {
        self.slack_metres
    }

    /// How much of the lamp reaches points given in the lamp's frame: 0 to 1, mixed between the four nearest pixels.
    #[inline(always)]
    pub(super) fn lit<const N: usize>(&self, [x, y, z]: &[[f32; N]; 3]) -> [f32; N] {
        let (mut start, mut along, mut down) = ([0_u32; N], [0.0; N], [0.0; N]);
        for at in 0..N {
            let per_depth = self.focal / z[at];
            let (x, y) = (x[at] * per_depth + MIDDLE, y[at] * per_depth + MIDDLE);
            let inside = (x >= 0.0) & (y >= 0.0) & (x < LAST) & (y < LAST);
            let ((left, part_x), (top, part_y)) = (whole_bits(x), whole_bits(y));
            start[at] = if inside { top * SIDE as u32 + left } else { OUTSIDE };
            (along[at], down[at]) = (part_x, part_y);
        }
        let mut corners = Corners([[1.0; N]; 4]);
        for at in 0..N {
            // Outside of the picture there is light.
            let Some(depth) = self.depth.get(start[at] as usize..start[at] as usize + SIDE + 2) else { continue };
            let depths = [depth[0], depth[1], depth[SIDE], depth[SIDE + 1]];
            for (corner, depth) in corners.0.iter_mut().zip(depths) {
                corner[at] = if depth < z[at] { 0.0 } else { 1.0 };
            }
        }
        mix_corners(&corners, &along, &down)
    }
}

/// The middle and the radius of what casts shadows, in steps.
fn extent(pieces: &[Piece]) -> (Vec3, f32) {
    let (mut least, mut most) = ([WIDEST_METRES; 3], [-WIDEST_METRES; 3]);
    // A table is large, and what its own shadow falls on is seldom seen: the map is spent on what stands on it.
    for piece in pieces.iter().filter(|piece| !matches!(piece.role, Role::Room | Role::Table)) {
        let Some(bound) = bound(piece) else { continue };
        let centre: Vec3 = piece.world_from_piece.translation.vector.into();
        for axis in 0..3 {
            least[axis] = (centre[axis] - bound).clamp(-WIDEST_METRES, least[axis]);
            most[axis] = (centre[axis] + bound).clamp(most[axis], WIDEST_METRES);
        }
    }
    let (mut middle, mut square) = ([0.0; 3], 0.0);
    for axis in 0..3 {
        let (from, to) = ((least[axis] / STEP_METRES).floor(), (most[axis] / STEP_METRES).ceil());
        middle[axis] = (from + to) * 0.5 * STEP_METRES;
        let half = (to - from).max(1.0) * 0.5 * STEP_METRES;
        square += half * half;
    }
    (middle, square.sqrt())
}

/// The lamp's camera: looks at the middle from `AWAY` radii.
fn light_from_world(towards_lamp: Vec3, middle: Vec3, radius: f32) -> Isometry3<f32> {
    let forward = -Vector3::from(towards_lamp);
    let aside = if forward.x.abs() < 0.8 { Vector3::x() } else { Vector3::y() };
    let right = forward.cross(&aside).normalize();
    let down = forward.cross(&right);
    let turn = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[right, down, forward]));
    let eye = Vector3::from(middle) - forward * (AWAY * radius);
    Isometry3::from_parts(Translation3::from(eye), UnitQuaternion::from_rotation_matrix(&turn)).inverse()
}
