//! Which frames are worth decoding when rewards come more slowly than pictures.

use striatum_core::StampNanos;

/// Passes the first frame of one view in each period of capture time, so that a 30 Hz camera is decoded at 5 Hz only.
///
/// Frames within `margin` before the end of a period pass too: two cameras of one tick can lie on both sides of the border,
/// and the later one's set needs the earlier one's frame. Use the synchroniser's `max_skew` for it. Cameras whose own period
/// is longer than `margin` and differs from view to view should not be gated: their first frames need not belong together.
#[derive(Clone, Copy, Debug)]
pub struct RateGate {
    period_nanos: u64,
    margin_nanos: u64,
    last_period: Option<u64>,
}

impl RateGate {
    /// A gate for one view; `period_nanos` of 0 passes everything.
    #[must_use]
    pub const fn new(period_nanos: u64, margin_nanos: u64) -> Self {
        Self { period_nanos, margin_nanos, last_period: None }
    }

    /// Is the frame captured at `capture` to be decoded?
    ///
    /// A capture in another period than the last, even an earlier one, passes: after a clock has jumped back frames go on.
    pub fn passes(&mut self, capture: StampNanos) -> bool {
        let Some(period) = capture.0.checked_div(self.period_nanos) else { return true };
        let first = self.last_period.replace(period) != Some(period);
        first || self.period_nanos - capture.0 % self.period_nanos <= self.margin_nanos
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_hertz_becomes_five() {
        let mut gate = RateGate::new(200_000_000, 0);
        let passed = (0..300_u64).filter(|tick| gate.passes(StampNanos(tick * 33_333_334))).count();
        assert_eq!(passed, 50);
    }

    #[test]
    fn frames_just_before_the_border_pass_too() {
        let mut gate = RateGate::new(200, 16);
        let passed: Vec<_> = [0, 33, 150, 183, 184, 198, 200, 231].map(|at| gate.passes(StampNanos(at))).into();
        assert_eq!(passed, [true, false, false, false, true, true, true, false]);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_shut_the_gate() {
        let mut gate = RateGate::new(200, 0);
        assert!(gate.passes(StampNanos(u64::MAX)));
        assert!(gate.passes(StampNanos(0)));
        assert!(!gate.passes(StampNanos(1)));
    }

    #[test]
    fn no_period_passes_everything() {
        let mut gate = RateGate::new(0, 0);
        assert!((0..10).all(|_| gate.passes(StampNanos(7))));
    }
}
