//! For how long something was seen in a window of time, from samples that come when they come.

use crate::units::StampNanos;

/// Parts that a window is divided into: at most so many spans and one more lie in it.
const PARTS: u64 = 63;
const SPANS: usize = 64;

/// Samples that lie close together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Span {
    first: StampNanos,
    last: StampNanos,
    /// Time that its samples stand for and that saw it, nanoseconds.
    seen_nanos: u64,
    seen_rows: u32,
    rows: u32,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// Time in which it was seen, nanoseconds.
    pub(crate) nanos: u64,
    /// Samples that saw it.
    pub(crate) rows: u32,
    /// Samples come so seldom that the window holds the last one alone, and would hold the one before alone too.
    pub(crate) is_alone: bool,
}

/// A ring of spans, the oldest first. Its size does not depend on the rate at which samples come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeenWindow {
    window_nanos: u64,
    spans: [Span; SPANS],
    /// Where the oldest span is.
    oldest: usize,
    count: usize,
    last: Option<StampNanos>,
    /// The last two times between samples, the newer first.
    gaps: [Option<u64>; 2],
}

impl SeenWindow {
    pub(crate) const fn new(window_nanos: u64) -> Self {
        const NOTHING: Span = Span { first: StampNanos(0), last: StampNanos(0), seen_nanos: 0, seen_rows: 0, rows: 0 };
        Self { window_nanos, spans: [NOTHING; SPANS], oldest: 0, count: 0, last: None, gaps: [None; 2] }
    }

    /// A sample at `stamp`; gives what the window that ends there holds: `(stamp - window, stamp]`.
    pub(crate) fn push(&mut self, stamp: StampNanos, sees: bool) -> Seen {
        if self.last.is_some_and(|last| stamp < last) {
            *self = Self::new(self.window_nanos);
        }
        if self.last == Some(stamp) {
            // The same moment again says nothing about time.
            return self.seen(false);
        }
        let gap = self.last.map(|last| stamp.since(last));
        let stands_for = gap.map_or(0, |gap| self.period(gap)).min(self.window_nanos);
        if let (Some(gap), [None, _]) = (gap, self.gaps) {
            self.credit_first(gap.min(self.window_nanos));
        }
        self.forget_before(stamp);
        self.append(
            stamp,
            Span {
                first: stamp,
                last: stamp,
                seen_nanos: if sees { stands_for } else { 0 },
                seen_rows: u32::from(sees),
                rows: 1,
            },
        );
        let seldom = self.gaps[0].zip(gap).is_some_and(|(before, gap)| before.min(gap) >= self.window_nanos);
        if let Some(gap) = gap {
            self.gaps = [Some(gap), self.gaps[0]];
        }
        self.last = Some(stamp);
        self.seen(seldom)
    }

    fn seen(&self, is_alone: bool) -> Seen {
        let nothing = Seen { nanos: 0, rows: 0, is_alone };
        (0..self.count).map(|index| &self.spans[(self.oldest + index) % SPANS]).fold(nothing, |sum, span| Seen {
            nanos: sum.nanos.saturating_add(span.seen_nanos),
            rows: sum.rows.saturating_add(span.seen_rows),
            is_alone,
        })
    }

    /// The time that a sample `gap` after the last one stands for: the median of the last three, the shorter of two.
    fn period(&self, gap: u64) -> u64 {
        match self.gaps {
            [None, _] => gap,
            [Some(one), None] => gap.min(one),
            [Some(one), Some(other)] => gap.min(one).max(gap.max(one).min(other)),
        }
    }

    /// The first sample had none before it: it stands for the time to the second.
    fn credit_first(&mut self, nanos: u64) {
        let span = &mut self.spans[self.oldest];
        if self.count == 1 && span.rows == 1 && span.seen_rows == 1 {
            span.seen_nanos = nanos;
        }
    }

    fn forget_before(&mut self, stamp: StampNanos) {
        while self.count > 0 && stamp.since(self.spans[self.oldest].last) >= self.window_nanos {
            self.oldest = (self.oldest + 1) % SPANS;
            self.count -= 1;
        }
    }

    fn append(&mut self, stamp: StampNanos, sample: Span) {
        let newest = (self.oldest + self.count.saturating_sub(1)) % SPANS;
        let part = self.window_nanos.div_ceil(PARTS);
        if self.count > 0 && stamp.since(self.spans[newest].first) < part {
            let span = &mut self.spans[newest];
            span.last = stamp;
            span.seen_nanos = span.seen_nanos.saturating_add(sample.seen_nanos);
            span.seen_rows = span.seen_rows.saturating_add(sample.seen_rows);
            span.rows = span.rows.saturating_add(1);
            return;
        }
        // Spans begin at least a part apart, so that no more than 63 and one are younger than the window.
        if self.count == SPANS {
            self.oldest = (self.oldest + 1) % SPANS;
            self.count -= 1;
        }
        self.spans[(self.oldest + self.count) % SPANS] = sample;
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WINDOW: u64 = 1_000_000_000;

    proptest! {
        /// However fast samples come, the ring holds all of the window, and forgets what is older.
        #[test]
        fn no_rate_overflows_the_ring(gaps in prop::collection::vec(1..40_000_000_u64, 1..600)) {
            let mut window = SeenWindow::new(WINDOW);
            window.push(StampNanos(7), true);
            let mut now = StampNanos(7);
            for (index, gap) in gaps.iter().enumerate() {
                now = now.plus(*gap);
                let seen = window.push(now, true);
                // Backwards from now: how long ago each sample was.
                let ages = gaps[..=index].iter().rev().scan(0, |age, gap| { *age += gap; Some(*age) });
                let inside = |slack: u64| 1 + u32::try_from(ages.clone().filter(|age| *age < WINDOW + slack).count()).unwrap_or(0);
                // A span is forgotten by its last sample, so that at most a part more is kept.
                prop_assert!(seen.rows >= inside(0) && seen.rows <= inside(WINDOW.div_ceil(PARTS)), "{seen:?}");
                prop_assert!(window.count <= SPANS);
            }
        }
    }
}
