//! A generative model on this computer as the teacher.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use striatum_frames::{FrameSet, Image};
use striatum_models::{
    Caching, GenerativeGrm, GenerativeModel, GenerativeOptions, NoVote, Reading, RewardModel, SessionConfig, Terminator,
};

use super::open::References;
use super::{Judgement, Stopper, Teacher};
use crate::clock::monotonic_nanos;
use crate::error::{Error, Result};
use crate::fetch::Cache;

/// Answers that are less likely than this are not written down one by one.
const LEAST_SHARE: f64 = 1e-4;

/// A generative bundle that was opened for the student's task.
pub(super) struct Local {
    model: GenerativeModel,
    /// Where each of its views is among the student's.
    views: Vec<usize>,
    hash: [u8; 32],
    terminators: [Terminator; 3],
}

impl Local {
    /// Opens the bundle at `dir` with start and goal of the student's demonstration.
    ///
    /// # Errors
    /// A bundle that is refused, or one with a view that the student has not.
    pub(super) fn open(dir: &Path, session: &SessionConfig, references: &References) -> Result<Self> {
        striatum_models::init_runtime(&Cache::from_env()?.onnxruntime(true)?)?;
        let options =
            GenerativeOptions { session: session.clone(), caching: Caching::Kept, ..GenerativeOptions::default() };
        let mut grm = GenerativeGrm::open(dir, &options)?;
        let views = references.places(&grm.manifest().views, &dir.display().to_string())?;
        let of = |images: &[Arc<Image>]| views.iter().map(|&view| Arc::clone(&images[view])).collect::<Vec<_>>();
        grm.begin(&references.task, &of(&references.start), &of(&references.goal))?;
        let (hash, terminators) = (grm.hash(), grm.terminators());
        Ok(Self { model: GenerativeModel::new(grm, monotonic_nanos), views, hash, terminators })
    }
}

impl Teacher for Local {
    fn judge(&mut self, set: &FrameSet) -> Result<Judgement> {
        let mut theirs = FrameSet { frames: Default::default(), ..set.clone() };
        for (place, &view) in theirs.frames.iter_mut().zip(&self.views) {
            *place = set.frames.get(view).cloned().flatten();
        }
        let scores = self.model.score(&theirs);
        if let Some(error) = self.model.take_error() {
            return Err(error.into());
        }
        let Some(step) = self.model.last() else {
            return Err(Error::input("the teacher", "a view is missing", "check the cameras"));
        };
        let detail = json!({
            "incremental": step.readings.incremental.as_ref().map(said),
            "forward": step.readings.forward.as_ref().map(said),
            "backward": step.readings.backward.as_ref().map(said),
        });
        Ok(Judgement { scores, detail })
    }

    fn forget(&mut self) {
        self.model.reset();
    }

    fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// ONNX Runtime must not be taken down while it runs.
    fn stopper(&self) -> Option<Stopper> {
        let terminators = self.terminators.clone();
        Some(Box::new(move || {
            for terminator in &terminators {
                // Refused or not: it is asked again until it has ended.
                let _ = terminator.terminate();
            }
        }))
    }
}

/// One perspective, with the probabilities of its answers.
fn said(reading: &Reading) -> Value {
    let no_vote = reading.no_vote.map(|why| match why {
        NoVote::Text => "text",
        NoVote::Mass => "mass",
        NoVote::Rationale => "rationale",
        _ => "not_finite",
    });
    let believed = reading.distribution.as_ref().map(|read| {
        let shares: Vec<Value> = read
            .log_prob
            .iter()
            .zip(-100_i32..)
            .map(|(log_prob, percent)| (percent, log_prob.exp()))
            .filter(|(_, share)| *share >= LEAST_SHARE)
            .map(|(percent, share)| json!([percent, share]))
            .collect();
        json!({ "expected": read.expected, "variance": read.variance, "entropy_nats": read.entropy_nats, "mass": read.mass,
            "missing_mass": read.missing_mass, "answers": shares })
    });
    json!({ "text": reading.text, "rationale": reading.rationale, "percent": reading.percent, "no_vote": no_vote,
        "distribution": believed })
}
