//! Frames without pictures worth looking at.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use striatum_core::StampNanos;

use super::{DropOut, FrozenPolicy, SyncConfig, Synchroniser};
use crate::frame::{Frame, FrameSet};
use crate::image_buffer::Image;

/// A frame whose content differs from all others.
pub(super) fn frame(view: usize, capture: u64) -> Frame {
    let image = Arc::new(Image::filled(1, 1, [0; 3]));
    let stamp = StampNanos(capture);
    Frame { view, capture: stamp, received: stamp, source_frame: 0, content_hash: capture, image }
}

/// Skew 40, deadline 50, in whatever unit the test counts.
pub(super) fn config(views: usize, drop_out: DropOut) -> SyncConfig {
    SyncConfig {
        views,
        max_skew_nanos: 40,
        view_deadline_nanos: 50,
        period_nanos: 0,
        drop_out,
        frozen_after_nanos: 0,
        frozen: FrozenPolicy::FlagOnly,
    }
}

impl Synchroniser {
    /// Pushes a frame that arrives at the moment it is captured.
    pub(super) fn push_at(&mut self, view: usize, capture: u64) -> Option<FrameSet> {
        self.push(frame(view, capture), StampNanos(capture)).unwrap()
    }

    pub(super) fn poll_at(&mut self, now: u64) -> Option<FrameSet> {
        self.poll(StampNanos(now))
    }

    /// Frames that wait.
    pub(super) fn queued(&self) -> usize {
        self.queues.iter().map(|queue| queue.captures().count()).sum()
    }
}
