//! From demonstrations to a perceptual reward.

use std::ops::Range;

use super::count::steps_for;
use super::head::{PerceptualHead, StepModel};
use super::options::{PerceptualOptions, StepWeights};
use super::rows::Demonstration;
use super::scale::Scale;
use super::select::select;
use super::split::split;
use crate::adapt::calibrate;
use crate::error::{Error, Result};
use crate::head::MonotoneMap;

/// The least standard deviation of a picked feature inside a step, in its own units: one that happened not to move there must
/// not make every other frame impossible.
const LEAST_STD: f64 = 0.1;
/// The least distance between the log-likelihoods that count as 0 and 1.
const LEAST_RANGE: f32 = 1e-3;
/// Parts of a demonstration that the map is fitted on and judged by in turn.
const PARTS: usize = 10;

/// Fits the perceptual reward to one or more demonstrations of a task, rows `[T, views x width]` each. No label is used: steps
/// come from the features, and the reading from the share of each demonstration's frames that has passed.
///
/// # Errors
/// [`Error::Config`] for an option out of range, [`Error::Adapt`] if there is no demonstration, their rows differ in width, or
/// there is nothing to see in them: too few frames, no feature that changes.
pub fn fit(
    demonstrations: &[Demonstration<'_>],
    (views, width): (usize, usize),
    options: &PerceptualOptions,
) -> Result<PerceptualHead> {
    fit_with_twins(demonstrations, &[], (views, width), options)
}

/// [`fit`](fn@fit) with altered copies of whole demonstrations, each with the number of the one it is of. Steps are found in the
/// demonstrations alone; the copies take part in what tells a step from the rest, so that it is told on another day too.
///
/// # Errors
/// As [`fit`](fn@fit).
pub(crate) fn fit_with_twins(
    demonstrations: &[Demonstration<'_>],
    twins: &[(usize, Demonstration<'_>)],
    (views, width): (usize, usize),
    options: &PerceptualOptions,
) -> Result<PerceptualHead> {
    options.validate()?;
    if demonstrations.is_empty() {
        return Err(Error::adapt("no demonstration", "give at least one"));
    }
    if let Some(rows) = demonstrations.iter().find(|rows| rows.width() != views * width) {
        let what = format!("rows of {} features for {views} views of {width}", rows.width());
        return Err(Error::adapt(what, "give the features of the same views for every demonstration"));
    }
    let count = options.steps.map_or_else(|| steps_for(demonstrations, options), Ok)?;
    let found = demonstrations.iter().map(|rows| split(rows, count, options)).collect::<Result<Vec<_>>>()?;
    let all: Vec<Demonstration<'_>> = demonstrations.iter().copied().chain(twins.iter().map(|twin| twin.1)).collect();
    let of_all: Vec<Vec<Range<usize>>> =
        found.iter().cloned().chain(twins.iter().map(|twin| found[twin.0].clone())).collect();
    let scale = Scale::of(&all);
    let models: Result<Vec<StepModel>> =
        (0..count).map(|step| step_model(&all, &of_all, step, &scale, options)).collect();
    let mut steps = models?;
    weigh(&mut steps, options.weights);
    let bounds = found.iter().map(|steps| bounds(steps)).collect();
    // The map is made last, from what the rest says; until then any will do.
    let line = MonotoneMap::new(vec![0.0, 1.0], vec![0.0, 1.0])?;
    let mut head = PerceptualHead { views, width, steps, progress: line, bounds };
    head.progress = to_time(&head, demonstrations)?;
    head.check()?;
    Ok(head)
}

/// The reward of one step: its features and Gaussians, scaled on the demonstrations.
fn step_model(
    demonstrations: &[Demonstration<'_>],
    found: &[Vec<Range<usize>>],
    step: usize,
    scale: &Scale,
    options: &PerceptualOptions,
) -> Result<StepModel> {
    let inside = |demonstration: usize, frame: usize| found[demonstration][step].contains(&frame);
    let picked = select(demonstrations, scale, inside, (options.alpha, options.features_kept));
    if picked.is_empty() {
        let mend = "check that the views show the task and are not blank";
        return Err(Error::adapt("no feature changes in the demonstrations", mend));
    }
    let gaussians = picked.iter().map(|picked| {
        let (mean, std) = (scale.mean[picked.feature], scale.std[picked.feature]);
        ((mean + std * picked.mean) as f32, (1.0 / (std * picked.std.max(LEAST_STD))) as f32)
    });
    let (means, inv_stds) = gaussians.unzip();
    let features = picked.iter().map(|picked| picked.feature).collect();
    let mut model = StepModel { features, means, inv_stds, low: 0.0, high: 1.0, weight: 0.0 };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for (index, rows) in demonstrations.iter().enumerate() {
        for frame in 0..rows.frames() {
            let list = if inside(index, frame) { &mut own } else { &mut others };
            list.push(model.log_likelihood(rows.row(frame)));
        }
    }
    model.high = median(&mut own) as f32;
    model.low = (median(&mut others) as f32).min(model.high - LEAST_RANGE);
    Ok(model)
}

/// Weights that rise from step to step and add up to 1; the first step has none.
fn weigh(steps: &mut [StepModel], weights: StepWeights) {
    let weight = |step: usize| match (step, weights) {
        (0, _) => 0.0,
        (_, StepWeights::Doubling) => (step as f64).exp2(),
        (_, StepWeights::Linear) => step as f64,
    };
    let sum: f64 = (0..steps.len()).map(weight).sum();
    for (index, step) in steps.iter_mut().enumerate() {
        step.weight = (weight(index) / sum) as f32;
    }
}

/// The map from the sum to the share of the demonstration that has passed.
fn to_time(head: &PerceptualHead, demonstrations: &[Demonstration<'_>]) -> Result<MonotoneMap> {
    let (mut sums, mut times, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for rows in demonstrations {
        let frames = rows.frames();
        for frame in 0..frames {
            sums.push(f64::from(head.score(rows.row(frame))));
            times.push(frame as f64 / (frames - 1) as f64);
            parts.push(frame * PARTS / frames);
        }
    }
    calibrate(&sums, &times, &parts)
}

fn bounds(steps: &[Range<usize>]) -> Vec<usize> {
    steps.iter().map(|step| step.start).chain(steps.last().map(|step| step.end)).collect()
}

/// The middle value; there is at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
