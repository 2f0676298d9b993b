//! Frames in, one set at a time; each is encoded at once, so pixels need not be kept.

use std::sync::Arc;

use striatum_core::Progress;
use striatum_frames::{Image, Normalisation, Resizer};

use super::augment::Change;
use super::config::AdaptConfig;
use super::fit;
use super::fitted::{Fitted, SourceFile};
use super::samples::Rowset;
use crate::bundle::Backbone;
use crate::error::{Error, Result};
use crate::session::{Encoder, OrtModel, SessionConfig};

/// Every how many sets a further twin is made that only judges.
const JUDGE_EVERY: usize = 4;
/// The fewest sets that a head is fitted to.
const FEWEST_SETS: usize = 8;

/// The output of a backbone with one feature for each channel.
const POOLED_OUTPUT: &str = "features";

/// A set kept as a reference.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) images: Vec<Arc<Image>>,
    /// `[views, width]`.
    pub(crate) features: Vec<f32>,
    pub(crate) truth: f64,
    pub(crate) source_frame: u32,
}

/// Collects a demonstration and fits a head to it.
///
/// Push the sets in time order, every [`AdaptConfig::stride_for`] frames, the first and the last annotated one among them:
/// the last set whose truth is the lowest before it rises becomes the start reference, the first that reaches the highest
/// the goal reference.
#[derive(Debug)]
pub struct Adapter {
    config: AdaptConfig,
    backbone: Backbone,
    encoder: Encoder,
    resizer: Resizer,
    normalise: Normalisation,
    plain: Rowset,
    twins: Rowset,
    judge: Rowset,
    /// Rows that recordings begin at.
    starts: Vec<usize>,
    start: Option<Reference>,
    moved: bool,
    goal: Option<Reference>,
    sources: Vec<SourceFile>,
    keyframes_sha256: Option<String>,
    small: Vec<u8>,
    twin: Vec<u8>,
    scratch: Vec<u8>,
}

impl Adapter {
    /// Opens the backbone. Two threads (`session.intra_op_threads`) are worth their while here, as nothing else runs.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting out of range, and those of opening the backbone.
    pub fn new(config: AdaptConfig, backbone: Backbone, session: &SessionConfig) -> Result<Self> {
        config.validate()?;
        let views = config.views.len();
        let side = backbone.image_size as usize;
        let model = OrtModel::from_bytes(&backbone.read()?, &backbone.name, session)?;
        let encoder = Encoder::with_output(model, views * (config.copies + 2), side, &backbone.output)?;
        Ok(Self {
            normalise: Normalisation::new(backbone.mean, backbone.std),
            resizer: Resizer::new(backbone.image_size, backbone.image_size),
            plain: Rowset::new(views),
            twins: Rowset::new(views),
            judge: Rowset::new(views),
            starts: vec![0],
            start: None,
            moved: false,
            goal: None,
            sources: Vec::new(),
            keyframes_sha256: None,
            small: Vec::new(),
            twin: Vec::new(),
            scratch: Vec::new(),
            config,
            backbone,
            encoder,
        })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &AdaptConfig {
        &self.config
    }

    /// Names a file that frames came from, for the manifest.
    pub fn add_source(&mut self, source: SourceFile) {
        self.sources.push(source);
    }

    /// Names the keyframes' file by its SHA-256 (hexadecimal), for the manifest.
    pub fn set_keyframes_sha256(&mut self, sha256: String) {
        self.keyframes_sha256 = Some(sha256);
    }

    /// Says that the sets from here on are of another recording: what happens in time is looked for in each by itself.
    pub fn next_recording(&mut self) {
        let rows = self.plain.len();
        if self.starts.last().is_some_and(|&start| start < rows) {
            self.starts.push(rows);
        }
    }

    /// How many sets have been pushed.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.plain.len()
    }

    /// Takes one set, `images[v]` of view v, and encodes it with its twins.
    ///
    /// # Errors
    /// [`Error::Adapt`] for a missing view or features that are not finite, [`Error::Ort`] if the backbone fails.
    pub fn push(&mut self, images: &[Arc<Image>], truth: Progress, segment: usize, source_frame: u32) -> Result<()> {
        let views = self.config.views.len();
        if images.len() != views {
            let what = format!("frame {source_frame}: {} images for {views} views", images.len());
            return Err(Error::adapt(what, "give one image of each view, in the bundle's order"));
        }
        let set = self.plain.len();
        let judged = set % JUDGE_EVERY == JUDGE_EVERY / 2;
        let twins = self.config.copies + usize::from(judged);
        for (view, image) in images.iter().enumerate() {
            self.prepare(image, view, set, twins)?;
        }
        let width = self.encoder.feature_width();
        let features = self.encoder.run(views * (1 + twins))?;
        if let Some(bad) = features.iter().position(|v| !v.is_finite()) {
            let view = &self.config.views[bad / width % views];
            let what = format!("frame {source_frame}, view {view}: the backbone gives numbers that are not finite");
            return Err(Error::adapt(what, "check the backbone with `striatum models verify`"));
        }
        let progress = truth.get();
        for (copy, set_features) in features.chunks_exact(views * width).enumerate() {
            let rows = match copy {
                0 => &mut self.plain,
                copy if copy <= self.config.copies => &mut self.twins,
                _ => &mut self.judge,
            };
            rows.push(set_features, progress, segment);
        }
        let reference = || Reference {
            images: images.to_vec(),
            features: features[..views * width].to_vec(),
            truth: progress,
            source_frame,
        };
        // The start is the last of the lowest, but only until the task has moved on.
        let moved = self.moved;
        if self.start.as_ref().is_none_or(|s| progress < s.truth || (!moved && progress <= s.truth)) {
            self.start = Some(reference());
        }
        if self.goal.as_ref().is_none_or(|goal| progress > goal.truth) {
            self.goal = Some(reference());
        }
        self.moved |= self.start.as_ref().is_some_and(|start| progress > start.truth);
        Ok(())
    }

    /// Writes one view's picture and its twins into the encoder's slots: slot = twin x views + view.
    fn prepare(&mut self, image: &Image, view: usize, set: usize, twins: usize) -> Result<()> {
        let (views, side) = (self.config.views.len(), self.backbone.image_size);
        self.small.resize(self.resizer.output_len(), 0);
        self.resizer.resize(image, &mut self.small)?;
        self.resizer.resize_to_planes(image, &self.normalise, self.encoder.input_mut(view)?)?;
        for copy in 0..twins {
            self.twin.clear();
            self.twin.extend_from_slice(&self.small);
            // The judging twin is one that no number of trained copies reaches.
            let number = if copy < self.config.copies { copy } else { AdaptConfig::MAX_COPIES };
            let change = Change::draw(self.config.seed, number, set, view);
            change.apply(&mut self.twin, &mut self.scratch, side as usize);
            let twin = Image::new(side, side, std::mem::take(&mut self.twin))?;
            let slot = self.encoder.input_mut((1 + copy) * views + view)?;
            self.resizer.resize_to_planes(&twin, &self.normalise, slot)?;
            self.twin = twin.into_pixels();
        }
        Ok(())
    }

    /// Refers to the backbone from now on instead of copying it.
    #[cfg(test)]
    pub(crate) fn cache_backbone_for_test(&mut self) {
        self.backbone.cached = true;
    }

    /// Fits the heads. `progress` is called with steps done and steps in all.
    ///
    /// # Errors
    /// [`Error::Adapt`] saying what is wrong with the demonstration: too few sets, one segment, nothing that moves.
    pub fn finish(self, progress: impl FnMut(u64, u64)) -> Result<Fitted> {
        let sets = self.plain.len();
        if sets < FEWEST_SETS {
            let what = format!("{sets} frame sets are too few");
            return Err(Error::adapt(
                what,
                format!("give an episode with at least {FEWEST_SETS}, or a smaller stride"),
            ));
        }
        let (Some(start), Some(goal)) = (self.start, self.goal) else {
            return Err(Error::adapt("no frame sets", "push some"));
        };
        if goal.truth - start.truth < 0.5 {
            let what = format!("the truth only runs from {:.2} to {:.2}", start.truth, goal.truth);
            return Err(Error::adapt(what, "give a demonstration of the whole task"));
        }
        let rows = fit::Demonstration { plain: self.plain, twins: self.twins, judge: self.judge, starts: self.starts };
        let width = self.encoder.feature_width();
        let mut solution = fit::fit(&self.config, rows, (width, cells_of(&self.encoder, width)), progress)?;
        solution.keep_perceptual_between(&start.features, &goal.features);
        Ok(Fitted {
            config: self.config,
            backbone: self.backbone,
            start,
            goal,
            sources: self.sources,
            keyframes_sha256: self.keyframes_sha256,
            sets,
            solution,
        })
    }
}

/// How many features of the output in use belong to one channel: a grid's cells, where the backbone gives its pooled features
/// as well.
fn cells_of(encoder: &Encoder, width: usize) -> usize {
    let pooled = encoder.model().outputs().iter().find(|output| output.name == POOLED_OUTPUT);
    let channels = pooled.and_then(|output| output.dims.last().copied().flatten()).unwrap_or(width);
    if channels > 0 && width.is_multiple_of(channels) { width / channels } else { 1 }
}
