//! What was learnt of a fuser's estimates from episodes whose truth is known, applied to each new one.

use crate::calibration_table::CalibrationTable;
use crate::estimate::Estimate;
use crate::interval_table::IntervalTable;
use crate::units::Progress;

/// The step between [`crate::Fuser`] and [`crate::PotentialFn`]: the mean goes through a map that never falls, the
/// standard deviation is scaled until its 90 % interval holds the truth that often. It has no memory, and the fuser's own
/// memory never sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Fused progress to calibrated progress.
    pub mean: CalibrationTable,
    /// How wide the interval around it is.
    pub interval: IntervalTable,
}

impl Calibration {
    /// Changes no bit of any estimate: the default.
    pub const IDENTITY: Self = Self { mean: CalibrationTable::IDENTITY, interval: IntervalTable::IDENTITY };

    /// Does it change nothing?
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.mean.is_identity() && self.interval.is_identity()
    }

    /// The estimate with calibrated mean and std; readings, weight, votes and the out-of-distribution score stay.
    ///
    /// While no value has been seen ([`Estimate::warming_up`]) there is nothing to calibrate. A mean that is not finite,
    /// which no fuser gives, counts as 0, as it does for a potential.
    ///
    /// ```
    /// use striatum_core::{Calibration, CalibrationTable, Estimate, IntervalTable};
    /// # fn main() -> Result<(), striatum_core::Error> {
    /// let calibration = Calibration {
    ///     mean: CalibrationTable::new(&[0.0, 1.0], &[0.5, 1.0])?,
    ///     interval: IntervalTable::new(2.0 * IntervalTable::Z_90, 0.0)?,
    /// };
    /// let fused = Estimate { mean: 0.5, std: 0.125, warming_up: false, ..Estimate::WARMING_UP };
    /// let calibrated = calibration.apply(&fused);
    /// assert_eq!((calibrated.mean, calibrated.std), (0.75, 0.25));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn apply(&self, estimate: &Estimate) -> Estimate {
        if estimate.warming_up || self.is_identity() {
            return *estimate;
        }
        let mean = Progress::clamped(estimate.mean).unwrap_or(Progress::ZERO);
        Estimate { mean: self.mean.apply(mean).get(), std: self.interval.apply(estimate.std), ..*estimate }
    }
}
