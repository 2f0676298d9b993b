//! One camera's picture with its times, and the pictures of several cameras that belong together.

use std::sync::Arc;

use striatum_core::{MAX_VIEWS, StampNanos, ViewMask};

use crate::image_buffer::Image;

/// One picture of one view, decoded.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The view's index in the bundle's order.
    pub view: usize,
    /// When the shutter was open, by the camera host's clock.
    pub capture: StampNanos,
    /// When it came in, by this machine's clock.
    pub received: StampNanos,
    /// Its number in the source: a video's frame, a message's sequence number.
    pub source_frame: u32,
    /// [`content_hash`](crate::content_hash) of the picture.
    pub content_hash: u64,
    /// The picture. Shared, because scoring, recording and the state of an episode look at the same one.
    pub image: Arc<Image>,
}

/// What may be done with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetVerdict {
    /// Every expected view is there: score it.
    Complete,
    /// Views are missing and the policy is to go on without them: score it, flagged.
    Degraded,
    /// Views are missing and the policy is to hold: do not score it, keep the last value.
    Hold,
}

/// At most one frame of each view, captured within the skew limit of one another.
#[derive(Clone, Debug)]
pub struct FrameSet {
    /// By view index; `None` where the view is missing or not expected.
    pub frames: [Option<Frame>; MAX_VIEWS],
    /// The views that have a frame.
    pub views: ViewMask,
    /// The earliest capture in the set.
    pub oldest: StampNanos,
    /// The latest capture in the set.
    pub newest: StampNanos,
    /// What may be done with it.
    pub verdict: SetVerdict,
    /// Views whose camera has shown the same picture for longer than the limit, whether or not they are in the set.
    pub frozen: ViewMask,
}
