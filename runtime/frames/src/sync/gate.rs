//! Which frames are worth decoding when rewards come more slowly than pictures.

use striatum_core::{MAX_VIEWS, StampNanos};

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

/// Frames of one view that pass in one period when the set does not come together.
const MAX_TRIES: u8 = 3;
/// A capture so many periods back is a clock that was set back, not a frame that came late.
const JUMP_PERIODS: u64 = 16;

/// As [`RateGate`], for all views together: frames pass until one frame of every view, captured within the skew of each
/// other, has passed in the period. So a frame that was lost on the way costs the next tick's frames, and not the view.
#[derive(Clone, Copy, Debug)]
pub struct SetGate {
    period_nanos: u64,
    max_skew_nanos: u64,
    views: usize,
    period: u64,
    passed: [Option<StampNanos>; MAX_VIEWS],
    tries: [u8; MAX_VIEWS],
}

impl SetGate {
    /// A gate for `views` views; `period_nanos` of 0 passes everything.
    #[must_use]
    pub const fn new(views: usize, period_nanos: u64, max_skew_nanos: u64) -> Self {
        Self { period_nanos, max_skew_nanos, views, period: 0, passed: [None; MAX_VIEWS], tries: [0; MAX_VIEWS] }
    }

    /// Is the frame of `view` captured at `capture` to be decoded?
    pub fn passes(&mut self, view: usize, capture: StampNanos) -> bool {
        let Some(period) = capture.0.checked_div(self.period_nanos) else { return true };
        if view >= self.views.min(MAX_VIEWS) {
            return false;
        }
        if period > self.period || period.saturating_add(JUMP_PERIODS) < self.period {
            self.period = period;
            self.passed = [None; MAX_VIEWS];
            self.tries = [0; MAX_VIEWS];
        } else if period < self.period {
            // Late by a period: the synchroniser knows whether its set still waits.
            return true;
        }
        // Cameras of one tick can lie on both sides of the border: see `RateGate`.
        if self.period_nanos - capture.0 % self.period_nanos <= self.max_skew_nanos {
            return true;
        }
        if self.is_served() || self.tries[view] >= MAX_TRIES {
            return false;
        }
        self.passed[view] = Some(capture);
        self.tries[view] += 1;
        true
    }

    /// Has a whole set passed in this period?
    fn is_served(&self) -> bool {
        let passed = &self.passed[..self.views.min(MAX_VIEWS)];
        let stamps = || passed.iter().flatten();
        passed.iter().all(Option::is_some)
            && stamps()
                .max()
                .zip(stamps().min())
                .is_some_and(|(newest, oldest)| newest.since(*oldest) <= self.max_skew_nanos)
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

    #[test]
    fn a_set_passes_once_a_period_and_a_lost_frame_costs_the_next_tick_only() {
        let mut gate = SetGate::new(2, 200, 10);
        let mut passes = |view, at| gate.passes(view, StampNanos(at));
        assert_eq!([passes(0, 1000), passes(1, 1001)], [true, true]);
        assert_eq!([passes(0, 1033), passes(1, 1034), passes(0, 1066)], [false, false, false]);
        // The first frame of view 1 in the next period is lost: both views' next frames pass.
        assert_eq!([passes(0, 1200), passes(0, 1233), passes(1, 1234)], [true, true, true]);
        assert_eq!([passes(0, 1266), passes(1, 1267)], [false, false]);
        // A view that sends nothing at all does not open the gate for ever.
        let passed = (0..5).filter(|tick| passes(0, 1400 + tick * 33)).count();
        assert_eq!(passed, 3);
        // A clock that is set back does not shut it, and strangers do not pass.
        assert!(passes(0, 7));
        assert!(!passes(2, 8));
    }
}
