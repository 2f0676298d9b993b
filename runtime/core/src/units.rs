//! Bounded numbers with checked constructors, and stamps in Unix nanoseconds.

use thiserror::Error;

/// A number that is not finite or lies outside the range its type allows.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error("{what} is {value}, it must be {range}")]
pub struct OutOfRange {
    /// What the number is, for example `discount`.
    pub what: &'static str,
    /// The number that was given.
    pub value: f64,
    /// The range in words, for example `in [0, 1]`.
    pub range: &'static str,
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $what:literal, $range:literal, $min:expr, $max:expr, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// Smallest value (or the open lower limit).
            pub const MIN: f64 = $min;
            /// Largest value.
            pub const MAX: f64 = $max;

            /// Checks the range.
            ///
            /// # Errors
            /// When `value` is not finite or lies outside the range.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                let accepts: fn(f64) -> bool = $accepts;
                if value.is_finite() && accepts(value) {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange { what: $what, value, range: $range })
                }
            }

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }
    };
}

bounded!(
    /// Task progress in \[0, 1\]: 0 at the start of the task, 1 when it is done.
    Progress, "progress", "in [0, 1]", 0.0, 1.0, |v| (0.0..=1.0).contains(&v)
);
bounded!(
    /// A relative hop in \[-1, 1\] (Robo-Dopamine, arXiv 2512.23703, Eq 2): the share of what remained that was gained, or,
    /// below zero, the share of what had been gained that was lost.
    Hop, "hop", "in [-1, 1]", -1.0, 1.0, |v| (-1.0..=1.0).contains(&v)
);
bounded!(
    /// The learner's discount gamma in (0, 1].
    Discount, "discount", "in (0, 1]", 0.0, 1.0, |v| v > 0.0 && v <= 1.0
);

impl Progress {
    /// The start of a task.
    pub const ZERO: Self = Self(0.0);
    /// A finished task.
    pub const ONE: Self = Self(1.0);

    /// Clamps a finite number into \[0, 1\]; `None` for NaN and infinities, which are a missing value and not a progress.
    #[must_use]
    pub fn clamped(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(value.clamp(0.0, 1.0)))
    }
}

impl Hop {
    /// No change.
    pub const ZERO: Self = Self(0.0);

    /// Clamps a finite number into \[-1, 1\]; `None` for NaN and infinities.
    #[must_use]
    pub fn clamped(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(value.clamp(-1.0, 1.0)))
    }
}

/// A point in time: nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StampNanos(pub u64);

impl StampNanos {
    /// The stamp `nanos` later, or the last one there is.
    #[must_use]
    pub const fn plus(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Nanoseconds from `earlier` to `self`; 0 when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_numbers_refuse_what_lies_outside() {
        assert!(Progress::new(1.0).is_ok());
        assert!(Progress::new(1.0 + f64::EPSILON).is_err());
        assert!(Progress::new(f64::NAN).is_err());
        assert!(Hop::new(-1.0).is_ok());
        assert!(Discount::new(0.0).is_err());
        assert!(Discount::new(1.0).is_ok());
    }

    #[test]
    fn clamping_keeps_nan_out() {
        assert_eq!(Progress::clamped(7.0), Some(Progress::ONE));
        assert_eq!(Progress::clamped(f64::NAN), None);
        assert_eq!(Hop::clamped(f64::INFINITY), None);
    }
}
