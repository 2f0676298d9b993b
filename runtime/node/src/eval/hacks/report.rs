//! How an attack went.

use serde::Serialize;

use super::attacks::Attack;
use super::freezes::Freezes;
use crate::eval::curve::Curve;
use crate::eval::measures::{
    CompletionClass, drift, kendall_tau_with_time, mae, mean, rmse, share, spearman_with_time,
};

/// How one playback was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct HackReport {
    /// The transform, as it is written; `other` for another task's clip.
    pub transform: String,
    /// Does a clip that succeeds still succeed with it?
    pub should_succeed: bool,
    /// What must hold.
    pub must: Vec<String>,
    /// Spearman's correlation with playback time; of many playbacks taken together `None`, here and below.
    pub voc_plus: Option<f64>,
    /// Kendall's tau-b with playback time.
    pub kendall_tau: Option<f64>,
    /// Mean absolute error against the truth of the frames that were shown; of another task's clip, against 0.
    pub mae: f64,
    /// Root mean square error.
    pub rmse: f64,
    /// Largest distance from the first value.
    pub drift: Option<f64>,
    /// The last progress.
    pub final_progress: Option<f64>,
    /// Mean out-of-distribution score; 1 is the bundle's limit.
    pub ood_mean: f64,
    /// Share of rows that are flagged as out of distribution.
    pub ood_share: f64,
    /// How the curve as a whole is read.
    pub completion_class: Option<CompletionClass>,
    /// The runtime's own verdict that the episode did not succeed.
    pub failure_detected: bool,
    /// Whether any row says success.
    pub success_seen: bool,
    /// Share of rows that say success where the truth says that nothing is done.
    pub false_success_any: f64,
    /// What did not hold, as it was measured.
    pub broken: Vec<String>,
    /// Everything that must hold holds.
    pub verdict_right: bool,
    /// Of `freezes`: how many frames were tried, and how many of them were called a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes: Option<Freezes>,
}

impl HackReport {
    /// Of an attack that was played as `played`; `plain` is the clip as it is.
    pub(crate) fn new(attack: &Attack, played: &Curve, plain: &Curve) -> Self {
        let completion_class = CompletionClass::of(&played.progress);
        let broken: Vec<String> = attack.must.iter().filter_map(|condition| condition.broken(played, plain)).collect();
        Self {
            transform: attack.name(),
            should_succeed: attack.should_succeed(),
            must: attack.must.iter().map(ToString::to_string).collect(),
            voc_plus: Some(spearman_with_time(&played.progress)),
            kendall_tau: Some(kendall_tau_with_time(&played.progress)),
            mae: mae(&played.progress, &played.truth),
            rmse: rmse(&played.progress, &played.truth),
            drift: Some(drift(&played.progress)),
            final_progress: Some(played.last()),
            ood_mean: mean(&played.ood),
            ood_share: share(&played.flagged),
            completion_class: Some(completion_class),
            failure_detected: !played.succeeded(),
            success_seen: played.success.contains(&true),
            false_success_any: played.false_success_share(),
            verdict_right: broken.is_empty(),
            broken,
            freezes: None,
        }
    }

    /// The verdict in words.
    pub(crate) fn verdict(&self) -> String {
        if self.verdict_right { "right".to_owned() } else { format!("WRONG: {}", self.broken.join("; ")) }
    }
}
