//! One picture from a scene, a camera and a look, into buffers that are used again.

use striatum_frames::Image;
use striatum_robots::Intrinsics;

use super::camera::Camera;
use super::develop::Developer;
use super::error::{RenderError, RenderResult};
use super::lens::Rays;
use super::look::Look;
use super::shade::{Paint, Shading, Sights, room_paints};
use super::shadow::ShadowMap;
use super::smooth::{find_edges, resample};
use super::surface::ROOM_PAINTS;
use super::texture::Textures;
use super::tracer::{NOTHING, TILE, Tiling, Tracer};
use crate::scene::Scene;

/// The longest side that is drawn.
const MAX_SIDE: u32 = 2048;
/// Lenses whose tables of rays are kept.
const LENSES: usize = 8;

/// Rays for each pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Samples {
    /// One ray for each pixel: jagged edges.
    One,
    /// Two by two rays for each pixel on an edge, one elsewhere.
    #[default]
    TwoByTwo,
}

/// Draws pictures of one size. It owns every buffer it needs: after each camera's lens and the largest scene were seen once,
/// drawing takes no memory.
#[derive(Debug)]
pub struct Renderer {
    tracer: Tracer,
    lenses: Vec<(Intrinsics, Rays)>,
    /// The lens that is given up next when there are too many.
    oldest: usize,
    textures: &'static Textures,
    shadow: ShadowMap,
    paints: Vec<Paint>,
    /// Red, green and blue, tile by tile.
    light: [Vec<f32>; 3],
    faces: Vec<u32>,
    edges: Vec<[u32; 2]>,
    developer: Developer,
    samples: Samples,
    skipped: usize,
}

impl Renderer {
    /// A renderer for pictures of a size, with smooth edges.
    ///
    /// # Errors
    /// When a side is 0 or above 2048 pixels.
    pub fn new(width: u32, height: u32) -> RenderResult<Self> {
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(RenderError::Size { width, height, max: MAX_SIDE });
        }
        let tiling = Tiling::new(width as usize, height as usize);
        Ok(Self {
            tracer: Tracer::new(tiling),
            lenses: Vec::with_capacity(LENSES),
            oldest: 0,
            textures: Textures::shared(),
            shadow: ShadowMap::new(),
            paints: Vec::new(),
            light: std::array::from_fn(|_| vec![0.0; tiling.padded_pixels()]),
            faces: vec![NOTHING; tiling.padded_pixels()],
            edges: Vec::with_capacity(tiling.width * tiling.height),
            developer: Developer::new(&tiling),
            samples: Samples::default(),
            skipped: 0,
        })
    }

    /// Chooses how edges are drawn.
    pub fn set_samples(&mut self, samples: Samples) {
        self.samples = samples;
    }

    /// Draws what `camera` sees. `frame` is the picture's number: the noise of the pixels differs with it (and with the camera).
    ///
    /// # Errors
    /// When camera, renderer and picture differ in size, or when the camera or the look has a number that is none.
    pub fn render(
        &mut self,
        scene: &Scene,
        camera: &Camera,
        look: &Look,
        frame: u64,
        out: &mut Image,
    ) -> RenderResult<()> {
        let lens = &camera.intrinsics;
        self.check_size("the camera", lens.width, lens.height)?;
        self.check_size("the picture", out.width(), out.height())?;
        camera.check()?;
        look.check()?;
        let lens = self.lens(lens);
        let rays = &self.lenses[lens].1;
        let world_from_camera = camera.world_from_camera.cast::<f32>();
        self.skipped = self.tracer.place(&scene.pieces, &world_from_camera.inverse(), |_| true);
        self.tracer.trace(rays);
        self.shadow.update(&scene.pieces, look.light.towards_lamp);
        self.paints.clear();
        self.paints.reserve(scene.pieces.len() + ROOM_PAINTS);
        self.paints.extend(self.tracer.solids.iter().map(|solid| {
            let role = scene.pieces[solid.piece as usize].role;
            Paint::new(look.palette.of(role), solid.piece)
        }));
        self.paints.extend(room_paints(look));
        let shading =
            Shading::new(&self.tracer, &self.paints, self.textures, &self.shadow, look, &world_from_camera, rays.pixel);
        shade_all(&self.tracer, rays, &shading, &mut self.light, &mut self.faces);
        if self.samples == Samples::TwoByTwo {
            find_edges(&self.tracer, &self.light, &self.faces, &mut self.edges);
            for &[x, y] in &self.edges {
                let at = self.tracer.tiling.at(x as usize, y as usize);
                for (light, part) in self.light.iter_mut().zip(resample(&self.tracer, rays, &shading, [x, y])) {
                    light[at] = part;
                }
            }
        }
        let noise_seed = noise_seed(camera, look, frame);
        self.developer.develop(&self.light, &self.tracer.tiling, look, noise_seed, out.pixels_mut());
        Ok(())
    }

    /// Pieces of the last scene that had no size, or a pose with a number that is none: they were left out.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// The piece that the middle of a pixel of the last picture shows, by its number in the scene; `None` for the background
    /// and outside the picture.
    #[must_use]
    pub fn piece_at(&self, x: u32, y: u32) -> Option<usize> {
        let seen = self.tracer.seen[self.inside(x, y)?];
        self.tracer.solids.get(seen as usize).map(|solid| solid.piece as usize)
    }

    /// How far away that is, in metres along the camera's axis.
    #[must_use]
    pub fn depth_metres_at(&self, x: u32, y: u32) -> Option<f32> {
        Some(self.tracer.depth[self.inside(x, y)?]).filter(|depth| depth.is_finite())
    }

    fn inside(&self, x: u32, y: u32) -> Option<usize> {
        let (x, y) = (x as usize, y as usize);
        (x < self.tracer.tiling.width && y < self.tracer.tiling.height).then(|| self.tracer.tiling.at(x, y))
    }

    fn check_size(&self, what: &'static str, got_width: u32, got_height: u32) -> RenderResult<()> {
        let (width, height) = (self.tracer.tiling.width as u32, self.tracer.tiling.height as u32);
        if (got_width, got_height) == (width, height) {
            return Ok(());
        }
        Err(RenderError::SizeMismatch { what, got_width, got_height, width, height })
    }

    /// The index of a lens' table of rays, made if it is not there.
    fn lens(&mut self, intrinsics: &Intrinsics) -> usize {
        if let Some(known) = self.lenses.iter().position(|(known, _)| known == intrinsics) {
            return known;
        }
        let at = if self.lenses.len() < LENSES {
            self.lenses.push((*intrinsics, Rays::default()));
            self.lenses.len() - 1
        } else {
            self.oldest = (self.oldest + 1) % LENSES;
            self.lenses[self.oldest].0 = *intrinsics;
            self.oldest
        };
        self.lenses[at].1.fill(intrinsics, &self.tracer.tiling);
        at
    }
}

/// Rows of tiles, one after the other.
fn shade_all(tracer: &Tracer, rays: &Rays, shading: &Shading<'_>, light: &mut [Vec<f32>; 3], faces: &mut [u32]) {
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

fn rows(values: &[f32]) -> &[[f32; TILE]] {
    values.as_chunks().0
}

/// Mixes what makes a picture different from others. Cameras of one frame differ by where they are.
fn noise_seed(camera: &Camera, look: &Look, frame: u64) -> u64 {
    let pose = &camera.world_from_camera;
    let numbers = pose.translation.vector.iter().chain(pose.rotation.coords.iter());
    let mut seed = look.seed;
    for word in numbers.map(|number| number.to_bits()).chain([frame]) {
        // The odd constant is 2^64 over the golden ratio: bits of each word reach all places.
        seed = (seed ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
    seed
}
