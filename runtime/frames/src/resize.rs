//! Resizing as Pillow's `BILINEAR` does it, bit for bit: a triangle filter that is widened when shrinking.

mod axis;
mod kernels;
mod normalise;
mod taps;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub use normalise::Normalisation;
pub use taps::PillowTaps;

use crate::error::{Error, Result};
use crate::image_buffer::Image;
use axis::Axis;

/// Source sizes that are remembered; when there are more, the one used longest ago makes room.
const MAX_PLANS: usize = 16;

/// What is worked out once for a source size.
#[derive(Debug)]
struct Plan {
    source: (u32, u32),
    horizontal: Axis,
    vertical: Axis,
    /// The horizontal pass in the instructions of newer processors.
    #[cfg(target_arch = "x86_64")]
    blocks: Option<vnni::Blocks>,
}

impl Plan {
    fn new(source: (u32, u32), target: (u32, u32), newer_instructions: bool) -> Self {
        let horizontal = Axis::new(source.0, target.0);
        Self {
            source,
            #[cfg(target_arch = "x86_64")]
            blocks: newer_instructions.then(|| vnni::Blocks::new(&horizontal)).flatten(),
            vertical: Axis::new(source.1, target.1),
            horizontal,
        }
    }

    fn narrow(&mut self, rgb: &[u8], scratch: &mut kernels::Scratch, out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(blocks) = &mut self.blocks {
            return blocks.horizontal(rgb, self.horizontal.source(), out);
        }
        scratch.fit(&self.horizontal);
        kernels::horizontal(rgb, &self.horizontal, scratch, out);
    }
}

/// Resizes RGB8 pictures to one size; the aspect ratio is not kept.
///
/// After the first picture of a given size nothing is allocated (up to 16 different sizes), so one resizer should serve all
/// views of a pipeline.
#[derive(Debug)]
pub struct Resizer {
    width: u32,
    height: u32,
    /// Used most recently first.
    plans: Vec<Plan>,
    /// Source rows after the horizontal pass, already rounded to 8 bits as Pillow does.
    narrowed: Vec<u8>,
    /// The picture before normalisation; each row is planar.
    resized: Vec<u8>,
    scratch: kernels::Scratch,
    /// Whether what only newer processors have may be used; off in tests of what the others do.
    newer_instructions: bool,
}

impl Resizer {
    /// A resizer to `width` x `height` pixels; a side of 0 is taken as 1.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let (plans, scratch) = (Vec::with_capacity(MAX_PLANS), kernels::Scratch::default());
        Self { width, height, plans, narrowed: Vec::new(), resized: Vec::new(), scratch, newer_instructions: true }
    }

    /// As [`new`](Self::new), for any processor.
    #[cfg(test)]
    fn portable(width: u32, height: u32) -> Self {
        Self { newer_instructions: false, ..Self::new(width, height) }
    }

    /// Width of what comes out, in pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of what comes out, in pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Values of what comes out: width x height x 3.
    #[must_use]
    pub const fn output_len(&self) -> usize {
        self.width as usize * self.height as usize * 3
    }

    /// Writes the resized picture as interleaved RGB8 to `out`, [`output_len`](Self::output_len) bytes.
    ///
    /// # Errors
    /// When `out` has another length.
    pub fn resize(&mut self, image: &Image, out: &mut [u8]) -> Result<()> {
        self.check_output(out.len())?;
        self.planar(image);
        let width = self.width as usize;
        for (row, out) in self.resized.chunks_exact(width * 3).zip(out.chunks_exact_mut(width * 3)) {
            for (x, pixel) in out.as_chunks_mut().0.iter_mut().enumerate() {
                *pixel = [row[x], row[width + x], row[2 * width + x]];
            }
        }
        Ok(())
    }

    /// Writes the resized and normalised picture to `out` as planes: all red values, then green, then blue (CHW),
    /// [`output_len`](Self::output_len) values.
    ///
    /// # Errors
    /// When `out` has another length.
    pub fn resize_to_planes(&mut self, image: &Image, normalise: &Normalisation, out: &mut [f32]) -> Result<()> {
        self.check_output(out.len())?;
        self.planar(image);
        self.last_to_planes(normalise, out)
    }

    /// The resized picture as it lies in memory here: row by row, in each all red values, then green, then blue. It stays until the
    /// next picture.
    pub fn resize_rows(&mut self, image: &Image) -> &[u8] {
        self.planar(image);
        &self.resized
    }

    /// Writes the picture of the last call, normalised, to `out` as planes, as [`resize_to_planes`](Self::resize_to_planes) does.
    ///
    /// # Errors
    /// When `out` has another length. Before the first picture, nothing is written.
    pub fn last_to_planes(&self, normalise: &Normalisation, out: &mut [f32]) -> Result<()> {
        self.check_output(out.len())?;
        normalise.to_planes(&self.resized, self.width as usize, out);
        Ok(())
    }

    /// Both passes; the result is in `resized`.
    fn planar(&mut self, image: &Image) {
        self.plan(image);
        let Some(plan) = self.plans.first_mut() else { return };
        plan.narrow(image.pixels(), &mut self.scratch, &mut self.narrowed);
        kernels::vertical(&self.narrowed, &plan.vertical, &mut self.resized);
    }

    fn check_output(&self, got: usize) -> Result<()> {
        let needed = self.output_len();
        if got == needed {
            return Ok(());
        }
        Err(Error::OutputLength { got, needed, width: self.width, height: self.height })
    }

    /// Puts the plan for this picture's size first and makes the buffers large enough.
    fn plan(&mut self, image: &Image) {
        let source = (image.width(), image.height());
        match self.plans.iter().position(|plan| plan.source == source) {
            Some(at) => self.plans[..=at].rotate_right(1),
            None => {
                self.plans.truncate(MAX_PLANS - 1);
                self.plans.insert(0, Plan::new(source, (self.width, self.height), self.newer_instructions));
            }
        }
        self.narrowed.resize(source.1 as usize * self.width as usize * 3, 0);
        self.resized.resize(self.output_len(), 0);
    }
}
