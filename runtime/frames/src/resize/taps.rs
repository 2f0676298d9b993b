//! Where Pillow's filters take an output pixel from, along one axis.

/// The taps of every output pixel along one axis, for a filter that is widened when shrinking.
#[derive(Clone, Debug)]
pub struct PillowTaps {
    stride: usize,
    /// First source pixel and number of taps, by output pixel.
    spans: Vec<(usize, usize)>,
    /// `stride` for each output pixel.
    weights: Vec<f64>,
}

impl PillowTaps {
    /// From `source` to `target` pixels, both at least 1. `filter` is that of distances in source pixels, 0 from `reach` on.
    #[must_use]
    #[expect(clippy::cast_sign_loss, reason = "all are positive, or made so")]
    pub fn new(source: u32, target: u32, reach: f64, filter: impl Fn(f64) -> f64) -> Self {
        let scale = f64::from(source) / f64::from(target);
        let widening = scale.max(1.0);
        let support = reach * widening;
        let stride = support.ceil() as usize * 2 + 1;
        let mut weights = vec![0.0; stride * target as usize];
        let mut spans = Vec::with_capacity(target as usize);
        for (output, weights) in (0..target).zip(weights.chunks_exact_mut(stride)) {
            let centre = (f64::from(output) + 0.5) * scale;
            let first = (centre - support + 0.5).max(0.0) as u32;
            let end = ((centre + support + 0.5) as u32).min(source);
            let weights = &mut weights[..(end - first) as usize];
            for (tap, weight) in (first..end).zip(weights.iter_mut()) {
                *weight = filter((f64::from(tap) - centre + 0.5) * (1.0 / widening));
            }
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= sum);
            spans.push((first as usize, weights.len()));
        }
        Self { stride, spans, weights }
    }

    /// The most taps that an output pixel has.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.stride
    }

    /// The first source pixel of each output pixel, and the weights of it and those after it, which sum to 1.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let weights = self.weights.chunks_exact(self.stride);
        self.spans.iter().zip(weights).map(|(&(first, count), weights)| (first, &weights[..count]))
    }
}
