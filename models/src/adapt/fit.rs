//! From features to heads: one ridge for each subset of views, blended with the views' own, calibrated and measured.

use nalgebra::DMatrix;
use striatum_core::ViewMask;

use super::calibrate::calibrate;
use super::config::AdaptConfig;
use super::fitted::{SubsetFit, ViewFit};
use super::linalg::Rows;
use super::manifold::{self, Samples};
use super::ridge::{Problem, Ridge, mean_square};
use super::samples::{Rowset, Standard};
use crate::bundle::ReliabilityEntry;
use crate::error::{Error, Result};
use crate::grm::{self, GrmFit};
use crate::head::{HeadSpec, Manifold, MonotoneMap, subsets_of};
use crate::perceptual::{self, PerceptualFit};

/// Errors on segments left out of the one demonstration were measured to be this much smaller than on another episode.
const LEFT_OUT_IS_SMALLER: f64 = 1.7;
/// The least uncertainty that is ever claimed, in progress units.
const LEAST_STD: f64 = 0.01;

/// All features of a demonstration.
#[derive(Debug)]
pub(crate) struct Demonstration {
    /// The sets as they were seen.
    pub(crate) plain: Rowset,
    /// Their twins that train.
    pub(crate) twins: Rowset,
    /// Their twins that judge.
    pub(crate) judge: Rowset,
    /// Rows of `plain` that one recording each begins at.
    pub(crate) starts: Vec<usize>,
}

/// What a fit gives.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    pub(crate) head: HeadSpec,
    pub(crate) subsets: Vec<SubsetFit>,
    pub(crate) views: Vec<ViewFit>,
    /// By number of absent views of the full set, what the std is multiplied with; `[0]` is 1.
    pub(crate) absent_std_factor: Vec<f64>,
    pub(crate) grm: GrmFit,
    /// The perceptual reward, or why there is none.
    pub(crate) perceptual: std::result::Result<PerceptualFit, String>,
    /// Of each member.
    pub(crate) reliability: ReliabilityEntry,
}

impl Solution {
    /// Drops a perceptual reward that does not read the goal higher than the start: no hop could be derived from it.
    pub(crate) fn keep_perceptual_between(&mut self, start: &[f32], goal: &[f32]) {
        if let Ok(fit) = &self.perceptual
            && fit.head.reading(start) >= fit.head.reading(goal)
        {
            self.perceptual = Err("it reads the goal no higher than the start".to_owned());
            self.reliability.perceptual = None;
        }
    }
}

/// Predictions and weights of one subset, before calibration.
struct Blend {
    subset: ViewMask,
    lambda: f64,
    /// For the training rows (plain, then twins), each without its segment.
    left_out: Vec<f64>,
    /// For the judging rows.
    judged: Vec<f64>,
    /// By view, the weights of the training rows' features.
    duals: Vec<Option<Vec<f64>>>,
    intercept: f64,
}

/// Fits everything; features come `width` to a picture, `cells` neighbours of each channel.
pub(crate) fn fit(
    config: &AdaptConfig,
    mut rows: Demonstration,
    (width, cells): (usize, usize),
    mut progress: impl FnMut(u64, u64),
) -> Result<Solution> {
    let views = config.views.len();
    let subsets = subsets_of(views);
    let (mut done, total) = (0, (2 * views + subsets.len() + 3) as u64);
    let mut step = || {
        done += 1;
        progress(done, total);
    };
    let perceptual = perceptual::fit_member([&rows.plain, &rows.twins, &rows.judge], &rows.starts, width);
    let perceptual = perceptual.map_err(|error| error.to_string());
    step();
    let plain_count = rows.plain.len();
    let plain_segments = rows.plain.segments.clone();
    let training = join(&mut rows, views);
    let standard = Standard::of(&training, width)?;
    let (mut training, mut judge) = (training, rows.judge);
    let memory = grm::memorise(&training, width, cells)?;
    let evidence = grm::evidence_of(&memory, &judge);
    step();
    training.standardise(&standard);
    judge.standardise(&standard);

    let mut kernels = Vec::new();
    for view in 0..views {
        let (train, judge) = (Rows::new(&training.features[view], width), Rows::new(&judge.features[view], width));
        kernels.push((train.products(&train), judge.products(&train)));
        step();
    }
    let fitter = Fitter { config, training: &training, judge: &judge, kernels: &kernels };
    let mut singles: Vec<Ridge> = Vec::new();
    for view in 0..views {
        singles.push(fitter.ridge(ViewMask::EMPTY.with(view))?);
        step();
    }
    let view_reliability = fitter.reliability(&singles);
    let mut blends = Vec::new();
    let mut full = None;
    for &subset in &subsets {
        if let Some(view) = only_view(subset) {
            blends.push(Blend::single(subset, &singles[view], views));
        } else {
            let joint = fitter.ridge(subset)?;
            blends.push(fitter.blend(subset, &joint, &singles, &view_reliability));
            full = Some(joint);
            step();
        }
    }
    let fits = blends.iter().map(|b| measure(b, &training, &judge, plain_count)).collect::<Result<Vec<_>>>()?;
    let rank = manifold::rank_for(plain_count, width / cells);
    let by_channel = |set: &Rowset| set.features.iter().map(|view| channel_means(view, cells)).collect::<Vec<_>>();
    let (channels, judged_channels) = (by_channel(&training), by_channel(&judge));
    let segments = (plain_segments.as_slice(), judge.segments.as_slice());
    let manifolds = fit_manifolds(&channels, &judged_channels, segments, width / cells, rank);
    let absent_std_factor = fitter.absent_factors(full.as_ref(), &fits, &blends);
    let grm = measure_grm(config, memory, &evidence, &judge, (&fits, &blends));
    let head = assemble(&blends, &training, standard, manifolds, (rank, cells));
    head.check()?;
    let reliability = member_reliability(&head, fits.last(), &judge, &grm, perceptual.as_ref().ok());
    progress(total, total);
    let reliable = view_reliability.iter().zip(&singles);
    let views = reliable.map(|(&weight, single)| ViewFit { weight, lambda: single.lambda }).collect();
    Ok(Solution { head, subsets: fits, views, absent_std_factor, grm, perceptual, reliability })
}

/// Plain rows, then the twins', as one.
fn join(rows: &mut Demonstration, views: usize) -> Rowset {
    let mut all = std::mem::replace(&mut rows.plain, Rowset::new(views));
    for (into, mut from) in all.features.iter_mut().zip(std::mem::take(&mut rows.twins.features)) {
        into.append(&mut from);
    }
    all.truth.append(&mut rows.twins.truth);
    all.segments.append(&mut rows.twins.segments);
    all
}

fn only_view(subset: ViewMask) -> Option<usize> {
    (subset.count() == 1).then(|| subset.iter().next()).flatten()
}

struct Fitter<'a> {
    config: &'a AdaptConfig,
    training: &'a Rowset,
    judge: &'a Rowset,
    /// By view: training with training, judging with training.
    kernels: &'a [(DMatrix<f64>, DMatrix<f64>)],
}

impl Fitter<'_> {
    /// The kernels of a subset are the sums of its views'.
    fn sum(&self, subset: ViewMask, pick: impl Fn(&(DMatrix<f64>, DMatrix<f64>)) -> &DMatrix<f64>) -> DMatrix<f64> {
        let mut parts = subset.iter().filter_map(|view| self.kernels.get(view)).map(pick);
        let mut sum = parts.next().cloned().unwrap_or_default();
        parts.for_each(|part| sum += part);
        sum
    }

    fn ridge(&self, subset: ViewMask) -> Result<Ridge> {
        let (kernel, cross) = (self.sum(subset, |k| &k.0), self.sum(subset, |k| &k.1));
        let problem = Problem {
            kernel: &kernel,
            cross: &cross,
            truth: &self.training.truth,
            segments: &self.training.segments,
            judge_truth: &self.judge.truth,
            judge_segments: &self.judge.segments,
        };
        problem.fit_best(&self.config.lambdas)
    }

    /// By view, 1 / mean squared error on what was left out, training and judging rows alike; sums to 1.
    fn reliability(&self, singles: &[Ridge]) -> Vec<f64> {
        let weights: Vec<f64> = singles
            .iter()
            .map(|ridge| {
                let left_out = mean_square(&ridge.left_out, &self.training.truth).unwrap_or(1.0);
                let judged = mean_square(&ridge.judged, &self.judge.truth).unwrap_or(left_out);
                1.0 / (left_out + judged).max(1e-9)
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    }

    /// Half the joint ridge, half its views' own ridges by their reliability: better on held-out twins than either.
    fn blend(&self, subset: ViewMask, joint: &Ridge, singles: &[Ridge], reliability: &[f64]) -> Blend {
        let share: f64 = subset.iter().map(|view| reliability[view]).sum();
        let mut blend = Blend {
            subset,
            lambda: joint.lambda,
            left_out: joint.left_out.iter().map(|v| 0.5 * v).collect(),
            judged: joint.judged.iter().map(|v| 0.5 * v).collect(),
            duals: vec![None; singles.len()],
            intercept: 0.5 * joint.intercept,
        };
        for view in subset.iter() {
            let (single, weight) = (&singles[view], 0.5 * reliability[view] / share);
            blend.intercept += weight * single.intercept;
            blend.left_out.iter_mut().zip(&single.left_out).for_each(|(b, v)| *b += weight * v);
            blend.judged.iter_mut().zip(&single.judged).for_each(|(b, v)| *b += weight * v);
            let both = joint.dual.iter().zip(&single.dual).map(|(j, s)| 0.5 * j + weight * s);
            blend.duals[view] = Some(both.collect());
        }
        blend
    }

    /// What the error of the full set grows by when some of its views are missing and their features are 0. Only where
    /// subsets have no rows of their own does it matter.
    fn absent_factors(&self, full: Option<&Ridge>, fits: &[SubsetFit], blends: &[Blend]) -> Vec<f64> {
        let views = self.kernels.len();
        let mut factors = vec![1.0; views];
        let (Some(full), Some(fit), Some(blend)) = (full, fits.last(), blends.last()) else { return factors };
        let whole = error_of(&fit.map, &blend.judged, &self.judge.truth);
        for absent in 1..views {
            // Windows of neighbours stand for all choices of that many views.
            let errors = (0..views).map(|first| {
                let gone = (0..absent).fold(ViewMask::EMPTY, |mask, i| mask.with((first + i) % views));
                let there = ViewMask::from_bits(ViewMask::first(views).bits() & !gone.bits());
                let cross = self.sum(there, |k| &k.1);
                error_of(&fit.map, &full.judge(&cross, &self.judge.segments), &self.judge.truth)
            });
            let mean = errors.sum::<f64>() / views as f64;
            factors[absent] = (mean / whole.max(1e-6)).max(factors[absent - 1]);
        }
        factors
    }
}

impl Blend {
    fn single(subset: ViewMask, ridge: &Ridge, views: usize) -> Self {
        let mut duals = vec![None; views];
        subset.iter().for_each(|view| duals[view] = Some(ridge.dual.clone()));
        Self {
            subset,
            lambda: ridge.lambda,
            left_out: ridge.left_out.clone(),
            judged: ridge.judged.clone(),
            duals,
            intercept: ridge.intercept,
        }
    }
}

/// Root of the mean squared error after calibration.
fn error_of(map: &MonotoneMap, predictions: &[f64], truth: &[f64]) -> f64 {
    let calibrated: Vec<f64> = predictions.iter().map(|&p| map.apply(p)).collect();
    mean_square(&calibrated, truth).unwrap_or(0.0).sqrt()
}

fn mean_absolute(map: &MonotoneMap, predictions: &[f64], truth: &[f64]) -> f64 {
    let sum: f64 = predictions.iter().zip(truth).map(|(&p, t)| (map.apply(p) - t).abs()).sum();
    sum / truth.len().max(1) as f64
}

/// Calibrates a subset and measures it. The map is fitted on the twins' left-out predictions: they are as uncertain as those
/// for another day's episode, and those for the plain sets are not.
fn measure(blend: &Blend, training: &Rowset, judge: &Rowset, plain_count: usize) -> Result<SubsetFit> {
    let from = if training.len() > plain_count { plain_count } else { 0 };
    let map =
        calibrate(&blend.left_out[from..], &training.truth[from..], &training.segments[from..]).map_err(|error| {
            let views: Vec<_> = blend.subset.iter().map(|v| v.to_string()).collect();
            let Error::Adapt { what, mend } = error else { return error };
            Error::adapt(format!("views {}: {what}", views.join(", ")), mend)
        })?;
    let (left_out, truth) = (&blend.left_out[..plain_count], &training.truth[..plain_count]);
    let left_out_error = error_of(&map, left_out, truth);
    let twin_error = error_of(&map, &blend.judged, &judge.truth);
    Ok(SubsetFit {
        subset: blend.subset,
        lambda: blend.lambda,
        std: (LEFT_OUT_IS_SMALLER * left_out_error).max(twin_error).max(LEAST_STD),
        left_out_mae: mean_absolute(&map, left_out, truth),
        twin_mae: mean_absolute(&map, &blend.judged, &judge.truth),
        map,
    })
}

/// Measures the memory on the judging twins, with what the heads of all views say of them.
fn measure_grm(
    config: &AdaptConfig,
    memory: grm::GrmSpec,
    evidence: &[Vec<f32>],
    judge: &Rowset,
    (fits, blends): (&[SubsetFit], &[Blend]),
) -> GrmFit {
    let (absolute, std) = match (fits.last(), blends.last()) {
        (Some(fit), Some(blend)) => (blend.judged.iter().map(|&raw| fit.map.apply(raw)).collect(), fit.std),
        _ => (vec![0.5; judge.len()], 1.0),
    };
    grm::fit(memory, evidence, &judge.truth, (&absolute, std), config.seed)
}

/// 1 / mean squared error of each member on the judging twins, which none of them was fitted to; sums to 1.
fn member_reliability(
    head: &HeadSpec,
    fit: Option<&SubsetFit>,
    judge: &Rowset,
    grm: &GrmFit,
    perceptual: Option<&PerceptualFit>,
) -> ReliabilityEntry {
    let absolute: Vec<f64> =
        (0..judge.len()).map(|row| fit.map_or(0.5, |fit| fit.map.apply(of_all_views(head, judge, row)))).collect();
    let absolute = mean_square(&absolute, &judge.truth).unwrap_or(1.0);
    let errors = [Some(grm.twin_mse), Some(absolute), perceptual.map(|fit| fit.twin_mse)];
    let weights = errors.map(|error| error.map(|error| 1.0 / error.max(LEAST_STD * LEAST_STD)));
    let sum: f64 = weights.iter().flatten().sum();
    let [grm, absolute, perceptual] = weights.map(|weight| weight.map(|weight| weight / sum));
    ReliabilityEntry { grm: grm.unwrap_or(0.0), absolute: absolute.unwrap_or(0.0), perceptual }
}

/// What the head of all views says of a standardised row, before its map.
fn of_all_views(head: &HeadSpec, rows: &Rowset, row: usize) -> f64 {
    let (width, count) = (head.width, head.subsets.len());
    let mut sum = f64::from(head.bias[count - 1]);
    for (view, values) in rows.features.iter().enumerate() {
        for (offset, &z) in values[row * width..(row + 1) * width].iter().enumerate() {
            sum += f64::from(z) * f64::from(head.weights[(view * width + offset) * count + count - 1]);
        }
    }
    sum
}

/// The mean of each channel over its cells.
pub(crate) fn channel_means(features: &[f32], cells: usize) -> Vec<f32> {
    features.chunks_exact(cells).map(|channel| channel.iter().sum::<f32>() / cells as f32).collect()
}

/// A manifold for each view, from the plain sets, which come first.
fn fit_manifolds(
    training: &[Vec<f32>],
    judge: &[Vec<f32>],
    (plain_segments, judge_segments): (&[usize], &[usize]),
    width: usize,
    rank: usize,
) -> Vec<Manifold> {
    let by_view = training.iter().zip(judge);
    by_view
        .map(|(train, judged)| {
            let plain = &train[..plain_segments.len() * width];
            let plain = Samples { rows: Rows::new(plain, width), segments: plain_segments };
            manifold::fit(&plain, &Samples { rows: Rows::new(judged, width), segments: judge_segments }, rank)
        })
        .collect()
}

fn assemble(
    blends: &[Blend],
    training: &Rowset,
    standard: Standard,
    manifolds: Vec<Manifold>,
    (rank, cells): (usize, usize),
) -> HeadSpec {
    let (views, width, count) = (training.features.len(), standard.width, blends.len());
    let mut weights = vec![0.0_f32; views * width * count];
    for (column, blend) in blends.iter().enumerate() {
        for (view, dual) in blend.duals.iter().enumerate() {
            let Some(dual) = dual else { continue };
            let primal = Rows::new(&training.features[view], width).weighted_sum(dual);
            for (offset, weight) in primal.into_iter().enumerate() {
                weights[(view * width + offset) * count + column] = weight as f32;
            }
        }
    }
    HeadSpec {
        views,
        width,
        subsets: blends.iter().map(|b| b.subset).collect(),
        mean: standard.mean,
        inv_scale: standard.inv_scale,
        weights,
        bias: blends.iter().map(|b| b.intercept as f32).collect(),
        cells,
        manifolds,
        rank,
    }
}
