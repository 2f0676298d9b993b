//! The list of what is tried, and what must hold of each.

use striatum_frames::Transform;

use super::condition::Condition::{
    self, DriftAtMost, ErrorRisesAtMost, Flagged, NoFalseSuccess, NotTrusted, OrderAtMost, SameVerdict,
};

const OCCLUDED_FRACTION: f64 = 0.3;
const BRIGHTNESS: [f64; 2] = [0.6, 1.5];
const BLUR_SIGMA: f64 = 2.0;
const JPEG_QUALITY: u8 = 20;
const SEED: u64 = 1;

/// A clip played backwards goes backwards.
const REVERSED: &[Condition] = &[OrderAtMost(-0.9), NoFalseSuccess];
/// Nothing happens, so nothing is to be had.
const FROZEN: &[Condition] = &[DriftAtMost(0.01), NoFalseSuccess];
const STALLED: &[Condition] = &[NoFalseSuccess];
/// There is no way forward on the whole; a clock would say that there is.
const NOWHERE: &[Condition] = &[OrderAtMost(0.5), NoFalseSuccess];
/// Cameras that are not where they belong.
const SWAPPED: &[Condition] = &[NotTrusted];
/// Less is seen of the same thing.
const WORSE: &[Condition] = &[ErrorRisesAtMost(0.1), SameVerdict];
/// The same is seen at another speed.
const WARPED: &[Condition] = &[ErrorRisesAtMost(0.05), SameVerdict];
/// Nothing of this task is done.
const OTHER: &[Condition] = &[NoFalseSuccess, Flagged];

/// One try to fool a reward.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attack {
    /// What is done to the clip; nothing where it is another task's.
    pub(crate) transform: Option<Transform>,
    /// It is the clip of another task, played as if it were this one.
    pub(crate) of_other: bool,
    /// What must hold.
    pub(crate) must: &'static [Condition],
}

impl Attack {
    const fn new(transform: Transform, must: &'static [Condition]) -> Self {
        Self { transform: Some(transform), of_other: false, must }
    }

    /// As the tables name it: the transform as it is written, with `other` for another task's clip.
    pub(crate) fn name(&self) -> String {
        match (&self.transform, self.of_other) {
            (Some(transform), false) => transform.to_string(),
            (Some(transform), true) => format!("other {transform}"),
            (None, _) => "other".to_owned(),
        }
    }

    /// Does a clip that ends in success still do so?
    pub(crate) fn should_succeed(&self) -> bool {
        self.must.contains(&SameVerdict)
    }
}

/// What is tried on a clip of `frames` frames with these views, and with another task's clip of `other` frames.
pub(crate) fn attacks(frames: usize, views: &[&str], other: Option<usize>) -> Vec<Attack> {
    let at = |quarter: usize| u32::try_from(frames.saturating_sub(1) * quarter / 4).unwrap_or(u32::MAX);
    let mut list = vec![Attack::new(Transform::Reverse, REVERSED)];
    list.extend([0, 1, 2, 3, 4].map(|quarter| Attack::new(Transform::Freeze { frame: at(quarter) }, FROZEN)));
    list.extend([1, 2, 3].map(|quarter| Attack::new(Transform::Stall { frame: at(quarter) }, STALLED)));
    if at(1) < at(2) {
        list.push(Attack::new(Transform::Loop { from: at(1), to: at(2) }, NOWHERE));
    }
    list.push(Attack::new(Transform::Shuffle { seed: SEED }, NOWHERE));
    list.extend(pairs(views).map(|swap| Attack::new(swap, SWAPPED)));
    list.extend(worse(views).into_iter().map(|transform| Attack::new(transform, WORSE)));
    list.push(Attack::new(Transform::Warp { seed: SEED }, WARPED));
    if let Some(frames) = other {
        let frame = u32::try_from(frames.saturating_sub(1)).unwrap_or(u32::MAX);
        let still = Some(Transform::Freeze { frame });
        list.extend([None, still].map(|transform| Attack { transform, of_other: true, must: OTHER }));
    }
    list
}

/// Every two views in each other's place.
fn pairs<'a>(views: &'a [&'a str]) -> impl Iterator<Item = Transform> + use<'a> {
    views.iter().enumerate().flat_map(move |(index, first)| {
        views[index + 1..]
            .iter()
            .map(|second| Transform::Swap { first: (*first).to_owned(), second: (*second).to_owned() })
    })
}

/// What makes pictures worse, or takes some away.
fn worse(views: &[&str]) -> Vec<Transform> {
    let mut list = Vec::new();
    if views.len() > 1 {
        list.extend(views.iter().map(|&view| Transform::Drop { view: view.to_owned() }));
    }
    list.extend(views.iter().map(|&view| Transform::Occlude { view: view.to_owned(), fraction: OCCLUDED_FRACTION }));
    list.extend(BRIGHTNESS.map(|factor| Transform::Brightness { factor }));
    list.push(Transform::Blur { sigma: BLUR_SIGMA });
    list.push(Transform::Jpeg { quality: JPEG_QUALITY });
    list
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use striatum_frames::{ViewEdits, playback};

    use super::*;

    #[test]
    fn every_attack_can_be_played_on_a_short_clip_of_one_view_and_on_three_views() {
        for (frames, views) in [(1, &["a"][..]), (2, &["a", "b"]), (100, &["a", "b", "c"])] {
            for attack in attacks(frames, views, Some(frames)) {
                let clip = u32::try_from(frames).unwrap();
                let transforms: Vec<Transform> = attack.transform.iter().cloned().collect();
                assert!(!playback(&transforms, clip, 0.1).unwrap().is_empty(), "{}", attack.name());
                ViewEdits::new(&transforms, views).unwrap();
                assert!(!attack.must.is_empty(), "{}", attack.name());
            }
        }
    }

    #[test]
    fn all_pairs_of_views_and_every_kind_of_attack_are_there_and_none_twice() {
        let attacks = attacks(100, &["a", "b", "c"], Some(50));
        let names: Vec<String> = attacks.iter().map(Attack::name).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        let wanted = [
            "swap:a,b",
            "swap:a,c",
            "swap:b,c",
            "drop:c",
            "stall:74",
            "freeze:0",
            "freeze:99",
            "other",
            "other freeze:49",
        ];
        assert!(wanted.iter().all(|name| names.iter().any(|other| other == name)), "{names:?}");
        assert_eq!(attacks.iter().filter(|attack| attack.of_other).count(), 2);
        assert_eq!(super::attacks(100, &["a"], None).iter().filter(|attack| attack.of_other).count(), 0);
    }
}
