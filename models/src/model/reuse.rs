//! Features of pictures that hardly changed are taken again instead of being computed anew.
//!
//! A picture is compared with the one that was encoded, never with the one before: what is left out cannot add up from picture to
//! picture. What decides is pixels and capture times alone, so a replay decides the same.

use striatum_core::{MAX_VIEWS, StampNanos, ViewMask};
use striatum_frames::largest_block_difference;

use crate::error::{Error, Result};

/// When a picture counts as unchanged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReuseRule {
    threshold: f64,
    most_nanos: u64,
}

impl ReuseRule {
    /// Features are taken again while no block of 16 x 16 pixels of the resized picture differs from the encoded one by more than
    /// `threshold` on average, in 8-bit steps, and for `most_nanos` of capture time at most.
    ///
    /// # Errors
    /// [`Error::Config`] for a threshold that is not above 0 or is beyond 255.
    pub fn new(threshold: f64, most_nanos: u64) -> Result<Self> {
        if threshold > 0.0 && threshold <= 255.0 {
            return Ok(Self { threshold, most_nanos });
        }
        let what = format!("{threshold} is out of range");
        Err(Error::config("encoder.reuse_unchanged", what, "give 8-bit steps above 0, for example 2, or 0 for off"))
    }

    /// Mean difference of a block from which on a picture is encoded, 8-bit steps.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// How long features may be used at most, nanoseconds of capture time.
    #[must_use]
    pub fn most_nanos(&self) -> u64 {
        self.most_nanos
    }
}

/// One view's encoded picture and its features.
#[derive(Debug, Default)]
struct Kept {
    rows: Vec<u8>,
    features: Vec<f32>,
    capture: StampNanos,
}

/// What was encoded last, by view.
#[derive(Debug)]
pub(super) struct FeatureStore {
    rule: Option<ReuseRule>,
    views: Vec<Kept>,
    /// The views whose features may be used.
    valid: ViewMask,
}

impl FeatureStore {
    /// Nothing kept, and nothing ever taken again until there is a rule.
    pub(super) fn new() -> Self {
        Self { rule: None, views: Vec::new(), valid: ViewMask::EMPTY }
    }

    /// Sets the rule and forgets what is kept.
    pub(super) fn set_rule(&mut self, rule: Option<ReuseRule>) {
        self.rule = rule;
        self.views = if rule.is_some() { (0..MAX_VIEWS).map(|_| Kept::default()).collect() } else { Vec::new() };
        self.forget();
    }

    pub(super) fn is_on(&self) -> bool {
        self.rule.is_some()
    }

    pub(super) fn forget(&mut self) {
        self.valid = ViewMask::EMPTY;
    }

    /// Whether a view's features stand for this picture too; if not, the picture is kept, and its features are to follow.
    pub(super) fn stands(&mut self, view: usize, rows: &[u8], width: usize, capture: StampNanos) -> bool {
        let (Some(rule), Some(kept)) = (self.rule, self.views.get_mut(view)) else { return false };
        let recent = capture >= kept.capture && capture.since(kept.capture) <= rule.most_nanos;
        if self.valid.contains(view) && recent && largest_block_difference(&kept.rows, rows, width) <= rule.threshold {
            return true;
        }
        kept.rows.clear();
        kept.rows.extend_from_slice(rows);
        kept.capture = capture;
        self.valid = self.valid.without(view);
        false
    }

    /// Keeps the features of the picture that [`stands`](Self::stands) kept; such as are not finite are never taken again.
    pub(super) fn keep(&mut self, view: usize, features: &[f32]) {
        let Some(kept) = self.views.get_mut(view) else { return };
        kept.features.clear();
        kept.features.extend_from_slice(features);
        if features.iter().all(|v| v.is_finite()) {
            self.valid = self.valid.with(view);
        }
    }

    /// A view's features.
    pub(super) fn features(&self, view: usize) -> Option<&[f32]> {
        self.views.get(view).filter(|_| self.valid.contains(view)).map(|kept| &*kept.features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 16;

    fn at(secs: u64) -> StampNanos {
        StampNanos(secs * 1_000_000_000)
    }

    fn store(threshold: f64, most_secs: u64) -> FeatureStore {
        let mut store = FeatureStore::new();
        store.set_rule(Some(ReuseRule::new(threshold, most_secs * 1_000_000_000).unwrap()));
        store
    }

    fn grey(level: u8) -> Vec<u8> {
        vec![level; WIDTH * WIDTH * 3]
    }

    #[test]
    fn small_changes_do_not_add_up() {
        let mut store = store(2.0, 60);
        assert!(!store.stands(1, &grey(100), WIDTH, at(1)), "nothing is kept yet");
        store.keep(1, &[7.0]);
        assert!(store.stands(1, &grey(101), WIDTH, at(2)) && store.stands(1, &grey(102), WIDTH, at(3)));
        assert_eq!(store.features(1), Some(&[7.0][..]));
        assert!(!store.stands(1, &grey(103), WIDTH, at(4)), "three steps from what was encoded");
        assert_eq!(store.features(1), None, "until they come");
        assert!(!store.stands(0, &grey(103), WIDTH, at(4)), "another view");
    }

    #[test]
    fn features_grow_too_old_and_a_clock_that_went_back_is_no_answer() {
        let mut store = store(2.0, 5);
        store.stands(0, &grey(9), WIDTH, at(10));
        store.keep(0, &[1.0]);
        assert!(store.stands(0, &grey(9), WIDTH, at(15)) && !store.stands(0, &grey(9), WIDTH, at(16)));
        store.keep(0, &[1.0]);
        assert!(!store.stands(0, &grey(9), WIDTH, at(3)));
    }

    #[test]
    fn without_a_rule_or_finite_features_nothing_is_taken_again() {
        let mut off = FeatureStore::new();
        off.stands(0, &grey(9), WIDTH, at(1));
        off.keep(0, &[1.0]);
        assert!(!off.stands(0, &grey(9), WIDTH, at(1)) && !off.is_on());
        let mut broken = store(2.0, 60);
        broken.stands(0, &grey(9), WIDTH, at(1));
        broken.keep(0, &[f32::NAN]);
        assert!(!broken.stands(0, &grey(9), WIDTH, at(1)));
        let mut forgotten = store(2.0, 60);
        forgotten.stands(0, &grey(9), WIDTH, at(1));
        forgotten.keep(0, &[1.0]);
        forgotten.forget();
        assert!(!forgotten.stands(0, &grey(9), WIDTH, at(1)));
    }

    #[test]
    fn thresholds_out_of_range_are_refused() {
        for threshold in [0.0, -1.0, 256.0, f64::NAN] {
            assert!(ReuseRule::new(threshold, 1).unwrap_err().to_string().starts_with("encoder.reuse_unchanged: "));
        }
    }
}
