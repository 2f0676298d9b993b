//! What the fuser says of one frame set.

use crate::interval_table::IntervalTable;
use crate::members::MemberShare;
use crate::scores::{MAX_MEMBERS, Perspectives};

/// Fused progress with its uncertainty. Every number in it is finite, whatever the model said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Fused progress in \[0, 1\].
    pub mean: f64,
    /// Standard deviation of the progress, above 0: the model's own and the disagreement of the readings used.
    pub std: f64,
    /// Out-of-distribution score, from 0 (at the heart of the demonstrations); 1 is the bundle's limit.
    pub ood: f64,
    /// Share of belief that the goal is reached, in \[0, 1\]; `None` where the model has none or the estimate is held.
    pub goal: Option<f64>,
    /// Progress by each perspective, clamped to \[0, 1\]: phi_I, phi_F, phi_B. `None` where there was no finite hop, or
    /// for the incremental one no fused value to hop from. Of several members, their mean by their shares.
    pub readings: Perspectives<Option<f64>>,
    /// The consistency weight w in \[0, 1\]: 0 holds the last value. 1 where the rule has none.
    pub weight: f64,
    /// Readings that the mean was made from, of all members that vote.
    pub votes: u8,
    /// Hops that were not finite, and did not vote.
    pub missing_votes: u8,
    /// What each member said and its share, in their order; [`MemberShare::NONE`] beyond the last.
    pub members: [MemberShare; MAX_MEMBERS],
    /// No vote came: this is the last mean again.
    pub held: bool,
    /// No value has been seen since the reset.
    pub warming_up: bool,
}

impl Estimate {
    /// Standard deviation where nothing is known: no value in \[0, 1\] can deviate more.
    pub const UNKNOWN_STD: f64 = 0.5;
    /// Smallest standard deviation: a model that claims none is not believed.
    pub const MIN_STD: f64 = 1e-6;
    /// Out-of-distribution score where nothing is known: at the limit, since nothing says that it is inside.
    pub const UNKNOWN_OOD: f64 = 1.0;

    /// Half of the 90 % interval's width around the mean, in progress units, at most 1: the interval of a normal distribution
    /// with this std, which a [`crate::Calibration`] has made hold the truth that often.
    #[must_use]
    pub fn half_width_90(&self) -> f64 {
        (IntervalTable::Z_90 * self.std).min(1.0)
    }

    /// What is said before any value has been seen.
    pub const WARMING_UP: Self = Self {
        mean: 0.0,
        std: Self::UNKNOWN_STD,
        ood: Self::UNKNOWN_OOD,
        goal: None,
        readings: Perspectives { incremental: None, forward: None, backward: None },
        weight: 1.0,
        votes: 0,
        missing_votes: 0,
        members: [MemberShare::NONE; MAX_MEMBERS],
        held: true,
        warming_up: true,
    };
}
