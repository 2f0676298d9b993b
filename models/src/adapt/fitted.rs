//! A fitted head with all that goes into its bundle.

use std::path::Path;

use striatum_core::ViewMask;

use super::adapter::Reference;
use super::config::AdaptConfig;
use super::fit::Solution;
use crate::bundle::{self, Backbone, ReliabilityEntry};
use crate::error::Result;
use crate::head::{HeadSpec, MonotoneMap};

/// A file that frames came from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its name, without folders.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// What was fitted and measured for one subset of views.
#[derive(Clone, Debug)]
pub struct SubsetFit {
    /// The subset.
    pub subset: ViewMask,
    /// The penalty that was chosen.
    pub lambda: f64,
    /// The uncertainty of its progress: the larger of 1.7 times the error on segments left out and the error on held-out
    /// twins of segments left out (root mean squares).
    pub std: f64,
    /// Mean absolute error on plain frames, each segment by a fit without it. Too small for another episode.
    pub left_out_mae: f64,
    /// Mean absolute error on held-out twins, each segment by a fit without it.
    pub twin_mae: f64,
    /// From what the head says to progress.
    pub map: MonotoneMap,
}

/// What was measured for one view.
#[derive(Clone, Debug)]
pub(crate) struct ViewFit {
    pub(crate) weight: f64,
    pub(crate) lambda: f64,
}

/// A fitted head: look at its numbers, then [`write`](Self::write) it.
#[derive(Clone, Debug)]
pub struct Fitted {
    pub(crate) config: AdaptConfig,
    pub(crate) backbone: Backbone,
    pub(crate) start: Reference,
    pub(crate) goal: Reference,
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) keyframes_sha256: Option<String>,
    pub(crate) sets: usize,
    pub(crate) solution: Solution,
}

impl Fitted {
    /// The head, to look at.
    #[must_use]
    pub fn head(&self) -> &HeadSpec {
        &self.solution.head
    }

    /// By subset, what was fitted and measured; the full set last.
    #[must_use]
    pub fn subsets(&self) -> &[SubsetFit] {
        &self.solution.subsets
    }

    /// By view, how much it is relied on; sums to 1.
    #[must_use]
    pub fn reliability(&self) -> Vec<f64> {
        self.solution.views.iter().map(|view| view.weight).collect()
    }

    /// Steps, std and mean absolute error on held-out twins of the perceptual reward.
    ///
    /// # Errors
    /// Why the demonstrations give none.
    pub fn perceptual(&self) -> std::result::Result<(usize, f64, f64), &str> {
        match &self.solution.perceptual {
            Ok(fit) => Ok((fit.head.steps.len(), fit.std, fit.twin_mae)),
            Err(why) => Err(why),
        }
    }

    /// By member, how much it is relied on where that decides; sums to 1.
    #[must_use]
    pub fn member_reliability(&self) -> &ReliabilityEntry {
        &self.solution.reliability
    }

    /// Names of the views.
    #[must_use]
    pub fn views(&self) -> &[String] {
        &self.config.views
    }

    /// Sets of frames that were used.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.sets
    }

    /// Writes the bundle as the folder `dir`, whole or not at all. A bundle that is there is replaced.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the disk refuses, [`Error::Bundle`](crate::Error::Bundle) if `dir` is a folder
    /// that is not a bundle.
    pub fn write(&self, dir: &Path) -> Result<()> {
        bundle::write(self, dir)
    }
}
