//! When a model's word that the goal is reached is believed: not from one picture, but once it lasts.

use crate::error::Error;
use crate::outcome::Success;
use crate::seen_window::SeenWindow;
use crate::units::{OutOfRange, StampNanos};

/// From which share of belief on the goal is seen, and for how long it must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRule {
    share: f64,
    held_nanos: u64,
    window_nanos: u64,
}

impl SuccessRule {
    /// The longest window, nanoseconds.
    pub const MAX_WINDOW_NANOS: u64 = 60_000_000_000;
    /// The share of [`SuccessRule::default`].
    pub const SHARE: f64 = 0.5;
    /// The time that the goal must be seen by [`SuccessRule::default`], nanoseconds.
    pub const HELD_NANOS: u64 = 500_000_000;
    /// The window of [`SuccessRule::default`], nanoseconds.
    pub const WINDOW_NANOS: u64 = 1_000_000_000;

    /// In the last `window_nanos` of capture time the goal must be given at least the share `share` for `held_nanos` in all.
    ///
    /// # Errors
    /// When `share` is not in (0, 1], `window_nanos` not in 1 to 60 s, or `held_nanos` not in 1 to `window_nanos`.
    pub fn new(share: f64, held_nanos: u64, window_nanos: u64) -> Result<Self, Error> {
        let refuse = |what, value, range| Err(OutOfRange { what, value, range }.into());
        if !(share > 0.0 && share <= 1.0) {
            return refuse("success share", share, "in (0, 1]");
        }
        if !(1..=Self::MAX_WINDOW_NANOS).contains(&window_nanos) {
            return refuse("success window in seconds", secs(window_nanos), "above 0 and at most 60");
        }
        if !(1..=window_nanos).contains(&held_nanos) {
            return refuse(
                "time that success must be seen in seconds",
                secs(held_nanos),
                "above 0 and at most the window",
            );
        }
        Ok(Self { share, held_nanos, window_nanos })
    }

    /// The share of belief that counts as seeing the goal.
    #[must_use]
    pub const fn share(&self) -> f64 {
        self.share
    }

    /// How long the goal must be seen inside the window, nanoseconds.
    #[must_use]
    pub const fn held_nanos(&self) -> u64 {
        self.held_nanos
    }

    /// The capture time that is looked back on, nanoseconds.
    #[must_use]
    pub const fn window_nanos(&self) -> u64 {
        self.window_nanos
    }

    /// The same rule with another share.
    ///
    /// # Errors
    /// When `share` is not in (0, 1].
    pub fn with_share(self, share: f64) -> Result<Self, Error> {
        Self::new(share, self.held_nanos, self.window_nanos)
    }
}

impl Default for SuccessRule {
    /// A share of 0.5 for half of the last second: 3 of 5 frame sets at five a second.
    fn default() -> Self {
        Self { share: Self::SHARE, held_nanos: Self::HELD_NANOS, window_nanos: Self::WINDOW_NANOS }
    }
}

#[allow(clippy::cast_precision_loss, reason = "for a message")]
fn secs(nanos: u64) -> f64 {
    nanos as f64 * 1e-9
}

/// Applies a [`SuccessRule`] frame set by frame set. It does not latch: what is undone is no success any more.
///
/// A frame set stands for the time between it and the one before, by the median of the last three such times (of the shorter
/// of two), so that neither a lost frame nor a gap makes one picture stand for long. With that,
///
/// - the goal must have been seen for the rule's time, added up over the window that ends with this frame set;
/// - at least two frame sets of the window must have seen it. At rates so low that the window holds one alone, which takes two
///   gaps in a row as long as the window, that one is enough;
/// - a frame set of which nothing trustworthy is known is no success, whatever the ones before saw.
///
/// A stamp before the last one starts afresh, the same stamp again changes nothing. Frame sets closer together than a 63rd of the window are counted together.
///
/// ```
/// use striatum_core::{StampNanos, Success, SuccessDetector, SuccessRule};
/// let mut detector = SuccessDetector::new(SuccessRule::default());
/// let mut at = |millis: u64, goal| detector.update(StampNanos(millis * 1_000_000), goal);
/// assert_eq!(at(1000, Some(0.9)), Success::Unknown);
/// assert_eq!(at(1200, Some(0.2)), Success::Unknown);
/// assert_eq!(at(1400, Some(0.8)), Success::Unknown);
/// assert_eq!(at(1600, Some(0.9)), Success::Yes);
/// assert_eq!(at(1800, None), Success::Unknown);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SuccessDetector {
    rule: SuccessRule,
    window: SeenWindow,
}

impl SuccessDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub const fn new(rule: SuccessRule) -> Self {
        Self { rule, window: SeenWindow::new(rule.window_nanos) }
    }

    /// The next frame set, captured at `stamp`, and its share on the goal; `None` where nothing trustworthy was said, which
    /// counts as not seen.
    pub fn update(&mut self, stamp: StampNanos, goal: Option<f64>) -> Success {
        // NaN is at least nothing.
        let sees = goal.is_some_and(|share| share >= self.rule.share);
        let seen = self.window.push(stamp, sees);
        let lasts = seen.nanos >= self.rule.held_nanos && (seen.rows >= 2 || seen.is_alone);
        if goal.is_some() && lasts { Success::Yes } else { Success::Unknown }
    }

    /// Forgets everything, as at the begin of an episode.
    pub fn reset(&mut self) {
        self.window = SeenWindow::new(self.rule.window_nanos);
    }

    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &SuccessRule {
        &self.rule
    }
}
