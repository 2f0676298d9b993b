//! Nothing is computed twice, and what is kept changes nothing.

use std::sync::Arc;

use striatum_core::Perspectives;
use striatum_frames::Image;

use super::model::{Caching, GenerativeGrm, GenerativeOptions, StepReading};
use super::reading::{NoVote, Reading, ReadingRules};
use super::testkit::{drawn, grm, manifest, set};
use super::testkit_genai::genai_layout;
use super::{Distribution, Limits};
use crate::session::Memory;
use crate::test_files::{session, with_runtime};

const SAME: f64 = 1e-4;

fn options(caching: Caching, limits: Limits) -> GenerativeOptions {
    let reading = ReadingRules { prune_below: 0.0, ..ReadingRules::default() };
    GenerativeOptions { caching, limits, reading, session: session() }
}

/// Three frame sets of an episode.
fn play(grm: &mut GenerativeGrm) -> Vec<StepReading> {
    grm.begin("clear the table", &set(400, 10), &set(900, 500)).unwrap();
    [60, 160, 260].map(|column| grm.step(&set(400, column)).unwrap()).to_vec()
}

fn each(step: &StepReading) -> Vec<&Reading> {
    let Perspectives { incremental, forward, backward } = &step.readings;
    [incremental, forward, backward].into_iter().flatten().collect()
}

fn distribution(reading: &Reading) -> &Distribution {
    reading.distribution.as_ref().unwrap()
}

/// The largest difference of any answer's log-probability.
fn apart(some: &[StepReading], others: &[StepReading]) -> f64 {
    let mut most: f64 = 0.0;
    for (some, others) in some.iter().zip(others) {
        assert_eq!(each(some).len(), each(others).len());
        for (one, other) in each(some).into_iter().zip(each(others)) {
            assert_eq!(one.text, other.text);
            let pairs = distribution(one).log_prob.iter().zip(&distribution(other).log_prob);
            for (a, b) in pairs {
                assert!(a.is_finite() && b.is_finite());
                most = most.max((a - b).abs());
            }
        }
    }
    most
}

#[test]
#[allow(clippy::print_stderr)] // the difference is to be seen, not only bounded
fn what_is_kept_gives_what_is_computed_anew() {
    with_runtime(|| {
        let mut anew = grm(&drawn(), &options(Caching::Off, Limits::default())).unwrap();
        let computed = play(&mut anew);
        // Nothing fits into the second one's caches, and the third one's memory holds one row.
        let small = Limits { feature_bytes: 1000, prefix_bytes: 1000, ..Limits::default() };
        let narrow = Limits { memory_bytes: 8 << 20, ..Limits::default() };
        for limits in [Limits::default(), small, narrow] {
            let mut kept = grm(&drawn(), &options(Caching::Kept, limits)).unwrap();
            let difference = apart(&play(&mut kept), &computed);
            eprintln!("kept and computed: {difference:.1e}");
            assert!(difference <= SAME, "{difference}");
        }
    });
}

/// Keys and values that stay where a run left them, and rows put together there, are those that go through main memory. Where the
/// session has no GPU they stay in main memory, by the same bindings and graphs.
#[test]
#[allow(clippy::print_stderr)] // the difference is to be seen, not only bounded
fn keys_and_values_that_stay_are_those_that_are_copied() {
    with_runtime(|| {
        let there = session().device_memory().unwrap_or(Memory::Main);
        // One row at a time gathers from several prompts, and reasons are written token by token.
        let narrow = Limits { memory_bytes: 8 << 20, ..Limits::default() };
        for limits in [Limits::default(), narrow] {
            let play_in = |stay| {
                let mut model = grm(&drawn(), &options(Caching::Kept, limits)).unwrap();
                model.engine.decoder.stay_in(stay);
                play(&mut model)
            };
            let (copied, stayed) = (play_in(None), play_in(Some(there)));
            let difference = apart(&stayed, &copied);
            eprintln!("stayed and copied: {difference:.1e}");
            assert!(difference <= if there == Memory::Main { 0.0 } else { SAME }, "{difference}");
            let counts = |steps: &[StepReading]| steps.iter().map(|step| step.counts).collect::<Vec<_>>();
            assert_eq!(counts(&stayed), counts(&copied));
        }
    });
}

#[test]
fn a_step_encodes_each_view_once_and_reads_no_beginning_again() {
    with_runtime(|| {
        let mut kept = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let steps = play(&mut kept);
        let counts: Vec<_> = steps.iter().map(|step| step.counts).collect();
        // The references: two sets of three views.
        assert_eq!(counts[0].images_encoded, 9);
        let whole = counts[0].prompt_tokens_computed + counts[0].prompt_tokens_kept;
        for step in &counts[1..] {
            assert_eq!(step.images_encoded, 3);
            // Three prompts of eight pictures.
            assert_eq!(step.images_kept, 21);
            assert_eq!(step.prompt_tokens_computed + step.prompt_tokens_kept, whole / 2 * 3);
            assert!(step.prompt_tokens_kept > step.prompt_tokens_computed / 2, "{step:?}");
        }
        assert_eq!(counts[1], counts[2]);

        let mut anew = grm(&drawn(), &options(Caching::Off, Limits::default())).unwrap();
        let step = play(&mut anew)[2].counts;
        assert_eq!((step.images_encoded, step.images_kept), (24, 0));
        assert_eq!((step.prompt_tokens_computed, step.prompt_tokens_kept), (whole / 2 * 3, 0));
    });
}

#[test]
fn the_same_episode_gives_the_same_bits_and_another_one_does_not() {
    with_runtime(|| {
        let mut one = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let first = play(&mut one);
        assert_eq!(play(&mut one), first);
        one.begin("fold the towel", &set(400, 10), &set(900, 500)).unwrap();
        let other = one.step(&set(400, 60)).unwrap();
        assert_ne!(other.readings.forward, first[0].readings.forward);
        one.reset();
        assert_eq!(one.step(&set(400, 60)).unwrap().readings.incremental, None);
    });
}

/// An answer that is less likely than the limit is not worked out, and what it could have been is said.
#[test]
fn what_is_pruned_is_the_missing_mass() {
    with_runtime(|| {
        let pictures: Vec<Arc<Image>> = [set(400, 10), set(900, 10), set(400, 99)].concat();
        let pictures: Vec<&Image> = pictures.iter().take(8).map(AsRef::as_ref).collect();
        let mut grm = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let mut read = |prune_below| {
            grm.rules.prune_below = prune_below;
            let before = grm.counts().answer_tokens;
            let reading = grm.ask("clear the table", &pictures).unwrap();
            (reading, grm.counts().answer_tokens - before)
        };
        let (whole, every) = read(0.0);
        let whole = distribution(&whole);
        assert!(whole.missing_mass.abs() <= 0.0);
        let most = whole.log_prob.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // The beginning of an answer is likelier than the whole, so the limit has to be found: one that leaves out some answers.
        let found = (1..20).find_map(|step| {
            let (pruned, fewer) = read(libm::exp(most + f64::from(step)).min(0.5));
            let pruned = pruned.distribution?;
            let there = pruned.log_prob.iter().filter(|log_prob| log_prob.is_finite()).count();
            (there < 201).then_some((pruned, fewer, there))
        });
        let (pruned, fewer, there) = found.unwrap();
        assert!(fewer < every && there > 0, "{fewer} of {every}, {there} answers");
        for (pruned, whole) in pruned.log_prob.iter().zip(&whole.log_prob) {
            assert!(*pruned == f64::NEG_INFINITY || (pruned - whole).abs() < SAME);
        }
        assert!(pruned.missing_mass > 0.0 && pruned.mass <= whole.mass * (1.0 + SAME));
        assert!(whole.mass - pruned.mass <= pruned.missing_mass, "{pruned:?}");
    });
}

/// A tiny random model never writes an answer: that is no vote, and never 0.
#[test]
fn a_text_that_is_no_answer_is_no_vote_and_its_reasons_are_kept() {
    with_runtime(|| {
        let mut plain = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let step = &play(&mut plain)[1];
        for reading in each(step) {
            assert_eq!((reading.no_vote, reading.percent), (Some(NoVote::Text), None));
            assert!(!reading.text.is_empty() && reading.rationale.is_empty());
        }
        let mut manifest = manifest();
        (manifest.rationale_tokens, manifest.max_pixels) = (5, 25_088);
        let mut wordy =
            GenerativeGrm::with_manifest(&drawn(), manifest, [0; 32], &options(Caching::Kept, Limits::default()))
                .unwrap();
        let wordy_step = &play(&mut wordy)[1];
        for (reading, plain) in each(wordy_step).into_iter().zip(each(step)) {
            assert_eq!(reading.no_vote, Some(NoVote::Rationale));
            assert!(plain.text.starts_with(&reading.rationale) && !reading.rationale.is_empty());
            assert_eq!(reading.distribution, None);
        }
    });
}

/// onnxruntime-genai lays out the same graphs in another way; what they say is the same.
#[test]
fn both_layouts_say_the_same() {
    with_runtime(|| {
        let place = tempfile::tempdir().unwrap();
        genai_layout(place.path());
        let mut genai = grm(place.path(), &options(Caching::Kept, Limits::default())).unwrap();
        let mut community = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let difference = apart(&play(&mut genai), &play(&mut community));
        assert!(difference <= SAME, "{difference}");
    });
}

/// Answers drawn at random scatter from seed to seed around the expectation, which has no seed.
#[test]
fn the_expectation_does_not_depend_on_sampling() {
    with_runtime(|| {
        let mut model = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        let step = &play(&mut model)[1];
        let distribution = distribution(step.readings.forward.as_ref().unwrap());
        let draws = 4000;
        let mean = |seed: u64| {
            let mut noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut sum = 0.0;
            for _ in 0..draws {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mut left = (noise >> 11) as f64 / (1_u64 << 53) as f64 * distribution.mass;
                let answer = (0..200).find(|&answer| {
                    left -= libm::exp(distribution.log_prob[answer]);
                    left < 0.0
                });
                sum += f64::from(i32::try_from(answer.unwrap_or(200)).unwrap() - 100) / 100.0;
            }
            sum / f64::from(draws)
        };
        let means = [1, 2, 3].map(mean);
        assert!((means[0] - means[1]).abs() > 0.0 && (means[1] - means[2]).abs() > 0.0, "{means:?}");
        let error = libm::sqrt(distribution.variance / f64::from(draws));
        for mean in means {
            assert!((mean - distribution.expected).abs() < 5.0 * error, "{mean} {}", distribution.expected);
        }
    });
}

#[test]
fn a_step_that_was_stopped_is_an_error_and_a_later_one_says_what_it_would_have_said() {
    with_runtime(|| {
        let now = set(400, 60);
        let mut grm = grm(&drawn(), &options(Caching::Kept, Limits::default())).unwrap();
        grm.begin("clear the table", &set(400, 10), &set(900, 500)).unwrap();
        for terminator in grm.terminators() {
            terminator.terminate().unwrap();
        }
        assert!(matches!(grm.step(&now), Err(crate::Error::Ort { .. })));
        // Each graph's next run is stopped once.
        let step = (0..3).find_map(|_| grm.step(&now).ok()).unwrap();
        grm.begin("clear the table", &set(400, 10), &set(900, 500)).unwrap();
        assert!(apart(&[step], &[grm.step(&now).unwrap()]) < SAME);
    });
}
