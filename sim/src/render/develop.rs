//! From light to grey levels: exposure, vignetting, the noise of the sensor.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::look::Look;
use super::random::Random;
use super::tracer::Tiling;
use super::vector::{Vec3, greater, lesser};

/// Values in the table of noise; ten random bits choose one.
const TABLE: usize = 1024;

/// What turns light into pixels.
#[derive(Debug)]
pub(super) struct Developer {
    /// Numbers with mean 0 and standard deviation 1, normally distributed.
    table: Vec<f32>,
    /// Random bits for one row of pixels.
    bits: Vec<u8>,
    /// Light of one row.
    row: Vec<Vec3>,
}

impl Developer {
    pub(super) fn new(tiling: &Tiling) -> Self {
        let mut random = Random::new(0x5EED);
        let raw: Vec<f64> = (0..TABLE).map(|_| random.normal()).collect();
        let mean = raw.iter().sum::<f64>() / TABLE as f64;
        let spread = (raw.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / TABLE as f64).sqrt();
        let table = raw.iter().map(|value| ((value - mean) / spread) as f32).collect();
        Self { table, bits: vec![0; tiling.width * 4], row: vec![[0.0; 3]; tiling.width] }
    }

    /// Writes RGB rows; `light` is kept tile by tile. `noise_seed` differs from picture to picture.
    pub(super) fn develop(&mut self, light: &[Vec3], tiling: &Tiling, look: &Look, noise_seed: u64, out: &mut [u8]) {
        let mut generator = ChaCha8Rng::seed_from_u64(noise_seed);
        let (width, height) = (tiling.width, tiling.height);
        let middle = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
        let corner = greater(middle.0 * middle.0 + middle.1 * middle.1, 1.0);
        for (y, out) in out.chunks_exact_mut(width * 3).enumerate() {
            let dy = y as f32 - middle.1;
            for (x, light_here) in self.row.iter_mut().enumerate() {
                let dx = x as f32 - middle.0;
                let gain = look.exposure * (1.0 - look.vignetting * (dx * dx + dy * dy) / corner);
                *light_here = light[tiling.at(x, y)].map(|part| part * gain);
            }
            let (out, _) = out.as_chunks_mut::<3>();
            for (out, light) in out.iter_mut().zip(&self.row) {
                // A display's curve, near enough to sRGB's, and a square root is the same everywhere.
                *out = light.map(|part| level(lesser(greater(part, 0.0), 1.0).sqrt() * 255.0));
            }
            if look.noise_levels > 0.0 {
                generator.fill_bytes(&mut self.bits);
                add_noise(out, &self.bits, &self.table, look.noise_levels);
            }
        }
    }
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
fn level(value: f32) -> u8 {
    // The cast holds at 0 and 255.
    (value + 0.5) as u8
}
