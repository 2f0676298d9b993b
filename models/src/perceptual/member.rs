//! The perceptual reward as a member of a bundle: fitted to the demonstrations, read as progress, measured on twins.

use super::fit::fit_with_twins;
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

/// Fits the steps and their rewards to the raw features of the `plain` sets and of their `twins` (as many of each set, in the
/// sets' order), without a label, and then the reading: from the sum to the progress of the twins, which look less like the
/// demonstration than it does itself. `starts` are the rows of `plain` that demonstrations begin at; `judge` are twins that
/// measure the result and take no other part.
pub(crate) fn fit_member([plain, twins, judge]: [&Rowset; 3], starts: &[usize], width: usize) -> Result<PerceptualFit> {
    let views = plain.features.len();
    let copies = twins.len() / plain.len().max(1);
    let rows = by_row(plain, 0..plain.len(), width);
    let of_copy: Vec<Vec<f32>> =
        (0..copies).map(|copy| by_row(twins, (0..plain.len()).map(|set| set * copies + copy), width)).collect();
    let parts: Vec<(usize, usize)> =
        starts.iter().copied().zip(starts.iter().skip(1).copied().chain([plain.len()])).collect();
    let cut = |rows, part: &(usize, usize)| Demonstration::part(rows, views * width, part.0..part.1);
    let demonstrations = parts.iter().map(|part| cut(&rows, part)).collect::<Result<Vec<_>>>()?;
    let mut copied = Vec::new();
    for rows in &of_copy {
        for (index, part) in parts.iter().enumerate() {
            copied.push((index, cut(rows, part)?));
        }
    }
    let mut head = fit_with_twins(&demonstrations, &copied, (views, width), &PerceptualOptions::default())?;
    let shown = if copies > 0 { twins } else { plain };
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

fn by_row(set: &Rowset, rows: impl Iterator<Item = usize>, width: usize) -> Vec<f32> {
    rows.flat_map(|row| row_of(set, row, width)).collect()
}
