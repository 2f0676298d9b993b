//! How three perspectives become one progress: the rules and their presets.

use crate::error::Error;
use crate::scores::Perspectives;
use crate::units::OutOfRange;

/// How the readings of one frame set are fused. phi_I, phi_F and phi_B are the three readings, phi* the fused value.
///
/// A missing reading is left out and the others stand for it: a mean is taken over those that are there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FusionRule {
    /// (phi_F + phi_B) / 2: a function of the frame set alone, so the learner sees no extra variance and a frozen
    /// picture does not drift. phi_I is reported and not fused.
    Memoryless,
    /// (phi_I + phi_F + phi_B) / 3, phi_I from the last fused value (Robo-Dopamine, Eq 8).
    Plain,
    /// phi* + (w / 2) (m - phi* + dphi_I), m = (phi_F + phi_B) / 2, w = exp(-alpha gap^2), gap = |phi_B - phi_F| /
    /// max(m, floor) (Eq 9-11 with a floor, so that agreement near 0 is seen as such). With one of phi_F and phi_B
    /// alone no disagreement can be seen, and w = 1.
    Consistency {
        /// How fast disagreement takes the weight away; the paper's simulation runs use 20. From 0.
        alpha: f64,
        /// The least divisor of the gap, in progress units; 0.5 by default. Above 0.
        floor: f64,
    },
    /// The same with gap = |phi_B - phi_F| / (m + eps), as Eq 10 states it. Near m = 0 the smallest disagreement holds
    /// the value for ever: for comparison only.
    ConsistencyPaper {
        /// As above.
        alpha: f64,
        /// Keeps the divisor above 0, in progress units.
        eps: f64,
    },
}

/// The first fused value of an episode under a rule that has a memory. The memoryless rule has no start value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartValue {
    /// The mean of phi_F and phi_B of the first set: an episode may start anywhere.
    MeanOfFirst,
    /// 0, as the paper has it: right only where every episode starts at the task's start.
    Zero,
}

/// Configuration of a [`crate::Fuser`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusionConfig {
    /// How readings are fused.
    pub rule: FusionRule,
    /// Where a rule with a memory starts.
    pub start: StartValue,
    /// Which perspectives' readings take part. All by default; [`FusionRule::Memoryless`] leaves the incremental one out anyway.
    /// One alone is what Robo-Dopamine's released code computes at a time, and for comparison only. Others are still
    /// reported. Where none of the two goal perspectives takes part, an episode starts with a frame set that they can read all
    /// the same: a hop alone has nothing to start from.
    pub heard: Perspectives<bool>,
}

impl FusionConfig {
    /// Every perspective takes part.
    pub const ALL: Perspectives<bool> = Perspectives { incremental: true, forward: true, backward: true };

    /// No memory: the default for shaping.
    #[must_use]
    pub const fn memoryless() -> Self {
        Self { rule: FusionRule::Memoryless, start: StartValue::MeanOfFirst, heard: Self::ALL }
    }

    /// The plain mean of three.
    #[must_use]
    pub const fn plain() -> Self {
        Self { rule: FusionRule::Plain, start: StartValue::MeanOfFirst, heard: Self::ALL }
    }

    /// Consistency-weighted, with the floor: alpha 20, floor 0.5.
    #[must_use]
    pub const fn consistency() -> Self {
        let rule = FusionRule::Consistency { alpha: 20.0, floor: 0.5 };
        Self { rule, start: StartValue::MeanOfFirst, heard: Self::ALL }
    }

    /// As Robo-Dopamine states it: starts at 0, alpha 20, divisor mean + eps (eps 1e-6 is this project's choice). Where
    /// the two goal perspectives disagree by a little near the task's start, it holds 0 for ever.
    #[must_use]
    pub const fn paper() -> Self {
        let rule = FusionRule::ConsistencyPaper { alpha: 20.0, eps: 1e-6 };
        Self { rule, start: StartValue::Zero, heard: Self::ALL }
    }

    /// The perspectives that the rule asks and that are heard.
    pub(crate) fn taking_part(&self) -> Perspectives<bool> {
        Perspectives { incremental: self.heard.incremental && self.has_memory(), ..self.heard }
    }

    /// Does the fused value hang on the one before?
    pub(crate) fn has_memory(&self) -> bool {
        !matches!(self.rule, FusionRule::Memoryless)
    }

    /// Refuses parameters that could make a weight that is no number, and a rule that hears nothing.
    ///
    /// # Errors
    /// When a parameter of the rule is out of range, or the rule hears no perspective.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Perspectives { incremental, forward, backward } = self.taking_part();
        if !(incremental || forward || backward) {
            let what = "number of perspectives that the fusion rule hears";
            return Err(OutOfRange { what, value: 0.0, range: "1 to 3" }.into());
        }
        let (alpha, divisor, what) = match self.rule {
            FusionRule::Memoryless | FusionRule::Plain => return Ok(()),
            FusionRule::Consistency { alpha, floor } => (alpha, floor, "fusion floor"),
            FusionRule::ConsistencyPaper { alpha, eps } => (alpha, eps, "fusion eps"),
        };
        if !(alpha.is_finite() && alpha >= 0.0) {
            return Err(OutOfRange { what: "fusion alpha", value: alpha, range: "finite and from 0" }.into());
        }
        if !(divisor.is_finite() && divisor > 0.0) {
            return Err(OutOfRange { what, value: divisor, range: "finite and above 0" }.into());
        }
        Ok(())
    }
}

impl Default for FusionConfig {
    fn default() -> Self {
        Self::memoryless()
    }
}
