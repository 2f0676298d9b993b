//! From light to grey levels: exposure, vignetting, the noise of the sensor.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::look::Look;
use super::random::Random;
use super::tracer::{TILE, Tiling};
use super::vector::{greater, lesser};

/// Values in the table of noise; ten random bits choose one.
const TABLE: usize = 1024;

/// What turns light into pixels.
#[derive(Debug)]
pub(super) struct Developer {
    /// Numbers with mean 0 and standard deviation 1, normally distributed.
    table: Vec<f32>,
    /// Random bits for one row of pixels.
    bits: Vec<u8>,
}

impl Developer {
    pub(super) fn new(tiling: &Tiling) -> Self {
        let mut random = Random::new(0x5EED);
        let raw: Vec<f64> = (0..TABLE).map(|_| random.normal()).collect();
        let mean = raw.iter().sum::<f64>() / TABLE as f64;
        let spread = (raw.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / TABLE as f64).sqrt();
        let table = raw.iter().map(|value| ((value - mean) / spread) as f32).collect();
        Self { table, bits: vec![0; tiling.width * 4] }
    }

    /// Writes RGB rows; `light` is kept tile by tile. `noise_seed` differs from picture to picture.
    pub(super) fn develop(
        &mut self,
        light: &[Vec<f32>; 3],
        tiling: &Tiling,
        look: &Look,
        noise_seed: u64,
        out: &mut [u8],
    ) {
        let mut generator = ChaCha8Rng::seed_from_u64(noise_seed);
        let middle = [(tiling.width as f32 - 1.0) / 2.0, (tiling.height as f32 - 1.0) / 2.0];
        let fall = look.vignetting / greater(middle[0] * middle[0] + middle[1] * middle[1], 1.0);
        for (y, out) in out.chunks_exact_mut(tiling.width * 3).enumerate() {
            let dy = y as f32 - middle[1];
            let (out, _) = out.as_chunks_mut::<3>();
            for (tile, out) in out.chunks_mut(TILE).enumerate() {
                let at = tiling.at(tile * TILE, y);
                let levels = expose(light, at, look.exposure, fall, (tile * TILE) as f32 - middle[0], dy);
                for (at, out) in out.iter_mut().enumerate() {
                    *out = [levels[0][at], levels[1][at], levels[2][at]];
                }
            }
            if look.noise_levels > 0.0 {
                generator.fill_bytes(&mut self.bits);
                add_noise(out, &self.bits, &self.table, look.noise_levels);
            }
        }
    }
}

/// The grey levels of a row of a tile whose first pixel is (dx, dy) from the middle of the picture.
fn expose(light: &[Vec<f32>; 3], start: usize, exposure: f32, fall: f32, dx: f32, dy: f32) -> [[u8; TILE]; 3] {
    let gain: [f32; TILE] = std::array::from_fn(|at| {
        let dx = dx + at as f32;
        exposure * (1.0 - fall * (dx * dx + dy * dy))
    });
    std::array::from_fn(|part| {
        let light = &light[part][start..start + TILE];
        let mut levels = [0; TILE];
        for at in 0..TILE {
            // A display's curve, near enough to sRGB's, and a square root is the same everywhere.
            levels[at] = level(lesser(greater(light[at] * gain[at], 0.0), 1.0).sqrt() * 255.0);
        }
        levels
    })
}

fn add_noise(row: &mut [[u8; 3]], bits: &[u8], table: &[f32], levels: f32) {
    let (bits, _) = bits.as_chunks::<4>();
    for (pixel, bits) in row.iter_mut().zip(bits) {
        let bits = u32::from_le_bytes(*bits) as usize;
        let at = [bits & (TABLE - 1), bits >> 10 & (TABLE - 1), bits >> 20 & (TABLE - 1)];
        for (part, at) in pixel.iter_mut().zip(at) {
            *part = level(f32::from(*part) + table[at] * levels);
        }
    }
}

/// The nearest grey level.
#[inline]
#[expect(clippy::cast_sign_loss, reason = "it holds at 0 and 255")]
fn level(value: f32) -> u8 {
    (value + 0.5) as u8
}
