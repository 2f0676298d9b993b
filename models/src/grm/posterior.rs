//! From evidence for each row of the memory to progress, uncertainty and the share on the goal.

use super::HALVES;

/// Rows of the memory from this progress on show the goal.
const GOAL_FROM: f64 = 0.97;
/// Evidence so far below the best that it adds nothing in 64 bits.
const NEGLIGIBLE: f64 = -40.0;

/// Where a frame set lies on the demonstration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Located {
    /// Progress by the even channels (forward) and by the odd ones (backward), each in \[0, 1\].
    pub(crate) halves: [f64; HALVES],
    /// Root of the mean of both variances, progress units.
    pub(crate) std: f64,
    /// What the progress of the rows itself is uncertain by, progress units.
    pub(crate) label_std: f64,
    /// Share of belief on the demonstration's end, in \[0, 1\].
    pub(crate) goal: f64,
}

impl Located {
    /// The mean of both halves.
    pub(crate) fn mean(&self) -> f64 {
        self.halves.iter().sum::<f64>() / HALVES as f64
    }
}

/// Reads evidence; allocates nothing after it was made.
#[derive(Debug)]
pub(crate) struct Locator {
    progress: Vec<f64>,
    /// By row, squared; empty where nothing is known of it.
    label_variance: Vec<f64>,
    scratch: Vec<f64>,
    prior_std: f64,
}

impl Locator {
    /// For a memory whose rows are at `progress`, give or take `label_std` (by row, or empty); the absolute head's word counts with a
    /// deviation of at least `prior_std`.
    pub(crate) fn new(progress: Vec<f64>, label_std: Vec<f64>, prior_std: f64) -> Self {
        let mut label_variance = label_std;
        label_variance.iter_mut().for_each(|std| *std *= *std);
        Self { scratch: vec![0.0; progress.len()], progress, label_variance, prior_std }
    }

    /// `evidence` is `[2, M]`; `absolute` is the absolute head's progress and its standard deviation. `None` if a number is not
    /// finite.
    pub(crate) fn locate(&mut self, evidence: &[f32], absolute: (f64, f64)) -> Option<Located> {
        let rows = self.progress.len();
        let (mut halves, mut variance, mut label, mut goal) = ([0.0; HALVES], 0.0, 0.0, 0.0);
        if evidence.len() != HALVES * rows || !absolute.0.is_finite() || evidence.iter().any(|v| !v.is_finite()) {
            return None;
        }
        for (half, evidence) in evidence.chunks_exact(rows).enumerate() {
            let moments = self.moments(evidence, absolute);
            halves[half] = moments.mean.clamp(0.0, 1.0);
            variance += moments.variance / HALVES as f64;
            label += moments.label_variance / HALVES as f64;
            goal += moments.goal / HALVES as f64;
        }
        let (std, label_std) = (variance.max(0.0).sqrt(), label.max(0.0).sqrt());
        let located = Located { halves, std, label_std, goal: goal.clamp(0.0, 1.0) };
        (located.std.is_finite() && located.goal.is_finite()).then_some(located)
    }

    fn moments(&mut self, evidence: &[f32], (absolute, absolute_std): (f64, f64)) -> Moments {
        let sigma = self.prior_std.max(if absolute_std.is_finite() { absolute_std } else { 1.0 });
        let precision = 0.5 / (sigma * sigma);
        let mut best = f64::NEG_INFINITY;
        for ((slot, &evidence), &at) in self.scratch.iter_mut().zip(evidence).zip(&self.progress) {
            *slot = f64::from(evidence) - precision * (at - absolute) * (at - absolute);
            best = best.max(*slot);
        }
        let (mut total, mut first, mut second, mut label, mut goal) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (row, (&logarithm, &at)) in self.scratch.iter().zip(&self.progress).enumerate() {
            if logarithm - best < NEGLIGIBLE {
                continue;
            }
            let weight = libm::exp(logarithm - best);
            total += weight;
            first += weight * at;
            second += weight * at * at;
            label += weight * self.label_variance.get(row).copied().unwrap_or(0.0);
            goal += if at >= GOAL_FROM { weight } else { 0.0 };
        }
        // The best row weighs 1, so `total` is at least 1.
        let mean = first / total;
        Moments { mean, variance: second / total - mean * mean, label_variance: label / total, goal: goal / total }
    }
}

struct Moments {
    mean: f64,
    variance: f64,
    label_variance: f64,
    goal: f64,
}
