//! What one unit of a feature is: its spread over all demonstrations.

use super::rows::Demonstration;

/// A feature that spreads less than this share of its own size is constant: the rest is rounding.
const CONSTANT: f64 = 1e-6;

/// Mean and standard deviation of each feature over the frames of all demonstrations.
pub(crate) struct Scale {
    pub(crate) mean: Vec<f64>,
    /// 0 for a feature that never changes.
    pub(crate) std: Vec<f64>,
}

impl Scale {
    pub(crate) fn of(demonstrations: &[Demonstration<'_>]) -> Self {
        let width = demonstrations.first().map_or(0, Demonstration::width);
        let frames = || demonstrations.iter().flat_map(|rows| (0..rows.frames()).map(|frame| rows.row(frame)));
        let share = 1.0 / frames().count().max(1) as f64;
        let (mut mean, mut std) = (vec![0.0; width], vec![0.0; width]);
        for row in frames() {
            mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value) * share);
        }
        for row in frames() {
            for ((square, &value), mean) in std.iter_mut().zip(row).zip(&mean) {
                *square += (f64::from(value) - mean).powi(2) * share;
            }
        }
        for (std, mean) in std.iter_mut().zip(&mean) {
            *std = std.sqrt();
            if *std <= mean.abs() * CONSTANT {
                *std = 0.0;
            }
        }
        Self { mean, std }
    }

    /// A feature's value in its own units: 0 at the mean, 1 a standard deviation above. 0 if it never changes.
    pub(crate) fn standard(&self, feature: usize, value: f32) -> f64 {
        if self.std[feature] > 0.0 { (f64::from(value) - self.mean[feature]) / self.std[feature] } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_all_demonstrations_together() {
        let (a, b) = ([1.0, 7.3, 1.0, 7.3, 1.0, 7.3, 1.0, 7.3], [3.0, 7.3, 3.0, 7.3, 3.0, 7.3, 3.0, 7.3]);
        let rows = [&a, &b].map(|values| Demonstration::new(values, 2).unwrap());
        let scale = Scale::of(&rows);
        assert!((scale.mean[0] - 2.0).abs() < 1e-12 && (scale.std[0] - 1.0).abs() < 1e-12);
        assert!((scale.standard(0, 4.0) - 2.0).abs() < 1e-12);
        assert!(scale.std[1].abs() < 1e-12 && scale.standard(1, 99.0).abs() < 1e-12, "a constant says nothing");
    }
}
