//! What the engine is told is the time: the wall clock's, or in lock-step the newest stamp that it has heard.

use striatum_core::StampNanos;

use crate::clock;
use crate::config::ClockName;

/// A stamp that lies so far behind is no late frame: the learner has begun anew, and time goes with it.
const SET_BACK_NANOS: u64 = 1_000_000_000;

/// Where time comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    /// The computer's clock.
    Wall,
    /// Stamps: time stands still between them, so no deadline passes while somebody computes.
    LockStep {
        /// The newest heard.
        newest: StampNanos,
    },
}

impl Time {
    pub(super) fn new(clock: ClockName) -> Self {
        match clock {
            ClockName::Wall => Self::Wall,
            ClockName::LockStep => Self::LockStep { newest: StampNanos(0) },
        }
    }

    /// A frame or a request with this stamp is being taken up.
    pub(super) fn hear(&mut self, stamp: StampNanos) {
        if let Self::LockStep { newest } = self {
            let set_back = newest.since(stamp) > SET_BACK_NANOS;
            *newest = if set_back { stamp } else { stamp.max(*newest) };
        }
    }

    pub(super) fn now(&self) -> StampNanos {
        match self {
            Self::Wall => clock::wall(),
            Self::LockStep { newest } => *newest,
        }
    }

    /// When something arrived that the wall clock saw arrive at `wall`.
    pub(super) fn arrival(&self, wall: StampNanos) -> StampNanos {
        match self {
            Self::Wall => wall,
            Self::LockStep { newest } => *newest,
        }
    }

    /// Does time pass by itself, so that a deadline is worth waiting for?
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_step_time_is_the_newest_stamp_and_follows_a_learner_that_begins_anew() {
        let mut time = Time::new(ClockName::LockStep);
        let second = 1_000_000_000;
        for (heard, now) in [(5 * second, 5), (6 * second, 6), (6 * second - second / 2, 6), (2 * second, 2)] {
            time.hear(StampNanos(heard));
            assert_eq!(time.now(), StampNanos(now * second));
        }
        assert_eq!(time.arrival(StampNanos(77)), StampNanos(2 * second));
        assert!(!time.passes());
    }

    #[test]
    fn the_wall_clock_hears_no_stamps() {
        let mut time = Time::new(ClockName::Wall);
        time.hear(StampNanos(u64::MAX));
        assert!(time.now() < StampNanos(u64::MAX) && time.passes());
        assert_eq!(time.arrival(StampNanos(77)), StampNanos(77));
    }
}
