//! The room and the table: one ray a pixel, textures from a hash so that no file is needed.

use super::camera::Camera;
use super::canvas::Canvas;
use super::geometry::{Colour, Vec3, shade};

/// Half the table's length and width in metres.
pub(super) const TABLE_HALF: (f32, f32) = (0.62, 0.42);
const ROOM_X: (f32, f32) = (-1.7, 1.9);
const ROOM_Y: (f32, f32) = (-1.9, 1.2);
const ROOM_Z: (f32, f32) = (-0.7, 1.9);

/// Paints everything that does not move.
pub(super) fn paint(canvas: &mut Canvas, camera: &Camera) {
    let eye = camera.world_from_camera.origin;
    for row in 0..canvas.height {
        for column in 0..canvas.width {
            let ray = camera.ray(column, row);
            let index = row * canvas.width + column;
            let (colour, distance, is_table) = look(eye, ray);
            canvas.colours[index] = colour;
            canvas.inverse_depth[index] = 1.0 / distance;
            canvas.is_table[index] = is_table;
        }
    }
}

/// Colour, distance in lengths of `ray`, and whether it is the table top.
fn look(eye: Vec3, ray: Vec3) -> (Colour, f32, bool) {
    if ray.z < 0.0 && eye.z > 0.0 {
        let distance = -eye.z / ray.z;
        let hit = eye + ray * distance;
        if hit.x.abs() < TABLE_HALF.0 && hit.y.abs() < TABLE_HALF.1 {
            return (wood(hit.x, hit.y), distance, true);
        }
    }
    let (distance_x, distance_y, distance_z) =
        (wall_distance(eye.x, ray.x, ROOM_X), wall_distance(eye.y, ray.y, ROOM_Y), wall_distance(eye.z, ray.z, ROOM_Z));
    let distance = distance_x.min(distance_y).min(distance_z);
    let hit = eye + ray * distance;
    let colour = if distance_z <= distance {
        if ray.z < 0.0 { tiles(hit.x, hit.y) } else { [0.86, 0.86, 0.84] }
    } else if distance_y <= distance {
        plaster(hit.x, hit.z, [0.62, 0.68, 0.72])
    } else {
        plaster(hit.y, hit.z, [0.70, 0.67, 0.62])
    };
    (colour, distance, false)
}

fn wall_distance(from: f32, along: f32, (low, high): (f32, f32)) -> f32 {
    if along > 0.0 {
        (high - from) / along
    } else if along < 0.0 {
        (low - from) / along
    } else {
        f32::INFINITY
    }
}

fn wood(x: f32, y: f32) -> Colour {
    let plank = (y / 0.14).floor();
    let seam = (y / 0.14 - plank) < 0.03;
    let grain = noise(x * 3.0 + plank * 17.0, y * 38.0) * 0.6 + noise(x * 11.0, y * 120.0 + plank * 5.0) * 0.4;
    let tone = 0.80 + 0.16 * grain + 0.05 * noise(plank * 3.1, 0.5);
    shade([0.80, 0.63, 0.44], if seam { tone * 0.72 } else { tone })
}

fn tiles(x: f32, y: f32) -> Colour {
    let (u, v) = (x / 0.4, y / 0.4);
    let dark = (u.floor() + v.floor()).rem_euclid(2.0) > 0.5;
    let joint = u.rem_euclid(1.0) < 0.03 || v.rem_euclid(1.0) < 0.03;
    let tone = if joint {
        0.30
    } else if dark {
        0.40
    } else {
        0.47
    };
    shade([1.0, 1.0, 1.02], tone + 0.05 * noise(x * 9.0, y * 9.0))
}

fn plaster(along: f32, height: f32, base: Colour) -> Colour {
    let skirting = height < ROOM_Z.0 + 0.08;
    let panel = (along / 0.55).rem_euclid(1.0) < 0.02;
    let tone = 0.86 + 0.10 * noise(along * 2.0, height * 2.0) + 0.06 * noise(along * 15.0, height * 15.0);
    shade(
        base,
        if skirting {
            0.45
        } else if panel {
            tone * 0.85
        } else {
            tone
        } * (0.85 + 0.12 * height),
    )
}

/// Smooth noise, 0 to 1, one unit a cell.
fn noise(x: f32, y: f32) -> f32 {
    let (cell_x, cell_y) = (x.floor(), y.floor());
    let ease = |share: f32| share * share * (3.0 - 2.0 * share);
    let (share_x, share_y) = (ease(x - cell_x), ease(y - cell_y));
    let mix = |from: f32, to: f32, share: f32| from + (to - from) * share;
    mix(
        mix(lattice(cell_x, cell_y), lattice(cell_x + 1.0, cell_y), share_x),
        mix(lattice(cell_x, cell_y + 1.0), lattice(cell_x + 1.0, cell_y + 1.0), share_x),
        share_y,
    )
}

/// A fixed value for each cell, from the bits of its whole-numbered coordinates.
fn lattice(x: f32, y: f32) -> f32 {
    // Adding 0 turns -0 into +0, which are the same cell.
    let mut bits = (x + 0.0).to_bits().wrapping_mul(0x9E37_79B1) ^ (y + 0.0).to_bits().wrapping_mul(0x85EB_CA77);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x2C1B_3C6D);
    bits ^= bits >> 13;
    (bits >> 8) as f32 / 16_777_216.0
}
