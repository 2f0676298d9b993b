//! Which piece each pixel sees, and how far away: tiles of pixels against lists of solids.

use nalgebra::Isometry3;

use super::camera::NEAR_METRES;
use super::lens::{Cone, Rays};
use super::solid::Solid;
use super::vector::dot;
use crate::scene::Piece;

/// Pixels on a side of a tile: a row of it is a few vector registers.
pub(super) const TILE: usize = 16;
pub(super) const TILE_PIXELS: usize = TILE * TILE;
/// No solid is seen.
pub(super) const NOTHING: u32 = u32::MAX;

/// How a picture is cut into tiles. Per-pixel buffers are kept tile by tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tiling {
    pub(super) width: usize,
    pub(super) height: usize,
    across: usize,
}

impl Tiling {
    pub(super) const fn new(width: usize, height: usize) -> Self {
        Self { width, height, across: width.div_ceil(TILE) }
    }

    pub(super) const fn tiles(&self) -> usize {
        self.across * self.height.div_ceil(TILE)
    }

    pub(super) const fn padded_pixels(&self) -> usize {
        self.tiles() * TILE_PIXELS
    }

    /// Left and top of a tile, in pixels.
    pub(super) const fn corner(&self, tile: usize) -> (usize, usize) {
        (tile % self.across * TILE, tile / self.across * TILE)
    }

    /// Where a pixel is kept.
    #[inline(always)]
    pub(super) const fn at(&self, x: usize, y: usize) -> usize {
        ((y / TILE) * self.across + x / TILE) * TILE_PIXELS + (y % TILE) * TILE + x % TILE
    }
}

/// Depth and solid of each pixel of one view.
#[derive(Debug)]
pub(super) struct Tracer {
    pub(super) tiling: Tiling,
    /// What may be seen, nearest first.
    pub(super) solids: Vec<Solid>,
    /// Metres along the camera's axis, tile by tile.
    pub(super) depth: Vec<f32>,
    /// Index into `solids`, tile by tile.
    pub(super) seen: Vec<u32>,
    /// The solids that the tile in hand may see, nearest first.
    list: Vec<u32>,
}

impl Tracer {
    pub(super) fn new(tiling: Tiling) -> Self {
        let pixels = tiling.padded_pixels();
        Self {
            tiling,
            solids: Vec::new(),
            depth: vec![f32::INFINITY; pixels],
            seen: vec![NOTHING; pixels],
            list: Vec::new(),
        }
    }

    /// Takes the pieces that `wanted` lets through; returns how many had to be skipped because they have no size or no place.
    pub(super) fn place(
        &mut self,
        pieces: &[Piece],
        camera_from_world: &Isometry3<f32>,
        wanted: impl Fn(&Piece) -> bool,
    ) -> usize {
        self.solids.clear();
        self.list.clear();
        // Room for all, seen or not: what comes into view later asks for nothing.
        self.solids.reserve(pieces.len());
        self.list.reserve(pieces.len());
        let mut skipped = 0;
        for (number, piece) in (0..NOTHING).zip(pieces) {
            match Solid::new(piece, number, camera_from_world) {
                None => skipped += 1,
                Some(solid) if solid.centre[2] + solid.bound >= NEAR_METRES && wanted(piece) => self.solids.push(solid),
                Some(_) => {}
            }
        }
        self.solids.sort_unstable_by(|a, b| a.nearest.total_cmp(&b.nearest).then(a.piece.cmp(&b.piece)));
        skipped
    }

    /// Looks along every ray.
    pub(super) fn trace(&mut self, rays: &Rays) {
        for (tile, cone) in rays.cones.iter().enumerate() {
            self.list.clear();
            self.list.extend((0..).zip(&self.solids).filter(|(_, solid)| may_see(cone, solid)).map(|(own, _)| own));
            self.trace_tile(tile * TILE_PIXELS, rays);
        }
    }

    fn trace_tile(&mut self, start: usize, rays: &Rays) {
        let pixels = start..start + TILE_PIXELS;
        let (u, _) = rays.u[pixels.clone()].as_chunks::<TILE>();
        let (v, _) = rays.v[pixels.clone()].as_chunks::<TILE>();
        let (depth, _) = self.depth[pixels.clone()].as_chunks_mut::<TILE>();
        let (seen, _) = self.seen[pixels].as_chunks_mut::<TILE>();
        depth.fill([f32::INFINITY; TILE]);
        seen.fill([NOTHING; TILE]);
        let mut farthest = f32::INFINITY;
        for &own in &self.list {
            let solid = &self.solids[own as usize];
            if solid.nearest > farthest {
                break;
            }
            cover_tile(solid, own, u, v, depth, seen);
            farthest = depth.iter().flatten().fold(0.0_f32, |most, &depth| if depth > most { depth } else { most });
        }
    }
}

type Rows = [[f32; TILE]];

/// One solid over one tile; the loop is written once for each form, so that each is a straight run of vector instructions.
fn cover_tile(solid: &Solid, own: u32, u: &Rows, v: &Rows, depth: &mut Rows, seen: &mut [[u32; TILE]]) {
    for (((u, v), depth), seen) in u.iter().zip(v).zip(depth).zip(seen) {
        solid.cover(own, u, v, depth, seen);
    }
}

/// Whether a ray of the cone may meet the sphere around a solid.
#[inline]
fn may_see(cone: &Cone, solid: &Solid) -> bool {
    let along = dot(cone.axis, solid.centre);
    let aside = (dot(solid.centre, solid.centre) - along * along).max(0.0).sqrt();
    // The distance from the cone's side, taken on beyond its tip: never more than the true one.
    aside * cone.cosine - along * cone.sine <= solid.bound * 1.0001 + 1e-4
}
