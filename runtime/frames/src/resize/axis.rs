//! Which source pixels make an output pixel, and with what weights, along one axis.

use super::taps::PillowTaps;

/// Weights are integers in units of 2^-22.
pub(super) const WEIGHT_BITS: u32 = 22;

/// The taps of one output pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taps<'a> {
    /// The first source pixel.
    pub(super) first: usize,
    /// Weights of that pixel and those after it, at least one.
    pub(super) weights: &'a [u32],
}

/// The taps of every output pixel along one axis.
#[derive(Debug)]
pub(super) struct Axis {
    source: usize,
    target: usize,
    /// First source pixel and number of taps, by output pixel.
    spans: Vec<(usize, usize)>,
    /// Weights, `stride` for each output pixel.
    weights: Vec<u32>,
    stride: usize,
}

impl Axis {
    /// Pillow's triangle filter from `source` to `target` pixels, both at least 1.
    #[expect(clippy::cast_sign_loss, reason = "all are positive, or made so")]
    pub(super) fn new(source: u32, target: u32) -> Self {
        let exact = PillowTaps::new(source, target, 1.0, |distance| (1.0 - distance.abs()).max(0.0));
        let stride = exact.most();
        let mut weights = vec![0; stride * target as usize];
        let mut spans = Vec::with_capacity(target as usize);
        for ((first, exact), weights) in exact.iter().zip(weights.chunks_exact_mut(stride)) {
            for (weight, exact) in weights.iter_mut().zip(exact) {
                // Never below zero, so adding a half and cutting off rounds half away from zero.
                *weight = (exact * f64::from(1_u32 << WEIGHT_BITS) + 0.5) as u32;
            }
            // The triangle's ends can weigh nothing; leaving them out changes no sum.
            let leading = weights.iter().take_while(|&&weight| weight == 0).count();
            weights.rotate_left(leading);
            let count = weights.iter().rposition(|&weight| weight != 0).map_or(0, |last| last + 1);
            spans.push((first + leading, count));
        }
        Self { source: source as usize, target: target as usize, spans, weights, stride }
    }

    /// Pixels before.
    pub(super) const fn source(&self) -> usize {
        self.source
    }

    /// Pixels after.
    pub(super) const fn target(&self) -> usize {
        self.target
    }

    /// The taps of each output pixel, in order.
    pub(super) fn taps(&self) -> impl Iterator<Item = Taps<'_>> {
        let weights = self.weights.chunks_exact(self.stride);
        self.spans.iter().zip(weights).map(|(&(first, count), weights)| Taps { first, weights: &weights[..count] })
    }
}
