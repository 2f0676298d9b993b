//! Lining up the frames of several cameras by the time they were captured.
//!
//! The state machine, in ten lines:
//! 1. A view is *active* or *dropped out*; at the start all are active. Each view has a short queue, sorted by capture.
//! 2. A set is one frame of each active view with newest - oldest <= `max_skew`; the newest such set is taken, at once.
//!    Frames of dropped-out views that fit into it are taken along.
//! 3. The captures of a set lie all after the last set's newest: frames up to there are `too_late`, and so are frames of views
//!    that set had missed and that would have fitted it. So no frame is used twice and time never goes back. With `period` a set's newest must also lie in a later period than the last set's.
//! 4. The wait starts when the first frame arrived that could lead a set. After `view_deadline` (policies degrade and hold)
//!    the set with the most views, and of those the newest, is taken as it is; active views without a frame in it drop out.
//! 5. So a view is waited for once: later sets do not wait for a view that has dropped out.
//! 6. It returns when a frame of it gets into a set, or arrives too late for the last set but within that set's own
//!    deadline and skew: had it been waited for, it would have been there. A camera that lags by more stays out.
//! 7. All views in the set: Complete. Some missing: Degraded or Hold, by policy. Policy wait never drops a view out.
//! 8. A view is *frozen* while its content hash has stayed the same for longer than `frozen_after` of capture time.
//! 9. Excluded frozen views drop out at once, without a wait, and their frames are not queued.
//! 10. Frames captured more than [`MAX_AHEAD_NANOS`] after `now` come from a broken clock and are dropped: one such stamp
//!     would otherwise make every later frame of every view too late.
//!
//! `max_skew` should be below half the slowest camera's period, else frames of neighbouring ticks can pair up.

mod config;
mod gate;
mod queue;
mod select;
mod view;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod test_kit;

pub use config::{DropOut, FrozenPolicy, SyncConfig, SyncCounters};
pub use gate::{RateGate, SetGate};

use striatum_core::{MAX_VIEWS, StampNanos, ViewMask};

use crate::error::{Error, Result};
use crate::frame::{Frame, FrameSet, SetVerdict};
use queue::Queue;
use select::Choice;
use view::ContentRun;

/// A frame captured more than this after `now` (1 s) has a broken stamp.
pub const MAX_AHEAD_NANOS: u64 = 1_000_000_000;

/// What is remembered of the set that was given out last.
#[derive(Clone, Copy, Debug)]
struct LastSet {
    views: ViewMask,
    oldest: StampNanos,
    newest: StampNanos,
    /// Until when its missing views would have been waited for.
    deadline: StampNanos,
}

impl LastSet {
    /// Would a frame captured at `capture` have been within the skew of all its frames?
    fn fits(&self, capture: StampNanos, max_skew_nanos: u64) -> bool {
        self.newest.max(capture).since(self.oldest.min(capture)) <= max_skew_nanos
    }
}

/// Lines up frames of several views into sets. Sans-I/O: time comes in as `now`, and the same calls give the same sets.
///
/// After [`Synchroniser::new`] it does not allocate.
#[derive(Debug)]
pub struct Synchroniser {
    config: SyncConfig,
    queues: [Queue; MAX_VIEWS],
    runs: [ContentRun; MAX_VIEWS],
    dropped: ViewMask,
    last: Option<LastSet>,
    counters: SyncCounters,
}

impl Synchroniser {
    /// Checks the configuration and takes all the memory that will ever be needed.
    ///
    /// # Errors
    /// When the number of views is 0 or above [`MAX_VIEWS`].
    pub fn new(config: SyncConfig) -> Result<Self> {
        config.check()?;
        Ok(Self {
            config,
            queues: std::array::from_fn(|view| Queue::new(view < config.views)),
            runs: [ContentRun::default(); MAX_VIEWS],
            dropped: ViewMask::EMPTY,
            last: None,
            counters: SyncCounters::default(),
        })
    }

    /// Takes a frame in at the time `now` and gives the set that it makes complete, if it does.
    ///
    /// # Errors
    /// When the frame's view is not below the configured number of views. Frames that are late, double or unusable are not
    /// errors: they are counted and dropped.
    pub fn push(&mut self, frame: Frame, now: StampNanos) -> Result<Option<FrameSet>> {
        if frame.view >= self.config.views {
            return Err(Error::UnknownView { view: frame.view, views: self.config.views });
        }
        self.admit(frame, now);
        Ok(self.advance(now))
    }

    /// Gives the set whose deadline has passed at `now`, if there is one. Call again until it gives `None`.
    pub fn poll(&mut self, now: StampNanos) -> Option<FrameSet> {
        self.advance(now)
    }

    /// When [`poll`](Self::poll) should be called next, if no frame comes before; `None`: not before the next frame.
    #[must_use]
    pub fn next_deadline(&self) -> Option<StampNanos> {
        if self.config.drop_out == DropOut::Wait {
            return None;
        }
        self.first_arrival().map(|arrived| arrived.plus(self.config.view_deadline_nanos))
    }

    /// What has been counted since the start.
    #[must_use]
    pub const fn counters(&self) -> &SyncCounters {
        &self.counters
    }

    /// Views that have dropped out and are not waited for.
    #[must_use]
    pub const fn dropped_out(&self) -> ViewMask {
        self.dropped
    }

    /// Forgets every frame, set and drop-out, as after a jump of the clocks; counters stay.
    pub fn reset(&mut self) {
        self.queues.iter_mut().for_each(|queue| {
            queue.clear();
        });
        self.runs = [ContentRun::default(); MAX_VIEWS];
        self.dropped = ViewMask::EMPTY;
        self.last = None;
    }

    /// The rules for one frame that comes in: count and drop it, or queue it.
    fn admit(&mut self, frame: Frame, now: StampNanos) {
        let (view, capture) = (frame.view, frame.capture);
        if capture.since(now) > MAX_AHEAD_NANOS {
            self.counters.ahead_of_clock += 1;
            return;
        }
        if self.runs[view].is_repeat(capture) || self.queues[view].has(capture) {
            self.counters.duplicates += 1;
            return;
        }
        let in_order = self.runs[view].observe(capture, frame.content_hash, self.config.frozen_after_nanos);
        self.counters.out_of_order += u64::from(!in_order);
        if self.runs[view].frozen {
            self.counters.frozen_frames += 1;
            if self.config.frozen == FrozenPolicy::Exclude {
                self.exclude_frozen(view);
                return;
            }
        }
        let fitting = self.last.filter(|last| last.fits(capture, self.config.max_skew_nanos));
        if fitting.is_some_and(|last| now <= last.deadline) {
            self.dropped = self.dropped.without(view);
        }
        let missed_its_set = fitting.is_some_and(|last| !last.views.contains(view));
        if missed_its_set || self.last.is_some_and(|last| capture <= last.newest) {
            self.counters.too_late += 1;
        } else if self.floor().is_none_or(|floor| capture.plus(self.config.max_skew_nanos) < floor) {
            self.counters.thinned += 1;
        } else {
            self.counters.overwritten += u64::from(self.queues[view].insert(frame, now));
        }
    }

    /// A frozen view counts as missing from this moment on.
    fn exclude_frozen(&mut self, view: usize) {
        self.counters.frozen_frames += self.queues[view].clear();
        if self.config.drop_out != DropOut::Wait {
            self.dropped = self.dropped.with(view);
        }
    }

    /// The earliest capture that the next set's newest frame may have; `None` at the end of time.
    fn floor(&self) -> Option<StampNanos> {
        let Some(last) = self.last else { return Some(StampNanos(0)) };
        let after_last = last.newest.0.checked_add(1)?;
        let next_period = match last.newest.0.checked_div(self.config.period_nanos) {
            None => after_last,
            Some(period) => period.checked_add(1)?.checked_mul(self.config.period_nanos)?,
        };
        Some(StampNanos(after_last.max(next_period)))
    }

    /// When the first of the queued frames that may lead a set arrived.
    fn first_arrival(&self) -> Option<StampNanos> {
        let floor = self.floor()?;
        self.queues.iter().filter_map(|queue| queue.first_arrival(floor)).min()
    }

    /// Gives out the set that is due at `now`, if there is one.
    fn advance(&mut self, now: StampNanos) -> Option<FrameSet> {
        let arrived = self.first_arrival()?;
        let (floor, max_skew) = (self.floor()?, self.config.max_skew_nanos);
        let expected = ViewMask::first(self.config.views);
        let active = ViewMask::from_bits(expected.bits() & !self.dropped.bits());
        let deadline = arrived.plus(self.config.view_deadline_nanos);

        let choice = match select::newest_with_all(&self.queues, active, floor, max_skew) {
            Some(choice) => choice,
            None if self.config.drop_out != DropOut::Wait && now >= deadline => {
                select::most_views(&self.queues, floor, max_skew)?
            }
            None => return None,
        };
        self.dropped = ViewMask::from_bits(expected.bits() & !choice.views.bits());
        Some(self.take(&choice, deadline))
    }

    /// Takes the chosen frames out of the queues, and with them all that are older than the set's newest.
    fn take(&mut self, choice: &Choice, deadline: StampNanos) -> FrameSet {
        let mut frames = [const { None }; MAX_VIEWS];
        for (view, queue) in self.queues.iter_mut().enumerate() {
            let chosen = choice.views.contains(view).then_some(choice.captures[view]);
            let (frame, left_behind) = queue.take_up_to(choice.newest, chosen);
            frames[view] = frame;
            if chosen.is_some() {
                self.counters.superseded += left_behind;
            } else {
                self.counters.skew += left_behind;
            }
        }
        self.last = Some(LastSet { views: choice.views, oldest: choice.oldest, newest: choice.newest, deadline });
        let (verdict, counter) = match self.config.drop_out {
            _ if choice.views.count() == self.config.views => (SetVerdict::Complete, &mut self.counters.sets_complete),
            DropOut::Hold => (SetVerdict::Hold, &mut self.counters.sets_held),
            DropOut::Wait | DropOut::Degrade => (SetVerdict::Degraded, &mut self.counters.sets_degraded),
        };
        *counter += 1;
        let frozen = self.runs.iter().enumerate().filter(|(_, run)| run.frozen);
        let frozen = frozen.fold(ViewMask::EMPTY, |mask, (view, _)| mask.with(view));
        FrameSet { frames, views: choice.views, oldest: choice.oldest, newest: choice.newest, verdict, frozen }
    }
}
