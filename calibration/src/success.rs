//! Above which progress an episode may be called a success, from episodes that were none.

use crate::binomial::{at_most, upper_bound};
use crate::error::{Error, Result};

/// A success must last: at least `frames` of the last `of` rows above the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persistence {
    frames: usize,
    of: usize,
}

impl Persistence {
    /// `frames` of the last `of` rows.
    ///
    /// # Errors
    /// [`Error::Input`] unless 1 <= `frames` <= `of`.
    pub fn new(frames: usize, of: usize) -> Result<Self> {
        if frames == 0 || frames > of {
            let what = format!("{frames} of {of} rows cannot be");
            return Err(Error::input("persistence", what, "give at least 1 row, of at least as many"));
        }
        Ok(Self { frames, of })
    }

    /// Rows that must be above the threshold.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames
    }

    /// Rows that are looked at together.
    #[must_use]
    pub const fn of(&self) -> usize {
        self.of
    }

    /// The highest value that some window of rows reaches persistently: the greatest `frames`-th highest value of `of` rows
    /// in a row. 0 where the episode has fewer than `frames` rows: nothing lasts in it.
    #[must_use]
    pub fn highest(&self, progress: &[f64]) -> f64 {
        let window = self.of.min(progress.len());
        if window < self.frames {
            return 0.0;
        }
        let lasting = |rows: &[f64]| {
            let mut sorted = rows.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            sorted[self.frames - 1]
        };
        progress.windows(window).map(lasting).fold(0.0, f64::max)
    }
}

/// A threshold and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessThreshold {
    /// An episode is called a success where its progress is persistently **above** this.
    pub threshold: f64,
    /// Failed episodes that it was made from.
    pub negatives: usize,
    /// Of these, the most that could be above it.
    pub false_successes: usize,
    /// The wanted rate of false successes.
    pub wanted_rate: f64,
    /// With this confidence the true rate is at most [`SuccessThreshold::rate_bound`].
    pub confidence: f64,
    /// Upper bound on the rate (Clopper and Pearson 1934), at most the wanted rate.
    pub rate_bound: f64,
}

/// The least threshold with which, with this confidence, at most `wanted_rate` of failed episodes are called a success.
/// `highest` has, for each failed episode, what [`Persistence::highest`] says.
///
/// With x the most false successes of N whose upper bound is at most the wanted rate, the threshold is the (x + 1)-th
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
        return Err(Error::input("success threshold", "a progress is not in [0, 1]", "play the episodes again"));
    }
    let negatives = highest.len();
    let enough = |false_successes: usize| at_most(false_successes, negatives, wanted_rate) <= 1.0 - confidence;
    if negatives == 0 || !enough(0) {
        return Err(Error::TooFew {
            what: format!("a false-success rate of {wanted_rate} with confidence {confidence}"),
            needed: least_negatives(wanted_rate, confidence),
            given: negatives,
            mend: "give more failed episodes, or want less".to_owned(),
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
    let rate_bound = upper_bound(false_successes, negatives, confidence);
    Ok(SuccessThreshold { threshold, negatives, false_successes, wanted_rate, confidence, rate_bound })
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

    #[test]
    fn a_single_high_row_does_not_last() {
        let progress = [0.1, 0.9, 0.2, 0.6, 0.7, 0.1];
        assert_eq!(Persistence::new(1, 1).unwrap().highest(&progress), 0.9);
        assert_eq!(Persistence::new(2, 2).unwrap().highest(&progress), 0.6);
        assert_eq!(Persistence::new(2, 3).unwrap().highest(&progress), 0.6);
        assert_eq!(Persistence::new(3, 4).unwrap().highest(&progress), 0.6);
        assert_eq!(Persistence::new(2, 3).unwrap().highest(&[0.5, 0.4]), 0.4);
        assert_eq!(Persistence::new(3, 5).unwrap().highest(&[0.5, 0.4]), 0.0);
        assert!(Persistence::new(0, 1).is_err() && Persistence::new(3, 2).is_err());
    }

    #[test]
    fn the_rule_of_three_is_kept() {
        let values = |count: u32| (0..count).map(|index| f64::from(index) / 200.0).collect::<Vec<_>>();
        let message = success_threshold(&values(58), 0.05, 0.95).unwrap_err().to_string();
        assert!(message.contains("needs 59 episodes, there are 58"), "{message}");
        let found = success_threshold(&values(59), 0.05, 0.95).unwrap();
        assert_eq!((found.threshold, found.false_successes), (58.0 / 200.0, 0));
        // 1 of 93 is the first where one false success may be (upper bound below 5 %).
        assert_eq!(success_threshold(&values(92), 0.05, 0.95).unwrap().false_successes, 0);
        let found = success_threshold(&values(93), 0.05, 0.95).unwrap();
        assert_eq!((found.threshold, found.false_successes), (91.0 / 200.0, 1));
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
                // Uniform values: the true rate above t is 1 - t.
                1.0 - success_threshold(&highest, 0.05, 0.95).unwrap().threshold > 0.05
            });
            let share = broken.count() as f64 / f64::from(trials);
            assert!(share <= 0.05 + 3.0 * (0.05 * 0.95 / f64::from(trials)).sqrt(), "{negatives}: {share}");
        }
    }

    proptest! {
        #[test]
        fn no_more_are_above_it_than_it_says(highest in prop::collection::vec(0.0..0.999_f64, 22..120), rate in 0.13..0.5_f64) {
            let found = success_threshold(&highest, rate, 0.95).unwrap();
            prop_assert!(highest.iter().filter(|value| **value > found.threshold).count() <= found.false_successes);
            prop_assert!(found.rate_bound <= rate + 1e-9);
        }
    }
}
