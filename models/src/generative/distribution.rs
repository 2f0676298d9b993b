//! From the log-probabilities of the answers to a hop: expectation, variance, entropy.

use super::answers::{ANSWERS, percent_of};

/// What a model believes of the answers. All numbers are functions of the logits alone: nothing is sampled.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Distribution {
    /// Natural logarithm of each whole answer's probability, from -100 % to +100 %; minus infinity where it was not worked out.
    pub log_prob: Vec<f64>,
    /// Probability of all answers together. What is left of 1 is text that is no answer.
    pub mass: f64,
    /// An upper bound on the probability of the answers that were not worked out.
    pub missing_mass: f64,
    /// Expectation over the answers, each with its share of `mass`, as a fraction: -1 to 1.
    pub expected: f64,
    /// Variance of the same.
    pub variance: f64,
    /// Entropy of the same, nats: 0 for one answer, 5.3 for all of them alike.
    pub entropy_nats: f64,
}

impl Distribution {
    /// `None` if no answer was worked out, or a log-probability is not a number.
    pub(crate) fn new(log_prob: Vec<f64>, missing_mass: f64) -> Option<Self> {
        debug_assert_eq!(log_prob.len(), ANSWERS);
        let most = log_prob.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !most.is_finite() || log_prob.iter().any(|p| p.is_nan()) {
            return None;
        }
        let weights: Vec<f64> = log_prob.iter().map(|p| libm::exp(p - most)).collect();
        let sum: f64 = weights.iter().sum();
        let value = |answer: usize| f64::from(percent_of(answer)) / 100.0;
        let shares = || weights.iter().map(|weight| weight / sum).enumerate();
        let expected: f64 = shares().map(|(answer, share)| share * value(answer)).sum();
        let variance =
            shares().map(|(answer, share)| share * (value(answer) - expected) * (value(answer) - expected)).sum();
        let entropy_nats =
            -shares().filter(|(_, share)| *share > 0.0).map(|(_, share)| share * libm::log(share)).sum::<f64>();
        let mass = libm::exp(most) * sum;
        Some(Self { mass, missing_mass, expected, variance, entropy_nats: entropy_nats.max(0.0), log_prob })
    }
}

/// The logarithm of the sum of exponentials, so that `logit - log_sum` is a natural log-probability.
pub(crate) fn log_sum(logits: &[f32]) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| libm::exp(f64::from(logit) - f64::from(most))).sum();
    f64::from(most) + libm::log(sum)
}

/// The most likely token, the first of equals; `None` if a logit is NaN or there is none.
pub(crate) fn best(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(usize, f32)> = None;
    for (index, &logit) in logits.iter().enumerate() {
        if logit.is_nan() {
            return None;
        }
        if best.is_none_or(|(_, most)| logit > most) {
            best = Some((index, logit));
        }
    }
    best.and_then(|(index, _)| u32::try_from(index).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(answers: &[(i32, f64)]) -> Vec<f64> {
        let mut log_prob = vec![f64::NEG_INFINITY; ANSWERS];
        for &(percent, probability) in answers {
            log_prob[usize::try_from(percent + 100).unwrap()] = libm::log(probability);
        }
        log_prob
    }

    #[test]
    fn two_answers_give_their_mean_variance_and_entropy() {
        let d = Distribution::new(only(&[(-20, 0.1), (60, 0.3)]), 0.0).unwrap();
        let near = |got: f64, wanted: f64| assert!((got - wanted).abs() < 1e-12, "{got} {wanted}");
        near(d.mass, 0.4);
        near(d.expected, 0.4);
        near(d.variance, 0.25 * 0.36 + 0.75 * 0.04);
        near(d.entropy_nats, -(0.25 * libm::log(0.25) + 0.75 * libm::log(0.75)));
        let one = Distribution::new(only(&[(7, 1e-30)]), 0.0).unwrap();
        assert_eq!((one.variance, one.entropy_nats), (0.0, 0.0));
    }

    #[test]
    fn nothing_and_nan_are_no_distribution() {
        assert_eq!(Distribution::new(only(&[]), 0.0), None);
        let mut log_prob = only(&[(1, 0.5)]);
        log_prob[3] = f64::NAN;
        assert_eq!(Distribution::new(log_prob, 0.0), None);
        assert_eq!((best(&[f32::NAN, 1.0]), best(&[]), best(&[1.0, 2.0, 2.0])), (None, None, Some(1)));
    }
}
