//! How well calibrated curves are: expected calibration error, reliability, coverage, width. Every episode weighs the same.

use striatum_core::IntervalTable;

use crate::curve::{EpisodeCurve, count};

/// Bins of the reliability diagram.
pub const BINS: usize = 10;

/// One bin of the reliability diagram: rows whose progress was said to lie in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Lower edge; the upper one is 1 / [`BINS`] above it and belongs to the next bin (1 to the last).
    pub low: f64,
    /// Share of all rows, every episode weighing the same.
    pub share: f64,
    /// Mean progress that was said; 0 in an empty bin.
    pub said: f64,
    /// Mean progress that was true; 0 in an empty bin.
    pub truth: f64,
}

/// Measures of some curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// Expected calibration error: the mean over rows of |said - true| of their bin, as for classifiers (Naeini et al. 2015;
    /// Guo et al. 2017, arXiv 1706.04599), the truth here being a progress and not 0 or 1.
    pub ece: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Share of rows whose truth lies in the 90 % interval.
    pub coverage: f64,
    /// The episode of least coverage.
    pub least_coverage: f64,
    /// Mean width of the part of the 90 % interval that lies in \[0, 1\].
    pub width: f64,
    /// The reliability diagram.
    pub bins: [Bin; BINS],
}

/// Measures curves; all 0 for none.
#[must_use]
pub fn measure(curves: &[EpisodeCurve]) -> Measures {
    let mean_of = |of_row: fn(f64, f64, f64) -> f64| {
        let of_curves: Vec<f64> = curves.iter().map(|curve| mean_of_rows(curve, of_row)).collect();
        (of_curves.iter().sum::<f64>() / count(of_curves.len().max(1)), of_curves)
    };
    let (coverage, of_each) = mean_of(|mean, std, truth| f64::from((truth - mean).abs() / std <= IntervalTable::Z_90));
    let bins = bins(curves);
    Measures {
        ece: bins.iter().map(|bin| bin.share * (bin.said - bin.truth).abs()).sum(),
        mae: mean_of(|mean, _, truth| (truth - mean).abs()).0,
        coverage,
        least_coverage: of_each.into_iter().reduce(f64::min).unwrap_or_default(),
        width: mean_of(|mean, std, _| {
            let half_width = IntervalTable::Z_90 * std;
            (mean + half_width).min(1.0) - (mean - half_width).max(0.0)
        })
        .0,
        bins,
    }
}

fn mean_of_rows(curve: &EpisodeCurve, of_row: fn(f64, f64, f64) -> f64) -> f64 {
    let rows = curve.mean().iter().zip(curve.std()).zip(curve.truth());
    rows.map(|((&mean, &std), &truth)| of_row(mean, std, truth)).sum::<f64>() * curve.row_weight()
}

fn bins(curves: &[EpisodeCurve]) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for (index, bin) in bins.iter_mut().enumerate() {
        bin.low = count(index) / count(BINS);
    }
    for curve in curves {
        let weight = curve.row_weight() / count(curves.len());
        for (&said, &truth) in curve.mean().iter().zip(curve.truth()) {
            let index = (1..BINS).take_while(|&index| said >= count(index) / count(BINS)).count();
            bins[index].share += weight;
            bins[index].said += weight * said;
            bins[index].truth += weight * truth;
        }
    }
    for bin in bins.iter_mut().filter(|bin| bin.share > 0.0) {
        bin.said /= bin.share;
        bin.truth /= bin.share;
    }
    bins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn curve(mean: &[f64], std: f64, truth: &[f64]) -> EpisodeCurve {
        EpisodeCurve::new("e", mean.to_vec(), vec![std; mean.len()], truth.to_vec()).unwrap()
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "got {got}, want {want}");
    }

    #[test]
    fn measures_match_values_worked_out_by_hand() {
        // Bins 0, 0, 9, 9: (0.05, 0.10) and (0.95, 0.80); errors 0.1, 0, 0.2, 0.1.
        let found = measure(&[curve(&[0.0, 0.1 - 1e-15, 0.9, 1.0], 0.1, &[0.1, 0.1 - 1e-15, 0.7, 0.9])]);
        close(found.ece, 0.5 * 0.05 + 0.5 * 0.15);
        close(found.mae, 0.1);
        close(found.coverage, 0.75); // 0.2 lies outside 0.164
        let half = IntervalTable::Z_90 * 0.1;
        close(found.width, (2.0 * half + 2.0 * (half + 0.1)) / 4.0);
        close(found.bins[9].truth, 0.8);
    }

    #[test]
    fn an_episode_weighs_the_same_whatever_its_length() {
        let (short, long) = (curve(&[0.5], 0.1, &[0.5]), curve(&[0.5; 99], 0.1, &[1.0; 99]));
        let found = measure(&[short, long]);
        close(found.coverage, 0.5);
        close(found.least_coverage, 0.0);
        close(found.mae, 0.25);
        close(found.bins[5].truth, 0.75);
    }

    #[test]
    fn a_curve_that_is_right_has_no_error() {
        let truth: Vec<f64> = (0..=50).map(|row| f64::from(row) / 50.0).collect();
        let found = measure(&[curve(&truth, 0.05, &truth)]);
        close(found.ece, 0.0);
        close(found.coverage, 1.0);
        close(found.bins.iter().map(|bin| bin.share).sum(), 1.0);
        assert!(measure(&[]).ece.abs() < 1e-12);
    }
}
