//! Fused progress to calibrated progress: a map that never falls.

use crate::error::Error;
use crate::units::Progress;

/// A piecewise linear map from \[0, 1\] to \[0, 1\] that never falls. It is constant beyond its first and its last knot, as
/// a regression that clips is.
///
/// The table is a fixed array, so that it can be held and applied where nothing may allocate.
///
/// ```
/// use striatum_core::{CalibrationTable, Progress};
/// # fn main() -> Result<(), striatum_core::Error> {
/// let table = CalibrationTable::new(&[0.0, 0.5, 1.0], &[0.0, 0.25, 1.0])?;
/// assert_eq!(table.apply(Progress::new(0.25)?).get(), 0.125);
/// let same = Progress::new(0.3)?;
/// assert_eq!(CalibrationTable::IDENTITY.apply(same), same);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationTable {
    /// Knots that are used; 0 is the identity.
    count: usize,
    inputs: [f64; Self::MAX_KNOTS],
    outputs: [f64; Self::MAX_KNOTS],
}

impl CalibrationTable {
    /// Most knots of a table.
    pub const MAX_KNOTS: usize = 64;

    /// What is put in comes out, bit for bit.
    pub const IDENTITY: Self = Self { count: 0, inputs: [0.0; Self::MAX_KNOTS], outputs: [0.0; Self::MAX_KNOTS] };

    /// The map through the points (`inputs[i]`, `outputs[i]`), both in progress units.
    ///
    /// # Errors
    /// [`Error::Table`] if the lists differ in length or have not 2 to 64 numbers, a number is not in \[0, 1\], the inputs do
    /// not rise strictly, or the outputs fall somewhere.
    pub fn new(inputs: &[f64], outputs: &[f64]) -> Result<Self, Error> {
        let refuse = |fault| Err(Error::Table { fault });
        let count = inputs.len();
        if outputs.len() != count || !(2..=Self::MAX_KNOTS).contains(&count) {
            return refuse("it needs 2 to 64 knots, as many outputs as inputs");
        }
        // NaN lies in no range.
        if inputs.iter().chain(outputs).any(|value| !(0.0..=1.0).contains(value)) {
            return refuse("a number is not in [0, 1]");
        }
        if inputs.windows(2).any(|pair| pair[1] <= pair[0]) {
            return refuse("the inputs do not rise strictly");
        }
        if outputs.windows(2).any(|pair| pair[1] < pair[0]) {
            return refuse("the outputs fall");
        }
        let mut table = Self { count, ..Self::IDENTITY };
        table.inputs[..count].copy_from_slice(inputs);
        table.outputs[..count].copy_from_slice(outputs);
        Ok(table)
    }

    /// Does it leave everything as it is, because it has no knots?
    #[must_use]
    pub const fn is_identity(&self) -> bool {
        self.count == 0
    }

    /// The calibrated progress. A greater input never gives a smaller output, to the last bit: each operation below is
    /// monotone in its argument, rounding included.
    #[must_use]
    pub fn apply(&self, progress: Progress) -> Progress {
        if self.is_identity() {
            return progress;
        }
        // In [0, 1], since the outputs are.
        Progress::clamped(piecewise(self.inputs(), self.outputs(), progress.get())).unwrap_or(progress)
    }

    /// Where the knots are; none for the identity.
    #[must_use]
    pub fn inputs(&self) -> &[f64] {
        &self.inputs[..self.count]
    }

    /// The map's values at the knots.
    #[must_use]
    pub fn outputs(&self) -> &[f64] {
        &self.outputs[..self.count]
    }
}

impl Default for CalibrationTable {
    fn default() -> Self {
        Self::IDENTITY
    }
}

/// The value at `value` of the piecewise linear map through the points (`inputs[i]`, `outputs[i]`), constant beyond the first and
/// the last. The inputs rise strictly and the outputs do not fall, which whoever keeps the table has checked. A greater value never
/// gives a smaller one, to the last bit: each operation is monotone in its argument, rounding included.
///
/// NaN gives NaN, and so does a table without points.
///
/// ```
/// use striatum_core::piecewise;
/// assert_eq!(piecewise(&[-1.0, 1.0], &[0.0, 0.5], 0.0), 0.25);
/// assert_eq!(piecewise(&[-1.0, 1.0], &[0.0, 0.5], 7.0), 0.5);
/// ```
#[must_use]
pub fn piecewise(inputs: &[f64], outputs: &[f64], value: f64) -> f64 {
    if value.is_nan() {
        return value;
    }
    let right = inputs.partition_point(|&knot| knot <= value);
    match (right.checked_sub(1), inputs.get(right)) {
        (None, _) => outputs.first().copied().unwrap_or(f64::NAN),
        (Some(left), None) => outputs[left],
        (Some(left), Some(next)) => {
            let share = (value - inputs[left]) / (next - inputs[left]);
            let between = outputs[left] + share * (outputs[right] - outputs[left]);
            between.clamp(outputs[left], outputs[right])
        }
    }
}
