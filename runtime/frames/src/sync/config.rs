//! What the synchroniser is told, and what it counts.

use striatum_core::MAX_VIEWS;

use crate::error::{Error, Result};

/// What to do when a view has no frame at its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropOut {
    /// Wait for it, for ever if need be: only complete sets.
    Wait,
    /// Go on with the views there are; sets are marked degraded.
    Degrade,
    /// Give sets that are marked to be held: the reward keeps its value.
    Hold,
}

/// What to do with a camera that shows the same picture again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrozenPolicy {
    /// Treat the view as dropped out (with [`DropOut::Wait`] there are then no sets until it moves again).
    Exclude,
    /// Only say so in [`FrameSet::frozen`](crate::FrameSet::frozen).
    FlagOnly,
}

/// How frames are lined up. Times are nanoseconds of capture time where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncConfig {
    /// Number of views, 1 to [`MAX_VIEWS`].
    pub views: usize,
    /// Most that the captures of a set may lie apart. Below half a camera period, else neighbouring ticks can pair up.
    pub max_skew_nanos: u64,
    /// How long after the arrival of the first frame of a would-be set its missing views are waited for (time of `now`).
    pub view_deadline_nanos: u64,
    /// At most one set for each period of capture time (periods count from the epoch); 0 gives every set.
    pub period_nanos: u64,
    /// What to do when a view has no frame at its deadline.
    pub drop_out: DropOut,
    /// A view is frozen once its picture has been the same for longer than this; 0 turns the check off.
    pub frozen_after_nanos: u64,
    /// What to do with a frozen view.
    pub frozen: FrozenPolicy,
}

impl SyncConfig {
    /// Refuses what cannot work.
    pub(super) fn check(&self) -> Result<()> {
        if self.views == 0 || self.views > MAX_VIEWS {
            let why = format!("{} views cannot be lined up; give 1 to {MAX_VIEWS}", self.views);
            return Err(Error::Config { field: "views", why });
        }
        Ok(())
    }
}

/// What has happened to sets and frames since the start. Every frame that was pushed and is in no set is in one of the frame
/// counts from `duplicates` to `ahead_of_clock`, in `frozen_frames` (when excluded), or still queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncCounters {
    /// Sets with every view.
    pub sets_complete: u64,
    /// Sets that went out with views missing.
    pub sets_degraded: u64,
    /// Sets that said hold.
    pub sets_held: u64,
    /// Frames with a view and capture that had been seen.
    pub duplicates: u64,
    /// Frames not newer than the last set, or that would have belonged to it.
    pub too_late: u64,
    /// Frames left behind because they lay too far in time from the other views of the set that was taken.
    pub skew: u64,
    /// Frames left behind because a newer one of the same view was taken.
    pub superseded: u64,
    /// Frames pushed out of a full queue while waiting for other views.
    pub overwritten: u64,
    /// Frames of a period that already has its set.
    pub thinned: u64,
    /// Frames captured more than [`MAX_AHEAD_NANOS`](crate::MAX_AHEAD_NANOS) after `now`: a broken clock.
    pub ahead_of_clock: u64,
    /// Frames that came while their view was frozen. With [`FrozenPolicy::FlagOnly`] they are used all the same; with
    /// [`FrozenPolicy::Exclude`] those that were waiting at that moment are counted too.
    pub frozen_frames: u64,
    /// Frames that came after a newer one of their view (they are used all the same, if they fit).
    pub out_of_order: u64,
}
