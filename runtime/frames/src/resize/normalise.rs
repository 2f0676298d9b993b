//! From bytes to what a backbone was trained on.

use super::kernels::scale;

/// `(v / 255 - mean) / std` for each channel, as `v * gain + offset` in f32: gain and offset are worked out in f64 and rounded
/// once, so that the result is within 3e-7 of the formula for the usual backbones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    gain: [f32; 3],
    offset: [f32; 3],
}

impl Normalisation {
    /// Mean and standard deviation of red, green and blue, in units where white is 1.
    #[must_use]
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Self {
        let exact = |of: fn(f64, f64) -> f64| std::array::from_fn(|c| of(f64::from(mean[c]), f64::from(std[c])) as f32);
        Self { gain: exact(|_, std| 1.0 / (255.0 * std)), offset: exact(|mean, std| -mean / std) }
    }

    /// Rows that are planar (all red values of a row, then green, then blue) to three planes, one after the other. `width` is
    /// that of a row in pixels, at least 1.
    pub(super) fn to_planes(self, rows: &[u8], width: usize, out: &mut [f32]) {
        let plane = out.len() / 3;
        for (y, row) in rows.chunks_exact(width * 3).enumerate() {
            for ((channel, values), (gain, offset)) in row.chunks_exact(width).enumerate().zip(self.channels()) {
                scale(values, gain, offset, &mut out[channel * plane + y * width..][..width]);
            }
        }
    }

    fn channels(self) -> impl Iterator<Item = (f32, f32)> {
        self.gain.into_iter().zip(self.offset)
    }
}
