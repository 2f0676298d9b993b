//! Going round in circles must not pay: sums over loops of frames, from scores to shaped rewards.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{
    Ending, EpisodeRules, Fuser, FusionConfig, Hop, PotentialFn, Scores, ShapedStep, Shaper, ShapingMode, StartValue,
    Success, SuccessSource, Transition,
};
use support::{cases, goal_scores, progress, rules};

/// One frame of a loop: what a model that is a function of the frame says of it.
#[derive(Clone, Copy, Debug)]
struct Frame {
    progress: f64,
    forward_error: f64,
    backward_error: f64,
}

impl Frame {
    /// The model's answer for this frame after `before`; the first frame has none before it.
    fn scores(&self, before: Option<&Self>) -> Scores {
        let hop = before.map_or(Hop::ZERO, |before| Hop::between(progress(before.progress), progress(self.progress)));
        let within = |value: f64| value.clamp(0.0, 1.0);
        let forward = within(self.progress + self.forward_error);
        goal_scores(hop.get(), forward, within(self.progress + self.backward_error))
    }
}

/// Loops of 8 to 30 frames whose perspectives are each wrong by up to `error`.
fn any_loop(error: f64) -> impl Strategy<Value = Vec<Frame>> {
    let frame = (0.0..=1.0_f64, -error..=error, -error..=error)
        .prop_map(|(progress, forward_error, backward_error)| Frame { progress, forward_error, backward_error });
    prop::collection::vec(frame, 8..=30)
}

/// Goes round `frames` `cycles` times, from the first frame back to the first frame each time: the steps of each cycle.
fn go_round(config: FusionConfig, rules: EpisodeRules, frames: &[Frame], cycles: usize) -> Vec<Vec<ShapedStep>> {
    let mut fuser = Fuser::new(config).unwrap();
    let potential_fn = PotentialFn::default();
    let mut before = &frames[0];
    let mut shaper = Shaper::begin(rules, potential_fn.of(&fuser.update(&before.scores(None)))).unwrap();
    let mut step = |frame: &'_ Frame, before: &'_ Frame| {
        let next = potential_fn.of(&fuser.update(&frame.scores(Some(before))));
        let (success, source) = (Success::Unknown, SuccessSource::None);
        shaper.step(Transition { next, k: 1.0, ending: Ending::Running, success, source }).unwrap()
    };
    let one_cycle = |_| {
        let mut steps = Vec::new();
        for frame in frames[1..].iter().chain([&frames[0]]) {
            steps.push(step(frame, before));
            before = frame;
        }
        steps
    };
    (0..cycles).map(one_cycle).collect()
}

fn sum(steps: &[ShapedStep]) -> f64 {
    steps.iter().map(|step| step.shaping).sum()
}

fn discounted_sum(steps: &[ShapedStep], gamma: f64) -> f64 {
    steps.iter().rev().fold(0.0, |rest, step| step.shaping + gamma * rest)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn memoryless_fusion_earns_nothing_from_a_loop(frames in any_loop(0.5), cycles in 1..5_usize) {
        for steps in go_round(FusionConfig::memoryless(), rules(1.0), &frames, cycles) {
            prop_assert!(sum(&steps).abs() <= 1e-9);
        }
    }

    /// A fused value with a memory is not back where it was after one cycle: it settles into a cycle of its own.
    #[test]
    fn recursive_fusion_earns_nothing_from_the_third_cycle_on(frames in any_loop(0.03)) {
        for config in [FusionConfig::plain(), FusionConfig::consistency()] {
            for start in [StartValue::MeanOfFirst, StartValue::Zero] {
                let cycles = go_round(FusionConfig { start, ..config }, rules(1.0), &frames, 6);
                for steps in &cycles[2..] {
                    prop_assert!(sum(steps).abs() <= 0.01, "{config:?} {start:?} {}", sum(steps));
                }
            }
        }
    }

    #[test]
    fn with_a_discount_n_steps_from_a_and_back_cost_what_holding_a_would(
        frames in any_loop(0.5), cycles in 1..5_usize,
    ) {
        let gamma = 0.99;
        let steps = go_round(FusionConfig::memoryless(), rules(gamma), &frames, cycles).concat();
        let at_a = steps[0].potential_prev.get();
        let expected = -(1.0 - gamma.powf(steps.len() as f64)) * at_a;
        prop_assert!((discounted_sum(&steps, gamma) - expected).abs() <= 1e-9);
        prop_assert!(expected <= 0.0);
    }

    #[test]
    fn naive_progress_pays_for_going_round(frames in any_loop(0.03)) {
        let naive = EpisodeRules { mode: ShapingMode::NaiveProgress, ..rules(0.99) };
        for config in [FusionConfig::memoryless(), FusionConfig::plain(), FusionConfig::consistency()] {
            for steps in go_round(config, naive, &frames, 3) {
                prop_assert!(sum(&steps) > 0.0 && discounted_sum(&steps, 0.99) > 0.0);
            }
        }
    }
}

/// Why the third cycle: begun at 0 in the middle of a task, a recursive rule is paid for its own catching up.
#[test]
fn recursive_fusion_begun_at_zero_earns_from_its_first_cycle() {
    let frames = [0.5, 0.55, 0.6, 0.55].map(|progress| Frame { progress, forward_error: 0.0, backward_error: 0.0 });
    let cycles = go_round(FusionConfig { start: StartValue::Zero, ..FusionConfig::plain() }, rules(1.0), &frames, 3);
    assert!(sum(&cycles[0]) > 0.4);
    assert!(sum(&cycles[2]).abs() <= 0.01);
}
