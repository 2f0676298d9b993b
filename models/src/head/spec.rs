//! What a head consists of, checked, and its arithmetic in plain Rust.

use striatum_core::{MAX_VIEWS, ViewMask};

use crate::error::{Error, Result};

/// Up to this many views there is a row for every non-empty subset.
const ALL_SUBSETS_UP_TO: usize = 4;

/// The subsets of `views` views that a head has a row for, the full set last: every non-empty one of up to 4 views; of more,
/// each view by itself and all of them.
#[must_use]
pub fn subsets_of(views: usize) -> Vec<ViewMask> {
    let views = views.min(MAX_VIEWS);
    if views <= ALL_SUBSETS_UP_TO {
        return (1..1_u32 << views).map(ViewMask::from_bits).collect();
    }
    (0..views).map(|view| ViewMask::EMPTY.with(view)).chain([ViewMask::first(views)]).collect()
}

/// Where the demonstration's features of one view lie: a subspace, and how far from it is still usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifold {
    /// Orthonormal directions in standardised features, each channel averaged over its cells: row-major `[D / cells, rank]`.
    pub basis: Vec<f32>,
    /// 1 / (squared distance from the subspace that is the limit of the usual).
    pub inv_limit: f32,
}

/// A linear head over the standardised features of `views` views of `width` features each.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSpec {
    /// Views, N.
    pub views: usize,
    /// Features of a view, D.
    pub width: usize,
    /// The subsets of views, S of them; row s of the output is for `subsets[s]`.
    pub subsets: Vec<ViewMask>,
    /// Subtracted from the features, `[N, D]`.
    pub mean: Vec<f32>,
    /// Multiplies what is left, `[N, D]`; 0 for a feature that never changed.
    pub inv_scale: Vec<f32>,
    /// `[N x D, S]`, row-major; 0 where the view is not in the subset.
    pub weights: Vec<f32>,
    /// `[S]`.
    pub bias: Vec<f32>,
    /// Neighbouring features that belong to one channel, a divisor of D. The manifolds look at a channel's mean over them: a
    /// quarter of the arithmetic for a 2 x 2 grid, and what makes a picture strange is seldom one cell.
    pub cells: usize,
    /// One for each view.
    pub manifolds: Vec<Manifold>,
    /// Directions in each manifold.
    pub rank: usize,
}

/// What a head says of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadOutput {
    /// Progress before calibration, by subset; means something only where all views of the subset are present.
    pub progress: Vec<f32>,
    /// `[N, N]`: row u holds each view's distance from what view u showed in the demonstration, 1 at the limit of the usual; 0 for
    /// a view that is not there.
    pub ood: Vec<f32>,
}

impl HeadSpec {
    /// Checks lengths and numbers.
    ///
    /// # Errors
    /// [`Error::Adapt`] naming the part that does not fit.
    pub fn check(&self) -> Result<()> {
        let inputs = self.views * self.width;
        let lengths = [
            ("mean", self.mean.len(), inputs),
            ("inv_scale", self.inv_scale.len(), inputs),
            ("weights", self.weights.len(), inputs * self.subsets.len()),
            ("bias", self.bias.len(), self.subsets.len()),
            ("manifolds", self.manifolds.len(), self.views),
        ];
        let refuse = |what: String| Err(Error::adapt(what, "adapt again; if it stays, the features are unusable"));
        if inputs == 0 || self.subsets.is_empty() || self.rank == 0 {
            return refuse("a head needs at least one view, feature, subset and direction".to_owned());
        }
        if self.cells == 0 || !self.width.is_multiple_of(self.cells) {
            return refuse(format!("{} features are not {} cells of each channel", self.width, self.cells));
        }
        for (part, got, needed) in lengths {
            if got != needed {
                return refuse(format!("the head's {part} has {got} values instead of {needed}"));
            }
        }
        for (view, manifold) in self.manifolds.iter().enumerate() {
            if manifold.basis.len() != self.width / self.cells * self.rank {
                return refuse(format!("the basis of view {view} has {} values", manifold.basis.len()));
            }
        }
        let bases = self.manifolds.iter().flat_map(|m| m.basis.iter().chain([&m.inv_limit]));
        let numbers = self.mean.iter().chain(&self.inv_scale).chain(&self.weights).chain(&self.bias).chain(bases);
        if numbers.into_iter().any(|v| !v.is_finite()) {
            return refuse("the head holds a number that is not finite".to_owned());
        }
        Ok(())
    }

    /// The same arithmetic as the ONNX file, in 64 bits: for tests and for fitting, not for the robot.
    ///
    /// `features` is `[N, D]`, `present[v]` says whether view v is there.
    #[must_use]
    pub fn evaluate(&self, features: &[f32], present: &[bool]) -> HeadOutput {
        let (count, width) = (self.subsets.len(), self.width);
        let mut progress: Vec<f64> = self.bias.iter().map(|&b| f64::from(b)).collect();
        let mut ood = vec![0.0; self.views * self.views];
        for view in (0..self.views).filter(|&v| present.get(v) == Some(&true)) {
            let at = view * width;
            let standard: Vec<f64> = (at..at + width)
                .map(|i| (f64::from(features[i]) - f64::from(self.mean[i])) * f64::from(self.inv_scale[i]))
                .collect();
            for (offset, z) in standard.iter().enumerate() {
                let row = &self.weights[(at + offset) * count..][..count];
                progress.iter_mut().zip(row).for_each(|(p, &w)| *p += z * f64::from(w));
            }
            let seen = &features[at..at + width];
            (0..self.views).for_each(|place| ood[place * self.views + view] = self.distance(place, seen));
        }
        let narrow = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect();
        HeadOutput { progress: narrow(progress), ood: narrow(ood) }
    }

    /// How far the features `seen` of some view are from what the view `place` showed.
    fn distance(&self, place: usize, seen: &[f32]) -> f64 {
        let manifold = &self.manifolds[place];
        let standard: Vec<f64> = (seen.iter().zip(place * self.width..))
            .map(|(&value, at)| (f64::from(value) - f64::from(self.mean[at])) * f64::from(self.inv_scale[at]))
            .collect();
        let cells = standard.chunks_exact(self.cells);
        let channels: Vec<f64> = cells.map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
        let mut inside = vec![0.0; self.rank];
        for (z, row) in channels.iter().zip(manifold.basis.chunks_exact(self.rank)) {
            inside.iter_mut().zip(row).for_each(|(c, &b)| *c += z * f64::from(b));
        }
        let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let outside = (squares(&channels) - squares(&inside)).max(0.0);
        (outside * f64::from(manifold.inv_limit)).sqrt()
    }
}
