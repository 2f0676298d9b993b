//! How long a camera has shown the same picture.

use striatum_core::StampNanos;

/// The run of equal pictures a view is in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContentRun {
    /// The newest capture seen, and the content hash and capture of the first frame of the run it belongs to.
    seen: Option<(StampNanos, u64, StampNanos)>,
    /// Has the run lasted longer than the limit?
    pub(super) frozen: bool,
}

impl ContentRun {
    /// Is this the capture that was seen last?
    pub(super) fn is_repeat(&self, capture: StampNanos) -> bool {
        self.seen.is_some_and(|(newest, _, _)| newest == capture)
    }

    /// Takes note of a frame; says whether it came in order of capture. One that did not changes nothing.
    pub(super) fn observe(&mut self, capture: StampNanos, content_hash: u64, frozen_after_nanos: u64) -> bool {
        let since = match self.seen {
            Some((newest, _, _)) if capture < newest => return false,
            Some((_, hash, since)) if hash == content_hash => since,
            _ => capture,
        };
        self.seen = Some((capture, content_hash, since));
        self.frozen = frozen_after_nanos > 0 && capture.since(since) > frozen_after_nanos;
        true
    }
}
