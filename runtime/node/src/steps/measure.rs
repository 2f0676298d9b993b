//! Found steps and fitted readings against what is known of an episode.

use std::ops::Range;

use striatum_models::{
    Demonstration, PerceptualHead, PerceptualOptions, equal_steps, overlap, random_steps, split, wandering_rows,
};

use super::clip::Clip;
use super::report::{Overlaps, Reading};
use crate::error::Result;
use crate::eval::measures::{mae, mean, spearman_with_time};

/// Seeds that random steps are averaged over.
const RANDOM_SEEDS: u64 = 200;
/// Seeds that steps found in wandering features are averaged over.
const WANDERING_SEEDS: u64 = 20;
/// Features that wander.
const WANDERING_WIDTH: usize = 64;

/// Compares `steps` steps, found or not, with the annotated ones; `None` without keyframes.
///
/// # Errors
/// When the clip is too short for so many steps.
pub(crate) fn overlaps(
    clip: &Clip,
    rows: &Demonstration<'_>,
    steps: usize,
    options: &PerceptualOptions,
) -> Result<Option<Overlaps>> {
    let Some(annotated) = &clip.annotated else { return Ok(None) };
    let with = |steps: &[Range<usize>]| overlap(&clip.in_frames(steps), annotated);
    let (count, least) = (rows.frames(), options.min_frames_for(rows.frames(), steps));
    let random: Vec<f64> = (0..RANDOM_SEEDS).map(|seed| with(&random_steps(count, steps, least, seed))).collect();
    let mut wandering = Vec::new();
    for seed in 0..WANDERING_SEEDS {
        let values = wandering_rows(count, WANDERING_WIDTH, seed);
        wandering.push(with(&split(&Demonstration::new(&values, WANDERING_WIDTH)?, steps, options)?));
    }
    Ok(Some(Overlaps {
        steps,
        found: with(&split(rows, steps, options)?),
        equal: with(&equal_steps(count, steps)),
        random: mean(&random),
        wandering: mean(&wandering),
    }))
}

/// Judges the reading of progress on a clip. `demonstrated_secs` is the mean length of the demonstrations.
pub(crate) fn reading(
    head: &PerceptualHead,
    clip: &Clip,
    rows: &Demonstration<'_>,
    demonstration: bool,
    demonstrated_secs: f64,
) -> Reading {
    let progress: Vec<f64> = (0..rows.frames()).map(|row| head.reading(rows.row(row))).collect();
    let clock: Vec<f64> = clip.at_secs.iter().map(|&at| (at / demonstrated_secs.max(1e-9)).min(1.0)).collect();
    Reading {
        demonstration,
        voc_plus: spearman_with_time(&progress),
        mae: mae(&progress, &clip.truth),
        clock_mae: mae(&clock, &clip.truth),
        last: progress.last().copied().unwrap_or_default(),
    }
}
