//! Smooth edges: where neighbouring pixels see different faces, four rays are sent instead of one.

use super::lens::Rays;
use super::shade::Shading;
use super::tracer::{NOTHING, TILE_PIXELS, Tracer};
use super::vector::{Vec3, add, lesser, scale};

/// Lists the pixels on edges, as (x, y), into `edges`; `faces` has a number for what each pixel sees.
pub(super) fn find_edges(tracer: &Tracer, faces: &[u32], edges: &mut Vec<[u32; 2]>) {
    let tiling = &tracer.tiling;
    edges.clear();
    for y in 0..tiling.height {
        let (above, below) = (y.saturating_sub(1), (y + 1).min(tiling.height - 1));
        for x in 0..tiling.width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(tiling.width - 1));
            let own = faces[tiling.at(x, y)];
            let same = own == faces[tiling.at(left, y)]
                && own == faces[tiling.at(right, y)]
                && own == faces[tiling.at(x, above)]
                && own == faces[tiling.at(x, below)];
            if !same {
                edges.push([x as u32, y as u32]);
            }
        }
    }
}

/// The mean light of four rays within a pixel.
pub(super) fn resample(tracer: &Tracer, rays: &Rays, shading: &Shading<'_>, [x, y]: [u32; 2]) -> Vec3 {
    let at = tracer.tiling.at(x as usize, y as usize);
    let (du, dv) = (rays.pixel[0] * 0.25, rays.pixel[1] * 0.25);
    let (u, v) = (rays.u[at], rays.v[at]);
    let (u, v) = ([u - du, u + du, u - du, u + du], [v - dv, v - dv, v + dv, v + dv]);
    let (mut depth, mut seen) = ([f32::INFINITY; 4], [NOTHING; 4]);
    for &own in tracer.list(at / TILE_PIXELS) {
        let solid = &tracer.solids[own as usize];
        if depth.iter().all(|&depth| depth < solid.nearest) {
            break;
        }
        solid.cover(own, &u, &v, &mut depth, &mut seen);
    }
    let mut sum = [0.0; 3];
    for sample in 0..4 {
        let (light, _) = shading.light(u[sample], v[sample], rays.inverse_length[at], depth[sample], seen[sample]);
        // A highlight that is brighter than white must not outshine the edge.
        sum = add(sum, light.map(|part| lesser(part, 1.0)));
    }
    scale(sum, 0.25)
}
