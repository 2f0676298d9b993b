//! The features of an episode's sets, of their twins, and of the twins held out for judging.

use crate::error::{Error, Result};

/// Rows of one kind: by view the features, and for all views the truth and the segment of each row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rowset {
    /// By view, row-major `[rows, width]`.
    pub(crate) features: Vec<Vec<f32>>,
    pub(crate) truth: Vec<f64>,
    pub(crate) segments: Vec<usize>,
}

impl Rowset {
    pub(crate) fn new(views: usize) -> Self {
        Self { features: vec![Vec::new(); views], truth: Vec::new(), segments: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.truth.len()
    }

    /// Adds one set: `features` is `[views, width]`.
    pub(crate) fn push(&mut self, features: &[f32], truth: f64, segment: usize) {
        let width = features.len() / self.features.len().max(1);
        for (rows, row) in self.features.iter_mut().zip(features.chunks_exact(width.max(1))) {
            rows.extend_from_slice(row);
        }
        self.truth.push(truth);
        self.segments.push(segment);
    }

    /// Subtracts and scales every row of every view in place.
    pub(crate) fn standardise(&mut self, standard: &Standard) {
        let width = standard.width;
        for (view, rows) in self.features.iter_mut().enumerate() {
            let (mean, scale) = (&standard.mean[view * width..][..width], &standard.inv_scale[view * width..][..width]);
            for row in rows.chunks_exact_mut(width) {
                row.iter_mut().zip(mean).zip(scale).for_each(|((v, m), s)| *v = (*v - m) * s);
            }
        }
    }
}

/// What makes features comparable: by view and feature, `[views, width]`.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    pub(crate) width: usize,
    pub(crate) mean: Vec<f32>,
    pub(crate) inv_scale: Vec<f32>,
}

/// Features that vary less than this share of what is usual in their view are not blown up beyond it: on another day they may
/// vary more.
const LEAST_SHARE: f64 = 0.1;

impl Standard {
    /// From the training rows.
    ///
    /// # Errors
    /// [`Error::Adapt`] if no feature of any view changes.
    pub(crate) fn of(rows: &Rowset, width: usize) -> Result<Self> {
        let (mut mean, mut inv_scale) = (Vec::new(), Vec::new());
        let mut any = false;
        for values in &rows.features {
            let count = (values.len() / width) as f64;
            let (mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
            for row in values.chunks_exact(width) {
                sums.iter_mut().zip(row).for_each(|(s, &v)| *s += f64::from(v));
            }
            sums.iter_mut().for_each(|s| *s /= count);
            for row in values.chunks_exact(width) {
                squares.iter_mut().zip(&sums).zip(row).for_each(|((q, m), &v)| *q += (f64::from(v) - m).powi(2));
            }
            squares.iter_mut().for_each(|q| *q /= count);
            let usual = (squares.iter().sum::<f64>() / width as f64).sqrt();
            let moves = usual > 1e-6;
            any |= moves;
            mean.extend(sums.iter().map(|&m| m as f32));
            inv_scale.extend(squares.iter().map(|variance| {
                let deviation = variance.sqrt();
                if moves && deviation > 1e-9 { (1.0 / deviation.max(LEAST_SHARE * usual)) as f32 } else { 0.0 }
            }));
        }
        if !any {
            return Err(Error::adapt(
                "all frames look the same in every view",
                "check the recording: is it one frozen picture?",
            ));
        }
        Ok(Self { width, mean, inv_scale })
    }
}
