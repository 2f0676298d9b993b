//! The binomial distribution, as far as a bound on a rate needs it.

use crate::curve::count;

/// Probability of at most `most` of `trials` events of probability `rate`.
pub(crate) fn at_most(most: usize, trials: usize, rate: f64) -> f64 {
    if most >= trials || rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return 0.0;
    }
    // In logarithms: 0.95^10000 is below what a double can hold beside 1.
    let mut log_term = count(trials) * (-rate).ln_1p();
    let mut sum = log_term.exp();
    for events in 0..most {
        log_term += (count(trials - events) / count(events + 1)).ln() + rate.ln() - (-rate).ln_1p();
        sum += log_term.exp();
    }
    sum.min(1.0)
}

/// One-sided upper bound on the rate, where `events` of `trials` were seen (Clopper and Pearson 1934): the greatest rate
/// under which so few would still be seen with a probability of `1 - confidence`. With no event it is `1 -
/// (1 - confidence)^(1 / trials)`, which 3 / trials approximates at 95 % (the rule of three).
pub(crate) fn upper_bound(events: usize, trials: usize, confidence: f64) -> f64 {
    if events >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if at_most(events, trials, middle) > 1.0 - confidence { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_match_values_worked_out_by_hand() {
        assert!((at_most(1, 3, 0.5) - 0.5).abs() < 1e-12);
        assert!((at_most(0, 2, 0.1) - 0.81).abs() < 1e-12);
        assert!((at_most(3, 3, 0.1) - 1.0).abs() < 1e-12);
        assert!(at_most(10, 100_000, 0.5) < 1e-300);
    }

    #[test]
    fn bounds_match_published_ones() {
        // One-sided 95 % bounds: none of 59 is just below 5 %, and none of 60 about 3 / 60.
        assert!(upper_bound(0, 59, 0.95) < 0.05 && upper_bound(0, 58, 0.95) > 0.05);
        assert!((upper_bound(0, 60, 0.95) - 3.0 / 60.0).abs() < 2e-3);
        // 1 of 10 (two-sided 90 % interval of Clopper and Pearson: 0.0051 to 0.3942).
        assert!((upper_bound(1, 10, 0.95) - 0.394_2).abs() < 1e-4);
        assert!((upper_bound(10, 10, 0.95) - 1.0).abs() < 1e-12);
    }
}
