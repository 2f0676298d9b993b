//! What a better judge taught about progress: a small change of it, bounded, that never turns anything round.

use crate::estimate::Estimate;
use crate::units::{OutOfRange, Progress};

/// A correction of progress p: p + offset + tilt (2 p - 1), clamped to \[0, 1\].
///
/// |offset| + |tilt| is at most [`MAX_SHIFT`](Self::MAX_SHIFT), which bounds the change everywhere. Its slope is
/// 1 + 2 tilt, at least 1/2, so that of two frame sets the better one stays the better one. A function of progress alone, it
/// makes of a potential another potential: while it does not change, shaping stays shaping.
///
/// ```
/// use striatum_core::{Correction, Progress};
/// # fn main() -> Result<(), striatum_core::Error> {
/// let correction = Correction::new(-0.125, 0.125)?;
/// assert_eq!(correction.at(Progress::new(0.5)?).get(), 0.375);
/// assert_eq!(correction.at(Progress::ONE), Progress::ONE);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Correction {
    offset: f64,
    tilt: f64,
}

impl Correction {
    /// Changes no bit of any estimate.
    pub const NONE: Self = Self { offset: 0.0, tilt: 0.0 };
    /// Most that a correction can change, progress units.
    pub const MAX_SHIFT: f64 = 0.25;

    /// Checks the bound.
    ///
    /// # Errors
    /// A number that is not finite, or |offset| + |tilt| above [`MAX_SHIFT`](Self::MAX_SHIFT).
    pub fn new(offset: f64, tilt: f64) -> Result<Self, OutOfRange> {
        let value = offset.abs() + tilt.abs();
        // Of NaN no comparison holds.
        if value <= Self::MAX_SHIFT {
            Ok(Self { offset, tilt })
        } else {
            Err(OutOfRange { what: "|offset| + |tilt| of a correction", value, range: "in [0, 0.25]" })
        }
    }

    /// The change in the middle, progress units.
    #[must_use]
    pub const fn offset(&self) -> f64 {
        self.offset
    }

    /// How much more it changes the end, and less the start, progress units.
    #[must_use]
    pub const fn tilt(&self) -> f64 {
        self.tilt
    }

    /// Does it change nothing?
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The corrected progress.
    #[must_use]
    pub fn at(&self, progress: Progress) -> Progress {
        if self.is_none() {
            return progress;
        }
        // With the slope written out, every operation is monotone in the argument, rounding included.
        let (slope, start) = (1.0 + 2.0 * self.tilt, self.offset - self.tilt);
        Progress::clamped(slope * progress.get() + start).unwrap_or(progress)
    }

    /// The estimate with its mean corrected. The std stays: a correction makes nothing surer. While no value has been seen there is
    /// nothing to correct.
    #[must_use]
    pub fn apply(&self, estimate: &Estimate) -> Estimate {
        if estimate.warming_up || self.is_none() {
            return *estimate;
        }
        let mean = Progress::clamped(estimate.mean).unwrap_or(Progress::ZERO);
        Estimate { mean: self.at(mean).get(), ..*estimate }
    }

    /// At most `most_shift` of it, its direction kept.
    fn bounded(offset: f64, tilt: f64, most_shift: f64) -> Self {
        let shift = offset.abs() + tilt.abs();
        if !shift.is_finite() {
            return Self::NONE;
        }
        // A little less than the bound, so that rounding cannot lead beyond it.
        let scale = if shift > most_shift { most_shift / shift * (1.0 - 4.0 * f64::EPSILON) } else { 1.0 };
        Self { offset: scale * offset, tilt: scale * tilt }
    }
}

/// What the fit of a correction goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrectionRules {
    most_shift: f64,
    forgetting: f64,
    prior_votes: f64,
}

impl CorrectionRules {
    /// `most_shift`, in (0, 0.25]: the most that a fitted correction changes, progress units. `forgetting`, in (0, 1]: what each
    /// vote leaves of the weight of those before it. `prior_votes`, above 0: how many votes it takes to go half of the way.
    ///
    /// # Errors
    /// A number out of range.
    pub fn new(most_shift: f64, forgetting: f64, prior_votes: f64) -> Result<Self, OutOfRange> {
        let refuse = |what, value, range| Err(OutOfRange { what, value, range });
        if !(most_shift > 0.0 && most_shift <= Correction::MAX_SHIFT) {
            return refuse("most_shift", most_shift, "in (0, 0.25]");
        }
        if !(forgetting > 0.0 && forgetting <= 1.0) {
            return refuse("forgetting", forgetting, "in (0, 1]");
        }
        if !(prior_votes.is_finite() && prior_votes > 0.0) {
            return refuse("prior_votes", prior_votes, "above 0");
        }
        Ok(Self { most_shift, forgetting, prior_votes })
    }
}

/// Recursive least squares, in information form, of the teacher's progress minus the student's on (1, 2 p - 1).
///
/// The prior that draws to no correction is not forgotten: without votes, or with old ones alone, the fit goes back there, and
/// nothing can blow up. A vote counts by how sure it is, s^2 / (s^2 + std^2) with s = [`SURE_STD`](Self::SURE_STD), and with no more
/// than [`MOST_RESIDUAL`](Self::MOST_RESIDUAL), so that one wild answer moves little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrectionFit {
    rules: CorrectionRules,
    /// Sums of w, w x and w x^2, x = 2 p - 1.
    information: [f64; 3],
    /// Sums of w r and w x r, r = teacher - student.
    moment: [f64; 2],
}

impl CorrectionFit {
    /// A teacher whose std is this counts half as much as one that is certain, progress units.
    pub const SURE_STD: f64 = 0.1;
    /// Of a greater difference between teacher and student no more than this is believed, progress units.
    pub const MOST_RESIDUAL: f64 = 0.5;

    /// A fit without votes.
    #[must_use]
    pub const fn new(rules: CorrectionRules) -> Self {
        Self { rules, information: [0.0; 3], moment: [0.0; 2] }
    }

    /// Takes a vote: what the student said before any correction, what the teacher says of the same frame set, and the teacher's
    /// std. A std that is no number counts as 1.
    pub fn update(&mut self, student: Progress, teacher: Progress, std: f64) {
        let std = if std.is_finite() { std.clamp(0.0, 1.0) } else { 1.0 };
        let sure = Self::SURE_STD * Self::SURE_STD;
        let weight = sure / (sure + std * std);
        let x = 2.0 * student.get() - 1.0;
        let residual = (teacher.get() - student.get()).clamp(-Self::MOST_RESIDUAL, Self::MOST_RESIDUAL);
        let forget = self.rules.forgetting;
        for (sum, new) in self.information.iter_mut().zip([weight, weight * x, weight * x * x]) {
            *sum = forget * *sum + new;
        }
        for (sum, new) in self.moment.iter_mut().zip([weight * residual, weight * x * residual]) {
            *sum = forget * *sum + new;
        }
    }

    /// The correction that the votes so far ask for, within the bound.
    #[must_use]
    pub fn correction(&self) -> Correction {
        let prior = self.rules.prior_votes;
        let ([w, wx, wxx], [r, xr]) = (self.information, self.moment);
        let (a, b, d) = (w + prior, wx, wxx + prior);
        // w wxx >= wx^2, so that this is at least prior^2.
        let determinant = a * d - b * b;
        let (offset, tilt) = ((d * r - b * xr) / determinant, (a * xr - b * r) / determinant);
        Correction::bounded(offset, tilt, self.rules.most_shift)
    }

    /// Forgets every vote.
    pub fn reset(&mut self) {
        *self = Self::new(self.rules);
    }
}
