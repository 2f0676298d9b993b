//! How far progress and its interval can be believed: reliability of the mean, and coverage of intervals of every level.
//!
//! An episode is one sample, however long it is: every episode weighs the same, and what stands beside a mean is the spread
//! over episodes and not over rows.

use serde::Serialize;
use striatum_calibration::{BINS, EpisodeCurve, measure};

use super::curve::Curve;
use super::measures::coverage;
use crate::error::Result;

/// Levels of central intervals, and how many standard deviations a normal distribution has to each side for them.
#[allow(clippy::unreadable_literal, reason = "digits of quantiles, as tables print them")]
const LEVELS: [(f64, f64); 11] = [
    (0.1, 0.12566134685507416),
    (0.2, 0.2533471031357997),
    (0.3, 0.38532046640756773),
    (0.4, 0.5244005127080407),
    (0.5, 0.6744897501960817),
    (0.6, 0.8416212335729143),
    (0.7, 1.0364333894937898),
    (0.8, 1.2815515655446004),
    (0.9, 1.6448536269514722),
    (0.95, 1.959963984540054),
    (0.99, 2.5758293035489004),
];

/// Of the episodes whose truth somebody wrote down.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Reliability {
    /// How many they are.
    pub episodes: usize,
    /// Expected calibration error of the mean.
    pub ece: f64,
    /// Rows by the progress that was said.
    pub bins: Vec<ReliabilityBin>,
    /// Rows whose truth lies in the interval, by the interval's level.
    pub coverage: Vec<LevelCoverage>,
}

/// Rows whose progress was said to lie in one tenth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReliabilityBin {
    /// Lower edge.
    pub low: f64,
    /// Share of all rows.
    pub share: f64,
    /// Mean progress that was said; `None` without rows.
    pub said: Option<f64>,
    /// Mean progress that was true.
    #[serde(rename = "true")]
    pub truth: Option<f64>,
    /// Episodes with rows in it.
    pub episodes: usize,
    /// The least and the greatest of their mean true progresses.
    pub least: Option<f64>,
    pub greatest: Option<f64>,
}

/// How much of the truth intervals of one level hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct LevelCoverage {
    /// The share that they should hold.
    pub nominal: f64,
    /// The share that they hold, the mean over episodes.
    pub mean: f64,
    /// The episode of which they hold least, and most.
    pub least: f64,
    pub greatest: f64,
}

impl Reliability {
    /// Of the forward playbacks of episodes with a truth, by name; `None` for no episode.
    ///
    /// # Errors
    /// A curve that cannot be one.
    pub(crate) fn of(episodes: &[(String, &Curve)]) -> Result<Option<Self>> {
        if episodes.is_empty() {
            return Ok(None);
        }
        let curve = |(name, curve): &(String, &Curve)| {
            EpisodeCurve::new(name, curve.progress.clone(), curve.std.clone(), curve.truth.clone())
        };
        let curves = episodes.iter().map(curve).collect::<Result<Vec<_>, _>>()?;
        let alone: Vec<_> = curves.iter().map(|curve| measure(std::slice::from_ref(curve)).bins).collect();
        let all = measure(&curves);
        let bin = |index: usize| {
            let (bin, truths) = (all.bins[index], alone.iter().map(|bins| bins[index]).filter(|bin| bin.share > 0.0));
            let there = |value: f64| (bin.share > 0.0).then_some(value);
            ReliabilityBin {
                low: bin.low,
                share: bin.share,
                said: there(bin.said),
                truth: there(bin.truth),
                episodes: truths.clone().count(),
                least: truths.clone().map(|bin| bin.truth).reduce(f64::min),
                greatest: truths.map(|bin| bin.truth).reduce(f64::max),
            }
        };
        let level = |&(nominal, z): &(f64, f64)| {
            let of_each: Vec<f64> =
                episodes.iter().map(|(_, curve)| coverage(&curve.progress, &curve.truth, &curve.std, z)).collect();
            LevelCoverage {
                nominal,
                mean: super::measures::mean(&of_each),
                least: of_each.iter().copied().reduce(f64::min).unwrap_or_default(),
                greatest: of_each.iter().copied().reduce(f64::max).unwrap_or_default(),
            }
        };
        Ok(Some(Self {
            episodes: episodes.len(),
            ece: all.ece,
            bins: (0..BINS).map(bin).collect(),
            coverage: LEVELS.iter().map(level).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    fn curve(progress: &[f64], truth: &[f64], std: f64) -> Curve {
        Curve { progress: progress.to_vec(), truth: truth.to_vec(), std: vec![std; progress.len()], ..Curve::default() }
    }

    /// Abramowitz and Stegun 7.1.26, good to 1.5e-7.
    fn erf(x: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.327_591_1 * x);
        let terms = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
        let sum = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
        1.0 - sum * (-x * x).exp()
    }

    #[test]
    fn levels_are_those_of_a_normal_distribution() {
        for (level, z) in LEVELS {
            assert!((erf(z / 2.0_f64.sqrt()) - level).abs() < 1e-6, "{level}");
        }
        assert_eq!(LEVELS[8], (0.9, super::super::measures::Z_90));
    }

    #[test]
    fn every_episode_weighs_the_same_and_its_spread_is_shown() {
        // Ten rows that are right, and one row that is half a task off at a std of 0.25, which is 2 of them.
        let right = curve(&[0.05; 10], &[0.05; 10], 0.1);
        let wrong = curve(&[0.05], &[0.55], 0.25);
        let found = Reliability::of(&[("a".to_owned(), &right), ("b".to_owned(), &wrong)]).unwrap().unwrap();
        let bin = &found.bins[0];
        assert_eq!((found.episodes, bin.episodes, bin.share), (2, 2, 1.0));
        assert!((bin.truth.unwrap() - 0.3).abs() < 1e-12 && (found.ece - 0.25).abs() < 1e-12);
        assert!((bin.least.unwrap() - 0.05).abs() < 1e-12 && (bin.greatest.unwrap() - 0.55).abs() < 1e-12);
        assert!(found.bins[1..].iter().all(|bin| bin.truth.is_none() && bin.episodes == 0 && bin.share == 0.0));
        let of = |nominal: f64| found.coverage.iter().find(|level| level.nominal == nominal).unwrap();
        assert_eq!((of(0.9).mean, of(0.9).least, of(0.9).greatest), (0.5, 0.0, 1.0));
        assert_eq!((of(0.95).mean, of(0.99).mean), (0.5, 1.0), "2 stds are more than 1.96 and less than 2.58");
        assert!(Reliability::of(&[]).unwrap().is_none());
    }
}
