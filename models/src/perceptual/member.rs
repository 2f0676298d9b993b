//! The perceptual reward as a member of a bundle: fitted to the demonstrations, read as progress, measured on twins.

use super::fit::fit;
use super::head::PerceptualHead;
use super::options::PerceptualOptions;
use super::rows::Demonstration;
use crate::adapt::{Rowset, calibrate};
use crate::error::Result;

/// No progress is claimed to be surer than this on another episode.
const LEAST_STD: f64 = 0.03;

/// A perceptual reward with what was measured of it.
#[derive(Clone, Debug)]
pub(crate) struct PerceptualFit {
    pub(crate) head: PerceptualHead,
    /// Standard deviation of its progress, as far as twins can tell.
    pub(crate) std: f64,
    /// Mean absolute error on twins that only judge.
    pub(crate) twin_mae: f64,
    /// Mean squared error on them.
    pub(crate) twin_mse: f64,
}

/// Fits the steps and their rewards to the raw features of the `plain` sets, without a label, and then the reading: from the
/// sum to the sets' progress, on `twins`, which the steps were not fitted to and which therefore show how a sum falls off.
/// `starts` are the rows of `plain` that demonstrations begin at; `judge` are twins that measure the result.
pub(crate) fn fit_member([plain, twins, judge]: [&Rowset; 3], starts: &[usize], width: usize) -> Result<PerceptualFit> {
    let views = plain.features.len();
    let rows = by_row(plain, width);
    let ends = starts.iter().skip(1).copied().chain([plain.len()]);
    let parts = starts.iter().zip(ends).map(|(&from, to)| &rows[from * views * width..to * views * width]);
    let demonstrations = parts.map(|part| Demonstration::new(part, views * width)).collect::<Result<Vec<_>>>()?;
    let mut head = fit(&demonstrations, (views, width), &PerceptualOptions::default())?;
    drop(demonstrations);
    // Without trained twins there is nothing better than the sets themselves.
    let shown = if twins.len() > 0 { twins } else { plain };
    let sums: Vec<f64> = (0..shown.len()).map(|row| f64::from(head.score(&row_of(shown, row, width)))).collect();
    head.progress = calibrate(&sums, &shown.truth, &shown.segments)?;
    head.check()?;
    let judged = if judge.len() > 0 { judge } else { shown };
    let errors: Vec<f64> =
        (0..judged.len()).map(|row| head.reading(&row_of(judged, row, width)) - judged.truth[row]).collect();
    let count = errors.len().max(1) as f64;
    let twin_mse = errors.iter().map(|e| e * e).sum::<f64>() / count;
    let twin_mae = errors.iter().map(|e| e.abs()).sum::<f64>() / count;
    Ok(PerceptualFit { head, std: twin_mse.sqrt().max(LEAST_STD), twin_mae, twin_mse })
}

/// All views of a row side by side.
fn row_of(set: &Rowset, row: usize, width: usize) -> Vec<f32> {
    set.features.iter().flat_map(|values| values[row * width..(row + 1) * width].iter().copied()).collect()
}

fn by_row(set: &Rowset, width: usize) -> Vec<f32> {
    (0..set.len()).flat_map(|row| row_of(set, row, width)).collect()
}
