//! The loops over pixels, compiled once for plain x86-64 and once for AVX2 (other architectures: for what their baseline has);
//! the best that the machine has is picked at run time. What they call is inlined into each version. A version differs in how
//! many numbers it takes at a time and in nothing else: no product is fused with a sum, so all of them give the same bits.

// The exception from `deny(unsafe_code)`: `multiversion` generates the calls into the versions for each instruction set, after it
// has asked the processor that it has them. Nothing here is written as unsafe.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks)]

use multiversion::multiversion;

use super::develop::{Exposure, add_noise_row, expose_row};
use super::lens::Rays;
use super::shade::{Shading, Sights};
use super::smooth::resample;
use super::solid::Solid;
use super::tracer::{TILE, Tracer};

/// Looks along the rays of one tile at the solids of `list`, nearest first: keeps depth and number of what is nearest.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn trace_tile(
    solids: &[Solid],
    list: &[u32],
    u: &[[f32; TILE]],
    v: &[[f32; TILE]],
    depth: &mut [[f32; TILE]],
    seen: &mut [[u32; TILE]],
) {
    let mut farthest = f32::INFINITY;
    for &own in list {
        let solid = &solids[own as usize];
        if solid.nearest > farthest {
            break;
        }
        for (((u, v), depth), seen) in u.iter().zip(v).zip(&mut *depth).zip(&mut *seen) {
            solid.cover(own, u, v, depth, seen);
        }
        farthest = depth.iter().flatten().fold(0.0_f32, |most, &depth| if depth > most { depth } else { most });
    }
}

/// The light along every ray, and the face that it comes from: rows of tiles, one after the other.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn shade_all(
    tracer: &Tracer,
    rays: &Rays,
    shading: &Shading<'_>,
    light: &mut [Vec<f32>; 3],
    faces: &mut [u32],
) {
    let (u, v, inverse_length) = (rows(&rays.u), rows(&rays.v), rows(&rays.inverse_length));
    let (depth, (seen, _)) = (rows(&tracer.depth), tracer.seen.as_chunks::<TILE>());
    let (faces, _) = faces.as_chunks_mut::<TILE>();
    for (at, faces) in faces.iter_mut().enumerate() {
        let sights =
            Sights { u: &u[at], v: &v[at], inverse_length: &inverse_length[at], depth: &depth[at], seen: &seen[at] };
        let lights = shading.light(&sights);
        *faces = lights.face;
        for (light, part) in light.iter_mut().zip(&lights.parts) {
            light[at * TILE..(at + 1) * TILE].copy_from_slice(part);
        }
    }
}

/// The light of the pixels on edges, from four rays each.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn smooth_edges(
    tracer: &Tracer,
    rays: &Rays,
    shading: &Shading<'_>,
    edges: &[[u32; 2]],
    light: &mut [Vec<f32>; 3],
) {
    for &[x, y] in edges {
        let at = tracer.tiling.at(x as usize, y as usize);
        for (light, part) in light.iter_mut().zip(resample(tracer, rays, shading, [x, y])) {
            light[at] = part;
        }
    }
}

/// One row of a picture, from light to grey levels.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn expose(light: &[Vec<f32>; 3], exposure: &Exposure<'_>, y: usize, out: &mut [[u8; 3]]) {
    expose_row(light, exposure, y, out);
}

/// The noise of the sensor on one row.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn add_noise(row: &mut [[u8; 3]], bits: &[u8], table: &[f32], levels: f32) {
    add_noise_row(row, bits, table, levels);
}

#[inline(always)]
fn rows(values: &[f32]) -> &[[f32; TILE]] {
    values.as_chunks().0
}
