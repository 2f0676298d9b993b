//! A strictly rising map from what a head says of frames it has not seen to their true progress.

use crate::error::{Error, Result};
use crate::head::MonotoneMap;

/// Pieces of the map in its middle; a quantile of 24 keeps enough samples in each.
const PIECES: usize = 24;
/// Samples a piece must rest on.
const SAMPLES_PER_PIECE: usize = 8;
/// Share of a straight line in the outputs, so that a plateau of the truth still rises.
const LINE: f64 = 0.05;
/// Outputs kept for predictions beyond all that were seen, at each end, so that even those are told apart.
const TAIL: f64 = 0.004;
/// How far beyond the outermost prediction the tails reach, in progress units.
const TAIL_REACH: f64 = 1.0;

/// Fits the map. Two candidates and their mean compete, each fitted on one half of the segments and judged on the other:
///
/// - quantiles to quantiles, which undoes the shrinkage that ridge regression has on frames it was not fitted on;
/// - the straight line of least squares, which is the better one where a view says little.
///
/// # Errors
/// [`Error::Adapt`] if the predictions do not vary or are not finite.
pub(crate) fn calibrate(predictions: &[f64], truth: &[f64], segments: &[usize]) -> Result<MonotoneMap> {
    let all: Vec<usize> = (0..predictions.len()).collect();
    let halves: [Vec<usize>; 2] = [0, 1].map(|odd| all.iter().copied().filter(|&i| segments[i] % 2 == odd).collect());
    let pick = |list: &[f64], rows: &[usize]| rows.iter().map(|&i| list[i]).collect::<Vec<_>>();
    let mut best = (f64::INFINITY, 0.5);
    for blend in [1.0, 0.5, 0.0] {
        let mut error = 0.0;
        for (fitted, judged) in [(0, 1), (1, 0)] {
            let (x, y) = (pick(predictions, &halves[fitted]), pick(truth, &halves[fitted]));
            let Ok(map) = fit(&x, &y, blend) else { continue };
            error += halves[judged].iter().map(|&i| (map.apply(predictions[i]) - truth[i]).abs()).sum::<f64>();
        }
        // The later, plainer candidate must be clearly better.
        if error < best.0 * 0.99 {
            best = (error, blend);
        }
    }
    fit(predictions, truth, best.1)
}

/// A blend of the quantile map (1) and the straight line (0).
fn fit(predictions: &[f64], truth: &[f64], blend: f64) -> Result<MonotoneMap> {
    let refuse = |what: &str| Error::adapt(what.to_owned(), "check that the views show the task and are not blank");
    let (mut x, mut y) = (predictions.to_vec(), truth.to_vec());
    if x.len() < 4 || x.iter().any(|v| !v.is_finite()) {
        return Err(refuse("too few finite predictions to calibrate on"));
    }
    x.sort_by(f64::total_cmp);
    y.sort_by(f64::total_cmp);
    let (low, high) = (x[0], x[x.len() - 1]);
    if high - low < 1e-9 {
        return Err(refuse("the predictions do not vary"));
    }
    let (slope, offset) = straight_line(predictions, truth);
    let pieces = (x.len() / SAMPLES_PER_PIECE).clamp(1, PIECES);
    let least_gap = (high - low) * 1e-4;
    let (mut inputs, mut outputs) = (vec![low - TAIL_REACH], vec![0.0]);
    for piece in 0..=pieces {
        let at = piece * (x.len() - 1) / pieces;
        let input = x[at];
        let previous = inputs[inputs.len() - 1];
        if piece > 0 && input - previous < least_gap {
            continue;
        }
        let spread = (input - low) / (high - low);
        let quantile = (1.0 - LINE) * y[at] + LINE * spread;
        let value = blend * quantile + (1.0 - blend) * (offset + slope * input);
        inputs.push(input);
        outputs.push(value.clamp(0.0, 1.0));
    }
    inputs.push(high + TAIL_REACH);
    outputs.push(1.0);
    strictly_rising(&inputs, &mut outputs);
    MonotoneMap::new(inputs, outputs)
}

/// Slope (never below a small one) and offset of least squares.
fn straight_line(x: &[f64], y: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let covariance: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let variance: f64 = x.iter().map(|a| (a - mx) * (a - mx)).sum();
    let slope = (covariance / variance.max(f64::MIN_POSITIVE)).clamp(0.02, 4.0);
    (slope, my - slope * mx)
}

/// Squeezes the inner knots between the tails and adds the least line that makes each step rise.
fn strictly_rising(inputs: &[f64], outputs: &mut [f64]) {
    let last = outputs.len() - 1;
    for i in 1..last {
        outputs[i] = outputs[i].max(outputs[i - 1]);
    }
    let span = inputs[last - 1] - inputs[1];
    for i in 1..last {
        let spread = (inputs[i] - inputs[1]) / span;
        let mixed = 0.99 * outputs[i] + 0.01 * spread;
        outputs[i] = TAIL + (1.0 - 2.0 * TAIL) * mixed;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testkit::Noise;
    use proptest::prelude::*;

    fn mae(map: &MonotoneMap, x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(a, b)| (map.apply(*a) - b).abs()).sum::<f64>() / x.len() as f64
    }

    #[test]
    fn shrinkage_is_undone() {
        let mut noise = Noise::new(1);
        let truth: Vec<f64> = (0..400).map(|i| i as f64 / 399.0).collect();
        let shrunk: Vec<f64> = truth.iter().map(|t| 0.25 + 0.5 * t + 0.02 * noise.normal()).collect();
        let segments: Vec<usize> = (0..400).map(|i| i / 25).collect();
        let map = calibrate(&shrunk, &truth, &segments).unwrap();
        assert!(mae(&map, &shrunk, &truth) < 0.045, "{}", mae(&map, &shrunk, &truth));
    }

    #[test]
    fn what_says_nothing_stays_near_the_middle() {
        let mut noise = Noise::new(2);
        let truth: Vec<f64> = (0..400).map(|i| i as f64 / 399.0).collect();
        let noise: Vec<f64> = truth.iter().map(|_| 0.5 + 0.1 * noise.normal()).collect();
        let segments: Vec<usize> = (0..400).map(|i| i / 25).collect();
        let map = calibrate(&noise, &truth, &segments).unwrap();
        assert!(mae(&map, &noise, &truth) < 0.27, "{}", mae(&map, &noise, &truth));
    }

    #[test]
    fn constant_predictions_are_refused() {
        assert!(calibrate(&[0.5; 20], &[0.1; 20], &[0; 20]).is_err());
        assert!(calibrate(&[f64::NAN; 20], &[0.1; 20], &[0; 20]).is_err());
    }

    proptest! {
        #[test]
        fn the_map_rises_whatever_the_samples(samples in prop::collection::vec((-1.0_f64..2.0, 0.0_f64..1.0), 4..200), blend in 0.0_f64..1.0) {
            let (x, y): (Vec<f64>, Vec<f64>) = samples.into_iter().unzip();
            if let Ok(map) = fit(&x, &y, blend) {
                let mut sorted = x.clone();
                sorted.sort_by(f64::total_cmp);
                for pair in sorted.windows(2).filter(|pair| pair[1] - pair[0] > 1e-6) {
                    prop_assert!(map.apply(pair[0]) < map.apply(pair[1]), "{pair:?}");
                }
            } else {
                let spread = x.iter().copied().fold(f64::MIN, f64::max) - x.iter().copied().fold(f64::MAX, f64::min);
                prop_assert!(spread < 1e-6);
            }
        }
    }
}
