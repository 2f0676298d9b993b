//! Several models' answers to one frame set, and how much each of them counts.

use crate::error::Error;
use crate::estimate::Estimate;
use crate::readings::{Hops, Readings, Spread, gap};
use crate::scores::{MAX_MEMBERS, MemberScores, Perspectives, Scores};
use crate::units::{OutOfRange, Progress};

/// How the weights of the members that may vote are made. They are scaled to add up to 1: a member's share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MemberRule {
    /// The first member that may vote has the whole say. The others are heard, and speak when it cannot.
    First,
    /// 1 / variance, a member's variance being its own std squared and that of its goal readings among each other.
    InverseVariance,
    /// exp(-alpha gap^2), gap = |progress - median| / max(median, floor): who is alone with its progress loses its say. Of two
    /// members neither is nearer to the median, and both count the same.
    Consistency {
        /// How fast disagreement takes the weight away. From 0.
        alpha: f64,
        /// The least divisor of the gap, in progress units. Above 0.
        floor: f64,
    },
    /// What was learnt of each member beforehand, by member; any unit, from 0.
    Reliability([f64; MAX_MEMBERS]),
}

/// How many members there are, and how their answers become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemberFusion {
    count: usize,
    rule: MemberRule,
    max_std: f64,
}

impl MemberFusion {
    /// One model: its answer is the answer.
    pub const SINGLE: Self = Self { count: 1, rule: MemberRule::First, max_std: f64::INFINITY };

    /// `count` members. One whose std is above `max_std` (progress units; infinite: none is) has no vote.
    ///
    /// # Errors
    /// When `count` is not in 1 to [`MAX_MEMBERS`], `max_std` is not above 0, or a parameter of the rule is out of range.
    pub fn new(count: usize, rule: MemberRule, max_std: f64) -> Result<Self, Error> {
        let refuse = |what, value, range| Err(OutOfRange { what, value, range }.into());
        if !(1..=MAX_MEMBERS).contains(&count) {
            return refuse("number of models", count as f64, "1 to 4");
        }
        // NaN is not above 0.
        if max_std.is_nan() || max_std <= 0.0 {
            return refuse("models max_std", max_std, "above 0");
        }
        match rule {
            MemberRule::First | MemberRule::InverseVariance => {}
            MemberRule::Consistency { alpha, floor } => {
                if !(alpha.is_finite() && alpha >= 0.0) {
                    return refuse("models alpha", alpha, "finite and from 0");
                }
                if !(floor.is_finite() && floor > 0.0) {
                    return refuse("models floor", floor, "finite and above 0");
                }
            }
            MemberRule::Reliability(weights) => {
                if let Some(&bad) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    return refuse("models reliability", bad, "finite and from 0");
                }
            }
        }
        Ok(Self { count, rule, max_std })
    }

    /// How many members there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }
}

/// What one member said of a frame set, and its share of what was made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MemberShare {
    /// Its progress, the mean of its goal readings that are heard; `None` where none of its readings is.
    pub progress: Option<f64>,
    /// Its standard deviation, with the disagreement of its own goal readings that are heard; `None` where none of its readings is.
    pub std: Option<f64>,
    /// Its share of the fused value, in \[0, 1\]: 0 where it had no vote.
    pub share: f64,
}

impl MemberShare {
    /// No answer.
    pub const NONE: Self = Self { progress: None, std: None, share: 0.0 };
}

/// One member's answer, read.
#[derive(Clone, Copy)]
struct Answer {
    progress: f64,
    /// With the spread of all its readings that take part.
    variance: f64,
    /// With the spread of its goal readings.
    std: f64,
    votes: u8,
}

/// All members' answers to one frame set, weighed.
pub(crate) struct Ballot {
    /// What each said; [`MemberShare::NONE`] beyond the last member.
    pub(crate) members: [MemberShare; MAX_MEMBERS],
    /// The readings of the members that vote, by their shares; where none does, the first member's.
    pub(crate) readings: Readings,
    /// Hops of all members that were not finite.
    pub(crate) missing: u8,
    /// Readings of the members that vote.
    pub(crate) votes: u8,
    /// Variance of what the members that vote say, each as wide as it is: the variance of their mixture.
    pub(crate) variance: f64,
}

impl Ballot {
    /// Reads every member's hops from the fused value `before`, and weighs them. `heard`: which readings take part in the
    /// fused value.
    pub(crate) fn of(
        scores: &Scores,
        fusion: &MemberFusion,
        before: Option<Progress>,
        heard: Perspectives<bool>,
    ) -> Self {
        let mut answers = [None; MAX_MEMBERS];
        let mut all = [Readings::NONE; MAX_MEMBERS];
        let mut missing = 0;
        for member in 0..fusion.count {
            let Some(MemberScores { hops, std }) = scores.member(member) else { continue };
            let hops = Hops::of(&hops);
            missing += hops.missing;
            all[member] = hops.readings(before);
            answers[member] = Answer::of(&all[member], std, heard);
        }
        let shares = shares(&answers, fusion);
        let members = core::array::from_fn(|member| match answers[member] {
            Some(answer) => {
                MemberShare { progress: Some(answer.progress), std: Some(answer.std), share: shares[member] }
            }
            None => MemberShare::NONE,
        });
        let voting =
            || answers.iter().zip(shares).filter_map(|(a, share)| Some((*a.as_ref()?, share))).filter(|v| v.1 > 0.0);
        let votes = voting().fold(0, |sum, (answer, _)| sum + answer.votes);
        let readings = if votes > 0 { blend(&all, &shares) } else { all[0] };
        let mean: f64 = voting().map(|(answer, share)| share * answer.progress).sum();
        let variance = voting()
            .map(|(answer, share)| share * (answer.variance + (answer.progress - mean) * (answer.progress - mean)))
            .sum();
        Self { members, readings, missing, votes, variance }
    }

    /// The readings that take part in the fused value; `None` where nobody votes.
    pub(crate) fn used(&self, heard: Perspectives<bool>) -> Option<Readings> {
        (self.votes > 0).then(|| self.readings.of(heard))
    }
}

impl Answer {
    /// `None` where no reading takes part in the fused value.
    fn of(readings: &Readings, std: f64, heard: Perspectives<bool>) -> Option<Self> {
        let used = readings.of(heard);
        let spread = Spread::of(&used)?;
        let known = std.is_finite() && std >= 0.0;
        let own = if known { std.min(1.0) } else { Estimate::UNKNOWN_STD };
        // Weights look at the goal readings alone: the incremental one starts from the fused value, and a weight that
        // followed it would let a frozen picture drift.
        let goal = Spread::of(&Readings { incremental: None, ..used });
        let of_goal = goal.map_or(spread.variance, |goal| goal.variance);
        Some(Self {
            progress: used.goal_mean().unwrap_or(spread.mean),
            std: std_of(own * own + of_goal),
            variance: own * own + spread.variance,
            votes: spread.votes,
        })
    }
}

/// The standard deviation of a variance, never 0.
pub(crate) fn std_of(variance: f64) -> f64 {
    libm::sqrt(variance).max(Estimate::MIN_STD)
}

/// Shares that add up to 1, or all 0 where nobody may vote.
fn shares(answers: &[Option<Answer>; MAX_MEMBERS], fusion: &MemberFusion) -> [f64; MAX_MEMBERS] {
    let trusted = answers.map(|answer| answer.filter(|answer| answer.std <= fusion.max_std));
    let middle = median(&trusted);
    let first = trusted.iter().position(Option::is_some);
    let weights: [f64; MAX_MEMBERS] = core::array::from_fn(|member| {
        let Some(answer) = &trusted[member] else { return 0.0 };
        match fusion.rule {
            MemberRule::First => f64::from(u8::from(first == Some(member))),
            MemberRule::InverseVariance => 1.0 / (answer.std * answer.std),
            MemberRule::Consistency { alpha, floor } => {
                let gap = gap(answer.progress, middle, middle.max(floor));
                libm::exp(-alpha * gap * gap)
            }
            MemberRule::Reliability(weights) => weights[member],
        }
    });
    // Scaled by the greatest first: a sum of weights near the largest number would overflow.
    let most = weights.iter().fold(0.0, |most: f64, &weight| most.max(weight));
    if most <= 0.0 {
        return [0.0; MAX_MEMBERS];
    }
    let scaled = weights.map(|weight| weight / most);
    let sum: f64 = scaled.iter().sum();
    scaled.map(|weight| weight / sum)
}

/// The middle progress of those that may vote, the mean of the two in the middle; 0 where there are none.
fn median(trusted: &[Option<Answer>; MAX_MEMBERS]) -> f64 {
    let mut sorted = [0.0; MAX_MEMBERS];
    let mut count = 0;
    for answer in trusted.iter().flatten() {
        sorted[count] = answer.progress;
        count += 1;
    }
    if count == 0 {
        return 0.0;
    }
    sorted[..count].sort_unstable_by(f64::total_cmp);
    (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0
}

/// Each perspective's mean over the members that have it, by their shares.
fn blend(all: &[Readings; MAX_MEMBERS], shares: &[f64; MAX_MEMBERS]) -> Readings {
    let mean = |pick: fn(&Readings) -> Option<Progress>| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (readings, &share) in all.iter().zip(shares).filter(|(_, share)| **share > 0.0) {
            if let Some(reading) = pick(readings) {
                sum += share * reading.get();
                weight += share;
            }
        }
        // 0 / 0 where none has it.
        Progress::clamped(sum / weight)
    };
    Readings { incremental: mean(|r| r.incremental), forward: mean(|r| r.forward), backward: mean(|r| r.backward) }
}

impl Scores {
    /// A member's answer by its number; `None` where it has none.
    #[must_use]
    pub fn member(&self, member: usize) -> Option<MemberScores> {
        match member.checked_sub(1) {
            None => Some(MemberScores { hops: self.hops, std: self.std }),
            Some(other) => self.others.get(other).copied().flatten(),
        }
    }

    /// The same without the hops from the frame set before: for the first state of an episode, which has none before it.
    #[must_use]
    pub fn without_incremental(&self) -> Self {
        let without = |hops: Perspectives<Option<f64>>| Perspectives { incremental: None, ..hops };
        let others = self.others.map(|other| other.map(|other| MemberScores { hops: without(other.hops), ..other }));
        Self { hops: without(self.hops), others, ..*self }
    }
}
