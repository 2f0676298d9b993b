//! Potentials: what shaping takes differences of.

use crate::error::Error;
use crate::estimate::Estimate;
use crate::units::{OutOfRange, Progress};

/// The potential Phi of one state: finite, and small enough that no difference of two overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Potential(f64);

impl Potential {
    /// The potential of a terminal state.
    pub const ZERO: Self = Self(0.0);
    /// Largest magnitude.
    pub const MAX: f64 = 1e300;

    /// Checks the range.
    ///
    /// # Errors
    /// When `value` is not finite or its magnitude is above [`Potential::MAX`].
    pub fn new(value: f64) -> Result<Self, Error> {
        if value.abs() <= Self::MAX {
            Ok(Self(value))
        } else {
            Err(OutOfRange { what: "potential", value, range: "finite, with a magnitude of at most 1e300" }.into())
        }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Phi = scale x progress + shift.
///
/// Neither changes which policy is best, and both change how fast it is learnt: a shift moves every value by the same
/// amount and so acts like another start value of the learner's Q (arXiv 2502.01307). A positive shift costs `(1 -
/// gamma^k) shift` on each running step and the whole shift on the last one, since a terminal state's potential is 0
/// after scale and shift; the discounted sum over an episode is lower by `shift` exactly. The defaults are 1 and 0: the
/// potential is the progress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PotentialFn {
    scale: f64,
    shift: f64,
}

impl PotentialFn {
    /// A potential with this scale and shift (potential units; progress runs from 0 to 1).
    ///
    /// # Errors
    /// When either is not finite, or both together could leave the range of [`Potential`].
    pub fn new(scale: f64, shift: f64) -> Result<Self, Error> {
        let range = "finite, and |scale| + |shift| at most 1e300";
        for (what, value) in [("potential scale", scale), ("potential shift", shift)] {
            if !value.is_finite() || scale.abs() + shift.abs() > Potential::MAX {
                return Err(OutOfRange { what, value, range }.into());
            }
        }
        Ok(Self { scale, shift })
    }

    /// What a progress of 1 is worth above a progress of 0.
    #[must_use]
    pub const fn scale(&self) -> f64 {
        self.scale
    }

    /// The potential at progress 0.
    #[must_use]
    pub const fn shift(&self) -> f64 {
        self.shift
    }

    /// The potential of an estimate. Call it once for each state: the shaper keeps the value for the next transition.
    #[must_use]
    pub fn of(&self, estimate: &Estimate) -> Potential {
        // The fuser's means are in [0, 1]; an estimate made by hand may not be, and a potential is always finite.
        let progress = Progress::clamped(estimate.mean).unwrap_or(Progress::ZERO);
        Potential(self.scale * progress.get() + self.shift)
    }
}

impl Default for PotentialFn {
    fn default() -> Self {
        Self { scale: 1.0, shift: 0.0 }
    }
}
