//! The frames of one view that wait for their partners.

use striatum_core::StampNanos;

use crate::frame::Frame;

/// Frames a view can have waiting: a quarter of a second at 30 Hz.
pub(super) const CAPACITY: usize = 8;

#[derive(Debug)]
struct Waiting {
    frame: Frame,
    arrived: StampNanos,
}

/// A short queue, sorted by capture. Its memory is taken once.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
}

impl Queue {
    pub(super) fn new(used: bool) -> Self {
        Self { waiting: Vec::with_capacity(if used { CAPACITY } else { 0 }) }
    }

    /// Drops everything; gives the number dropped.
    pub(super) fn clear(&mut self) -> u64 {
        self.waiting.drain(..).count() as u64
    }

    pub(super) fn has(&self, capture: StampNanos) -> bool {
        self.waiting.iter().any(|waiting| waiting.frame.capture == capture)
    }

    /// Puts a frame in its place; when there is no room the oldest frame goes. Says whether one was lost.
    pub(super) fn insert(&mut self, frame: Frame, arrived: StampNanos) -> bool {
        let at = self.waiting.partition_point(|waiting| waiting.frame.capture < frame.capture);
        if self.waiting.len() < CAPACITY {
            self.waiting.insert(at, Waiting { frame, arrived });
            return false;
        }
        // Older than all that wait in a full queue: it is the one that goes.
        if at > 0 {
            self.waiting[..at].rotate_left(1);
            self.waiting[at - 1] = Waiting { frame, arrived };
        }
        true
    }

    /// The newest capture not after `limit`.
    pub(super) fn newest_up_to(&self, limit: StampNanos) -> Option<StampNanos> {
        self.captures().rev().find(|&capture| capture <= limit)
    }

    /// The captures, rising.
    pub(super) fn captures(&self) -> impl DoubleEndedIterator<Item = StampNanos> {
        self.waiting.iter().map(|waiting| waiting.frame.capture)
    }

    /// When the first of the frames captured at `floor` or later arrived.
    pub(super) fn first_arrival(&self, floor: StampNanos) -> Option<StampNanos> {
        let leading = self.waiting.iter().filter(|waiting| waiting.frame.capture >= floor);
        leading.map(|waiting| waiting.arrived).min()
    }

    /// Drops all frames up to `limit`, except that the one captured at `chosen` is handed over. Gives the number dropped too.
    pub(super) fn take_up_to(&mut self, limit: StampNanos, chosen: Option<StampNanos>) -> (Option<Frame>, u64) {
        let (mut taken, mut left_behind) = (None, 0);
        let end = self.waiting.partition_point(|waiting| waiting.frame.capture <= limit);
        for waiting in self.waiting.drain(..end) {
            if Some(waiting.frame.capture) == chosen {
                taken = Some(waiting.frame);
            } else {
                left_behind += 1;
            }
        }
        (taken, left_behind)
    }
}
