//! What a reward model says of one frame set, before anything is fused.

use crate::views::{MAX_VIEWS, ViewMask};

/// One value for each of the three perspectives of Robo-Dopamine (arXiv 2512.23703, Eq 4-6).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Perspectives<T> {
    /// From the frame set before to this one.
    pub incremental: T,
    /// From the demonstration's start to this frame set.
    pub forward: T,
    /// From the demonstration's goal to this frame set.
    pub backward: T,
}

/// Members (models that answer for one frame set together) that a runtime can hold.
pub const MAX_MEMBERS: usize = 4;

/// What one of several members says of a frame set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemberScores {
    /// Relative hops H, as in [`Scores`].
    pub hops: Perspectives<Option<f64>>,
    /// Standard deviation of its progress as it knows it, in progress units.
    pub std: f64,
}

/// A reward model's raw answer for one frame set. Numbers are as the model gave them and may be NaN or infinite: the fuser
/// is the one place where they are contained, as missing votes that are counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Relative hops H, `None` where the model has no answer (no frame set before this one, say).
    pub hops: Perspectives<Option<f64>>,
    /// Absolute progress of each view by itself, where the model has one; for display and reliability, not fused.
    pub per_view: [Option<f64>; MAX_VIEWS],
    /// Standard deviation of the progress as the model knows it, in progress units.
    pub std: f64,
    /// Where several members answer, `hops` and `std` are the first one's and these are those of the others, in their order.
    /// `None` where there is no such member, or it has no answer to this frame set.
    pub others: [Option<MemberScores>; MAX_MEMBERS - 1],
    /// Share of the model's belief that the frame set shows the goal, in \[0, 1\]; `None` where the model has no such estimate.
    /// It is apart from progress: a late frame that is not the goal has none of it.
    pub goal: Option<f64>,
    /// Out-of-distribution score: 0 at the heart of the demonstrations, 1 at the limit fitted with the bundle; that of the
    /// strangest view.
    pub ood: f64,
    /// The same of the least strange view: beyond the limit there is none to be trusted. NaN where nothing is known.
    pub least_ood: f64,
    /// The views that took part.
    pub views: ViewMask,
    /// Views that gave numbers that are not finite, and were left out.
    pub non_finite_views: ViewMask,
    /// Images encoded for this answer.
    pub images_encoded: u32,
}

impl Scores {
    /// No answer at all: every vote is missing.
    pub const MISSING: Self = Self {
        hops: Perspectives { incremental: None, forward: None, backward: None },
        per_view: [None; MAX_VIEWS],
        std: f64::NAN,
        others: [None; MAX_MEMBERS - 1],
        goal: None,
        ood: f64::NAN,
        least_ood: f64::NAN,
        views: ViewMask::EMPTY,
        non_finite_views: ViewMask::EMPTY,
        images_encoded: 0,
    };
}
