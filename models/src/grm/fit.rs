//! Remembering a demonstration, and measuring what the memory is worth on twins that it has not seen.

use std::collections::BTreeMap;

use super::pairs::{balanced_pairs, hop_error};
use super::posterior::{Located, Locator};
use super::{GrmSpec, HALVES};
use crate::adapt::{Rows, Rowset, Standard, channel_means, directions, thin};
use crate::error::Result;

/// Directions of each half.
const RANK: usize = 32;
/// Rows of the memory at most: they are all read for each frame set.
const MOST_ROWS: usize = 720;
/// Rows that the directions are found from; more only cost time.
const MOST_SAMPLES: usize = 360;
/// Squared distance, 1 being the demonstration's own mean square, at which a view begins to lose its say.
const TAIL: f64 = 1.0;
/// Width of the comparison, and below the least deviation of the absolute head's progress: chosen on simulated episodes of four
/// tasks, where neither is sharp.
const WIDTH_OF_MATCH: f64 = 0.04;
/// The least deviation that the absolute head's progress is given.
const PRIOR_STD: f64 = 0.15;
/// The goal is seen from this share of belief on; raised where the demonstration itself confuses earlier frames with its end.
/// The lower, the more successes are seen, and the more failures pass: `cargo xtask worlds` counts both.
const GOAL_SHARE: f64 = 0.3;
/// Progress is known at keyframes and taken as linear in time between them. In the middle of a segment it is uncertain by this share
/// of what the segment is worth: chosen on simulated tasks whose true progress is known (a door opens late in its segment).
const LABEL_SHARE: f64 = 0.35;
/// Frames before this progress are not the goal.
const BEFORE_GOAL: f64 = 0.9;

/// A memory with what was measured of it.
#[derive(Clone, Debug)]
pub(crate) struct GrmFit {
    pub(crate) spec: GrmSpec,
    pub(crate) prior_std: f64,
    /// What the spread of the distribution is multiplied with to be as large as its errors, at least 1.
    pub(crate) std_factor: f64,
    /// Mean absolute error of hops between held-out twins, balanced over hops and gaps.
    pub(crate) hop_mae: f64,
    /// From this share of belief on the goal is seen.
    pub(crate) goal_share: f64,
    /// Mean squared error of the progress of held-out twins.
    pub(crate) twin_mse: f64,
}

/// A memory of the raw features `training` (plain sets and their twins), `cells` neighbours to a channel.
///
/// # Errors
/// [`Error::Adapt`](crate::Error::Adapt) if the features are unusable.
pub(crate) fn memorise(training: &Rowset, width: usize, cells: usize) -> Result<GrmSpec> {
    let views = training.features.len();
    let step = training.len().div_ceil(MOST_ROWS).max(1);
    let kept: Vec<usize> = (0..training.len()).step_by(step).collect();
    let channels = width / cells;
    let rank = RANK.min(kept.len() / 3).min(channels / 4).max(1);
    // Channels of the rows that are kept, standardised.
    let mut seen = Rowset::new(views);
    for (into, values) in seen.features.iter_mut().zip(&training.features) {
        *into = kept.iter().flat_map(|&row| channel_means(&values[row * width..(row + 1) * width], cells)).collect();
    }
    let standard = Standard::of(&seen, channels)?;
    seen.standardise(&standard);
    let mut spec = GrmSpec {
        views,
        width,
        cells,
        rank,
        mean: standard.mean,
        scale: standard.inv_scale,
        basis: vec![0.0; views * channels * HALVES * rank],
        memory: Vec::new(),
        progress: kept.iter().map(|&row| training.truth[row]).collect(),
        label_std: label_stds(training, &kept),
        tail: TAIL,
        width_of_match: WIDTH_OF_MATCH,
    };
    for (view, standard) in seen.features.iter().enumerate() {
        for half in 0..HALVES {
            remember(&mut spec, view, half, standard);
        }
    }
    spec.check()?;
    Ok(spec)
}

/// What the progress of each of the rows `kept` is uncertain by: 0 at its segment's ends, most in the middle.
fn label_stds(training: &Rowset, kept: &[usize]) -> Vec<f64> {
    let mut spans: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (&segment, &truth) in training.segments.iter().zip(&training.truth) {
        let span = spans.entry(segment).or_insert((truth, truth));
        *span = (span.0.min(truth), span.1.max(truth));
    }
    let of_row = |&row: &usize| {
        let (low, high) = spans.get(&training.segments[row]).copied().unwrap_or_default();
        // 2 sqrt(t (1 - t)) (high - low), t being the share of the segment that is done.
        let done = (training.truth[row] - low) * (high - training.truth[row]);
        2.0 * LABEL_SHARE * done.max(0.0).sqrt()
    };
    kept.iter().map(of_row).collect()
}

/// Finds the leading directions of one half of a view's standardised channels, and appends the rows in them to the memory.
fn remember(spec: &mut GrmSpec, view: usize, half: usize, standard: &[f32]) {
    let (channels, rank, rows) = (spec.channels(), spec.rank, spec.rows());
    let half_width = channels.div_ceil(HALVES);
    let own: Vec<f32> = standard
        .chunks_exact(channels)
        .flat_map(|row| (0..half_width).map(move |i| row.get(i * HALVES + half).copied().unwrap_or(0.0)))
        .collect();
    let thinned = thin(&own, half_width, MOST_SAMPLES);
    let directions = directions(&Rows::new(&thinned, half_width), rank);
    let mut inside = vec![0.0_f64; rows * rank];
    for (row, into) in own.chunks_exact(half_width).zip(inside.chunks_exact_mut(rank)) {
        for (&z, weights) in row.iter().zip(directions.chunks_exact(rank)) {
            into.iter_mut().zip(weights).for_each(|(e, &b)| *e += f64::from(z) * f64::from(b));
        }
    }
    let length = (inside.iter().map(|e| e * e).sum::<f64>() / rows as f64).sqrt();
    let unit = if length > 1e-9 { 1.0 / length } else { 0.0 };
    for (i, weights) in directions.chunks_exact(rank).enumerate() {
        let channel = i * HALVES + half;
        if channel < channels {
            let at = ((view * channels + channel) * HALVES + half) * rank;
            spec.basis[at..at + rank]
                .iter_mut()
                .zip(weights)
                .for_each(|(slot, &b)| *slot = (f64::from(b) * unit) as f32);
        }
    }
    for direction in 0..rank {
        spec.memory.extend((0..rows).map(|row| (inside[row * rank + direction] * unit) as f32));
    }
}

/// What each row of `judge` (raw features) finds in the memory.
pub(crate) fn evidence_of(spec: &GrmSpec, judge: &Rowset) -> Vec<Vec<f32>> {
    let present = vec![true; spec.views];
    let row_of = |row: usize| -> Vec<f32> {
        let of_view = |values: &Vec<f32>| values[row * spec.width..(row + 1) * spec.width].to_vec();
        judge.features.iter().flat_map(of_view).collect()
    };
    let evidence = |row| spec.evidence(&row_of(row), &present).into_iter().map(|v| v as f32).collect();
    (0..judge.len()).map(evidence).collect()
}

/// Measures a memory on held-out twins: `evidence` of each, its `truth`, and what the absolute head says with `absolute_std`.
pub(crate) fn fit(spec: GrmSpec, evidence: &[Vec<f32>], truth: &[f64], absolute: (&[f64], f64), seed: u64) -> GrmFit {
    let mut locator = Locator::new(spec.progress.clone(), spec.label_std.clone(), PRIOR_STD);
    let located: Vec<Option<Located>> =
        evidence.iter().zip(absolute.0).map(|(row, &at)| locator.locate(row, (at, absolute.1))).collect();
    let (found, truth): (Vec<Located>, Vec<f64>) =
        located.iter().zip(truth).filter_map(|(located, &t)| located.map(|l| (l, t))).unzip();
    let pairs = balanced_pairs(&truth, seed);
    let hops = hop_error(&pairs, &found, &truth);
    let mut early: Vec<f64> =
        found.iter().zip(&truth).filter(|(_, t)| **t < BEFORE_GOAL).map(|(l, _)| l.goal).collect();
    early.sort_by(f64::total_cmp);
    let confused = early.get(early.len().saturating_sub(1 + early.len() / 100)).copied().unwrap_or(0.0);
    let squares = found.iter().zip(&truth).map(|(located, t)| (located.mean() - t).powi(2));
    let twin_mse = if truth.is_empty() { 1.0 } else { squares.sum::<f64>() / truth.len() as f64 };
    GrmFit {
        spec,
        prior_std: PRIOR_STD,
        std_factor: hops.std_factor,
        hop_mae: hops.mae,
        twin_mse,
        goal_share: (1.5 * confused).clamp(GOAL_SHARE, 0.95),
    }
}
