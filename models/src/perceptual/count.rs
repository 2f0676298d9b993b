//! How many steps a task has, where nobody says.

use super::options::PerceptualOptions;
use super::rows::Demonstration;
use super::split::Cutter;
use crate::error::Result;

/// A gain below this share of the whole is none: its ratio to another would be chance.
const NO_GAIN: f64 = 1e-3;

/// The number of steps, from 2 to [`PerceptualOptions::MAX_CHOSEN_STEPS`], whose last cut helps most against what one cut more
/// would help: the objective falls from K - 1 to K steps by g(K), and the K with the greatest g(K) / g(K + 1) is taken. The
/// objectives are summed over the demonstrations.
///
/// The paper leaves the number to the user. Where a task has clear steps the rule finds them; where everything moves all the
/// time the gains fall evenly, and the rule takes few steps.
///
/// # Errors
/// As [`split`](fn@super::split) into 2 steps.
pub(crate) fn steps_for(demonstrations: &[Demonstration<'_>], options: &PerceptualOptions) -> Result<usize> {
    let cutters: Vec<Cutter<'_>> = demonstrations.iter().map(|rows| Cutter::new(rows, options)).collect();
    let mut objectives = Vec::new();
    for steps in 1..=PerceptualOptions::MAX_CHOSEN_STEPS + 1 {
        let of_each: Result<Vec<f64>> = cutters.iter().map(|cutter| Ok(cutter.cut(steps)?.1)).collect();
        match of_each {
            Ok(of_each) => objectives.push(of_each.iter().sum::<f64>()),
            Err(error) if steps <= 2 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(last_great_gain(&objectives))
}

/// The K of the rule; `objectives[k]` is that of k + 1 steps.
fn last_great_gain(objectives: &[f64]) -> usize {
    let nothing = objectives.first().map_or(0.0, |whole| whole * NO_GAIN).max(f64::MIN_POSITIVE);
    let gains: Vec<f64> = objectives.windows(2).map(|pair| (pair[0] - pair[1]).max(nothing)).collect();
    // `gains[k]` is that of the cut that makes k + 2 steps.
    let ratios = gains.windows(2).enumerate().map(|(index, pair)| (index + 2, pair[0] / pair[1]));
    ratios.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(2, |(steps, _)| steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_great_gain_is_found() {
        assert_eq!(last_great_gain(&[1.0, 0.8, 0.6, 0.1, 0.09, 0.085, 0.08]), 4);
        assert_eq!(
            last_great_gain(&[1.0, 0.5, 0.333, 0.25, 0.2]),
            2,
            "a steady motion has no steps: as few as there can be"
        );
        assert_eq!(last_great_gain(&[1.0, 0.6, 0.2, 0.1999, 0.1999]), 3, "gains that are none are all alike");
        for nothing in [&[][..], &[1.0], &[1.0, 0.5], &[0.0; 9]] {
            assert_eq!(last_great_gain(nothing), 2);
        }
    }
}
