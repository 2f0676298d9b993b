//! A strictly rising, piecewise linear map into \[0, 1\].

use striatum_core::piecewise;

use crate::error::{Error, Result};

/// A piecewise linear map that rises strictly between its first and last knot and is constant beyond them.
///
/// Strictly: a step, as isotonic regression makes them, would make frames equal that the head can tell apart. The arithmetic is
/// that of [`striatum_core::CalibrationTable`]; the table is another, since a head's numbers lie outside \[0, 1\] too.
#[derive(Clone, Debug, PartialEq)]
pub struct MonotoneMap {
    inputs: Vec<f64>,
    outputs: Vec<f64>,
}

impl MonotoneMap {
    /// The most knots that are accepted.
    pub const MAX_KNOTS: usize = 256;

    /// A map through the points (`inputs[i]`, `outputs[i]`).
    ///
    /// # Errors
    /// [`Error::Adapt`] if there are fewer than two points, the lists differ in length, a number is not finite, either list
    /// does not rise strictly, or an output lies outside \[0, 1\].
    pub fn new(inputs: Vec<f64>, outputs: Vec<f64>) -> Result<Self> {
        let refuse = |what: &str| Err(Error::adapt(format!("calibration table: {what}"), "adapt again"));
        if inputs.len() != outputs.len() || !(2..=Self::MAX_KNOTS).contains(&inputs.len()) {
            return refuse("it needs 2 to 256 knots, as many inputs as outputs");
        }
        if inputs.iter().chain(&outputs).any(|v| !v.is_finite()) {
            return refuse("a number is not finite");
        }
        if outputs.iter().any(|v| !(0.0..=1.0).contains(v)) {
            return refuse("an output lies outside [0, 1]");
        }
        let rises = |list: &[f64]| list.windows(2).all(|pair| pair[0] < pair[1]);
        if !rises(&inputs) || !rises(&outputs) {
            return refuse("it does not rise strictly");
        }
        Ok(Self { inputs, outputs })
    }

    /// The map's value; NaN for NaN.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        piecewise(&self.inputs, &self.outputs, value)
    }

    /// Where the knots are.
    #[must_use]
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// The map's values at the knots.
    #[must_use]
    pub fn outputs(&self) -> &[f64] {
        &self.outputs
    }
}
