//! Smooth edges: where neighbouring pixels see different faces, four rays are sent instead of one.

use super::lens::Rays;
use super::shade::{Shading, Sights};
use super::tracer::{NOTHING, Tracer};
use super::vector::{Vec3, lesser};

/// Edges fainter than this, in light, are left as they are.
const FAINT: f32 = 0.015;

/// Lists the pixels on edges, as (x, y), into `edges`; `faces` has a number for what each pixel sees.
pub(super) fn find_edges(tracer: &Tracer, light: &[Vec<f32>; 3], faces: &[u32], edges: &mut Vec<[u32; 2]>) {
    let tiling = &tracer.tiling;
    edges.clear();
    for y in 0..tiling.height {
        let (above, below) = (y.saturating_sub(1), (y + 1).min(tiling.height - 1));
        for x in 0..tiling.width {
            let own = tiling.at(x, y);
            let (left, right) = (x.saturating_sub(1), (x + 1).min(tiling.width - 1));
            let around = [tiling.at(left, y), tiling.at(right, y), tiling.at(x, above), tiling.at(x, below)];
            let face = faces[own];
            if around.iter().all(|&other| faces[other] == face) {
                continue;
            }
            let stands_out = |&other: &usize| light.iter().any(|part| (part[other] - part[own]).abs() > FAINT);
            if around.iter().any(|other| faces[*other] != face && stands_out(other)) {
                edges.push([x as u32, y as u32]);
            }
        }
    }
}

/// The mean light of four rays within a pixel. They are cut only with the solids that the pixel and its eight neighbours see:
/// anything else would be thinner than the pixels.
pub(super) fn resample(tracer: &Tracer, rays: &Rays, shading: &Shading<'_>, [x, y]: [u32; 2]) -> Vec3 {
    let at = tracer.tiling.at(x as usize, y as usize);
    let (du, dv) = (rays.pixel[0] * 0.25, rays.pixel[1] * 0.25);
    let (u, v) = (rays.u[at], rays.v[at]);
    let (u, v) = ([u - du, u + du, u - du, u + du], [v - dv, v - dv, v + dv, v + dv]);
    let (mut depth, mut seen) = ([f32::INFINITY; 4], [NOTHING; 4]);
    let nearby = nearby(tracer, x as usize, y as usize);
    for (place, &own) in nearby.iter().enumerate() {
        if own != NOTHING && !nearby[..place].contains(&own) {
            tracer.solids[own as usize].cover(own, &u, &v, &mut depth, &mut seen);
        }
    }
    let inverse_length = [rays.inverse_length[at]; 4];
    let sights = Sights { u: &u, v: &v, inverse_length: &inverse_length, depth: &depth, seen: &seen };
    // A highlight that is brighter than white must not outshine the edge.
    let lights = shading.light(&sights);
    lights.parts.map(|part| part.iter().map(|&part| lesser(part, 1.0)).sum::<f32>() * 0.25)
}

/// What a pixel and its neighbours see.
fn nearby(tracer: &Tracer, x: usize, y: usize) -> [u32; 9] {
    let tiling = &tracer.tiling;
    let (xs, ys) = (
        [x.saturating_sub(1), x, (x + 1).min(tiling.width - 1)],
        [y.saturating_sub(1), y, (y + 1).min(tiling.height - 1)],
    );
    std::array::from_fn(|at| tracer.seen[tiling.at(xs[at % 3], ys[at / 3])])
}
