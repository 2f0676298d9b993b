//! Fewer knots for a piecewise linear function, with the error that this makes.

use crate::error::{Error, Result};
use crate::isotonic::interpolate;

/// Differences up to this are rounding, not error.
const EXACT: f64 = 1e-12;

/// Some of a function's knots.
#[derive(Clone, Debug, PartialEq)]
pub struct Knots {
    /// Inputs, rising strictly.
    pub inputs: Vec<f64>,
    /// Values, which never fall where the function's do not.
    pub outputs: Vec<f64>,
    /// Greatest distance from the whole function, anywhere.
    pub greatest_error: f64,
}

/// Keeps at most `most` of the knots: the ends, then again and again the knot that lies farthest from the line through those
/// kept (as Douglas and Peucker do, 1973).
///
/// The difference of two piecewise linear functions is greatest at a knot, so looking at knots alone gives the greatest
/// error anywhere. Kept knots are knots of the function: what never falls still does not.
///
/// # Errors
/// [`Error::Input`] if there are fewer than two knots, `most` is below 2, or the inputs do not rise strictly.
pub fn reduce(inputs: &[f64], outputs: &[f64], most: usize) -> Result<Knots> {
    let rises = inputs.windows(2).all(|pair| pair[0] < pair[1]);
    if most < 2 || inputs.len() < 2 || inputs.len() != outputs.len() || !rises {
        let what = "a function of at least two rising knots is needed, and two of them must be kept";
        return Err(Error::input("reduction of knots", what, "give the knots in their order"));
    }
    let mut kept = vec![0, inputs.len() - 1];
    loop {
        let (farthest, error) = farthest(inputs, outputs, &kept);
        if error <= EXACT || kept.len() == most {
            let pick = |list: &[f64]| kept.iter().map(|&at| list[at]).collect::<Vec<_>>();
            let greatest_error = if error <= EXACT { 0.0 } else { error };
            return Ok(Knots { inputs: pick(inputs), outputs: pick(outputs), greatest_error });
        }
        let place = kept.partition_point(|&at| at < farthest);
        kept.insert(place, farthest);
    }
}

/// The knot farthest from the line through the kept ones, and how far it is.
fn farthest(inputs: &[f64], outputs: &[f64], kept: &[usize]) -> (usize, f64) {
    let mut most = (0, 0.0);
    for ends in kept.windows(2) {
        let ends = [ends[0], ends[1]];
        let (x, y) = (ends.map(|at| inputs[at]), ends.map(|at| outputs[at]));
        for at in ends[0] + 1..ends[1] {
            let error = (interpolate(&x, &y, inputs[at]) - outputs[at]).abs();
            if error > most.1 {
                most = (at, error);
            }
        }
    }
    most
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_straight_line_needs_two_knots_and_a_corner_three() {
        let inputs: Vec<f64> = (0..9).map(|at| f64::from(at) / 8.0).collect();
        let line = reduce(&inputs, &inputs, 64).unwrap();
        assert_eq!((line.inputs, line.greatest_error), (vec![0.0, 1.0], 0.0));
        let corner: Vec<f64> = inputs.iter().map(|x| (x - 0.5).max(0.0)).collect();
        assert_eq!(reduce(&inputs, &corner, 64).unwrap().inputs, [0.0, 0.5, 1.0]);
        let cut = reduce(&inputs, &corner, 2).unwrap();
        assert!((cut.greatest_error - 0.25).abs() < 1e-15);
        assert!(reduce(&inputs, &inputs, 1).is_err() && reduce(&[0.0], &[0.0], 4).is_err());
    }

    proptest! {
        #[test]
        fn the_stated_error_is_the_greatest_and_nothing_falls(
            steps in prop::collection::vec((0.001..1.0_f64, 0.0..1.0_f64), 2..150), most in 2_usize..64, at in 0.0..1.0_f64,
        ) {
            let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
            let (mut x, mut y) = (0.0, 0.0);
            for (dx, dy) in steps {
                inputs.push(x);
                outputs.push(y);
                x += dx;
                y += dy;
            }
            let knots = reduce(&inputs, &outputs, most).unwrap();
            prop_assert!(knots.inputs.len() <= most && knots.outputs.windows(2).all(|pair| pair[0] <= pair[1]));
            let at = at * inputs[inputs.len() - 1];
            let error = (interpolate(&knots.inputs, &knots.outputs, at) - interpolate(&inputs, &outputs, at)).abs();
            prop_assert!(error <= knots.greatest_error + 1e-9, "{error} {}", knots.greatest_error);
        }
    }
}
