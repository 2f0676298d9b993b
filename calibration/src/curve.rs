//! What was said of one episode, and what was true.

use striatum_core::{Calibration, Estimate};

use crate::error::{Error, Result};

/// One episode's rows: fused progress, its standard deviation, and the truth, all in progress units.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeCurve {
    name: String,
    mean: Vec<f64>,
    std: Vec<f64>,
    truth: Vec<f64>,
}

impl EpisodeCurve {
    /// An episode's rows, in the order of time.
    ///
    /// # Errors
    /// [`Error::Input`] naming the episode, if there is no row, the lists differ in length, a progress or a truth is not in
    /// \[0, 1\], or a std is not finite and above 0.
    pub fn new(name: impl Into<String>, mean: Vec<f64>, std: Vec<f64>, truth: Vec<f64>) -> Result<Self> {
        let name = name.into();
        let refuse = |what: String| Err(Error::input(&name, what, "play the episode through the bundle again"));
        let rows = mean.len();
        if rows == 0 || std.len() != rows || truth.len() != rows {
            return refuse(format!("{rows} values, {} stds and {} truths are no rows", std.len(), truth.len()));
        }
        for (what, list) in [("progress", &mean), ("truth", &truth)] {
            if let Some(value) = list.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return refuse(format!("a {what} is {value}, it must be in [0, 1]"));
            }
        }
        if let Some(value) = std.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
            return refuse(format!("a std is {value}, it must be above 0"));
        }
        Ok(Self { name, mean, std, truth })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.mean.len()
    }

    /// Fused progress.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation.
    #[must_use]
    pub fn std(&self) -> &[f64] {
        &self.std
    }

    /// True progress.
    #[must_use]
    pub fn truth(&self) -> &[f64] {
        &self.truth
    }

    /// What a row weighs: every episode weighs 1 in all, however long it is.
    pub(crate) fn row_weight(&self) -> f64 {
        1.0 / count(self.rows())
    }

    /// The same rows as the runtime would say them with this calibration: through the runtime's own code.
    #[must_use]
    pub fn calibrated(&self, calibration: &Calibration) -> Self {
        let row = |(&mean, &std): (&f64, &f64)| {
            let fused = Estimate { mean, std, held: false, warming_up: false, ..Estimate::WARMING_UP };
            let calibrated = calibration.apply(&fused);
            (calibrated.mean, calibrated.std)
        };
        let (mean, std) = self.mean.iter().zip(&self.std).map(row).unzip();
        Self { name: self.name.clone(), mean, std, truth: self.truth.clone() }
    }
}

/// A count as a number to reckon with.
#[allow(clippy::cast_precision_loss, reason = "rows and episodes are far below 2^53")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_that_cannot_be_are_refused_by_the_episodes_name() {
        let (one, none): (&[f64], &[f64]) = (&[0.5], &[]);
        let cases = [
            (none, none, none, "no rows"),
            (one, &[0.1], none, "no rows"),
            (&[f64::NAN], &[0.1], one, "progress is NaN"),
            (one, &[0.1], &[1.5], "truth is 1.5"),
            (one, &[0.0], one, "std is 0"),
        ];
        for (mean, std, truth, said) in cases {
            let curve = EpisodeCurve::new("tidy_7", mean.to_vec(), std.to_vec(), truth.to_vec());
            let message = curve.unwrap_err().to_string();
            assert!(message.starts_with("tidy_7: ") && message.contains(said), "{message}");
            assert_eq!(message.lines().count(), 1);
        }
    }
}
