//! Playbacks that should and should not change the runtime's mind.

use serde::Serialize;
use striatum_frames::Transform;

use super::curve::Curve;
use super::measures::{CompletionClass, drift, kendall_tau_with_time, mae, mean, rmse, spearman_with_time};

const OCCLUDED_FRACTION: f64 = 0.3;
const BRIGHTNESS: [f64; 2] = [0.6, 1.5];
const BLUR_SIGMA: f64 = 2.0;
const JPEG_QUALITY: u8 = 20;
const SEED: u64 = 1;

/// How one playback was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct HackReport {
    /// The transform, as it is written.
    pub transform: String,
    /// Does a clip that succeeds still succeed with it?
    pub should_succeed: bool,
    /// Spearman's correlation with playback time.
    pub voc_plus: f64,
    /// Kendall's tau-b with playback time.
    pub kendall_tau: f64,
    /// Mean absolute error against the truth of the frames that were shown.
    pub mae: f64,
    /// Root mean square error.
    pub rmse: f64,
    /// Largest distance from the first value.
    pub drift: f64,
    /// The last progress.
    pub final_progress: f64,
    /// Mean out-of-distribution score; 1 is the bundle's limit.
    pub ood_mean: f64,
    /// How the curve as a whole is read.
    pub completion_class: CompletionClass,
    /// The runtime's own verdict that the episode did not succeed.
    pub failure_detected: bool,
    /// Is that verdict the right one?
    pub verdict_right: bool,
}

impl HackReport {
    pub(crate) fn new(transform: &Transform, curve: &Curve) -> Self {
        let completion_class = CompletionClass::of(&curve.progress);
        let failure_detected = completion_class != CompletionClass::Success;
        let should_succeed = should_succeed(transform);
        Self {
            transform: transform.to_string(),
            should_succeed,
            voc_plus: spearman_with_time(&curve.progress),
            kendall_tau: kendall_tau_with_time(&curve.progress),
            mae: mae(&curve.progress, &curve.truth),
            rmse: rmse(&curve.progress, &curve.truth),
            drift: drift(&curve.progress),
            final_progress: curve.last(),
            ood_mean: mean(&curve.ood),
            completion_class,
            failure_detected,
            verdict_right: failure_detected != should_succeed,
        }
    }
}

/// What is tried on a clip of `frames` frames with these views.
pub(crate) fn hacks(frames: usize, views: &[&str]) -> Vec<Transform> {
    let at = |quarter: usize| u32::try_from(frames.saturating_sub(1) * quarter / 4).unwrap_or(u32::MAX);
    let mut list = vec![Transform::Reverse, Transform::Freeze { frame: at(2) }];
    list.extend([1, 2, 3].map(|quarter| Transform::Stall { frame: at(quarter) }));
    if at(1) < at(2) {
        list.push(Transform::Loop { from: at(1), to: at(2) });
    }
    list.push(Transform::Shuffle { seed: SEED });
    list.extend(views.windows(2).map(|pair| Transform::Swap { first: pair[0].to_owned(), second: pair[1].to_owned() }));
    if views.len() > 1 {
        list.extend(views.iter().map(|&view| Transform::Drop { view: view.to_owned() }));
    }
    list.extend(views.iter().map(|&view| Transform::Occlude { view: view.to_owned(), fraction: OCCLUDED_FRACTION }));
    list.extend(BRIGHTNESS.map(|factor| Transform::Brightness { factor }));
    list.push(Transform::Blur { sigma: BLUR_SIGMA });
    list.push(Transform::Jpeg { quality: JPEG_QUALITY });
    list.push(Transform::Warp { seed: SEED });
    list
}

/// Does a clip that ends in success still do so? What happens in another order, not to its end, or with cameras that are
/// not where they belong, does not.
fn should_succeed(transform: &Transform) -> bool {
    match transform {
        Transform::Reverse
        | Transform::Freeze { .. }
        | Transform::Stall { .. }
        | Transform::Loop { .. }
        | Transform::Shuffle { .. }
        | Transform::Swap { .. } => false,
        Transform::Drop { .. }
        | Transform::Occlude { .. }
        | Transform::Brightness { .. }
        | Transform::Blur { .. }
        | Transform::Jpeg { .. }
        | Transform::Warp { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use striatum_frames::{ViewEdits, playback};

    #[test]
    fn every_hack_can_be_played_on_a_short_clip_of_one_view_and_on_three_views() {
        for (frames, views) in [(1, &["a"][..]), (2, &["a", "b"]), (100, &["a", "b", "c"])] {
            for hack in hacks(frames, views) {
                let clip = u32::try_from(frames).unwrap();
                assert!(!playback(std::slice::from_ref(&hack), clip, 0.1).unwrap().is_empty(), "{hack}");
                ViewEdits::new(&[hack], views).unwrap();
            }
        }
    }

    #[test]
    fn a_verdict_is_right_when_it_tells_success_from_failure() {
        let curve = Curve { progress: vec![0.2, 0.9, 0.9], truth: vec![0.0, 0.5, 1.0], ..Curve::default() };
        assert!(HackReport::new(&Transform::Jpeg { quality: 20 }, &curve).verdict_right);
        let fooled = HackReport::new(&Transform::Reverse, &curve);
        assert!(!fooled.verdict_right && !fooled.failure_detected);
    }
}
