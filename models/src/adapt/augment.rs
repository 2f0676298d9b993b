//! Twins of a picture: what another day's light, a nudged camera and displaced objects would make of it.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Nodes of the displacement field along each side.
const NODES: usize = 5;
/// Largest standard deviation of the field's displacements, as a share of the side. Displacing parts of the picture against
/// each other is what helps most with another episode, where hands and objects are elsewhere.
const ELASTIC: f64 = 0.0375;

/// A twin's random change, the same for a seed on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Row-major 2x2 matrix and offset from an output pixel to the source, in shares of the side about the middle.
    affine: [f64; 6],
    field: [[[f64; 2]; NODES]; NODES],
    gain: [f64; 3],
    contrast: f64,
    /// Weight of each neighbour in the 3-tap blur.
    blur: f64,
}

impl Change {
    /// The change number (`copy`, `set`, `view`) of a seed.
    pub(crate) fn draw(seed: u64, copy: usize, set: usize, view: usize) -> Self {
        let mut key = [0_u8; 32];
        let words = [seed, copy as u64, set as u64, view as u64];
        key.chunks_exact_mut(8).zip(words).for_each(|(slot, word)| slot.copy_from_slice(&word.to_le_bytes()));
        let mut random = Random(ChaCha8Rng::from_seed(key));
        // A rotation of up to 3 degrees by the tangent of its half, so that no function is used that machines round differently.
        let tangent = random.symmetric(0.026);
        let scale = (1.0 + random.symmetric(0.07)) * (1.0 + tangent * tangent);
        let (sin, cos) = (2.0 * tangent / scale, (1.0 - tangent * tangent) / scale);
        let affine = [cos, sin, random.symmetric(0.05), -sin, cos, random.symmetric(0.05)];
        let brightness = 1.0 + random.symmetric(0.2);
        let gain = [0; 3].map(|_| brightness * (1.0 + random.symmetric(0.08)));
        let contrast = 1.0 + random.symmetric(0.2);
        let sigma: f64 = (random.symmetric(0.7) + 0.1).max(0.0);
        let elastic = ELASTIC * random.unit();
        let mut field = [[[0.0; 2]; NODES]; NODES];
        for value in field.iter_mut().flatten().flatten() {
            *value = elastic * random.normal();
        }
        Self { affine, field, gain, contrast, blur: (sigma * sigma / 2.0).min(0.25) }
    }

    /// Makes the twin of a square picture, interleaved RGB8 of `side` x `side`; `scratch` is a buffer to reuse.
    pub(crate) fn apply(&self, rgb: &mut Vec<u8>, scratch: &mut Vec<u8>, side: usize) {
        self.warp(rgb, scratch, side);
        std::mem::swap(rgb, scratch);
        if self.blur > 0.02 {
            for step in [3, 3 * side] {
                blur_along(rgb, scratch, side, step, self.blur);
                std::mem::swap(rgb, scratch);
            }
        }
        self.tint(rgb);
    }

    /// Samples the source where the affine map and the field say, bilinear, edges held.
    fn warp(&self, source: &[u8], out: &mut Vec<u8>, side: usize) {
        out.clear();
        let size = side as f64;
        let last = size - 1.0;
        let [a, b, dx, c, d, dy] = self.affine;
        for row in 0..side {
            let v = (row as f64 + 0.5) / size;
            for column in 0..side {
                let u = (column as f64 + 0.5) / size;
                let [fx, fy] = self.displacement(u, v);
                let (cu, cv) = (u - 0.5, v - 0.5);
                let x = ((a * cu + b * cv + dx + fx + 0.5) * size - 0.5).clamp(0.0, last);
                let y = ((c * cu + d * cv + dy + fy + 0.5) * size - 0.5).clamp(0.0, last);
                out.extend_from_slice(&sample(source, side, x, y));
            }
        }
    }

    /// The field at a point, bilinear between its nodes.
    fn displacement(&self, u: f64, v: f64) -> [f64; 2] {
        let cells = (NODES - 1) as f64;
        let (x, y) = (u * cells, v * cells);
        let (left, top) = (whole(x).min(NODES - 2), whole(y).min(NODES - 2));
        let (sx, sy) = (x - left as f64, y - top as f64);
        let [upper, lower] = [self.field[top], self.field[top + 1]];
        [0, 1].map(|axis| {
            let above = upper[left][axis] * (1.0 - sx) + upper[left + 1][axis] * sx;
            let below = lower[left][axis] * (1.0 - sx) + lower[left + 1][axis] * sx;
            above * (1.0 - sy) + below * sy
        })
    }

    fn tint(&self, rgb: &mut [u8]) {
        let mean = rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / rgb.len().max(1) as f64;
        let tables = self.gain.map(|gain| {
            let mut table = [0_u8; 256];
            for (slot, value) in table.iter_mut().zip(0_u8..=255) {
                *slot = byte(((f64::from(value) - mean) * self.contrast + mean) * gain);
            }
            table
        });
        for pixel in rgb.chunks_exact_mut(3) {
            pixel.iter_mut().zip(&tables).for_each(|(value, table)| *value = table[usize::from(*value)]);
        }
    }
}

fn sample(source: &[u8], side: usize, x: f64, y: f64) -> [u8; 3] {
    let (left, top) = (whole(x), whole(y));
    let (sx, sy) = ((x - left as f64) as f32, (y - top as f64) as f32);
    let (right, bottom) = ((left + 1).min(side - 1), (top + 1).min(side - 1));
    let at = |row: usize, column: usize| (row * side + column) * 3;
    let corners = [at(top, left), at(top, right), at(bottom, left), at(bottom, right)];
    let weights = [(1.0 - sx) * (1.0 - sy), sx * (1.0 - sy), (1.0 - sx) * sy, sx * sy];
    [0, 1, 2].map(|channel| {
        let sum: f32 = corners.iter().zip(weights).map(|(&c, w)| f32::from(source[c + channel]) * w).sum();
        byte(f64::from(sum))
    })
}

/// Blurs along one axis, whose neighbours are `step` bytes away; edges are held.
fn blur_along(source: &[u8], out: &mut Vec<u8>, side: usize, step: usize, weight: f64) {
    out.clear();
    let (side_weight, middle) = (weight as f32, 1.0 - 2.0 * weight as f32);
    let position = |index: usize| if step == 3 { index / 3 % side } else { index / (3 * side) };
    out.extend(source.iter().enumerate().map(|(index, &value)| {
        let before = if position(index) > 0 { source[index - step] } else { value };
        let after = if position(index) + 1 < side { source[index + step] } else { value };
        byte(f64::from(middle * f32::from(value) + side_weight * (f32::from(before) + f32::from(after))))
    }));
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_sign_loss, reason = "callers clamp to zero and above; the cast saturates anyway")]
fn whole(value: f64) -> usize {
    value as usize
}

#[expect(clippy::cast_sign_loss, reason = "clamped to what a byte holds")]
fn byte(value: f64) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

struct Random(ChaCha8Rng);

impl Random {
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn symmetric(&mut self, reach: f64) -> f64 {
        (2.0 * self.unit() - 1.0) * reach
    }

    /// Near enough to normal: the sum of twelve uniform numbers, for the same reason as the rotation's form.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(side: usize) -> Vec<u8> {
        (0..side * side * 3).map(|i| u8::try_from((i * 7 + i / 31) % 251).unwrap_or(0)).collect()
    }

    #[test]
    fn the_same_numbers_give_the_same_twin_and_others_another() {
        let make = |seed, copy, set, view| {
            let (mut rgb, mut scratch) = (picture(32), Vec::new());
            Change::draw(seed, copy, set, view).apply(&mut rgb, &mut scratch, 32);
            rgb
        };
        let base = make(1, 2, 3, 0);
        assert_eq!(base, make(1, 2, 3, 0));
        assert_eq!(base.len(), 32 * 32 * 3);
        for other in [make(2, 2, 3, 0), make(1, 1, 3, 0), make(1, 2, 4, 0), make(1, 2, 3, 1)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn no_change_is_the_picture_itself() {
        let change = Change {
            affine: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            field: [[[0.0; 2]; NODES]; NODES],
            gain: [1.0; 3],
            contrast: 1.0,
            blur: 0.0,
        };
        let (mut rgb, mut scratch) = (picture(20), Vec::new());
        change.apply(&mut rgb, &mut scratch, 20);
        assert_eq!(rgb, picture(20));
    }

    #[test]
    fn a_grey_picture_stays_flat_and_changes_little() {
        for set in 0..50 {
            let (mut rgb, mut scratch) = (vec![100; 16 * 16 * 3], Vec::new());
            Change::draw(7, 0, set, 0).apply(&mut rgb, &mut scratch, 16);
            for channel in 0..3 {
                let first = rgb[channel];
                assert!(rgb.iter().skip(channel).step_by(3).all(|&v| v == first));
                assert!((60..=145).contains(&first), "{first}");
            }
        }
    }
}
