//! What the memory consists of, checked, and its arithmetic in plain Rust.

use super::HALVES;
use crate::error::{Error, Result};

/// A demonstration in memory: N views of D features, C = D / cells channels, M rows, two halves of R directions each.
#[derive(Clone, Debug, PartialEq)]
pub struct GrmSpec {
    /// Views, N.
    pub views: usize,
    /// Features of a view, D.
    pub width: usize,
    /// Neighbouring features that are averaged into one channel, a divisor of D.
    pub cells: usize,
    /// Directions of each half, R.
    pub rank: usize,
    /// Subtracted from a channel, `[N, C]`.
    pub mean: Vec<f32>,
    /// Multiplies what is left, `[N, C]`.
    pub scale: Vec<f32>,
    /// Directions, `[N, C, 2 R]` row-major: the first R columns are 0 at odd channels, the others at even ones.
    pub basis: Vec<f32>,
    /// The demonstration's sets in these directions, `[N, 2, R, M]`.
    pub memory: Vec<f32>,
    /// Progress of each row of the memory, `[M]`.
    pub progress: Vec<f64>,
    /// Standard deviation of that progress, which keyframes say at their segments' ends only, `[M]` or empty.
    pub label_std: Vec<f64>,
    /// Squared distance at which a view begins to lose its say, s.
    pub tail: f64,
    /// Width of the comparison, h, in squared distances.
    pub width_of_match: f64,
}

impl GrmSpec {
    /// Channels of a view, C.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.width / self.cells.max(1)
    }

    /// Rows of the memory, M.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.progress.len()
    }

    /// What multiplies each view's logarithm: c.
    #[must_use]
    pub fn sharpness(&self) -> f64 {
        (self.tail + 0.5) / (2.0 * self.width_of_match * self.views as f64)
    }

    /// Checks lengths and numbers.
    ///
    /// # Errors
    /// [`Error::Adapt`] naming the part that does not fit.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: String| Err(Error::adapt(what, "adapt again; if it stays, the features are unusable"));
        if self.views * self.width * self.rank * self.rows() == 0 || self.cells == 0 {
            return refuse("a memory needs at least one view, feature, direction and row".to_owned());
        }
        if !self.width.is_multiple_of(self.cells) {
            return refuse(format!("{} features are not {} cells of each channel", self.width, self.cells));
        }
        let channels = self.views * self.channels();
        for (part, got, needed) in [
            ("mean", self.mean.len(), channels),
            ("scale", self.scale.len(), channels),
            ("basis", self.basis.len(), channels * HALVES * self.rank),
            ("memory", self.memory.len(), self.views * HALVES * self.rank * self.rows()),
        ] {
            if got != needed {
                return refuse(format!("the memory's {part} has {got} values instead of {needed}"));
            }
        }
        let numbers = [&self.mean, &self.scale, &self.basis, &self.memory].into_iter().flatten();
        let in_range = self.progress.iter().chain(&self.label_std).all(|p| (0.0..=1.0).contains(p))
            && (self.label_std.is_empty() || self.label_std.len() == self.rows());
        let positive = |v: f64| v.is_finite() && v > 0.0;
        if numbers.into_iter().any(|v| !v.is_finite())
            || !in_range
            || !positive(self.tail)
            || !positive(self.width_of_match)
        {
            return refuse("the memory holds a number that is not finite or out of range".to_owned());
        }
        Ok(())
    }

    /// The same arithmetic as the ONNX file, in 64 bits: for tests and for fitting, not for the robot.
    ///
    /// `features` is `[N, D]`, `present[v]` says whether view v is there; the result is `[2, M]`.
    #[must_use]
    pub fn evidence(&self, features: &[f32], present: &[bool]) -> Vec<f64> {
        let (rows, sharpness) = (self.rows(), self.sharpness());
        let mut evidence = vec![0.0; HALVES * rows];
        for view in (0..self.views).filter(|&view| present.get(view) == Some(&true)) {
            let seen = self.project(view, &features[view * self.width..(view + 1) * self.width]);
            for (half, sums) in evidence.chunks_exact_mut(rows).enumerate() {
                let memory = &self.memory[(view * HALVES + half) * self.rank * rows..][..self.rank * rows];
                let seen = &seen[half * self.rank..(half + 1) * self.rank];
                for (row, sum) in sums.iter_mut().enumerate() {
                    let apart = |(direction, e): (usize, &f64)| (e - f64::from(memory[direction * rows + row])).powi(2);
                    let distance: f64 = seen.iter().enumerate().map(apart).sum();
                    *sum -= sharpness * (1.0 + distance / self.tail).ln();
                }
            }
        }
        evidence
    }

    /// One view's features in the directions of both halves.
    pub(crate) fn project(&self, view: usize, features: &[f32]) -> Vec<f64> {
        let (channels, columns) = (self.channels(), HALVES * self.rank);
        let mut seen = vec![0.0; columns];
        for (channel, cells) in features.chunks_exact(self.cells).enumerate() {
            let at = view * channels + channel;
            let mean = cells.iter().map(|&v| f64::from(v)).sum::<f64>() / self.cells as f64;
            let z = (mean - f64::from(self.mean[at])) * f64::from(self.scale[at]);
            let basis = &self.basis[at * columns..(at + 1) * columns];
            seen.iter_mut().zip(basis).for_each(|(e, &b)| *e += z * f64::from(b));
        }
        seen
    }
}
