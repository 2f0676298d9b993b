#![allow(clippy::unwrap_used, clippy::float_cmp)]
use proptest::prelude::*;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::{Noise, drawn, tiny_backbone};
use crate::{FixedModel, SessionConfig};

/// A task of `steps` steps as `views` views of `width` features see it: each step is at a place of its own, features differ in
/// size, the last feature of each view never changes.
struct Task {
    views: usize,
    width: usize,
    places: Vec<Vec<f32>>,
}

impl Task {
    fn new(views: usize, width: usize, steps: usize, seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        Self { views, width, places: (0..steps).map(|_| noise.floats(views * width, 1.0)).collect() }
    }

    /// A demonstration whose steps have these lengths.
    fn play(&self, lengths: &[usize], seed: u64) -> Vec<f32> {
        let mut noise = Noise::new(seed ^ 0x5eed);
        let mut rows = Vec::new();
        for (place, &length) in self.places.iter().zip(lengths) {
            for _ in 0..length {
                let row = place.iter().zip(noise.floats(place.len(), 0.05)).enumerate();
                rows.extend(row.map(|(index, (at, noise))| match index % self.width {
                    column if column + 1 == self.width => 3.5,
                    column => (at + noise) * [0.1, 1.0, 10.0][column % 3],
                }));
            }
        }
        rows
    }

    fn inputs(&self) -> usize {
        self.views * self.width
    }
}

fn fitted(task: &Task, demonstrations: &[Vec<f32>], options: &PerceptualOptions) -> PerceptualHead {
    let rows: Vec<_> = demonstrations.iter().map(|values| Demonstration::new(values, task.inputs()).unwrap()).collect();
    fit(&rows, (task.views, task.width), options).unwrap()
}

fn steps(count: usize) -> PerceptualOptions {
    PerceptualOptions { steps: Some(count), ..PerceptualOptions::default() }
}

#[test]
fn each_demonstration_keeps_bounds_of_its_own() {
    let task = Task::new(2, 40, 4, 1);
    let demonstrations = [task.play(&[10, 20, 12, 18], 1), task.play(&[21, 9, 15, 11], 2)];
    let head = fitted(&task, &demonstrations, &steps(4));
    assert_eq!(head.bounds, [[0, 10, 30, 42, 60], [0, 21, 30, 45, 56]]);
}

#[test]
fn a_step_pays_for_its_own_frames_and_later_steps_pay_more() {
    let task = Task::new(1, 60, 5, 3);
    let demonstration = task.play(&[12; 5], 3);
    for weights in [StepWeights::Doubling, StepWeights::Linear] {
        let head = fitted(&task, std::slice::from_ref(&demonstration), &PerceptualOptions { weights, ..steps(5) });
        let of_weights: Vec<f32> = head.steps.iter().map(|step| step.weight).collect();
        assert!(of_weights.windows(2).all(|pair| pair[0] < pair[1]), "{of_weights:?}");
        assert!((of_weights.iter().sum::<f32>() - 1.0).abs() < 1e-6 && of_weights[0] == 0.0);
        // Another play of the same task.
        let other = task.play(&[7; 5], 99);
        let rows: Vec<&[f32]> = other.chunks_exact(task.inputs()).collect();
        for (frame, row) in rows.iter().enumerate() {
            let rewards = head.step_rewards(row);
            let best = (0..5).max_by(|&a, &b| rewards[a].total_cmp(&rewards[b])).unwrap();
            assert_eq!(best, frame / 7, "{rewards:?}");
        }
        let scores: Vec<f32> = (0..5).map(|step| head.score(rows[step * 7 + 3])).collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]), "{scores:?}");
        let readings: Vec<f64> = (0..5).map(|step| head.reading(rows[step * 7 + 3])).collect();
        assert!(readings.windows(2).all(|pair| pair[0] < pair[1]), "{readings:?}");
    }
}

#[test]
fn a_constant_feature_is_never_selected() {
    let task = Task::new(3, 9, 3, 4);
    // Fewer features than are kept: all that change are taken.
    let head = fitted(&task, &[task.play(&[12, 9, 14], 4)], &steps(3));
    for step in &head.steps {
        assert_eq!(step.features.len(), 24);
        assert!(step.features.iter().all(|feature| feature % 9 != 8), "{:?}", step.features);
    }
}

#[test]
fn features_are_read_view_by_view_and_a_missing_view_is_refused() {
    with_runtime(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = FeatureReader::new(&tiny_backbone(folder.path()), 2, &SessionConfig::default()).unwrap();
        assert_eq!(reader.width(), 24);
        let (first, second) = (drawn(0, 0.2), drawn(1, 0.8));
        let both = reader.read([&*first, &*second].into_iter()).unwrap().to_vec();
        let turned = reader.read([&*second, &*first].into_iter()).unwrap();
        assert_eq!((both.len(), &both[..24], &both[24..]), (48, &turned[24..], &turned[..24]));
        assert!(reader.read([&*first].into_iter()).unwrap_err().to_string().contains("1 images for 2 views"));
    });
}

#[test]
fn what_cannot_be_fitted_is_refused_in_one_line() {
    let task = Task::new(1, 10, 2, 5);
    let values = task.play(&[8, 8], 5);
    let rows = Demonstration::new(&values, 10).unwrap();
    let message = |demonstrations: &[Demonstration<'_>], views, width, options: &PerceptualOptions| {
        let message = fit(demonstrations, (views, width), options).unwrap_err().to_string();
        assert!(!message.contains('\n'), "{message}");
        message
    };
    assert!(message(&[], 1, 10, &steps(2)).contains("no demonstration"));
    assert!(message(&[rows], 2, 10, &steps(2)).contains("rows of 10 features for 2 views of 10"));
    assert!(message(&[rows], 1, 10, &steps(9)).contains("too few for 9 steps"));
    let still = vec![0.25; 200];
    let still = Demonstration::new(&still, 10).unwrap();
    for options in [steps(2), PerceptualOptions::default()] {
        assert!(message(&[still], 1, 10, &options).contains("no feature changes"));
    }
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let task = Task::new(1, 10, 2, 6);
    let head = fitted(&task, &[task.play(&[8, 8], 6)], &steps(2));
    type Spoil = fn(&mut PerceptualHead);
    let cases: [(Spoil, &str); 5] = [
        (|h| h.steps.clear(), "at least one"),
        (|h| _ = h.steps[1].means.pop(), "step 1 has"),
        (|h| h.steps[1].features[0] = 10, "step 1 reads feature 10 of 10"),
        (|h| h.steps[0].inv_stds[2] = f32::NAN, "step 0 holds a number"),
        (|h| h.steps[0].low = h.steps[0].high, "step 0 holds a number"),
    ];
    for (spoil, said) in cases {
        let mut spoilt = head.clone();
        spoil(&mut spoilt);
        let message = spoilt.to_onnx().unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn the_onnx_head_is_the_rust_head() {
    with_runtime(|| {
        for (views, width, count, seed) in [(1, 12, 2, 1), (3, 70, 5, 2), (2, 200, 9, 3)] {
            let task = Task::new(views, width, count, seed);
            let head = fitted(&task, &[task.play(&vec![11; count], seed)], &steps(count));
            let bytes = head.to_onnx().unwrap();
            assert_eq!(bytes, head.to_onnx().unwrap());
            let mut model = FixedModel::open(&bytes, "perceptual", &SessionConfig::default()).unwrap();
            let input = model.input_index(FEATURES).unwrap();
            let (rewards, sum) = (model.output_index(STEP_REWARDS).unwrap(), model.output_index(REWARD).unwrap());
            let (mut between, mut most) = (0, 0.0_f32);
            // Frames of another play, and mixtures of two steps, whose rewards are not 0 or 1.
            let play = task.play(&vec![3; count], seed + 50);
            let rows: Vec<&[f32]> = play.chunks_exact(task.inputs()).collect();
            for (index, row) in rows.iter().enumerate() {
                let next = rows[(index + 1) % rows.len()];
                for share in [0.0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5] {
                    let values: Vec<f32> = row.iter().zip(next).map(|(a, b)| a + share * (b - a)).collect();
                    model.input_mut(input).copy_from_slice(&values);
                    model.run().unwrap();
                    for (got, want) in model.output(rewards).iter().zip(head.step_rewards(&values)) {
                        most = most.max((got - want).abs());
                        between += usize::from(want > 0.01 && want < 0.99);
                    }
                    most = most.max((model.output(sum)[0] - head.score(&values)).abs());
                }
            }
            assert!(most < 1e-4, "{most}");
            assert!(between > 10, "rewards that are clipped compare nothing: {between}");
            // A broken camera must not pass for a reward.
            model.input_mut(input).fill(f32::NAN);
            model.run().unwrap();
            assert!(model.output(sum)[0].is_nan());
            assert!(head.score(&vec![f32::NAN; task.inputs()]).is_nan());
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_seen_the_reward_and_the_reading_lie_between_0_and_1(
        seed in 0_u64..500, count in 2_usize..6, far in -50.0_f64..50.0,
    ) {
        let task = Task::new(2, 15, count, seed);
        let head = fitted(&task, &[task.play(&vec![9; count], seed)], &steps(count));
        for scale in [0.0, far, far * 1e6] {
            let row = Noise::new(seed + 1).floats(task.inputs(), scale);
            prop_assert!(head.step_rewards(&row).iter().all(|reward| (0.0..=1.0).contains(reward)));
            prop_assert!((0.0..=1.0).contains(&head.score(&row)));
            prop_assert!((0.0..=1.0).contains(&head.reading(&row)));
        }
    }

    #[test]
    fn the_order_of_the_views_does_not_matter(seed in 0_u64..500, turn in 1_usize..3) {
        let (views, width) = (3, 14);
        let task = Task::new(views, width, 3, seed);
        let turned = |values: &[f32]| -> Vec<f32> {
            values.chunks_exact(views * width).flat_map(|row| {
                (0..views).flat_map(|view| row[(view + turn) % views * width..][..width].to_vec()).collect::<Vec<_>>()
            }).collect()
        };
        let demonstration = task.play(&[11, 8, 15], seed);
        let head = fitted(&task, std::slice::from_ref(&demonstration), &steps(3));
        let other = fitted(&task, &[turned(&demonstration)], &steps(3));
        prop_assert_eq!(&head.bounds, &other.bounds);
        let play = task.play(&[4, 4, 4], seed + 7);
        for row in play.chunks_exact(task.inputs()) {
            prop_assert!((head.score(row) - other.score(&turned(row))).abs() < 1e-5);
        }
    }

    #[test]
    fn planted_steps_are_counted(lengths in prop::collection::vec(12_usize..24, 2..7), seed in 0_u64..500) {
        let task = Task::new(2, 30, lengths.len(), seed);
        let head = fitted(&task, &[task.play(&lengths, seed)], &PerceptualOptions::default());
        prop_assert_eq!(head.steps.len(), lengths.len());
    }
}
