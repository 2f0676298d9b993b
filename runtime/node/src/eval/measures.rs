//! Measures of a progress curve. They are those of the field's tools, ties and all, so that numbers can be compared.

use serde::Serialize;

/// Half width of the central 90 % interval of a normal distribution, in standard deviations.
pub(crate) const Z_90: f64 = striatum_core::IntervalTable::Z_90;

/// Reads the whole curve as a classifier would (Robo-Dopamine, arXiv 2512.23703, Eq 58).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CompletionClass {
    /// The last value is above 0.8 and the mean of the last third above 0.6.
    Success,
    /// Not that, but the mean of the whole clip is at least 0.4.
    Partial,
    /// Neither.
    Failure,
}

impl CompletionClass {
    /// The class of a curve; a curve without values is a failure.
    #[must_use]
    pub(crate) fn of(progress: &[f64]) -> Self {
        let third = progress.len().div_ceil(3);
        let last_third = &progress[progress.len() - third..];
        match progress.last() {
            Some(&last) if last > 0.8 && mean(last_third) > 0.6 => Self::Success,
            Some(_) if mean(progress) >= 0.4 => Self::Partial,
            _ => Self::Failure,
        }
    }

    /// Its name, as in the JSON.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failure => "failure",
        }
    }
}

/// Mean; 0 for nothing.
#[must_use]
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len()) }
}

/// Share of those that are true; 0 for nothing.
#[must_use]
pub(crate) fn share(flags: &[bool]) -> f64 {
    let yes = flags.iter().filter(|&&flag| flag).count();
    if flags.is_empty() { 0.0 } else { count(yes) / count(flags.len()) }
}

/// Mean absolute error.
#[must_use]
pub(crate) fn mae(progress: &[f64], truth: &[f64]) -> f64 {
    mean(&paired(progress, truth, |error| error.abs()))
}

/// Root of the mean squared error.
#[must_use]
pub(crate) fn rmse(progress: &[f64], truth: &[f64]) -> f64 {
    mean(&paired(progress, truth, |error| error * error)).sqrt()
}

/// Spearman's rank correlation with the row number; ties get their mean rank. A curve that is constant, or has fewer than two
/// values, has no correlation: 0.
#[must_use]
pub(crate) fn spearman_with_time(values: &[f64]) -> f64 {
    let ranks = mean_ranks(values);
    let center = (count(values.len()) + 1.0) / 2.0;
    let (mut both, mut of_ranks, mut of_time) = (0.0, 0.0, 0.0);
    for (row, rank) in ranks.iter().enumerate() {
        let (rank, time) = (rank - center, count(row) + 1.0 - center);
        both += rank * time;
        of_ranks += rank * rank;
        of_time += time * time;
    }
    if of_ranks > 0.0 && of_time > 0.0 { both / (of_ranks * of_time).sqrt() } else { 0.0 }
}

/// Kendall's tau-b with the row number. 0 for a constant curve or fewer than two values.
#[must_use]
pub(crate) fn kendall_tau_with_time(values: &[f64]) -> f64 {
    let (mut agree, mut differ, mut pairs) = (0_u64, 0_u64, 0_u64);
    for (row, &before) in values.iter().enumerate() {
        for &after in &values[row + 1..] {
            pairs += 1;
            agree += u64::from(after > before);
            differ += u64::from(after < before);
        }
    }
    let untied = agree + differ;
    if untied == 0 {
        return 0.0;
    }
    #[allow(clippy::cast_precision_loss, reason = "pairs of a clip are far below 2^53")]
    let (agree, differ, untied, pairs) = (agree as f64, differ as f64, untied as f64, pairs as f64);
    (agree - differ) / (untied * pairs).sqrt()
}

/// Largest distance from the first value: what a frozen picture should leave at 0.
#[must_use]
pub(crate) fn drift(values: &[f64]) -> f64 {
    let first = values.first().copied().unwrap_or_default();
    values.iter().fold(0.0, |most: f64, value| most.max((value - first).abs()))
}

/// Share of rows whose truth lies within `z` standard deviations of the progress.
#[must_use]
pub(crate) fn coverage(progress: &[f64], truth: &[f64], std: &[f64], z: f64) -> f64 {
    let errors = paired(progress, truth, f64::abs);
    let covered = errors.iter().zip(std).filter(|&(error, std)| error / std <= z).count();
    if errors.is_empty() { 0.0 } else { count(covered) / count(errors.len()) }
}

/// The value below which a share of `quantile` of the values lies, between neighbours in proportion; NaN for nothing.
#[must_use]
pub(crate) fn quantile(values: &[f64], quantile: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = quantile.clamp(0.0, 1.0) * count(last);
    let below = sorted.iter().enumerate().take_while(|&(index, _)| count(index) <= place).count().saturating_sub(1);
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - count(below))
}

/// Ranks from 1; equal values share the mean of theirs.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while let Some(&first) = order.get(start) {
        let same = order[start..].iter().take_while(|&&index| values[index] <= values[first]).count().max(1);
        let rank = count(start) + (count(same) + 1.0) / 2.0;
        for &index in &order[start..start + same] {
            ranks[index] = rank;
        }
        start += same;
    }
    ranks
}

fn paired(progress: &[f64], truth: &[f64], of_error: impl Fn(f64) -> f64) -> Vec<f64> {
    progress.iter().zip(truth).map(|(progress, truth)| of_error(progress - truth)).collect()
}

#[allow(clippy::cast_precision_loss, reason = "rows of a clip are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "got {got}, want {want}");
    }

    #[test]
    fn rank_correlations_match_values_worked_out_by_hand() {
        close(spearman_with_time(&[1.0, 2.0, 3.0, 4.0]), 1.0);
        close(spearman_with_time(&[4.0, 3.0, 2.0, 1.0]), -1.0);
        // Rank differences 0, 1, 1, 0: 1 - 6 x 2 / (4 x 15). Five pairs agree, one does not.
        close(spearman_with_time(&[1.0, 3.0, 2.0, 4.0]), 0.8);
        close(kendall_tau_with_time(&[1.0, 3.0, 2.0, 4.0]), 4.0 / 6.0);
        // Ranks 1.5, 1.5, 3: covariance 1.5, squares 1.5 and 2. Two pairs agree, one is tied: 2 / sqrt(2 x 3).
        close(spearman_with_time(&[1.0, 1.0, 2.0]), 1.5 / 3.0_f64.sqrt());
        close(kendall_tau_with_time(&[1.0, 1.0, 2.0]), 2.0 / 6.0_f64.sqrt());
    }

    #[test]
    fn constant_curves_have_no_correlation() {
        for curve in [&[][..], &[0.3], &[0.3, 0.3, 0.3], &[0.0, -0.0]] {
            assert_eq!((spearman_with_time(curve), kendall_tau_with_time(curve)), (0.0, 0.0), "{curve:?}");
        }
    }

    #[test]
    fn errors_and_coverage_match_values_worked_out_by_hand() {
        let (progress, truth) = ([0.0, 0.5, 1.0, 0.5], [0.0, 0.25, 0.5, 0.75]); // errors 0, .25, .5, -.25
        close(mae(&progress, &truth), 0.25);
        close(rmse(&progress, &truth), 0.09375_f64.sqrt());
        // In standard deviations 0, 1.25, 2.5, 1.25: three of four within 1.645, one within 1.
        close(coverage(&progress, &truth, &[0.2; 4], Z_90), 0.75);
        close(coverage(&progress, &truth, &[0.2; 4], 1.0), 0.25);
        close(drift(&[0.3, 0.35, 0.25, 0.32]), 0.05);
    }

    #[test]
    fn completion_has_sharp_limits() {
        use CompletionClass::{Failure, Partial, Success};
        let class = CompletionClass::of;
        assert_eq!(class(&[0.0, 0.0, 0.5, 0.5, 0.5, 0.9]), Success); // last third (.5 + .9) / 2 = .7
        assert_eq!(class(&[0.9, 0.9, 0.9, 0.2, 0.2, 0.9]), Partial); // last third .55
        assert_eq!(class(&[0.8, 0.8, 0.8]), Partial); // exactly 0.8 is not above it
        assert_eq!(class(&[0.0, 0.1, 0.2, 0.3, 0.3, 0.3]), Failure);
        assert_eq!(class(&[0.4]), Partial); // exactly 0.4
        assert_eq!(class(&[0.0, 0.2, 0.9, 0.9]), Success); // the last third of 4 rows is 2
        assert_eq!(class(&[]), Failure);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        close(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
        close(quantile(&[4.0, 1.0, 3.0, 2.0], 1.0), 4.0);
        close(quantile(&[1.0, 2.0], 0.99), 1.99);
        assert!(quantile(&[], 0.5).is_nan());
    }

    proptest! {
        #[test]
        fn rank_correlations_turn_round_with_time(values in prop::collection::vec(0_u8..12, 2..60)) {
            let forward: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            let backward: Vec<f64> = forward.iter().rev().copied().collect();
            for measure in [spearman_with_time, kendall_tau_with_time] {
                prop_assert!((measure(&forward) + measure(&backward)).abs() < 1e-12);
                prop_assert!(measure(&forward).abs() <= 1.0 + 1e-12);
            }
        }
    }
}
