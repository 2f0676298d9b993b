//! One attack out of many: the clip frozen at every tenth frame before the task can be done.

use serde::Serialize;

use super::report::HackReport;
use crate::eval::curve::Curve;
use crate::eval::measures::{mae, mean, rmse, share};

/// Frames between two that are frozen.
pub(crate) const EVERY: usize = 10;
/// Frames from this truth on are not tried: an arm that lets go looks finished before it is.
const TRIED_BELOW: f64 = 0.7;

/// How many of the frozen frames were called a success.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Freezes {
    /// Frames that were frozen.
    pub tried: usize,
    /// Of these, called a success.
    pub successes: usize,
    /// The frames that were, of the clip as it is played.
    pub frames: Vec<usize>,
}

impl Freezes {
    /// `every_tenth` is the clip played with a row for every tenth frame; the goal counts as seen from `goal_share` on.
    pub(crate) fn report(every_tenth: &Curve, goal_share: f64) -> HackReport {
        let tried: Vec<usize> = (0..every_tenth.rows())
            .filter(|&row| every_tenth.truth[row] < TRIED_BELOW && every_tenth.not_done[row])
            .collect();
        let called = every_tenth.frozen_successes(goal_share);
        let fooled: Vec<usize> = tried.iter().copied().filter(|&row| called[row]).collect();
        let of = |values: &[f64]| tried.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let (progress, truth) = (of(&every_tenth.progress), of(&every_tenth.truth));
        let flagged: Vec<bool> = tried.iter().map(|&row| every_tenth.flagged[row]).collect();
        let broken = fooled.first().map(|&row| {
            let (count, frame, truth) = (fooled.len(), row * EVERY, every_tenth.truth[row]);
            format!("{count} of {} called a success, the first frame {frame} at a truth of {truth:.2}", tried.len())
        });
        HackReport {
            transform: "freezes".to_owned(),
            should_succeed: false,
            must: vec![format!("no success at any of {} frozen frames", tried.len())],
            voc_plus: None,
            kendall_tau: None,
            mae: mae(&progress, &truth),
            rmse: rmse(&progress, &truth),
            drift: None,
            final_progress: None,
            ood_mean: mean(&of(&every_tenth.ood)),
            ood_share: share(&flagged),
            completion_class: None,
            failure_detected: fooled.is_empty(),
            success_seen: !fooled.is_empty(),
            false_success_any: share(&tried.iter().map(|&row| called[row]).collect::<Vec<_>>()),
            verdict_right: broken.is_none(),
            broken: broken.into_iter().collect(),
            freezes: Some(Self {
                tried: tried.len(),
                successes: fooled.len(),
                frames: fooled.iter().map(|row| row * EVERY).collect(),
            }),
        }
    }
}
