//! When the next control period is due. Knows no clock: it is told the time.

/// Control periods, one after the other.
pub(super) struct Pace {
    period_nanos: u64,
    due_nanos: u64,
    late: u64,
}

impl Pace {
    /// The first period is due at once.
    pub(super) fn new(period_secs: f64, now_nanos: u64) -> Self {
        let period = std::time::Duration::from_secs_f64(period_secs.clamp(1e-4, 1e3));
        let period_nanos = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        Self { period_nanos, due_nanos: now_nanos, late: 0 }
    }

    /// How long there is until the next one.
    pub(super) fn wait_nanos(&self, now_nanos: u64) -> u64 {
        self.due_nanos.saturating_sub(now_nanos)
    }

    /// One is being done. What is late stays late: a world that hurried after a pause would do to a learner's actions what no
    /// robot does.
    pub(super) fn passed(&mut self, now_nanos: u64) {
        let next = self.due_nanos.saturating_add(self.period_nanos);
        if now_nanos >= next {
            self.late += 1;
        }
        self.due_nanos = next.max(now_nanos);
    }

    /// An episode begins now: its first period is over one period later.
    pub(super) fn restart(&mut self, now_nanos: u64) {
        self.due_nanos = now_nanos.saturating_add(self.period_nanos);
    }

    /// Periods that were more than a period late.
    pub(super) fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: u64 = 100_000_000;

    #[test]
    fn periods_follow_each_other_without_drift() {
        let mut pace = Pace::new(0.1, 0);
        assert_eq!(pace.wait_nanos(0), 0);
        for count in 1..50 {
            // A little late each time.
            pace.passed((count - 1) * PERIOD + 7_000_000);
            assert_eq!(pace.wait_nanos(0), count * PERIOD);
        }
        assert_eq!(pace.late(), 0);
    }

    #[test]
    fn what_is_late_is_counted_and_not_made_up_for() {
        let mut pace = Pace::new(0.1, 0);
        pace.passed(0);
        pace.passed(10 * PERIOD);
        assert_eq!((pace.late(), pace.wait_nanos(10 * PERIOD)), (1, 0));
        pace.passed(10 * PERIOD);
        assert_eq!(pace.wait_nanos(10 * PERIOD), PERIOD);
    }

    #[test]
    fn a_reset_begins_a_period() {
        let mut pace = Pace::new(0.1, 0);
        pace.restart(30);
        assert_eq!(pace.wait_nanos(30), PERIOD);
    }
}
