//! Pairs of states as the published model is trained on them (Robo-Dopamine, arXiv 2512.23703, section 3): balanced over 25 bins
//! of hops and 4 of gaps in time, with one in twenty a hop of zero.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use striatum_core::{Hop, Progress, hop_label};

use super::posterior::Located;

const HOP_BINS: usize = 25;
const GAP_BINS: usize = 4;
/// Pairs taken of each of the 100 cells that has any.
const PER_CELL: usize = 12;
/// Share of pairs that are a hop of zero.
const ZERO_SHARE: f64 = 0.05;
/// Progress apart by no more is a hop of zero.
const ZERO_EPS: f64 = 1e-6;
/// What the spread of a distribution may be multiplied with.
const FACTOR_RANGE: (f64, f64) = (1.0, 3.0);
/// No hop is claimed to be surer than this, progress units.
const LEAST_STD: f64 = 0.01;

/// Pairs (before, after) of rows of `truth`, which are in time order; the same for a seed.
pub(crate) fn balanced_pairs(truth: &[f64], seed: u64) -> Vec<(usize, usize)> {
    let rows = truth.len();
    let mut cells = vec![Vec::new(); HOP_BINS * GAP_BINS];
    let mut zero = Vec::new();
    for before in 0..rows {
        for after in 0..rows {
            let Some(hop) = label(truth, before, after) else { continue };
            if hop.get() == 0.0 {
                zero.push((before, after));
            } else {
                cells[cell(hop, before.abs_diff(after), rows)].push((before, after));
            }
        }
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pairs = Vec::new();
    for cell in &mut cells {
        take(cell, PER_CELL, &mut random, &mut pairs);
    }
    #[expect(clippy::cast_sign_loss, reason = "a share of a count")]
    let wanted = (pairs.len() as f64 * ZERO_SHARE / (1.0 - ZERO_SHARE)).round() as usize;
    take(&mut zero, wanted, &mut random, &mut pairs);
    pairs
}

fn label(truth: &[f64], before: usize, after: usize) -> Option<Hop> {
    hop_label(Progress::clamped(truth[before])?, Progress::clamped(truth[after])?, ZERO_EPS)
}

#[expect(clippy::cast_sign_loss, reason = "a hop is at least -1")]
fn cell(hop: Hop, gap: usize, rows: usize) -> usize {
    let hop_bin = (((hop.get() + 1.0) / 2.0 * HOP_BINS as f64) as usize).min(HOP_BINS - 1);
    let gap_bin = (gap * GAP_BINS / rows.max(1)).min(GAP_BINS - 1);
    hop_bin * GAP_BINS + gap_bin
}

/// Moves up to `count` of `from`, drawn without putting back, into `into`.
fn take(from: &mut Vec<(usize, usize)>, count: usize, random: &mut ChaCha8Rng, into: &mut Vec<(usize, usize)>) {
    for _ in 0..count.min(from.len()) {
        let at = usize::try_from(random.next_u64() % from.len() as u64).unwrap_or(0);
        into.push(from.swap_remove(at));
    }
}

/// How far hops between located rows are from their labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HopError {
    /// Mean absolute error, hops from -1 to 1.
    pub(crate) mae: f64,
    /// What makes the distributions of the difference of progress as wide as their errors, in [`FACTOR_RANGE`].
    pub(crate) std_factor: f64,
}

/// Measures hops on `pairs`; with no pair, nothing is known: an error of 1 and the greatest factor.
pub(crate) fn hop_error(pairs: &[(usize, usize)], located: &[Located], truth: &[f64]) -> HopError {
    let (mut absolute, mut squares, mut count) = (0.0, 0.0, 0.0);
    for &(before, after) in pairs {
        let (p, q) = (&located[before], &located[after]);
        let ends = Progress::clamped(p.mean()).zip(Progress::clamped(q.mean()));
        let (Some((from, to)), Some(label)) = (ends, label(truth, before, after)) else { continue };
        absolute += (Hop::between(from, to).get() - label.get()).abs();
        let variance = (p.std * p.std + q.std * q.std).max(LEAST_STD * LEAST_STD);
        let error = (q.mean() - p.mean()) - (truth[after] - truth[before]);
        squares += error * error / variance;
        count += 1.0;
    }
    if count == 0.0 {
        return HopError { mae: 1.0, std_factor: FACTOR_RANGE.1 };
    }
    HopError { mae: absolute / count, std_factor: (squares / count).sqrt().clamp(FACTOR_RANGE.0, FACTOR_RANGE.1) }
}
