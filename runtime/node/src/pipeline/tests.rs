//! When nothing can be believed the potential is held and flagged, and is no success; and when a success is believed.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use striatum_core::Discount;
use striatum_frames::{Image, content_hash};
use striatum_models::StageTimings;
use striatum_wire::QualityFlags;

use super::*;
use crate::label::offline_config;

const STEP_NANOS: u64 = 200_000_000;

/// Says what it was told to say, one frame set after the other.
struct Scripted {
    views: Vec<String>,
    script: Arc<Mutex<VecDeque<Scores>>>,
    goal_share: Option<f64>,
}

impl RewardModel for Scripted {
    fn views(&self) -> &[String] {
        &self.views
    }
    fn score(&mut self, _: &FrameSet) -> Scores {
        self.script.lock().unwrap().pop_front().unwrap()
    }
    fn reset(&mut self) {}
    fn timings(&self) -> StageTimings {
        StageTimings::default()
    }
    fn goal_share(&self) -> Option<f64> {
        self.goal_share
    }
    fn bundle_hash(&self) -> [u8; 32] {
        [0; 32]
    }
}

fn config(fusion: FusionConfig) -> PipelineConfig {
    PipelineConfig { fusion, ..offline_config(1, Discount::new(0.9).unwrap()) }
}

/// What a pipeline with this configuration says of these scores, five times a second.
fn play(config: &PipelineConfig, scores: &[Scores]) -> Vec<Scored> {
    let script = Arc::new(Mutex::new(scores.iter().copied().collect()));
    let model = Scripted { views: vec!["eye".to_owned()], script, goal_share: None };
    let mut pipeline = Pipeline::new(Box::new(model), config).unwrap();
    let stamps = (1..=scores.len() as u64).map(|index| StampNanos(index * STEP_NANOS));
    let frame = |capture: StampNanos| {
        let image = Arc::new(Image::filled(8, 8, [u8::try_from(capture.0 / STEP_NANOS % 256).unwrap(); 3]));
        Frame { view: 0, capture, received: capture, source_frame: 0, content_hash: content_hash(&image), image }
    };
    stamps.map(|stamp| pipeline.step(frame(stamp), stamp).unwrap().unwrap()).collect()
}

/// The goal in full view, by all that the model says.
fn seen() -> Scores {
    let hops = Perspectives { incremental: Some(0.5), forward: Some(1.0), backward: Some(0.0) };
    Scores { hops, std: 0.05, goal: Some(1.0), ood: 0.1, least_ood: 0.1, views: ViewMask::first(1), ..Scores::MISSING }
}

fn halfway() -> Scores {
    Scores {
        hops: Perspectives { incremental: None, forward: Some(0.5), backward: Some(-0.5) },
        goal: Some(0.0),
        ..seen()
    }
}

fn all_strange() -> Scores {
    Scores { ood: 4.0, least_ood: 3.5, ..seen() }
}

fn no_numbers() -> Scores {
    let hops = Perspectives { incremental: Some(f64::NAN), forward: Some(f64::NAN), backward: Some(f64::INFINITY) };
    Scores { hops, goal: Some(f64::NAN), ..seen() }
}

#[test]
fn what_nothing_is_to_be_trusted_of_holds_the_potential_flagged_and_is_no_success() {
    let rules = [FusionConfig::memoryless(), FusionConfig::plain(), FusionConfig::paper()];
    for (fusion, nothing, flag) in rules.iter().flat_map(|fusion| {
        [
            (fusion, all_strange(), QualityFlags::OUT_OF_DISTRIBUTION),
            (fusion, no_numbers(), QualityFlags::HELD),
            (fusion, Scores::MISSING, QualityFlags::HELD),
        ]
    }) {
        // The goal is seen for a second before and all the while.
        let scores = [&[halfway()][..], &[seen(); 5], &[nothing; 3], &[seen(); 2]].concat();
        let said = play(&config(*fusion), &scores);
        let before = &said[5];
        assert_eq!(before.success, Success::Yes);
        for held in &said[6..9] {
            assert!(held.estimate.held && held.quality().contains(QualityFlags::HELD) && held.quality().contains(flag));
            assert_eq!((held.potential, held.success, held.trusted_goal), (before.potential, Success::Unknown, None));
            assert!(held.estimate.ood.is_finite() && held.estimate.votes == 0);
            let shaping = held.watch.unwrap().shaping;
            assert!(
                (shaping - (0.9 - 1.0) * before.potential.get()).abs() < 1e-12,
                "to hold is not to be silent: {shaping}"
            );
        }
        assert!(!said[9].estimate.held && said[9].success == Success::Unknown, "two of the last five");
    }
}

#[test]
fn one_strange_view_is_a_flag_and_no_stop() {
    let strange = Scores { ood: 9.0, ..seen() };
    let said = play(&config(FusionConfig::memoryless()), &[halfway(), strange, strange, strange, strange]);
    let last = &said[4];
    assert!(last.out_of_distribution && !last.estimate.held && last.estimate.mean == 1.0);
    assert_eq!((last.success, last.trusted_goal), (Success::Unknown, None));
    // A distance that is no number says nothing: it is flagged, and no success.
    let unknown = Scores { ood: f64::NAN, ..seen() };
    let last = play(&config(FusionConfig::memoryless()), &[unknown; 5])[4];
    assert!(last.out_of_distribution && !last.estimate.held && last.success == Success::Unknown);
}

#[test]
fn before_anything_was_trusted_there_is_no_progress() {
    let first = play(&config(FusionConfig::memoryless()), &[all_strange()])[0];
    assert!(first.estimate.warming_up && first.out_of_distribution && first.success == Success::Unknown);
    assert_eq!((first.estimate.mean, first.estimate.std), (0.0, Estimate::UNKNOWN_STD));
}

#[test]
fn a_hop_from_a_set_that_was_not_believed_does_not_vote() {
    let fusion = FusionConfig::plain();
    let back = Scores { hops: Perspectives { incremental: Some(-1.0), ..halfway().hops }, ..halfway() };
    let said = play(&config(fusion), &[halfway(), all_strange(), back, back]);
    assert_eq!((said[2].estimate.mean, said[2].estimate.votes), (0.5, 2));
    assert_eq!(said[3].estimate.votes, 3, "the next one does");
}

#[test]
fn the_share_is_the_configurations_else_the_bundles_else_the_rules() {
    let with = |share| SuccessConfig { share, ..SuccessConfig::default() };
    assert_eq!(with(Some(0.7)).rule(Some(0.4)).unwrap().share(), 0.7);
    assert_eq!(with(None).rule(Some(0.4)).unwrap().share(), 0.4);
    assert_eq!(with(None).rule(None).unwrap().share(), SuccessRule::SHARE);
    let model = Scripted { views: vec!["eye".to_owned()], script: Arc::default(), goal_share: Some(0.4) };
    let pipeline = Pipeline::new(Box::new(model), &config(FusionConfig::memoryless())).unwrap();
    assert_eq!(pipeline.success_rule().share(), 0.4);
}
