//! Twins of a picture: what another day's light, a nudged camera and displaced objects would make of it.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Nodes of the displacement field along each side.
const NODES: usize = 5;
/// Largest standard deviation of the field's displacements, as a share of the side. Displacing parts of the picture against
/// each other is what helps most with another episode, where hands and objects are elsewhere.
const ELASTIC: f32 = 0.0375;

/// A twin's random change, the same for a seed on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Row-major 2x2 matrix and offset from an output pixel to the source, in shares of the side about the middle.
    affine: [f32; 6],
    field: [[[f32; 2]; NODES]; NODES],
    gain: [f32; 3],
    contrast: f32,
    /// Weight of each neighbour in the 3-tap blur.
    blur: f32,
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
        let sigma = (random.symmetric(0.7) + 0.1).max(0.0);
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
            blur_rows(rgb, scratch, side, self.blur);
            blur_columns(scratch, rgb, side, self.blur);
        }
        self.tint(rgb);
    }

    /// Samples the source where the affine map and the field say, bilinear, edges held.
    fn warp(&self, source: &[u8], out: &mut Vec<u8>, side: usize) {
        out.clear();
        let size = side as f32;
        let last = size - 1.0;
        let [a, b, dx, c, d, dy] = self.affine;
        for row in 0..side {
            let v = (row as f32 + 0.5) / size;
            let nodes = self.field_row(v);
            let cv = v - 0.5;
            for column in 0..side {
                let u = (column as f32 + 0.5) / size;
                let (node, share) = cell(u);
                let cu = u - 0.5;
                let [fx, fy] = [0, 1].map(|axis| nodes[node][axis] * (1.0 - share) + nodes[node + 1][axis] * share);
                let x = ((a * cu + b * cv + dx + fx + 0.5) * size - 0.5).clamp(0.0, last);
                let y = ((c * cu + d * cv + dy + fy + 0.5) * size - 0.5).clamp(0.0, last);
                out.extend_from_slice(&sample(source, side, x, y));
            }
        }
    }

    /// The field along a row, between its nodes above and below.
    fn field_row(&self, v: f32) -> [[f32; 2]; NODES] {
        let (top, share) = cell(v);
        let mut row = self.field[top];
        for (node, below) in row.iter_mut().zip(&self.field[top + 1]) {
            node.iter_mut().zip(below).for_each(|(value, low)| *value = *value * (1.0 - share) + low * share);
        }
        row
    }

    fn tint(&self, rgb: &mut [u8]) {
        let sum: u64 = rgb.iter().map(|&v| u64::from(v)).sum();
        let mean = sum as f32 / rgb.len().max(1) as f32;
        let tables = self.gain.map(|gain| {
            let mut table = [0_u8; 256];
            for (slot, value) in table.iter_mut().zip(0_u8..=255) {
                *slot = byte(((f32::from(value) - mean) * self.contrast + mean) * gain);
            }
            table
        });
        for pixel in rgb.chunks_exact_mut(3) {
            pixel.iter_mut().zip(&tables).for_each(|(value, table)| *value = table[usize::from(*value)]);
        }
    }
}

/// The node before a point of \[0, 1\] and how far it is to the next one.
fn cell(at: f32) -> (usize, f32) {
    let scaled = at * (NODES - 1) as f32;
    let node = whole(scaled).min(NODES - 2);
    (node, scaled - node as f32)
}

fn sample(source: &[u8], side: usize, x: f32, y: f32) -> [u8; 3] {
    let (left, top) = (whole(x), whole(y));
    let (sx, sy) = (x - left as f32, y - top as f32);
    let (right, bottom) = ((left + 1).min(side - 1), (top + 1).min(side - 1));
    let pixel = |row: usize, column: usize| -> [f32; 3] {
        let at = (row * side + column) * 3;
        [source[at], source[at + 1], source[at + 2]].map(f32::from)
    };
    let (upper, lower) = ([pixel(top, left), pixel(top, right)], [pixel(bottom, left), pixel(bottom, right)]);
    [0, 1, 2].map(|channel| {
        let above = upper[0][channel] * (1.0 - sx) + upper[1][channel] * sx;
        let below = lower[0][channel] * (1.0 - sx) + lower[1][channel] * sx;
        byte(above * (1.0 - sy) + below * sy)
    })
}

/// Blurs each row with the taps (`weight`, 1 - 2 `weight`, `weight`), edges held.
fn blur_rows(source: &[u8], out: &mut Vec<u8>, side: usize, weight: f32) {
    out.clear();
    for row in source.chunks_exact(3 * side) {
        let last = row.len() - 3;
        out.extend((0..row.len()).map(|at| {
            let before = if at < 3 { at } else { at - 3 };
            let after = if at >= last { at } else { at + 3 };
            blend(row[before], row[at], row[after], weight)
        }));
    }
}

/// The same for each column.
fn blur_columns(source: &[u8], out: &mut Vec<u8>, side: usize, weight: f32) {
    out.clear();
    let row = |index: usize| &source[index * 3 * side..(index + 1) * 3 * side];
    for index in 0..side {
        let neighbours = row(index.saturating_sub(1)).iter().zip(row((index + 1).min(side - 1)));
        out.extend(
            row(index).iter().zip(neighbours).map(|(&here, (&above, &below))| blend(above, here, below, weight)),
        );
    }
}

fn blend(before: u8, here: u8, after: u8, weight: f32) -> u8 {
    byte((1.0 - 2.0 * weight) * f32::from(here) + weight * (f32::from(before) + f32::from(after)))
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_sign_loss, reason = "callers clamp to zero and above; the cast saturates anyway")]
fn whole(value: f32) -> usize {
    value as usize
}

/// The nearest byte; the cast saturates.
#[expect(clippy::cast_sign_loss, reason = "what is below 0 is to become 0")]
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

struct Random(ChaCha8Rng);

impl Random {
    fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
    }

    fn symmetric(&mut self, reach: f32) -> f32 {
        (2.0 * self.unit() - 1.0) * reach
    }

    /// Near enough to normal: the sum of twelve uniform numbers, for the same reason as the rotation's form.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
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
