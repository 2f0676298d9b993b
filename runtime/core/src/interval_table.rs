//! The model's standard deviation to an interval that holds the truth as often as it says.

use crate::error::Error;
use crate::estimate::Estimate;
use crate::units::OutOfRange;

/// How wide the 90 % interval is: `half_width_90 = multiplier x max(std, std_floor)`, in progress units.
///
/// The multiplier of a normal distribution is [`IntervalTable::Z_90`]; conformal prediction gives another one, from
/// episodes whose truth is known. The rest of the program goes on speaking of a standard deviation, so what is applied is
/// the std whose normal interval has that half width: `std' = max(std, std_floor) x multiplier / Z_90`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalTable {
    multiplier: f64,
    std_floor: f64,
}

impl IntervalTable {
    /// Half width of the central 90 % interval of a normal distribution, in standard deviations.
    pub const Z_90: f64 = 1.644_853_626_951_472_2;
    /// Largest multiplier.
    pub const MAX_MULTIPLIER: f64 = 1000.0;

    /// The std as the fuser says it, bit for bit.
    pub const IDENTITY: Self = Self { multiplier: Self::Z_90, std_floor: 0.0 };

    /// An interval of `multiplier` standard deviations to each side, where a std below `std_floor` counts as that.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the multiplier is not above 0 and at most 1000, or the floor (progress units) is not in
    /// \[0, 0.5\].
    pub fn new(multiplier: f64, std_floor: f64) -> Result<Self, Error> {
        if !(multiplier > 0.0 && multiplier <= Self::MAX_MULTIPLIER) {
            let range = "above 0 and at most 1000";
            return Err(OutOfRange { what: "interval multiplier", value: multiplier, range }.into());
        }
        if !(0.0..=Estimate::UNKNOWN_STD).contains(&std_floor) {
            return Err(OutOfRange { what: "interval std floor", value: std_floor, range: "in [0, 0.5]" }.into());
        }
        Ok(Self { multiplier, std_floor })
    }

    /// Half of the 90 % interval's width, in standard deviations.
    #[must_use]
    pub const fn multiplier(&self) -> f64 {
        self.multiplier
    }

    /// What a smaller std counts as, in progress units.
    #[must_use]
    pub const fn std_floor(&self) -> f64 {
        self.std_floor
    }

    /// Does it leave every std as it is?
    #[must_use]
    pub fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }

    /// The calibrated standard deviation, in progress units: finite and at least [`Estimate::MIN_STD`].
    ///
    /// A std that is negative or not finite counts as [`Estimate::UNKNOWN_STD`]. From there on nothing is known, and no
    /// calibration makes it less: the interval gets no narrower.
    #[must_use]
    pub fn apply(&self, std: f64) -> f64 {
        let known = std.is_finite() && std >= 0.0;
        let std = if known { std } else { Estimate::UNKNOWN_STD };
        if self.is_identity() {
            return std.max(Estimate::MIN_STD);
        }
        let calibrated = std.max(self.std_floor) * (self.multiplier / Self::Z_90);
        let least = if std >= Estimate::UNKNOWN_STD { std } else { Estimate::MIN_STD };
        calibrated.clamp(least, f64::MAX)
    }
}

impl Default for IntervalTable {
    fn default() -> Self {
        Self::IDENTITY
    }
}
