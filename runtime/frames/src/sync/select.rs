//! Which of the waiting frames make the set.

use striatum_core::{MAX_VIEWS, StampNanos, ViewMask};

use super::queue::Queue;

/// A set, by captures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) views: ViewMask,
    /// By view; meaningful for `views`.
    pub(super) captures: [StampNanos; MAX_VIEWS],
    pub(super) oldest: StampNanos,
    pub(super) newest: StampNanos,
}

/// Of each view the newest frame captured in `newest - max_skew ..= newest`. Some frame must be captured at `newest`.
fn up_to(queues: &[Queue; MAX_VIEWS], newest: StampNanos, max_skew: u64) -> Choice {
    let mut choice = Choice { views: ViewMask::EMPTY, captures: [StampNanos(0); MAX_VIEWS], oldest: newest, newest };
    for (view, queue) in queues.iter().enumerate() {
        let Some(capture) = queue.newest_up_to(newest) else { continue };
        if newest.since(capture) <= max_skew {
            choice.views = choice.views.with(view);
            choice.captures[view] = capture;
            choice.oldest = choice.oldest.min(capture);
        }
    }
    choice
}

/// All choices whose newest capture is at `floor` or later.
fn all(queues: &[Queue; MAX_VIEWS], floor: StampNanos, max_skew: u64) -> impl Iterator<Item = Choice> {
    let leaders = queues.iter().flat_map(Queue::captures).filter(move |&capture| capture >= floor);
    leaders.map(move |newest| up_to(queues, newest, max_skew))
}

/// The newest set that has at least the views of `wanted`, and any view.
pub(super) fn newest_with_all(
    queues: &[Queue; MAX_VIEWS],
    wanted: ViewMask,
    floor: StampNanos,
    max_skew: u64,
) -> Option<Choice> {
    let complete = all(queues, floor, max_skew).filter(|choice| choice.views.and(wanted) == wanted);
    complete.filter(|choice| !choice.views.is_empty()).max_by_key(|choice| choice.newest)
}

/// The set with the most views, and of those the newest.
pub(super) fn most_views(queues: &[Queue; MAX_VIEWS], floor: StampNanos, max_skew: u64) -> Option<Choice> {
    all(queues, floor, max_skew).max_by_key(|choice| (choice.views.count(), choice.newest))
}
