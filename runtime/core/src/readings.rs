//! Progress by each perspective, and what the readings say of each other.

use crate::scores::Perspectives;
use crate::units::{Hop, Progress};

/// The finite hops of one frame set, and how many were not.
pub(crate) struct Hops {
    finite: Perspectives<Option<Hop>>,
    pub(crate) missing: u8,
}

impl Hops {
    pub(crate) fn of(raw: &Perspectives<Option<f64>>) -> Self {
        let mut missing = 0;
        let mut contain = |hop: Option<f64>| {
            let hop = hop?;
            let finite = Hop::clamped(hop);
            missing += u8::from(finite.is_none());
            finite
        };
        let finite = Perspectives {
            incremental: contain(raw.incremental),
            forward: contain(raw.forward),
            backward: contain(raw.backward),
        };
        Self { finite, missing }
    }

    /// Readings of these hops; the incremental one starts from `before`.
    pub(crate) fn readings(&self, before: Option<Progress>) -> Readings {
        Readings {
            incremental: self.finite.incremental.zip(before).map(|(hop, from)| hop.apply(from)),
            forward: self.finite.forward.map(|hop| hop.apply(Progress::ZERO)),
            backward: self.finite.backward.map(|hop| hop.apply(Progress::ONE)),
        }
    }
}

/// phi_I, phi_F and phi_B, each clamped to \[0, 1\].
#[derive(Clone, Copy)]
pub(crate) struct Readings {
    pub(crate) incremental: Option<Progress>,
    pub(crate) forward: Option<Progress>,
    pub(crate) backward: Option<Progress>,
}

impl Readings {
    pub(crate) const NONE: Self = Self { incremental: None, forward: None, backward: None };

    /// Those of these perspectives.
    pub(crate) fn of(&self, heard: Perspectives<bool>) -> Self {
        Self {
            incremental: self.incremental.filter(|_| heard.incremental),
            forward: self.forward.filter(|_| heard.forward),
            backward: self.backward.filter(|_| heard.backward),
        }
    }

    pub(crate) fn as_numbers(&self) -> Perspectives<Option<f64>> {
        Perspectives {
            incremental: self.incremental.map(Progress::get),
            forward: self.forward.map(Progress::get),
            backward: self.backward.map(Progress::get),
        }
    }

    /// The mean of phi_F and phi_B, or the one that is there.
    pub(crate) fn goal_mean(&self) -> Option<f64> {
        match (self.forward, self.backward) {
            (Some(forward), Some(backward)) => Some((forward.get() + backward.get()) / 2.0),
            (one, other) => one.or(other).map(Progress::get),
        }
    }

    fn present(&self) -> impl Iterator<Item = f64> {
        [self.incremental, self.forward, self.backward].into_iter().flatten().map(Progress::get)
    }
}

/// Mean and population variance of the readings that are there.
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) votes: u8,
}

impl Spread {
    /// `None` where there is no reading.
    pub(crate) fn of(readings: &Readings) -> Option<Self> {
        let votes = readings.present().fold(0_u8, |count, _| count + 1);
        if votes == 0 {
            return None;
        }
        let count = f64::from(votes);
        let mean = readings.present().sum::<f64>() / count;
        let variance = readings.present().map(|reading| (reading - mean) * (reading - mean)).sum::<f64>() / count;
        Some(Self { mean, variance, votes })
    }
}

/// The consistency weight w = exp(-alpha gap^2) with gap = |phi_B - phi_F| / divisor(mean) (Eq 9-10).
pub(crate) fn consistency(alpha: f64, forward: Progress, backward: Progress, divisor: impl Fn(f64) -> f64) -> f64 {
    let (forward, backward) = (forward.get(), backward.get());
    let gap = gap(backward, forward, divisor((forward + backward) / 2.0));
    libm::exp(-alpha * gap * gap)
}

/// How far two progress values lie apart, in units of `divisor`.
pub(crate) fn gap(one: f64, other: f64, divisor: f64) -> f64 {
    (one - other).abs() / divisor
}
