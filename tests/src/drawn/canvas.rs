//! A picture with depth, and filling polygons into it.

use super::camera::Camera;
use super::geometry::{Colour, Vec3};

/// Nothing nearer than this is drawn, in metres.
const NEAR_METRES: f32 = 0.015;

/// Colours, depth and which pixels show the table top.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) colours: Vec<Colour>,
    /// 1 / distance along the optical axis; 0 is infinitely far.
    pub(super) inverse_depth: Vec<f32>,
    pub(super) is_table: Vec<bool>,
}

/// A corner of a polygon in camera coordinates with its place on the surface in metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corner {
    pub(super) point: Vec3,
    pub(super) surface: (f32, f32),
}

/// A corner on the screen: attributes divided by depth are linear there.
#[derive(Debug, Clone, Copy)]
struct Projected {
    column: f32,
    row: f32,
    /// 1/z, u/z, v/z.
    over_depth: [f32; 3],
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let pixels = width * height;
        Self {
            width,
            height,
            colours: vec![[0.0; 3]; pixels],
            inverse_depth: vec![0.0; pixels],
            is_table: vec![false; pixels],
        }
    }

    /// Draws a convex polygon where it is nearest; `colour` gets the place on the surface.
    pub(super) fn fill(&mut self, camera: &Camera, corners: &[Corner], colour: impl Fn(f32, f32) -> Colour) {
        scan(camera, corners, |index, [inverse_depth, u, v]| {
            if inverse_depth > self.inverse_depth[index] {
                self.inverse_depth[index] = inverse_depth;
                self.colours[index] = colour(u, v);
                self.is_table[index] = false;
            }
        });
    }

    /// Marks in `mask` every pixel that a convex polygon covers, whatever is in front of it.
    pub(super) fn mark(camera: &Camera, corners: &[Corner], mask: &mut [bool]) {
        scan(camera, corners, |index, _| mask[index] = true);
    }
}

/// Calls `visit` with the index and [1/z, u, v] of every pixel inside a convex polygon.
fn scan(camera: &Camera, corners: &[Corner], mut visit: impl FnMut(usize, [f32; 3])) {
    let clipped = clip_near(corners);
    let projected: Vec<Projected> = clipped
        .iter()
        .map(|corner| {
            let (column, row) = camera.project(corner.point);
            let inverse = 1.0 / corner.point.z;
            Projected { column, row, over_depth: [inverse, corner.surface.0 * inverse, corner.surface.1 * inverse] }
        })
        .collect();
    let Some((first, rest)) = projected.split_first() else { return };
    for pair in rest.windows(2) {
        scan_triangle(camera, [*first, pair[0], pair[1]], &mut visit);
    }
}

fn scan_triangle(camera: &Camera, [a, b, c]: [Projected; 3], visit: &mut impl FnMut(usize, [f32; 3])) {
    let area = (b.column - a.column) * (c.row - a.row) - (c.column - a.column) * (b.row - a.row);
    if area.abs() < 1e-6 {
        return;
    }
    let columns = pixel_range(a.column.min(b.column).min(c.column), a.column.max(b.column).max(c.column), camera.width);
    let rows = pixel_range(a.row.min(b.row).min(c.row), a.row.max(b.row).max(c.row), camera.height);
    let edge = |p: Projected, q: Projected, x: f32, y: f32| {
        (q.column - p.column) * (y - p.row) - (x - p.column) * (q.row - p.row)
    };
    for row in rows {
        for column in columns.clone() {
            let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
            let weights = [edge(b, c, x, y) / area, edge(c, a, x, y) / area, edge(a, b, x, y) / area];
            if weights.iter().any(|weight| *weight < 0.0) {
                continue;
            }
            let mix =
                |i: usize| weights[0] * a.over_depth[i] + weights[1] * b.over_depth[i] + weights[2] * c.over_depth[i];
            let inverse_depth = mix(0);
            visit(row * camera.width + column, [inverse_depth, mix(1) / inverse_depth, mix(2) / inverse_depth]);
        }
    }
}

/// The pixels whose middle can lie between two coordinates.
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "clamped to the image first")]
fn pixel_range(from: f32, to: f32, length: usize) -> std::ops::Range<usize> {
    let clamp = |value: f32| value.clamp(0.0, length as f32) as usize;
    clamp(from.floor())..clamp(to.ceil())
}

/// Cuts off what is nearer than the near plane.
fn clip_near(corners: &[Corner]) -> Vec<Corner> {
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (i, &here) in corners.iter().enumerate() {
        let before = corners[(i + corners.len() - 1) % corners.len()];
        let (inside, was_inside) = (here.point.z >= NEAR_METRES, before.point.z >= NEAR_METRES);
        if inside != was_inside {
            let share = (NEAR_METRES - before.point.z) / (here.point.z - before.point.z);
            let mix = |from: f32, to: f32| from + (to - from) * share;
            kept.push(Corner {
                point: before.point.lerp(here.point, share),
                surface: (mix(before.surface.0, here.surface.0), mix(before.surface.1, here.surface.1)),
            });
        }
        if inside {
            kept.push(here);
        }
    }
    kept
}
