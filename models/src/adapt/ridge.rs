//! Ridge regression in its dual form, with predictions for every segment from a fit that has not seen it.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};

use super::linalg::inverse_positive;
use crate::error::{Error, Result};

/// Errors (mean squares) within this factor of the best count as good.
const NEARLY: f64 = 1.2;

/// What is to be fitted: samples that train, and samples that only judge.
#[derive(Debug)]
pub(crate) struct Problem<'a> {
    /// Inner products of the training samples with each other, `[n, n]`.
    pub(crate) kernel: &'a DMatrix<f64>,
    /// Inner products of the judging samples with the training ones, `[m, n]`.
    pub(crate) cross: &'a DMatrix<f64>,
    /// Progress of the training samples.
    pub(crate) truth: &'a [f64],
    /// Segment of the training samples.
    pub(crate) segments: &'a [usize],
    /// Progress of the judging samples.
    pub(crate) judge_truth: &'a [f64],
    /// Segment of the judging samples.
    pub(crate) judge_segments: &'a [usize],
}

/// A fitted ridge.
#[derive(Clone, Debug)]
pub(crate) struct Ridge {
    /// The penalty, relative to the mean of the kernel's diagonal.
    pub(crate) lambda: f64,
    /// Weights of the training samples; the primal weights are their sum of features with these.
    pub(crate) dual: Vec<f64>,
    /// Added to every prediction: the mean of the training truth.
    pub(crate) intercept: f64,
    /// Predictions for the training samples, each without its whole segment.
    pub(crate) left_out: Vec<f64>,
    /// Predictions for the judging samples, each without its whole segment.
    pub(crate) judged: Vec<f64>,
    /// By segment, the weights of the training samples without that segment.
    pub(crate) duals_without: BTreeMap<usize, Vec<f64>>,
}

impl Problem<'_> {
    /// Fits with the greatest penalty of `lambdas` whose left-out predictions, for training and judging samples alike, are
    /// nearly as good as the best: [`NEARLY`]. The demonstration cannot tell such penalties apart, another episode can: on
    /// twins much unlike the trained ones the greater one was found to be the better one.
    ///
    /// # Errors
    /// [`Error::Adapt`] if there is one segment only, or no penalty gives a solvable system.
    pub(crate) fn fit_best(&self, lambdas: &[f64]) -> Result<Ridge> {
        let distinct: std::collections::BTreeSet<_> = self.segments.iter().collect();
        if distinct.len() < 2 {
            return Err(Error::adapt(
                "all samples lie in one segment",
                "give at least two segments, or no keyframes at all",
            ));
        }
        let mut fits: Vec<(f64, Ridge)> = Vec::new();
        for ridge in lambdas.iter().filter_map(|&lambda| self.fit(lambda)) {
            let score = self.score(&ridge);
            if score.is_finite() {
                fits.push((score, ridge));
            }
        }
        let best = fits.iter().map(|(score, _)| *score).fold(f64::INFINITY, f64::min);
        let good = fits.into_iter().filter(|(score, _)| *score <= NEARLY * best);
        let greatest = good.max_by(|a, b| a.1.lambda.total_cmp(&b.1.lambda));
        greatest.map(|(_, ridge)| ridge).ok_or_else(|| {
            Error::adapt(
                "no penalty gives a solvable system",
                "check that the frames differ and the features are finite",
            )
        })
    }

    /// Mean squared error on what was left out; smaller is better.
    fn score(&self, ridge: &Ridge) -> f64 {
        let left_out = mean_square(&ridge.left_out, self.truth).unwrap_or(f64::INFINITY);
        left_out + mean_square(&ridge.judged, self.judge_truth).unwrap_or(0.0)
    }

    /// Fits with one penalty. Leaving out a segment costs only a system of that segment's size: with G = (K + lambda I)^-1
    /// and a = G y, its residuals are e = G_SS^-1 a_S and the weights without it a - G_:S e (block inverse; derived).
    pub(crate) fn fit(&self, lambda: f64) -> Option<Ridge> {
        let n = self.truth.len();
        let scale = (self.kernel.trace() / n as f64).max(f64::MIN_POSITIVE);
        let mut system = self.kernel.clone();
        (0..n).for_each(|i| system[(i, i)] += lambda * scale);
        let inverse = inverse_positive(&system.as_view())?;
        let intercept = self.truth.iter().sum::<f64>() / n as f64;
        let centred = DVector::from_iterator(n, self.truth.iter().map(|y| y - intercept));
        let dual = &inverse * &centred;
        let (mut left_out, mut judged) = (vec![0.0; n], vec![0.0; self.judge_truth.len()]);
        let mut duals_without = BTreeMap::new();
        for (segment, members) in members(self.segments) {
            let columns = inverse.select_columns(&members);
            let block = columns.select_rows(&members);
            let residuals = inverse_positive(&block.as_view())? * dual.select_rows(&members);
            for (&i, e) in members.iter().zip(residuals.iter()) {
                left_out[i] = self.truth[i] - e;
            }
            let without = &dual - columns * residuals;
            for (row, _) in self.judge_segments.iter().enumerate().filter(|(_, s)| **s == segment) {
                judged[row] = intercept + self.cross.row(row).transpose().dot(&without);
            }
            duals_without.insert(segment, without.as_slice().to_vec());
        }
        // A judging sample of a segment that nothing was trained on is judged by the whole fit.
        for (row, _) in self.judge_segments.iter().enumerate().filter(|(_, s)| !duals_without.contains_key(s)) {
            judged[row] = intercept + self.cross.row(row).transpose().dot(&dual);
        }
        Some(Ridge { lambda, dual: dual.as_slice().to_vec(), intercept, left_out, judged, duals_without })
    }
}

impl Ridge {
    /// Predictions for judging samples with other inner products, for example with a view's features set to 0.
    pub(crate) fn judge(&self, cross: &DMatrix<f64>, segments: &[usize]) -> Vec<f64> {
        let predict = |(row, segment): (usize, &usize)| {
            let dual = self.duals_without.get(segment).unwrap_or(&self.dual);
            self.intercept + cross.row(row).iter().zip(dual).map(|(k, a)| k * a).sum::<f64>()
        };
        segments.iter().enumerate().map(predict).collect()
    }
}

/// The samples of each segment, segments rising.
pub(crate) fn members(segments: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, &segment) in segments.iter().enumerate() {
        members.entry(segment).or_default().push(index);
    }
    members
}

/// Mean squared difference; `None` of nothing.
pub(crate) fn mean_square(got: &[f64], want: &[f64]) -> Option<f64> {
    let sum: f64 = got.iter().zip(want).map(|(a, b)| (a - b) * (a - b)).sum();
    (!got.is_empty()).then(|| sum / got.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testkit::Noise;
    use proptest::prelude::*;

    struct Drawn {
        features: DMatrix<f64>,
        judge: DMatrix<f64>,
        truth: Vec<f64>,
        segments: Vec<usize>,
    }

    fn draw(n: usize, d: usize, seed: u64) -> Drawn {
        let mut noise = Noise::new(seed);
        let features = DMatrix::from_fn(n, d, |_, _| noise.normal());
        let judge = features.map(|v| v + 0.1 * noise.normal());
        let truth = (0..n).map(|i| i as f64 / n as f64).collect();
        Drawn { features, judge, truth, segments: (0..n).map(|i| i * 4 / n).collect() }
    }

    fn kernels(drawn: &Drawn) -> (DMatrix<f64>, DMatrix<f64>) {
        (&drawn.features * drawn.features.transpose(), &drawn.judge * drawn.features.transpose())
    }

    fn problem<'a>(drawn: &'a Drawn, kernel: &'a DMatrix<f64>, cross: &'a DMatrix<f64>) -> Problem<'a> {
        let (truth, segments) = (&drawn.truth, &drawn.segments);
        Problem { kernel, cross, truth, segments, judge_truth: truth, judge_segments: segments }
    }

    /// (X'X + l I) w = X'(y - mean), the textbook way.
    fn normal_equations(x: &DMatrix<f64>, y: &DVector<f64>, penalty: f64) -> DVector<f64> {
        let d = x.ncols();
        (x.transpose() * x + DMatrix::identity(d, d) * penalty).lu().solve(&(x.transpose() * y)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_dual_is_the_normal_equations_and_the_shortcut_is_brute_force(
            n in 12_usize..40, d in 2_usize..60, seed in 0_u64..1000, exponent in -3.0_f64..1.0
        ) {
            let drawn = draw(n, d, seed);
            let (kernel, cross) = kernels(&drawn);
            let lambda = 10_f64.powf(exponent);
            let ridge = problem(&drawn, &kernel, &cross).fit(lambda).unwrap();
            let penalty = lambda * kernel.trace() / n as f64;
            let mean = drawn.truth.iter().sum::<f64>() / n as f64;
            let y = DVector::from_iterator(n, drawn.truth.iter().map(|v| v - mean));
            let primal = normal_equations(&drawn.features, &y, penalty);
            let ours = drawn.features.transpose() * DVector::from_column_slice(&ridge.dual);
            prop_assert!((&primal - ours).abs().max() < 1e-6);
            for segment in 0..4 {
                let keep: Vec<usize> = (0..n).filter(|&i| drawn.segments[i] != segment).collect();
                let w = normal_equations(&drawn.features.select_rows(&keep), &y.select_rows(&keep), penalty);
                for i in (0..n).filter(|&i| drawn.segments[i] == segment) {
                    let want = mean + (drawn.features.row(i) * &w)[0];
                    prop_assert!((ridge.left_out[i] - want).abs() < 1e-6, "{} {want}", ridge.left_out[i]);
                    let want = mean + (drawn.judge.row(i) * &w)[0];
                    prop_assert!((ridge.judged[i] - want).abs() < 1e-6);
                }
            }
            let again = ridge.judge(&cross, &drawn.segments);
            prop_assert!(again.iter().zip(&ridge.judged).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn the_penalty_is_the_greatest_of_those_nearly_as_good_as_the_best() {
        let drawn = draw(40, 30, 9);
        let (kernel, cross) = kernels(&drawn);
        let problem = problem(&drawn, &kernel, &cross);
        let lambdas = [10.0, 1e-3, 1e-2, 1e-1, 1.0, 1e3];
        let chosen = problem.fit_best(&lambdas).unwrap();
        let score = |lambda: f64| problem.score(&problem.fit(lambda).unwrap());
        let best = lambdas.iter().map(|&l| score(l)).fold(f64::INFINITY, f64::min);
        assert!(score(chosen.lambda) <= NEARLY * best);
        assert!(lambdas.iter().filter(|l| **l > chosen.lambda).all(|&l| score(l) > NEARLY * best));
    }

    #[test]
    fn one_segment_is_refused() {
        let mut drawn = draw(10, 3, 1);
        drawn.segments = vec![0; 10];
        let (kernel, cross) = kernels(&drawn);
        let message = problem(&drawn, &kernel, &cross).fit_best(&[1.0]).unwrap_err().to_string();
        assert!(message.contains("segment"), "{message}");
    }
}
