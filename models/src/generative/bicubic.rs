//! Resizing as Pillow's `BICUBIC` does it up to version 11, bit for bit: antialiased, 8 bits after each pass, first along the rows.
//!
//! Pillow 13 runs the passes in the other order for some sizes and then gives other pictures; published models saw the old ones.

use striatum_frames::{Image, PillowTaps};

use super::smart_resize::Size;

/// Weights are integers in units of 2^-22.
const WEIGHT_BITS: u32 = 22;
/// The filter's parameter.
const A: f64 = -0.5;

/// The taps of every output pixel along one axis: the first source pixel, and the weights of it and those after it.
type Axis = Vec<(usize, Vec<i32>)>;

fn axis(source: u32, target: u32) -> Axis {
    let whole = |exact: &f64| (exact * f64::from(1_u32 << WEIGHT_BITS)).round() as i32;
    let taps = PillowTaps::new(source, target, 2.0, cubic);
    taps.iter().map(|(first, weights)| (first, weights.iter().map(whole).collect())).collect()
}

/// Keys' cubic convolution.
fn cubic(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

#[expect(clippy::cast_sign_loss, reason = "clamped to 0..=255 before")]
fn byte(sum: i32) -> u8 {
    (sum >> WEIGHT_BITS).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/// Brings pictures to any size. What is worked out for a pair of sizes is kept.
#[derive(Debug, Default)]
pub(crate) struct Bicubic {
    plans: Vec<(u32, u32, Axis)>,
    narrowed: Vec<u8>,
    sums: Vec<i32>,
}

/// Pairs of sizes that are remembered; the oldest makes room.
const MOST_PLANS: usize = 32;

impl Bicubic {
    fn plan(&mut self, source: u32, target: u32) -> usize {
        let known = self.plans.iter().position(|&(from, to, _)| (from, to) == (source, target));
        known.unwrap_or_else(|| {
            if self.plans.len() >= MOST_PLANS {
                self.plans.remove(0);
            }
            self.plans.push((source, target, axis(source, target)));
            self.plans.len() - 1
        })
    }

    /// Writes the resized picture to `out`: interleaved RGB, rows from the top.
    pub(crate) fn resize(&mut self, image: &Image, target: Size, out: &mut Vec<u8>) {
        let (from_width, to_width) = (image.width() as usize, target.width as usize);
        out.clear();
        self.narrowed.clear();
        let rows: &[u8] = if image.width() == target.width {
            image.pixels()
        } else {
            let plan = self.plan(image.width(), target.width);
            self.narrowed.reserve(to_width * image.height() as usize * 3);
            for row in image.pixels().chunks_exact(from_width * 3) {
                along(row, &self.plans[plan].2, &mut self.narrowed);
            }
            &self.narrowed
        };
        if image.height() == target.height {
            out.extend_from_slice(rows);
            return;
        }
        let narrowed = std::mem::take(&mut self.narrowed);
        let rows = if image.width() == target.width { image.pixels() } else { &narrowed };
        let plan = self.plan(image.height(), target.height);
        out.reserve(to_width * target.height as usize * 3);
        for (first, weights) in &self.plans[plan].2 {
            self.sums.clear();
            self.sums.resize(to_width * 3, HALF);
            for (row, &weight) in rows.chunks_exact(to_width * 3).skip(*first).zip(weights) {
                for (sum, &value) in self.sums.iter_mut().zip(row) {
                    *sum += weight * i32::from(value);
                }
            }
            out.extend(self.sums.iter().map(|&sum| byte(sum)));
        }
        self.narrowed = narrowed;
    }
}

/// One row, along itself.
fn along(row: &[u8], axis: &[(usize, Vec<i32>)], out: &mut Vec<u8>) {
    let pixels = row.as_chunks::<3>().0;
    for (first, weights) in axis {
        let mut sums = [HALF; 3];
        for (&weight, pixel) in weights.iter().zip(&pixels[*first..]) {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += weight * i32::from(value);
            }
        }
        out.extend(sums.map(byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_stays_changes_nothing_and_one_colour_stays_one_colour() {
        let mut image = Image::filled(20, 10, [1, 2, 3]);
        image.pixels_mut()[7] = 250;
        let (mut resize, mut out) = (Bicubic::default(), Vec::new());
        resize.resize(&image, Size { width: 20, height: 10 }, &mut out);
        assert_eq!(out, image.pixels());
        for (width, height) in [(20, 31), (7, 10), (56, 28), (1, 1)] {
            resize.resize(&Image::filled(20, 10, [7, 8, 255]), Size { width, height }, &mut out);
            assert_eq!(out, Image::filled(width, height, [7, 8, 255]).pixels(), "{width}x{height}");
        }
    }
}
