//! Policy-invariant shaping: F = gamma^k Phi(s') - Phi(s).
//!
//! Ng, Harada and Russell 1999; episodes that end: Grzes 2017, Eq 3; potentials that change between episodes: Devlin
//! and Kudenko 2012; Robo-Dopamine, arXiv 2512.23703, Eq 13.

use crate::error::Error;
use crate::outcome::{Ending, Success, SuccessSource};
use crate::potential::Potential;
use crate::rules::{EpisodeRules, KMode, ShapingMode};
use crate::units::{OutOfRange, StampNanos};

/// One learner transition s -> s', as the shaper needs to know it. The potential of s is the one the shaper kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// Phi(s'), after scale and shift. Where no new estimate came in time, [`Shaper::potential`] (held).
    pub next: Potential,
    /// The exponent of gamma, see [`KMode`].
    pub k: f64,
    /// What the learner or its environment says of s'.
    pub ending: Ending,
    /// Did the task succeed in s'?
    pub success: Success,
    /// Who says so.
    pub source: SuccessSource,
}

/// The reward of one transition, with everything it was made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapedStep {
    /// Phi(s), bit-identical to the `potential` of the step before.
    pub potential_prev: Potential,
    /// The Phi(s') that F used: 0 where the learner does not bootstrap from s' (the naive modes do not know that rule).
    pub potential: Potential,
    /// F, the shaping term.
    pub shaping: f64,
    /// 1 on a transition that terminates the episode with a success from a gold source, else 0.
    pub gold: f64,
    /// gold + shaping.
    pub reward: f64,
    /// The learner's gamma.
    pub gamma: f64,
    /// The exponent of gamma.
    pub k: f64,
    /// May the learner bootstrap from s'?
    pub bootstraps: bool,
    /// How the transition ended, after `terminate_on_success`.
    pub ending: Ending,
}

/// Shapes one episode: evaluates nothing, keeps Phi(s), and closes with the first transition that is not running.
///
/// A voided transition (an abort, a restart, a begin over an open episode) is dropped together with its shaper; the
/// next begin starts a new sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaper {
    rules: EpisodeRules,
    potential: Potential,
    ending: Ending,
}

impl Shaper {
    /// Opens an episode in a state of potential `first`.
    ///
    /// # Errors
    /// [`Error::NoPeriod`] when `k_mode` is elapsed and the period is 0.
    pub fn begin(rules: EpisodeRules, first: Potential) -> Result<Self, Error> {
        rules.check()?;
        Ok(Self { rules, potential: first, ending: Ending::Running })
    }

    /// The reward of the next transition. Holding the last potential is a transition like any other and gives
    /// `(gamma^k - 1) Phi`; leaving it out would break the sum.
    ///
    /// # Errors
    /// [`Error::Closed`] after the episode's end; [`Error::OutOfRange`] or [`Error::KNotWhole`] for a `k` that does not
    /// fit. An error leaves the shaper as it was.
    pub fn step(&mut self, transition: Transition) -> Result<ShapedStep, Error> {
        if !self.is_open() {
            return Err(Error::Closed { ending: self.ending });
        }
        check_k(self.rules.k_mode, transition.k)?;
        let ending = self.ending_of(&transition);
        let bootstraps = self.bootstraps_from(ending);
        let potential_prev = self.potential;
        let potential = if bootstraps || self.is_naive() { transition.next } else { Potential::ZERO };
        let shaping = self.shaping(potential_prev.get(), potential.get(), transition.k);
        let gold = if self.pays_gold(ending, &transition) { 1.0 } else { 0.0 };
        self.potential = potential;
        self.ending = ending;
        Ok(ShapedStep {
            potential_prev,
            potential,
            shaping,
            gold,
            reward: gold + shaping,
            gamma: self.rules.discount.get(),
            k: transition.k,
            bootstraps,
            ending,
        })
    }

    /// What the learner said at begin.
    #[must_use]
    pub fn rules(&self) -> &EpisodeRules {
        &self.rules
    }

    /// The potential of the state the episode is in: give it as `next` to hold it.
    #[must_use]
    pub fn potential(&self) -> Potential {
        self.potential
    }

    /// Does the episode go on?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ending == Ending::Running
    }

    /// `k` of a transition under [`KMode::Elapsed`]: the time from `from` to `to` in periods.
    ///
    /// # Errors
    /// When the period is 0 or `to` is not after `from`.
    pub fn elapsed_k(period_nanos: u64, from: StampNanos, to: StampNanos) -> Result<f64, Error> {
        if period_nanos == 0 {
            return Err(Error::NoPeriod);
        }
        match to.since(from) {
            0 => Err(Error::NotLater { from_nanos: from.0, to_nanos: to.0 }),
            elapsed_nanos => Ok(elapsed_nanos as f64 / period_nanos as f64),
        }
    }

    fn ending_of(&self, transition: &Transition) -> Ending {
        let succeeds = transition.success == Success::Yes;
        match transition.ending {
            Ending::Running if succeeds && self.rules.terminate_on_success => Ending::Terminated,
            stated => stated,
        }
    }

    fn bootstraps_from(&self, ending: Ending) -> bool {
        match ending {
            Ending::Running => true,
            Ending::Terminated => false,
            Ending::Truncated => self.rules.bootstrap_on_truncation,
        }
    }

    fn is_naive(&self) -> bool {
        matches!(self.rules.mode, ShapingMode::NaiveDifference | ShapingMode::NaiveProgress)
    }

    fn shaping(&self, before: f64, after: f64, k: f64) -> f64 {
        match self.rules.mode {
            ShapingMode::Off => 0.0,
            ShapingMode::Potential => libm::pow(self.rules.discount.get(), k) * after - before,
            ShapingMode::NaiveDifference => after - before,
            ShapingMode::NaiveProgress => after,
        }
    }

    fn pays_gold(&self, ending: Ending, transition: &Transition) -> bool {
        ending == Ending::Terminated
            && transition.success == Success::Yes
            && self.rules.gold_sources.contains(transition.source)
    }
}

fn check_k(mode: KMode, k: f64) -> Result<(), Error> {
    if !(k.is_finite() && k > 0.0) {
        return Err(OutOfRange { what: "k", value: k, range: "finite and above 0" }.into());
    }
    match mode {
        KMode::Unit if k < 1.0 || k % 1.0 > 0.0 => Err(Error::KNotWhole { k }),
        KMode::Unit | KMode::Elapsed => Ok(()),
    }
}
