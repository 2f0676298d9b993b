//! Three perspectives on one frame set become one progress (Robo-Dopamine, arXiv 2512.23703, Eq 4-11).

use crate::error::Error;
use crate::estimate::Estimate;
use crate::fusion_config::{FusionConfig, FusionRule, StartValue};
use crate::members::{Ballot, MemberFusion, std_of};
use crate::readings::{Readings, Spread, consistency};
use crate::scores::{Perspectives, Scores};
use crate::units::Progress;

/// Fuses scores into progress. The one place where what a model says that is not finite is contained: it becomes a
/// missing vote that is counted.
///
/// ```
/// use striatum_core::{Fuser, FusionConfig, Perspectives, Scores};
/// # fn main() -> Result<(), striatum_core::Error> {
/// let mut fuser = Fuser::new(FusionConfig::default())?;
/// let hops = Perspectives { incremental: None, forward: Some(f64::NAN), backward: Some(-0.25) };
/// let estimate = fuser.update(&Scores { hops, ..Scores::MISSING });
/// assert_eq!((estimate.mean, estimate.votes, estimate.missing_votes), (0.75, 1, 1));
/// assert!(fuser.hold().held);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fuser {
    config: FusionConfig,
    members: MemberFusion,
    /// What is held when no vote comes; `None` until the first value.
    last: Option<Held>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    mean: Progress,
    std: f64,
    ood: f64,
}

impl Fuser {
    /// A fuser that has seen nothing.
    ///
    /// # Errors
    /// When a parameter of the rule is out of range, or the rule hears no perspective.
    pub fn new(config: FusionConfig) -> Result<Self, Error> {
        Self::with_members(config, MemberFusion::SINGLE)
    }

    /// A fuser of several members' answers. Members are weighed first: each perspective is the mean of their readings by their
    /// shares, and `config` fuses these as it fuses one model's.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_members(config: FusionConfig, members: MemberFusion) -> Result<Self, Error> {
        config.check()?;
        Ok(Self { config, members, last: None })
    }

    /// Fuses the scores of the next frame set, as far as its perspectives are heard ([`FusionConfig::heard`]).
    ///
    /// Hops outside \[-1, 1\] are clamped, and each reading is clamped to \[0, 1\] before any fusion. The standard
    /// deviation is `sqrt(scores.std^2 + variance of the readings used)`, where a model's std that is negative or not
    /// finite counts as [`Estimate::UNKNOWN_STD`], one above 1 as 1, and the result is at least [`Estimate::MIN_STD`].
    /// Of several members the variance is that of their mixture: the mean of theirs by their shares, and that of their
    /// progress. A member without a finite reading, or with too great a std, has no vote.
    /// An out-of-distribution score that is not finite counts as [`Estimate::UNKNOWN_OOD`], a negative one as 0.
    /// Without a vote the last mean, std and out-of-distribution score are held.
    pub fn update(&mut self, scores: &Scores) -> Estimate {
        let heard = self.heard();
        let ballot = Ballot::of(scores, &self.members, self.before(), heard);
        let (readings, missing_votes, members) = (ballot.readings.as_numbers(), ballot.missing, ballot.members);
        let Some(fused) = self.fuse(&ballot, heard) else {
            return Estimate { readings, missing_votes, members, ..self.hold() };
        };
        let held = Held { mean: fused.mean, std: std_of(ballot.variance), ood: ood_of(scores.ood) };
        self.last = Some(held);
        Estimate {
            mean: held.mean.get(),
            std: held.std,
            ood: held.ood,
            goal: scores.goal.filter(|share| (0.0..=1.0).contains(share)),
            readings,
            weight: fused.weight,
            votes: ballot.votes,
            missing_votes,
            members,
            held: false,
            warming_up: false,
        }
    }

    /// Abstains: says the last value again, flagged as held. Before any value [`Estimate::WARMING_UP`].
    ///
    /// Takes `&mut self` as [`Fuser::update`] does: both stand for one frame set, and a fuser has one caller in order.
    pub fn hold(&mut self) -> Estimate {
        let Some(Held { mean, std, ood }) = self.last else { return Estimate::WARMING_UP };
        Estimate { mean: mean.get(), std, ood, warming_up: false, ..Estimate::WARMING_UP }
    }

    /// Forgets every value, as at the begin of an episode.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// The value that the incremental hop starts from.
    fn before(&self) -> Option<Progress> {
        match (self.last, self.config.rule, self.config.start) {
            (Some(held), _, _) => Some(held.mean),
            (None, FusionRule::Memoryless, _) | (None, _, StartValue::MeanOfFirst) => None,
            (None, _, StartValue::Zero) => Some(Progress::ZERO),
        }
    }

    /// The perspectives that take part in the fused value of the next frame set. An incremental one alone has nothing to start
    /// from, so the first value is that of the goal perspectives.
    fn heard(&self) -> Perspectives<bool> {
        let heard = self.config.taking_part();
        if self.last.is_none() && !heard.forward && !heard.backward {
            return Perspectives { forward: true, backward: true, ..heard };
        }
        heard
    }

    /// `None` where no reading may vote.
    fn fuse(&self, ballot: &Ballot, heard: Perspectives<bool>) -> Option<Fused> {
        let used = ballot.used(heard)?;
        let spread = Spread::of(&used)?;
        let (mean, weight) = match (self.last, self.config.start) {
            _ if !self.config.has_memory() => (spread.mean, 1.0),
            (Some(held), _) => self.recur(held.mean, &used, spread.mean),
            // The incremental reading is `None` here, so this is the mean of the goal perspectives that are heard.
            (None, StartValue::MeanOfFirst) => (spread.mean, 1.0),
            (None, StartValue::Zero) => (0.0, 1.0),
        };
        Some(Fused { mean: Progress::clamped(mean).unwrap_or(Progress::ZERO), weight })
    }

    /// The fused value and its weight, one step on from `before`.
    fn recur(&self, before: Progress, used: &Readings, mean_of_used: f64) -> (f64, f64) {
        let weight = match (self.config.rule, used.forward, used.backward) {
            (FusionRule::Consistency { alpha, floor }, Some(forward), Some(backward)) => {
                consistency(alpha, forward, backward, |mean| mean.max(floor))
            }
            (FusionRule::ConsistencyPaper { alpha, eps }, Some(forward), Some(backward)) => {
                consistency(alpha, forward, backward, |mean| mean + eps)
            }
            (FusionRule::Memoryless | FusionRule::Plain, _, _) => return (mean_of_used, 1.0),
            (FusionRule::Consistency { .. } | FusionRule::ConsistencyPaper { .. }, _, _) => 1.0,
        };
        // (w / 2) (m - phi* + dphi_I) = w (target - phi*): in this form w = 0 holds to the bit.
        let goal = used.goal_mean();
        let target = match (goal, used.incremental.map(Progress::get)) {
            (Some(goal), Some(incremental)) => (goal + incremental) / 2.0,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => before.get(),
        };
        (before.get() + weight * (target - before.get()), weight)
    }
}

struct Fused {
    mean: Progress,
    weight: f64,
}

fn ood_of(model_ood: f64) -> f64 {
    if model_ood.is_finite() { model_ood.max(0.0) } else { Estimate::UNKNOWN_OOD }
}
