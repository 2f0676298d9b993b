//! From what three perspectives read to hops and their spread, through the hop algebra.

use striatum_core::{Hop, Perspectives, Progress};

use super::model::StepReading;
use super::reading::Reading;
use crate::bundle::ScoreMeaning;

/// The votes of one frame set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Votes {
    /// Relative hops; `None` for a perspective without a reading, NaN for one whose reading is no vote.
    pub(crate) hops: Perspectives<Option<f64>>,
    /// Standard deviation of the progress, NaN where nothing is known.
    pub(crate) std: f64,
    /// Progress by the two perspectives that look at the references.
    pub(crate) progress: Option<Progress>,
}

/// Reads the votes. `before` is the progress of the frame set before, which a share of the whole task is counted from.
///
/// From the start, at 0, a share of the whole and a share of what remains are the same; so are, from the goal, at 1, a share of
/// the whole and a share of what was gained. Only the incremental reading differs.
pub(crate) fn votes(reading: &StepReading, meaning: ScoreMeaning, before: Option<Progress>) -> Votes {
    let Perspectives { incremental, forward, backward } = &reading.readings;
    let from_end = |reading: &Option<Reading>, end: Progress| reading.as_ref().map(|reading| hop(reading, Some(end)));
    let forward_hop = from_end(forward, Progress::ZERO);
    let backward_hop = from_end(backward, Progress::ONE);
    let incremental = incremental.as_ref().and_then(|reading| match meaning {
        ScoreMeaning::RelativeHop => Some(hop(reading, None)),
        // A difference from nowhere is no hop.
        ScoreMeaning::TaskFraction => before.map(|before| hop(reading, Some(before))),
    });
    let from_start = forward_hop.and_then(Progress::clamped);
    let from_goal = backward_hop.and_then(|hop| Progress::clamped(1.0 + hop));
    let ends: Vec<f64> = [from_start, from_goal].into_iter().flatten().map(Progress::get).collect();
    let count = ends.len() as f64;
    let mean = ends.iter().sum::<f64>() / count;
    // Both look at the same pictures with the same weights, so their errors do not average out; that they differ counts as well.
    let of = |reading: &Option<Reading>| reading.as_ref().filter(|r| r.no_vote.is_none()).and_then(variance);
    let variances: Vec<f64> = [of(forward), of(backward)].into_iter().flatten().collect();
    let within = variances.iter().sum::<f64>() / variances.len() as f64;
    let between = ends.iter().map(|end| (end - mean) * (end - mean)).sum::<f64>() / count;
    Votes {
        hops: Perspectives { incremental, forward: forward_hop, backward: backward_hop },
        std: libm::sqrt(within + between),
        progress: Progress::clamped(mean),
    }
}

/// The expected hop, or NaN where there is no vote. With `from`, the reading is a share of the whole task.
fn hop(reading: &Reading, from: Option<Progress>) -> f64 {
    let Some(distribution) = reading.distribution.as_ref().filter(|_| reading.no_vote.is_none()) else {
        return f64::NAN;
    };
    let Some(from) = from else { return distribution.expected };
    match Progress::clamped(from.get() + distribution.expected) {
        Some(to) => Hop::between(from, to).get(),
        None => f64::NAN,
    }
}

fn variance(reading: &Reading) -> Option<f64> {
    reading.distribution.as_ref().map(|distribution| distribution.variance)
}

#[cfg(test)]
mod tests {
    use super::super::answers::ANSWERS;
    use super::super::distribution::Distribution;
    use super::super::engine::Counts;
    use super::super::reading::NoVote;
    use super::*;

    fn says(percent: i32) -> Option<Reading> {
        let mut log_prob = vec![f64::NEG_INFINITY; ANSWERS];
        log_prob[usize::try_from(percent + 100).unwrap()] = 0.0;
        let distribution = Distribution::new(log_prob, 0.0);
        let text = String::new();
        Some(Reading { distribution, rationale: text.clone(), text, percent: Some(percent), no_vote: None })
    }

    fn step(incremental: Option<Reading>, forward: Option<Reading>, backward: Option<Reading>) -> StepReading {
        StepReading { readings: Perspectives { incremental, forward, backward }, counts: Counts::default() }
    }

    fn near(got: Option<f64>, wanted: f64) {
        assert!((got.unwrap() - wanted).abs() < 1e-12, "{got:?} {wanted}");
    }

    #[test]
    fn a_relative_hop_is_taken_as_it_is() {
        let votes = votes(&step(says(50), says(40), says(-40)), ScoreMeaning::RelativeHop, None);
        near(votes.hops.incremental, 0.5);
        near(votes.hops.forward, 0.4);
        near(votes.hops.backward, -0.4);
        near(votes.progress.map(Progress::get), 0.5);
        near(Some(votes.std), 0.1);
    }

    #[test]
    fn a_share_of_the_task_becomes_a_hop_from_where_it_was() {
        let before = Progress::new(0.5).ok();
        let of = |percent| votes(&step(says(percent), None, None), ScoreMeaning::TaskFraction, before).hops.incremental;
        near(of(25), 0.5); // half of what remained
        near(of(-25), -0.5); // half of what was gained
        near(of(80), 1.0); // more than there is
        let lost = votes(&step(says(25), None, None), ScoreMeaning::TaskFraction, None);
        assert_eq!(lost.hops.incremental, None);
        assert!(lost.std.is_nan() && lost.progress.is_none());
    }

    #[test]
    fn no_vote_is_nan_and_never_0() {
        let silent = says(0).map(|reading| Reading { no_vote: Some(NoVote::Text), ..reading });
        for meaning in [ScoreMeaning::RelativeHop, ScoreMeaning::TaskFraction] {
            let step = step(silent.clone(), silent.clone(), says(-30));
            let votes = votes(&step, meaning, Progress::new(0.5).ok());
            assert!(votes.hops.incremental.unwrap().is_nan() && votes.hops.forward.unwrap().is_nan());
            near(votes.hops.backward, -0.3);
            near(votes.progress.map(Progress::get), 0.7);
        }
    }
}
