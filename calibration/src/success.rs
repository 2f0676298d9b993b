//! From which share of belief on the goal counts as seen, from episodes that were no success.

use striatum_core::{StampNanos, Success, SuccessDetector, SuccessRule};

use crate::binomial::{at_most, upper_bound};
use crate::error::{Error, Result};

/// Chosen shares lie on this grid, so that the manifest shows all of them.
const GRID: f64 = 1e4;
/// No share below this is chosen: even a belief that is spread evenly over a demonstration has so much on its end.
const LEAST_SHARE: f64 = 0.1;

/// The greatest share with which the rule would call an episode a success in some row; 0 where none would. `goal` has the share
/// of belief on the goal in each row, `None` where it is not to be trusted, and `captured` when the row was captured.
///
/// A greater share never makes the rule say more, so that only the shares that occur need to be looked at, by halves.
#[must_use]
pub fn highest_share(rule: &SuccessRule, captured: &[StampNanos], goal: &[Option<f64>]) -> f64 {
    let mut shares: Vec<f64> = goal.iter().flatten().copied().filter(|share| *share > 0.0 && *share <= 1.0).collect();
    shares.sort_by(f64::total_cmp);
    let passes = |share: &f64| rule.with_share(*share).is_ok_and(|rule| says(&rule, captured, goal).contains(&true));
    let passing = shares.partition_point(passes);
    if passing == 0 { 0.0 } else { shares[passing - 1] }
}

/// Whether the rule says success, row by row.
#[must_use]
pub fn says(rule: &SuccessRule, captured: &[StampNanos], goal: &[Option<f64>]) -> Vec<bool> {
    let mut detector = SuccessDetector::new(*rule);
    captured.iter().zip(goal).map(|(&stamp, &share)| detector.update(stamp, share) == Success::Yes).collect()
}

/// A share and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessThreshold {
    /// The goal is to be seen from this share of belief on, in (0, 1].
    pub share: f64,
    /// Failed episodes that it was made from.
    pub negatives: usize,
    /// Of these, the most that could reach it.
    pub false_successes: usize,
    /// The wanted rate of false successes.
    pub wanted_rate: f64,
    /// With this confidence the true rate is at most [`SuccessThreshold::rate_bound`].
    pub confidence: f64,
    /// Upper bound on the rate (Clopper and Pearson 1934), at most the wanted rate.
    pub rate_bound: f64,
}

/// The least share with which, with this confidence, at most `wanted_rate` of failed episodes are ever called a success.
/// `highest` has, for each failed episode, what [`highest_share`] says.
///
/// With x the most false successes of N whose upper bound is at most the wanted rate, the share is just above the (x + 1)-th
/// highest value: a bound on a quantile from order statistics (Wilks 1941), which needs no shape of the distribution. It
/// assumes that the failed episodes given are drawn as those to come will be, ways of failing included.
///
/// # Errors
/// [`Error::TooFew`] where even no false success among the episodes would not do: 59 are needed for 5 % at 95 %.
/// [`Error::Input`] for a rate or confidence outside (0, 1), a value outside \[0, 1\], or failed episodes that reach 1.
pub fn success_threshold(highest: &[f64], wanted_rate: f64, confidence: f64) -> Result<SuccessThreshold> {
    for (what, value) in [("false-success rate", wanted_rate), ("confidence", confidence)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(Error::input(
                what,
                format!("is {value}"),
                "give a share above 0 and below 1, for example 0.05",
            ));
        }
    }
    if highest.iter().any(|value| !(0.0..=1.0).contains(value)) {
        return Err(Error::input("success threshold", "a share is not in [0, 1]", "play the episodes again"));
    }
    let negatives = highest.len();
    let enough = |false_successes: usize| at_most(false_successes, negatives, wanted_rate) <= 1.0 - confidence;
    if negatives == 0 || !enough(0) {
        return Err(Error::TooFew {
            what: format!("a false-success rate of {wanted_rate} with confidence {confidence}"),
            needed: least_negatives(wanted_rate, confidence),
            given: negatives,
            mend: match negatives {
                0 => "give failed episodes with a truth.csv".to_owned(),
                _ => format!(
                    "give more failed episodes, or want less: so many can promise {:.3} at best",
                    upper_bound(0, negatives, confidence)
                ),
            },
        });
    }
    let false_successes = (0..negatives).take_while(|&count| enough(count)).count() - 1;
    let mut sorted = highest.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let threshold = sorted[false_successes];
    if threshold >= 1.0 {
        let what = format!("{} failed episodes look finished", sorted.iter().filter(|value| **value >= 1.0).count());
        return Err(Error::input("success threshold", what, "have success decided by something else than this reward"));
    }
    let share = (((threshold * GRID).floor() + 1.0) / GRID).clamp(LEAST_SHARE, 1.0);
    let rate_bound = upper_bound(false_successes, negatives, confidence);
    Ok(SuccessThreshold { share, negatives, false_successes, wanted_rate, confidence, rate_bound })
}

/// Episodes without a false success that show the rate with this confidence: (1 - rate)^N <= 1 - confidence.
fn least_negatives(rate: f64, confidence: f64) -> usize {
    let needed = ((1.0 - confidence).ln() / (-rate).ln_1p()).ceil().clamp(1.0, 1e15);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in [1, 1e15]")]
    let needed = needed as usize;
    needed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    /// Rows at five a second.
    fn captured(rows: usize) -> Vec<StampNanos> {
        (0..rows as u64).map(|row| StampNanos(200_000_000 * row)).collect()
    }

    #[test]
    fn the_highest_share_is_what_three_of_five_rows_reach() {
        let highest = |goal: &[Option<f64>]| highest_share(&SuccessRule::default(), &captured(goal.len()), goal);
        assert_eq!(highest(&[0.1, 0.9, 0.2, 0.6, 0.7, 0.1].map(Some)), 0.6);
        assert_eq!(highest(&[Some(0.1), Some(0.9), None, Some(0.6), Some(0.7), Some(0.1)]), 0.6);
        assert_eq!(highest(&[Some(0.9), None, None, Some(0.7), None, Some(0.4)]), 0.0);
        assert_eq!((highest(&[Some(0.5); 2]), highest(&[])), (0.0, 0.0), "too short to last");
    }

    #[test]
    fn the_rule_of_three_is_kept() {
        let values = |count: u32| (0..count).map(|index| f64::from(index) / 200.0).collect::<Vec<_>>();
        let message = success_threshold(&values(58), 0.05, 0.95).unwrap_err().to_string();
        assert!(message.contains("needs 59 episodes, there are 58"), "{message}");
        assert!(message.contains("so many can promise 0.050 at best"), "{message}");
        assert_eq!(success_threshold(&[0.0; 59], 0.05, 0.95).unwrap().share, LEAST_SHARE);
        let found = success_threshold(&values(59), 0.05, 0.95).unwrap();
        assert_eq!((found.share, found.false_successes), (0.2901, 0));
        // 1 of 93 is the first where one false success may be (upper bound below 5 %).
        assert_eq!(success_threshold(&values(92), 0.05, 0.95).unwrap().false_successes, 0);
        let found = success_threshold(&values(93), 0.05, 0.95).unwrap();
        assert_eq!((found.share, found.false_successes), (0.4551, 1));
        assert!(found.rate_bound <= 0.05);
    }

    #[test]
    fn what_cannot_be_promised_is_refused() {
        assert!(success_threshold(&[], 0.5, 0.9).is_err());
        assert!(success_threshold(&[1.0; 80], 0.05, 0.95).unwrap_err().to_string().contains("look finished"));
        assert!(success_threshold(&[0.5; 80], 0.0, 0.95).is_err() && success_threshold(&[0.5; 80], 0.05, 1.0).is_err());
        assert!(success_threshold(&[f64::NAN; 80], 0.05, 0.95).is_err());
    }

    /// The promise itself, on draws from a known distribution: too many false successes in at most 5 % of the draws.
    #[test]
    fn the_true_rate_is_kept_as_often_as_is_promised() {
        let mut state = 99_u64;
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let trials = 2000;
        for negatives in [59, 93, 150] {
            let broken = (0..trials).filter(|_| {
                let highest: Vec<f64> = (0..negatives).map(|_| unit()).collect();
                // Uniform values: the true rate from t on is 1 - t.
                1.0 - success_threshold(&highest, 0.05, 0.95).unwrap().share > 0.05
            });
            let share = broken.count() as f64 / f64::from(trials);
            assert!(share <= 0.05 + 3.0 * (0.05 * 0.95 / f64::from(trials)).sqrt(), "{negatives}: {share}");
        }
    }

    proptest! {
        #[test]
        fn no_more_are_above_it_than_it_says(highest in prop::collection::vec(0.0..0.999_f64, 22..120), rate in 0.13..0.5_f64) {
            let found = success_threshold(&highest, rate, 0.95).unwrap();
            prop_assert!(highest.iter().filter(|value| **value >= found.share).count() <= found.false_successes);
            prop_assert!(found.rate_bound <= rate + 1e-9);
        }

        #[test]
        fn the_rule_says_success_exactly_up_to_the_highest_share(
            rows in prop::collection::vec((1_u64..900, prop::option::of(0.01..1.0_f64)), 1..40), share in 0.01..1.0_f64,
        ) {
            let rule = SuccessRule::default();
            let goal: Vec<Option<f64>> = rows.iter().map(|row| row.1).collect();
            let mut now = 0;
            let captured: Vec<StampNanos> = rows.iter().map(|row| { now += row.0 * 1_000_000; StampNanos(now) }).collect();
            let highest = highest_share(&rule, &captured, &goal);
            let ever = says(&rule.with_share(share).unwrap(), &captured, &goal).contains(&true);
            prop_assert_eq!(ever, share <= highest);
        }
    }
}
