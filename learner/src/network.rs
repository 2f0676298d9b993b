//! A network of dense layers with rectifiers between them, each normed before (Ba et al. 2016) if so wished; its slopes by
//! hand.
//!
//! Rows are samples that lie one after another, so a batch is a matrix of features by samples, column after column.

use crate::product::{View, add, dot, multiply, sum};
use crate::random::Random;

/// Added to a variance before its root is taken.
const NORM_EPSILON: f32 = 1e-5;

/// The parameters of a network, in one row: weights and offsets of each layer in turn.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    sizes: Vec<usize>,
    normed: bool,
    pub(crate) params: Vec<f32>,
}

/// What a pass forward leaves for the pass back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    batch: usize,
    /// What goes into each layer.
    inputs: Vec<Vec<f32>>,
    /// Normed values of each hidden layer, before the rectifier.
    normed: Vec<Vec<f32>>,
    /// One over the standard deviation of each sample, of each hidden layer.
    scales: Vec<Vec<f32>>,
    /// What comes out.
    pub(crate) out: Vec<f32>,
    slope: Vec<f32>,
    spare: Vec<f32>,
}

impl Network {
    /// Weights even within what keeps a signal's size, those of the last layer `last` times as large; offsets 0.
    pub(crate) fn new(sizes: &[usize], normed: bool, last: f32, random: &mut Random) -> Self {
        let mut params = Vec::new();
        for (index, pair) in sizes.windows(2).enumerate() {
            // Sizes of layers are far below 2^24.
            #[allow(clippy::cast_precision_loss)]
            let bound = libm::sqrtf(3.0 / pair[0] as f32) * if index + 2 == sizes.len() { last } else { 1.0 };
            params.extend((0..pair[0] * pair[1]).map(|_| bound * (2.0 * random.unit() - 1.0)));
            params.extend(std::iter::repeat_n(0.0, pair[1]));
        }
        Self { sizes: sizes.to_vec(), normed, params }
    }

    fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Where a layer's weights begin, and its offsets, and where it ends.
    fn place(&self, layer: usize) -> [usize; 3] {
        let size = |layer: usize| (self.sizes[layer] + 1) * self.sizes[layer + 1];
        let begin = (0..layer).map(size).sum();
        [begin, begin + self.sizes[layer] * self.sizes[layer + 1], begin + size(layer)]
    }

    /// What comes out for a batch of inputs, into `tape.out`.
    pub(crate) fn forward(&self, input: &[f32], tape: &mut Tape) {
        let batch = input.len() / self.sizes[0];
        tape.fit(&self.sizes, batch);
        tape.inputs[0].copy_from_slice(input);
        for layer in 0..self.layers() {
            let [weights, offsets, end] = self.place(layer);
            let (weights, offsets) = (&self.params[weights..offsets], &self.params[offsets..end]);
            let (from, to) = (self.sizes[layer], self.sizes[layer + 1]);
            let hidden = layer + 1 < self.layers();
            let (before, after) = tape.inputs.split_at_mut(layer + 1);
            let input = &before[layer];
            let out = if hidden { &mut tape.normed[layer] } else { &mut tape.out };
            if to == 1 {
                for (out, sample) in out.iter_mut().zip(input.chunks_exact(from)) {
                    *out = dot(weights, sample) + offsets[0];
                }
            } else {
                for sample in out.chunks_exact_mut(to) {
                    sample.copy_from_slice(offsets);
                }
                multiply(out, 1.0, View::new(weights, to, from), View::new(input, from, batch));
            }
            if hidden {
                if self.normed {
                    norm(out, to, &mut tape.scales[layer]);
                }
                for (after, value) in after[0].iter_mut().zip(out.iter()) {
                    *after = value.max(0.0);
                }
            }
        }
    }

    /// From the slope of a loss by what came out to that by the parameters, added to `slopes`, and to that by the input.
    pub(crate) fn backward(&self, tape: &mut Tape, by_out: &[f32], mut slopes: Option<&mut [f32]>) {
        tape.slope.clear();
        tape.slope.extend_from_slice(by_out);
        for layer in (0..self.layers()).rev() {
            let [begin, middle, end] = self.place(layer);
            let (from, to) = (self.sizes[layer], self.sizes[layer + 1]);
            if layer + 1 < self.layers() {
                let values = &tape.normed[layer];
                for (slope, value) in tape.slope.iter_mut().zip(values) {
                    *slope = if *value > 0.0 { *slope } else { 0.0 };
                }
                if self.normed {
                    norm_back(&mut tape.slope, values, to, &tape.scales[layer]);
                }
            }
            let input = &tape.inputs[layer];
            if let Some(slopes) = slopes.as_deref_mut() {
                let (by_weights, by_offsets) = slopes[begin..end].split_at_mut(middle - begin);
                for sample in tape.slope.chunks_exact(to) {
                    add(by_offsets, 1.0, sample);
                }
                if to == 1 {
                    for (slope, sample) in tape.slope.iter().zip(input.chunks_exact(from)) {
                        add(by_weights, *slope, sample);
                    }
                } else {
                    let samples = View::new(input, from, tape.batch);
                    multiply(by_weights, 1.0, View::new(&tape.slope, to, tape.batch), samples.transposed());
                }
                if layer == 0 {
                    // Nobody asks for a slope by the input who asks for one by the parameters.
                    return;
                }
            }
            let weights = &self.params[begin..middle];
            tape.spare.resize(from * tape.batch, 0.0);
            if to == 1 {
                for (sample, slope) in tape.spare.chunks_exact_mut(from).zip(&tape.slope) {
                    sample.fill(0.0);
                    add(sample, *slope, weights);
                }
            } else {
                let slope = View::new(&tape.slope, to, tape.batch);
                multiply(&mut tape.spare, 0.0, View::new(weights, to, from).transposed(), slope);
            }
            std::mem::swap(&mut tape.slope, &mut tape.spare);
        }
    }

    /// Comes `share` of the way closer to another network's parameters.
    pub(crate) fn follow(&mut self, other: &Self, share: f32) {
        for (param, other) in self.params.iter_mut().zip(&other.params) {
            *param += share * (other - *param);
        }
    }
}

impl Tape {
    /// The slope by the input that the last pass back without parameters left.
    pub(crate) fn by_input(&self) -> &[f32] {
        &self.slope
    }

    /// Room for a batch; nothing is allocated if there was one as large before.
    fn fit(&mut self, sizes: &[usize], batch: usize) {
        let layers = sizes.len() - 1;
        self.batch = batch;
        self.inputs.resize(layers, Vec::new());
        self.normed.resize(layers - 1, Vec::new());
        self.scales.resize(layers - 1, Vec::new());
        for (input, size) in self.inputs.iter_mut().zip(sizes) {
            input.resize(size * batch, 0.0);
        }
        for ((normed, scales), size) in self.normed.iter_mut().zip(&mut self.scales).zip(&sizes[1..]) {
            normed.resize(size * batch, 0.0);
            scales.resize(batch, 0.0);
        }
        self.out.resize(sizes[layers] * batch, 0.0);
    }
}

/// Each sample less its mean, over its standard deviation.
fn norm(values: &mut [f32], features: usize, scales: &mut [f32]) {
    // Sizes of layers are far below 2^24.
    #[allow(clippy::cast_precision_loss)]
    let share = 1.0 / features as f32;
    for (sample, scale) in values.chunks_exact_mut(features).zip(scales) {
        let mean = sum(sample) * share;
        for value in sample.iter_mut() {
            *value -= mean;
        }
        *scale = 1.0 / libm::sqrtf(dot(sample, sample) * share + NORM_EPSILON);
        for value in sample.iter_mut() {
            *value *= *scale;
        }
    }
}

/// From the slope by normed values to that by the values before.
fn norm_back(slope: &mut [f32], values: &[f32], features: usize, scales: &[f32]) {
    #[allow(clippy::cast_precision_loss)]
    let share = 1.0 / features as f32;
    let samples = slope.chunks_exact_mut(features).zip(values.chunks_exact(features)).zip(scales);
    for ((slope, value), scale) in samples {
        let mean = sum(slope) * share;
        let along = dot(slope, value) * share;
        for (slope, value) in slope.iter_mut().zip(value) {
            *slope = scale * (*slope - mean - value * along);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Network, Tape};
    use crate::random::Random;

    /// Half the sum of squares of what comes out.
    fn loss(network: &Network, input: &[f32]) -> f64 {
        let mut tape = Tape::default();
        network.forward(input, &mut tape);
        tape.out.iter().map(|out| 0.5 * f64::from(*out) * f64::from(*out)).sum()
    }

    /// Slopes by hand against differences, by each parameter and each input.
    #[test]
    fn slopes_are_those_of_the_loss() {
        const STEP: f32 = 1e-3;
        for (sizes, normed) in
            [(&[5, 9, 8, 1][..], true), (&[5, 9, 8, 7], false), (&[3, 12, 1], true), (&[4, 2], false)]
        {
            let mut random = Random::new(3, 0);
            let mut network = Network::new(sizes, normed, 1.0, &mut random);
            network.params.iter_mut().for_each(|param| *param += 0.1 * random.normal());
            let input: Vec<f32> = (0..sizes[0] * 7).map(|_| random.normal()).collect();
            let mut tape = Tape::default();
            network.forward(&input, &mut tape);
            let by_out = tape.out.clone();
            let mut slopes = vec![0.0; network.params.len()];
            network.backward(&mut tape, &by_out, Some(&mut slopes));
            network.forward(&input, &mut tape);
            network.backward(&mut tape, &by_out, None);
            let by_input = tape.by_input().to_vec();
            let close = |found: f32, [low, high]: [f64; 2], what: &str, index: usize| {
                let wanted = (high - low) / (2.0 * f64::from(STEP));
                let off = (f64::from(found) - wanted).abs();
                assert!(off < 0.03 * wanted.abs().max(1.0), "{what} {index} of {sizes:?}: {found}, not {wanted}");
            };
            // A rectifier's corner within a difference spoils it, so those are few and small: see `close`.
            for (index, slope) in slopes.iter().enumerate() {
                let mut moved = network.clone();
                let losses = [-STEP, STEP].map(|step| {
                    moved.params[index] = network.params[index] + step;
                    loss(&moved, &input)
                });
                close(*slope, losses, "parameter", index);
            }
            for index in 0..input.len() {
                let mut moved = input.clone();
                let losses = [-STEP, STEP].map(|step| {
                    moved[index] = input[index] + step;
                    loss(&network, &moved)
                });
                close(by_input[index], losses, "input", index);
            }
        }
    }

    /// Normed values have mean 0 and variance 1, and do not care how large weights are.
    #[test]
    fn layers_are_normed() {
        let mut random = Random::new(1, 0);
        let network = Network::new(&[6, 32, 1], true, 1.0, &mut random);
        let input: Vec<f32> = (0..12).map(|_| random.normal()).collect();
        let mut tape = Tape::default();
        network.forward(&input, &mut tape);
        for sample in tape.normed[0].chunks_exact(32) {
            let mean = sample.iter().sum::<f32>() / 32.0;
            let variance = sample.iter().map(|value| value * value).sum::<f32>() / 32.0;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
        }
        let out = tape.out.clone();
        let mut larger = network.clone();
        let [_, _, end] = larger.place(0);
        larger.params[..end].iter_mut().for_each(|param| *param *= 100.0);
        larger.forward(&input, &mut tape);
        for (now, before) in tape.out.iter().zip(&out) {
            assert!((now - before).abs() < 1e-3 * before.abs().max(0.1), "{now} {before}");
        }
    }
}
