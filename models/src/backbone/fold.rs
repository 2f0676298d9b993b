//! Batch norm folded into the convolution before it, in double precision.

use super::layers::Conv;
use crate::error::Result;
use crate::weights::StateDict;

/// A convolution with bias: weights `[out, in / groups, kernel, kernel]` and biases `[out]`.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) shape: [usize; 4],
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// With s = gamma / sqrt(variance + epsilon), `norm(conv(x))` = `(s w) x + (beta - s mean)`.
pub(super) fn fold(weights: &StateDict<'_>, conv: &Conv, epsilon: f64) -> Result<Folded> {
    let channels = conv.channels_out;
    let group_width = if conv.depthwise { 1 } else { conv.channels_in };
    let shape = [channels, group_width, conv.kernel, conv.kernel];
    let mut weight = weights.floats(&conv.weight, &shape)?;
    let part = |name: &str| weights.floats(&format!("{}.{name}", conv.norm), &[channels]);
    let (gamma, beta) = (part("weight")?, part("bias")?);
    let (mean, variance) = (part("running_mean")?, part("running_var")?);
    let kernel_len = group_width * conv.kernel * conv.kernel;
    let mut bias = Vec::with_capacity(channels);
    for (channel, kernel) in weight.chunks_exact_mut(kernel_len).enumerate() {
        let scale = f64::from(gamma[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
        for value in kernel {
            *value = (f64::from(*value) * scale) as f32;
        }
        bias.push((f64::from(beta[channel]) - f64::from(mean[channel]) * scale) as f32);
    }
    Ok(Folded { shape, weight, bias })
}
