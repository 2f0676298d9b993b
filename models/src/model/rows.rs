//! Which row of the head's output to read, and what it means.

use striatum_core::{MAX_VIEWS, Progress, ViewMask};

use crate::bundle::Manifest;
use crate::head::{MonotoneMap, subsets_of};

/// The rows of a head, with their calibration and uncertainty.
#[derive(Debug)]
pub(crate) struct Rows {
    subsets: Vec<ViewMask>,
    maps: Vec<MonotoneMap>,
    stds: Vec<f64>,
    /// By view, its own row.
    singles: [usize; MAX_VIEWS],
    absent_std_factor: Vec<f64>,
}

/// A row to read and the uncertainty of what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) row: usize,
    pub(crate) std: f64,
}

impl Rows {
    /// From a checked manifest.
    pub(crate) fn new(manifest: &Manifest, maps: Vec<MonotoneMap>) -> Self {
        let subsets = subsets_of(manifest.views.len());
        let mut singles = [0; MAX_VIEWS];
        for (view, single) in singles.iter_mut().enumerate() {
            *single = subsets.iter().position(|&s| s == ViewMask::EMPTY.with(view)).unwrap_or(0);
        }
        Self {
            subsets,
            maps,
            stds: manifest.head.subset.iter().map(|entry| entry.std).collect(),
            singles,
            absent_std_factor: manifest.head.absent_std_factor.clone(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.subsets.len()
    }

    /// The row for the views `there`: their own, or that of all views with those absent at 0 and a wider std. `None` for no
    /// view.
    pub(crate) fn choose(&self, there: ViewMask) -> Option<Choice> {
        if there.is_empty() {
            return None;
        }
        if let Some(row) = self.subsets.iter().position(|&subset| subset == there) {
            return Some(Choice { row, std: self.stds[row] });
        }
        let row = self.subsets.len() - 1;
        let absent = self.subsets[row].count().saturating_sub(there.count());
        let factor = self.absent_std_factor.get(absent).or(self.absent_std_factor.last()).copied().unwrap_or(1.0);
        Some(Choice { row, std: self.stds[row] * factor })
    }

    /// The row to compare two sets by that had the views `before` and `now`: one that both can fill. `None` if they share no
    /// view.
    pub(crate) fn shared(&self, before: ViewMask, now: ViewMask) -> Option<usize> {
        let common = before.and(now);
        if before == now || self.subsets.contains(&common) {
            return self.choose(common).map(|choice| choice.row);
        }
        let single = common.iter().map(|view| self.singles[view]);
        single.min_by(|&a, &b| self.stds[a].total_cmp(&self.stds[b]))
    }

    /// The row of one view by itself.
    pub(crate) fn single(&self, view: usize) -> usize {
        self.singles[view]
    }

    /// What the head's number in a row stands for; `None` for NaN and infinities.
    pub(crate) fn progress(&self, row: usize, raw: f32) -> Option<Progress> {
        if !raw.is_finite() {
            return None;
        }
        Progress::clamped(self.maps[row].apply(f64::from(raw)))
    }
}
