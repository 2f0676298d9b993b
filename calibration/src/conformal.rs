//! How many standard deviations an interval needs: conformal prediction with one sample for each episode.
//!
//! Rows of one episode are alike, so they are no exchangeable samples; episodes are. The score of a row is
//! `|truth - mean| / std` (normalised residuals: Lei et al. 2018, arXiv 1604.04173, section 5.2). Each of K episodes has the
//! mass 1 / (K + 1), shared evenly by its rows, and the episode to come has the last 1 / (K + 1), put at infinity. The
//! multiplier is the 90 % quantile of that: hierarchical conformal prediction (Lee, Barber and Willett 2023, arXiv
//! 2306.06342; split conformal of Vovk et al. 2005 where every episode has one row).
//!
//! **What it promises**: if the episode to come and those given are exchangeable (same task, robot, cameras and light, none
//! chosen by its outcome), and mean and std were fitted without them, then a row of it drawn at random is covered with a
//! probability of at least 90 %: coverage averaged over episodes. A single episode may be covered far less.
//!
//! **Why not a quantile within each episode first**: a bound on every episode's own 90 % quantile promises 90 % of the
//! rows in 90 % of the episodes, which is another sentence and a wider interval.

use crate::curve::count;
use crate::error::{Error, Result};

/// The coverage that is wanted.
pub const WANTED_COVERAGE: f64 = 0.9;
/// Fewest episodes that promise it: K / (K + 1) must reach 90 %.
pub const LEAST_EPISODES: usize = 9;
/// Sums of masses are compared up to this.
const ROUNDING: f64 = 1e-9;

/// Half of the 90 % interval's width in standard deviations, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multiplier {
    /// The multiplier, from 0.
    pub value: f64,
    /// Episodes that it was made from.
    pub episodes: usize,
    /// Is the average coverage promised? From [`LEAST_EPISODES`] on.
    pub guaranteed: bool,
}

/// The multiplier from each episode's scores `|truth - mean| / std`.
///
/// With fewer than [`LEAST_EPISODES`] the promise would need an infinite interval. Then the episode to come is taken to be
/// like the worst that was seen (the one with the greatest 90 % quantile), which so counts twice: finite, on the careful
/// side, and no promise; [`Multiplier::guaranteed`] is `false`.
///
/// # Errors
/// [`Error::Input`] if there is no episode, one without a score, or a score that is negative or not finite.
pub fn multiplier(scores: &[Vec<f64>]) -> Result<Multiplier> {
    let refuse = |what: &str| Err(Error::input("conformal interval", what, "play the episodes again"));
    if scores.is_empty() || scores.iter().any(Vec::is_empty) {
        return refuse("there is no episode, or one without a row");
    }
    if scores.iter().flatten().any(|score| !(score.is_finite() && *score >= 0.0)) {
        return refuse("a score is negative or not finite");
    }
    let episodes = scores.len();
    let mass_of_one = 1.0 / (count(episodes) + 1.0);
    let guaranteed = episodes >= LEAST_EPISODES;
    let mut samples = shared_mass(scores, mass_of_one);
    if !guaranteed {
        let own_quantile = |scores: &&Vec<f64>| weighted_quantile(shared_mass(&[(*scores).clone()], 1.0));
        let worst = scores.iter().max_by(|a, b| own_quantile(a).total_cmp(&own_quantile(b)));
        samples.extend(worst.into_iter().flat_map(|worst| shared_mass(std::slice::from_ref(worst), mass_of_one)));
    }
    Ok(Multiplier { value: weighted_quantile(samples), episodes, guaranteed })
}

/// (score, mass) of every row.
fn shared_mass(scores: &[Vec<f64>], mass_of_one: f64) -> Vec<(f64, f64)> {
    let rows = |scores: &Vec<f64>| {
        let mass = mass_of_one / count(scores.len());
        scores.iter().map(|&score| (score, mass)).collect::<Vec<_>>()
    };
    scores.iter().flat_map(rows).collect()
}

/// The least score that, with all below it, has the wanted mass; the greatest where all of them have less.
fn weighted_quantile(mut samples: Vec<(f64, f64)>) -> f64 {
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut mass = 0.0;
    for &(score, weight) in &samples {
        mass += weight;
        if mass >= WANTED_COVERAGE - ROUNDING {
            return score;
        }
    }
    samples.last().map_or(0.0, |last| last.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn with_one_row_for_each_episode_it_is_split_conformal() {
        // The ceil(0.9 (K + 1))-th smallest of K scores: the 18th of 19, the last of 9.
        let scores = |count: u32| (1..=count).map(|score| vec![f64::from(score)]).collect::<Vec<_>>();
        assert_eq!(multiplier(&scores(19)).unwrap().value, 18.0);
        let nine = multiplier(&scores(9)).unwrap();
        assert_eq!((nine.value, nine.guaranteed), (9.0, true));
        assert!(!multiplier(&scores(8)).unwrap().guaranteed);
    }

    #[test]
    fn a_long_episode_weighs_no_more_than_a_short_one() {
        let scores = |rows: usize| {
            let mut list = vec![vec![1.0]; 5];
            list.extend(vec![vec![3.0; rows]; 4]);
            list
        };
        assert_eq!(multiplier(&scores(1)).unwrap(), multiplier(&scores(1000)).unwrap());
    }

    #[test]
    fn the_worst_of_few_counts_twice() {
        // Three episodes of ten rows and the worst again: a mass of 1/40 for each row. The worst one's rows above 1 have
        // 2 x 4 / 40 = 0.2, so that 90 % lie at or below the second of them.
        let calm = vec![1.0; 10];
        let wild = [vec![1.0; 6], vec![2.0, 3.0, 4.0, 5.0]].concat();
        let found = multiplier(&[calm.clone(), wild, calm]).unwrap();
        assert_eq!((found.value, found.guaranteed), (3.0, false));
        assert_eq!(multiplier(&[(1..=10).map(f64::from).collect()]).unwrap().value, 9.0);
    }

    #[test]
    fn scores_that_cannot_be_are_refused() {
        assert!(multiplier(&[]).is_err());
        assert!(multiplier(&[vec![1.0], vec![]]).is_err());
        assert!(multiplier(&[vec![f64::NAN]]).is_err());
        assert!(multiplier(&[vec![-1.0]]).is_err());
    }

    /// Episodes with a difficulty of their own and rows that hang together: on average 90 % of the rows of an episode that
    /// was not seen are covered, where pooling rows as if they were samples would cover fewer.
    #[test]
    fn coverage_of_episodes_not_seen_is_90_percent_on_average() {
        let mut state = 12345_u64;
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut episode = || {
            let difficulty = -unit().max(1e-12).ln();
            (0..20).map(|_| difficulty * (0.5 + unit())).collect::<Vec<f64>>()
        };
        for episodes in [9, 15, 30] {
            let trials = 4000;
            let mut covered = 0.0;
            for _ in 0..trials {
                let seen: Vec<Vec<f64>> = (0..episodes).map(|_| episode()).collect();
                let multiplier = multiplier(&seen).unwrap().value;
                let next = episode();
                covered += next.iter().filter(|score| **score <= multiplier).count() as f64 / next.len() as f64;
            }
            let coverage = covered / f64::from(trials);
            // Three standard errors of the mean over 4000 trials are about 0.014.
            assert!((0.886..0.97).contains(&coverage), "{episodes} episodes: {coverage}");
        }
    }

    proptest! {
        #[test]
        fn it_is_a_score_that_was_seen_and_grows_with_the_scores(
            scores in prop::collection::vec(prop::collection::vec(0.0..9.0_f64, 1..12), 1..14), factor in 1.0..3.0_f64,
        ) {
            let found = multiplier(&scores).unwrap();
            prop_assert!(scores.iter().flatten().any(|score| *score == found.value));
            let greater: Vec<Vec<f64>> = scores.iter().map(|list| list.iter().map(|s| s * factor).collect()).collect();
            prop_assert!(multiplier(&greater).unwrap().value >= found.value);
        }
    }
}
