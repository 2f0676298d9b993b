//! When a model's word that the goal is reached is believed: not from one picture, but from k of the last n.

use crate::error::Error;
use crate::outcome::Success;
use crate::units::OutOfRange;

/// From which share of belief on, and how often, the goal must be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRule {
    share: f64,
    needed: u32,
    window: u32,
}

impl SuccessRule {
    /// The widest window, frame sets.
    pub const MAX_WINDOW: u32 = 32;

    /// `needed` of the last `window` frame sets must give the goal at least the share `share`.
    ///
    /// # Errors
    /// When `share` is not in (0, 1], `window` not in 1 to 32, or `needed` not in 1 to `window`.
    pub fn new(share: f64, needed: u32, window: u32) -> Result<Self, Error> {
        let refuse = |what, value, range| Err(OutOfRange { what, value, range }.into());
        if !(share > 0.0 && share <= 1.0) {
            return refuse("success share", share, "in (0, 1]");
        }
        if !(1..=Self::MAX_WINDOW).contains(&window) {
            return refuse("success window", f64::from(window), "1 to 32 frame sets");
        }
        if !(1..=window).contains(&needed) {
            return refuse("success needed", f64::from(needed), "1 to the window");
        }
        Ok(Self { share, needed, window })
    }

    /// The share of belief that counts as seeing the goal.
    #[must_use]
    pub const fn share(&self) -> f64 {
        self.share
    }

    /// The same rule with another share.
    ///
    /// # Errors
    /// When `share` is not in (0, 1].
    pub fn with_share(self, share: f64) -> Result<Self, Error> {
        Self::new(share, self.needed, self.window)
    }
}

impl Default for SuccessRule {
    /// A share of 0.5, 3 of the last 5 frame sets.
    fn default() -> Self {
        Self { share: 0.5, needed: 3, window: 5 }
    }
}

/// Applies a [`SuccessRule`] frame set by frame set. It does not latch: what is undone is no success any more.
///
/// ```
/// use striatum_core::{Success, SuccessDetector, SuccessRule};
/// # fn main() -> Result<(), striatum_core::Error> {
/// let mut detector = SuccessDetector::new(SuccessRule::new(0.5, 2, 3)?);
/// assert_eq!(detector.update(Some(0.9)), Success::Unknown);
/// assert_eq!(detector.update(None), Success::Unknown);
/// assert_eq!(detector.update(Some(0.8)), Success::Yes);
/// assert_eq!(detector.update(Some(0.1)), Success::Unknown);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessDetector {
    rule: SuccessRule,
    /// Bit i: the goal was seen i frame sets ago.
    seen: u32,
}

impl SuccessDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub const fn new(rule: SuccessRule) -> Self {
        Self { rule, seen: 0 }
    }

    /// The next frame set's share on the goal; `None` where nothing trustworthy was said, which counts as not seen.
    pub fn update(&mut self, goal: Option<f64>) -> Success {
        // NaN is at least nothing.
        let sees = goal.is_some_and(|share| share >= self.rule.share);
        let kept = if self.rule.window >= SuccessRule::MAX_WINDOW { u32::MAX } else { (1 << self.rule.window) - 1 };
        self.seen = ((self.seen << 1) | u32::from(sees)) & kept;
        if self.seen.count_ones() >= self.rule.needed { Success::Yes } else { Success::Unknown }
    }

    /// Forgets everything, as at the begin of an episode.
    pub fn reset(&mut self) {
        self.seen = 0;
    }

    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &SuccessRule {
        &self.rule
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn impossible_rules_are_refused() {
        for (share, needed, window) in
            [(0.0, 1, 1), (1.1, 1, 1), (f64::NAN, 1, 1), (0.5, 0, 3), (0.5, 4, 3), (0.5, 1, 0), (0.5, 1, 33)]
        {
            assert!(SuccessRule::new(share, needed, window).is_err(), "{share} {needed} {window}");
        }
        assert!(SuccessRule::new(1.0, 32, 32).is_ok());
    }

    proptest! {
        #[test]
        fn it_says_yes_exactly_when_k_of_the_last_n_saw_the_goal(
            shares in prop::collection::vec(prop::option::of(prop_oneof![0.0..=1.0, Just(f64::NAN)]), 1..80),
            window in 1_u32..=32, needed in 1_u32..=32,
        ) {
            prop_assume!(needed <= window);
            let Ok(rule) = SuccessRule::new(0.6, needed, window) else { return Ok(()) };
            let mut detector = SuccessDetector::new(rule);
            for end in 0..shares.len() {
                let said = detector.update(shares[end]);
                let from = (end + 1).saturating_sub(usize::try_from(window).unwrap_or(0));
                let count = shares[from..=end].iter().filter(|s| s.is_some_and(|s| s >= 0.6)).count();
                let yes = count >= usize::try_from(needed).unwrap_or(usize::MAX);
                prop_assert_eq!(said == Success::Yes, yes);
            }
        }
    }
}
