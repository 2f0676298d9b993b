//! What a learner says at the begin of an episode, and what stays so until its end.

use crate::codes::coded_enum;
use crate::error::Error;
use crate::outcome::SourceSet;
use crate::units::Discount;

coded_enum!(
    /// How the shaping term is made from the potentials. Only [`ShapingMode::Potential`] keeps the order of policies;
    /// the naive ones are there to be compared with and have no place in a real training run.
    #[derive(Default)]
    ShapingMode, "shaping mode", {
        /// No shaping: the reward is the gold reward; the potentials are still reported.
        Off = 0 "off",
        /// F = gamma^k Phi(s') - Phi(s), Phi = 0 where the learner does not bootstrap (Ng, Harada and Russell 1999).
        #[default]
        Potential = 1 "potential",
        /// F = Phi(s') - Phi(s), terminal states included: lingering in a state of high potential costs nothing.
        NaiveDifference = 2 "naive_difference",
        /// F = Phi(s'), terminal states included: lingering in a state of high potential pays.
        NaiveProgress = 3 "naive_progress",
    }
);

coded_enum!(
    /// What `k` of a transition means; the learner must use the same gamma^k in its own target.
    #[derive(Default)]
    KMode, "k mode", {
        /// Learner transitions: 1 for each, n where the learner sums n steps into one, whatever the time they took.
        #[default]
        Unit = 0 "unit",
        /// Elapsed time in periods, dt / period: for learners that discount by time.
        Elapsed = 1 "elapsed",
    }
);

/// The rules of one episode, fixed at its begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpisodeRules {
    /// The learner's own gamma, for one learner step (`k = 1`).
    pub discount: Discount,
    /// Does the learner bootstrap from a truncated state? Default yes, as learners that mask by `terminated` alone do.
    /// Where it does not, that state's potential is 0, as at a terminal state.
    pub bootstrap_on_truncation: bool,
    /// Does a success that anyone reports (classifier and model included) end a running episode? Default no.
    pub terminate_on_success: bool,
    /// What `k` means. Default [`KMode::Unit`].
    pub k_mode: KMode,
    /// The learner's period in nanoseconds; needed for [`KMode::Elapsed`] alone. Default 0 (not given).
    pub period_nanos: u64,
    /// How the shaping term is made. Default [`ShapingMode::Potential`].
    pub mode: ShapingMode,
    /// Whose word pays the gold reward. Default operator, sensor and simulation.
    pub gold_sources: SourceSet,
}

impl EpisodeRules {
    /// The defaults with this discount.
    #[must_use]
    pub fn new(discount: Discount) -> Self {
        Self {
            discount,
            bootstrap_on_truncation: true,
            terminate_on_success: false,
            k_mode: KMode::Unit,
            period_nanos: 0,
            mode: ShapingMode::Potential,
            gold_sources: SourceSet::default(),
        }
    }

    /// Refuses rules that cannot be followed.
    ///
    /// # Errors
    /// When elapsed time is asked for without a period to measure it in.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.k_mode {
            KMode::Elapsed if self.period_nanos == 0 => Err(Error::NoPeriod),
            KMode::Elapsed | KMode::Unit => Ok(()),
        }
    }
}
