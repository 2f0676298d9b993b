//! From a picture to the rows of `pixel_values`: resized, normalised, cut into patches in the order the vision encoder wants.

use striatum_frames::Image;

use super::bicubic::Bicubic;
use super::smart_resize::{PixelLimits, Size, smart_resize};
use crate::error::Result;

/// What the preprocessor config says, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PatchConfig {
    /// Limits where nothing else is asked for.
    pub(crate) limits: PixelLimits,
    /// Side of a patch, pixels.
    pub(crate) patch: usize,
    /// Patches along a side that become one token.
    pub(crate) merge: usize,
    /// Pictures in a temporal patch; a still picture fills all of them.
    pub(crate) temporal: usize,
    pub(crate) mean: [f32; 3],
    pub(crate) std: [f32; 3],
    /// A byte is multiplied with it first.
    pub(crate) rescale: f64,
}

/// Patches of one picture: time, rows, columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl PatchConfig {
    /// Sides of resized pictures are multiples of it, pixels.
    pub(crate) fn factor(&self) -> u32 {
        u32::try_from(self.patch * self.merge).unwrap_or(u32::MAX)
    }

    /// Values in a row of `pixel_values`.
    pub(crate) fn row_len(&self) -> usize {
        3 * self.temporal * self.patch * self.patch
    }

    /// The size a picture is brought to, and its patches.
    pub(crate) fn grid(&self, image: Size, limits: PixelLimits) -> Result<(Size, Grid)> {
        let size = smart_resize(image, limits, self.factor())?;
        let count = |side: u32| side as usize / self.patch;
        Ok((size, Grid { rows: count(size.height), columns: count(size.width) }))
    }
}

impl Grid {
    /// Rows of `pixel_values`.
    pub(crate) fn patches(self) -> usize {
        self.rows * self.columns
    }

    /// Tokens in the prompt.
    pub(crate) fn tokens(self, merge: usize) -> usize {
        self.rows / merge * (self.columns / merge)
    }
}

/// Cuts pictures into patches; buffers are kept.
#[derive(Debug)]
pub(crate) struct Patcher {
    config: PatchConfig,
    /// By channel, the value of each byte.
    values: [[f32; 256]; 3],
    resize: Bicubic,
    resized: Vec<u8>,
}

impl Patcher {
    pub(crate) fn new(config: PatchConfig) -> Self {
        let mut values = [[0.0; 256]; 3];
        for (channel, values) in values.iter_mut().enumerate() {
            for (byte, value) in (0_u8..=255).zip(values) {
                // In double first, then in single: as the published processor rounds.
                let rescaled = (f64::from(byte) * config.rescale) as f32;
                *value = (rescaled - config.mean[channel]) / config.std[channel];
            }
        }
        Self { config, values, resize: Bicubic::default(), resized: Vec::new() }
    }

    pub(crate) fn config(&self) -> &PatchConfig {
        &self.config
    }

    /// The picture's rows of `pixel_values` are appended to `out`.
    pub(crate) fn cut(&mut self, image: &Image, limits: PixelLimits, out: &mut Vec<f32>) -> Result<Grid> {
        let from = Size { width: image.width(), height: image.height() };
        let (size, grid) = self.config.grid(from, limits)?;
        self.resize.resize(image, size, &mut self.resized);
        let (patch, merge) = (self.config.patch, self.config.merge);
        out.reserve(grid.patches() * self.config.row_len());
        // Groups of merge x merge patches go over the picture row by row, and patches go row by row inside each group.
        for (group_row, group_column) in pairs(grid.rows / merge, grid.columns / merge) {
            for (row, column) in pairs(merge, merge) {
                let (y, x) = ((group_row * merge + row) * patch, (group_column * merge + column) * patch);
                self.one(y, x, size.width as usize, out);
            }
        }
        Ok(grid)
    }

    /// One patch: channel, temporal slot, y, x.
    fn one(&self, y: usize, x: usize, width: usize, out: &mut Vec<f32>) {
        let patch = self.config.patch;
        for (channel, values) in self.values.iter().enumerate() {
            for _ in 0..self.config.temporal {
                for line in y..y + patch {
                    let at = (line * width + x) * 3;
                    let pixels = self.resized[at..at + patch * 3].as_chunks::<3>().0;
                    out.extend(pixels.iter().map(|pixel| values[usize::from(pixel[channel])]));
                }
            }
        }
    }

    /// The picture that was cut last, resized.
    #[cfg(test)]
    pub(crate) fn resized(&self) -> &[u8] {
        &self.resized
    }
}

fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}
