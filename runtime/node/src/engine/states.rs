//! The frame sets that were scored last, to find the state at a stamp.

use std::collections::VecDeque;

use striatum_core::StampNanos;

use crate::pipeline::Scored;

/// Frame sets kept: 12 s at 20 Hz, far beyond any deadline.
const KEPT: usize = 256;

/// A ring of scored frame sets, oldest first. Their newest captures rise.
pub(super) struct States {
    ring: VecDeque<Scored>,
}

impl States {
    pub(super) fn new() -> Self {
        Self { ring: VecDeque::with_capacity(KEPT) }
    }

    pub(super) fn push(&mut self, scored: Scored) {
        if self.ring.len() == KEPT {
            self.ring.pop_front();
        }
        self.ring.push_back(scored);
    }

    pub(super) fn clear(&mut self) {
        self.ring.clear();
    }

    pub(super) fn newest(&self) -> Option<&Scored> {
        self.ring.back()
    }

    /// The newest frame set whose newest capture is at or before `limit`.
    pub(super) fn at(&self, limit: StampNanos) -> Option<&Scored> {
        self.ring.iter().rev().find(|scored| scored.newest <= limit)
    }

    /// Everything from the first frame set whose OLDEST capture is at or after `stamp`.
    pub(super) fn since(&self, stamp: StampNanos) -> impl Iterator<Item = &Scored> {
        self.ring.iter().skip_while(move |scored| scored.oldest < stamp)
    }
}
