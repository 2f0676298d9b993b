//! `manifest.toml`: what is in the folder, how it was made, and what each file's hash is.

use serde::{Deserialize, Serialize};

use super::calibration::CalibrationEntry;
use crate::adapt::SourceFile;
use crate::backbone::Precision;
use crate::members::Member;

/// The version of the folder's format that this code writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What the robot does, in words.
    pub task: String,
    /// Names of the views; their order is that of all lists.
    pub views: Vec<String>,
    /// What the head's output means.
    pub score_meaning: ScoreMeaning,
    /// Licence and origin, in words.
    pub licence: String,
    /// From a picture to the backbone's input.
    pub preprocessing: Preprocessing,
    /// The frozen backbone.
    pub backbone: BackboneEntry,
    /// The fitted head.
    pub head: HeadEntry,
    /// The memory of the demonstration; without it the absolute head alone speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grm: Option<GrmEntry>,
    /// The unsupervised perceptual reward; without it there is none to choose as a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual: Option<PerceptualEntry>,
    /// How far each member can be relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<ReliabilityEntry>,
    /// What was measured of each view, in the order of `views`.
    pub view: Vec<ViewEntry>,
    /// Start and goal.
    pub references: References,
    /// How and from what it was made.
    pub made: Made,
    /// What was learnt from other episodes about how far its estimates can be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationEntry>,
}

/// What a head's output means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreMeaning {
    /// A hop between two frame sets (Robo-Dopamine, arXiv 2512.23703, Eq 2).
    RelativeHop,
    /// The share of the task that is done; hops are derived from two of them.
    TaskFraction,
}

/// From a picture to the backbone's input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// How pictures are resized; `pillow_bilinear` is the one there is.
    pub resize: String,
    /// Order of the planes; `rgb` is the one there is.
    pub colour: String,
    /// Side of the square input, pixels.
    pub image_size: u32,
    /// Subtracted, white being 1.
    pub mean: [f32; 3],
    /// Divides what is left.
    pub std: [f32; 3],
}

/// The frozen backbone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneEntry {
    /// Its name.
    pub name: String,
    /// Its ONNX file: in the bundle's folder, or, if `cached`, in the cache folder.
    pub file: String,
    /// Whether the file lies in the cache folder.
    #[serde(default)]
    pub cached: bool,
    /// SHA-256 of the file.
    pub sha256: String,
    /// In how many bits it computes.
    #[serde(default, skip_serializing_if = "Precision::is_fp32")]
    pub precision: Precision,
    /// The output that is used.
    pub output: String,
    /// Its features for one picture.
    pub feature_width: usize,
    /// Terms of the weights, in words.
    pub licence: String,
}

/// The fitted head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadEntry {
    /// Its ONNX file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Version of the standard operators it uses.
    pub opset: i64,
    /// By number of absent views, what the full set's std is multiplied with where a subset has no row of its own.
    pub absent_std_factor: Vec<f64>,
    /// One for each row of the head's output.
    pub subset: Vec<SubsetEntry>,
}

/// One row of the head's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubsetEntry {
    /// The views it uses.
    pub views: Vec<String>,
    /// Standard deviation of its progress on another episode, as far as one demonstration can tell.
    pub std: f64,
    /// Mean absolute error on segments left out: too small for another episode.
    pub left_out_mae: f64,
    /// Mean absolute error on held-out twins of segments left out.
    pub twin_mae: f64,
    /// The penalty that was chosen.
    pub lambda: f64,
    /// Calibration: what the head says, rising.
    pub calibration_in: Vec<f64>,
    /// Calibration: the progress that it stands for, rising.
    pub calibration_out: Vec<f64>,
}

/// The memory of the demonstration: the compact General Reward Model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrmEntry {
    /// Its ONNX file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Progress of each row of the memory, in \[0, 1\].
    pub progress: Vec<f64>,
    /// Standard deviation of each row's own progress, which lies somewhere between two keyframes; none in bundles from before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_std: Vec<f64>,
    /// The least standard deviation that the absolute head's progress is given when both are joined, progress units.
    pub prior_std: f64,
    /// What the spread of the distribution is multiplied with, at least 1.
    pub std_factor: f64,
    /// From this share of belief on the goal is seen, in (0, 1].
    pub goal_share: f64,
    /// Mean absolute error of hops between held-out twins, balanced over hops and gaps.
    pub hop_mae: f64,
}

/// The unsupervised perceptual reward: steps found in the demonstrations, and a reward for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerceptualEntry {
    /// Its ONNX file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Steps that were found.
    pub steps: usize,
    /// Its reading: the weighted sum of step rewards, rising.
    pub progress_in: Vec<f64>,
    /// Its reading: the progress that the sum stands for, rising.
    pub progress_out: Vec<f64>,
    /// Standard deviation of its progress, as far as twins of the demonstrations can tell.
    pub std: f64,
    /// Mean absolute error on twins that it was not fitted to.
    pub twin_mae: f64,
}

/// By member, its share of trust: 1 / mean squared error on twins that none of them was fitted to. All of them sum to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityEntry {
    /// The memory of the demonstration.
    pub grm: f64,
    /// The absolute head.
    pub absolute: f64,
    /// The perceptual reward, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual: Option<f64>,
}

impl ReliabilityEntry {
    /// A member's share; `None` where it was not measured.
    #[must_use]
    pub fn of(&self, member: Member) -> Option<f64> {
        match member {
            Member::Grm => Some(self.grm),
            Member::Absolute => Some(self.absolute),
            Member::Perceptual => self.perceptual,
        }
    }
}

/// What was measured of a view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewEntry {
    /// Its name.
    pub name: String,
    /// Its share of trust; all of them sum to 1.
    pub reliability: f64,
    /// The penalty of its own regression.
    pub lambda: f64,
}

/// The demonstration's start and goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Features of both, 32-bit little endian floats `[2, views, feature_width]`, start first.
    pub features_file: String,
    /// SHA-256 of the file.
    pub features_sha256: String,
    /// Pictures of the start, in the order of the views.
    pub start: Vec<ReferenceImage>,
    /// Pictures of the goal.
    pub goal: Vec<ReferenceImage>,
}

/// A reference's picture, for people and for models that look at pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceImage {
    /// The view.
    pub view: String,
    /// Its JPEG.
    pub file: String,
    /// SHA-256 of the JPEG.
    pub sha256: String,
    /// The frame of the source it was.
    pub source_frame: u32,
}

/// How and from what a bundle was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The program and its version.
    pub by: String,
    /// The method, in words.
    pub method: String,
    /// Seed of the twins.
    pub seed: u64,
    /// Sets of frames.
    pub sets: usize,
    /// Trained twins of each set.
    pub copies: usize,
    /// Where the frames came from.
    pub sources: Vec<SourceFile>,
    /// SHA-256 of the keyframes' file, where there was one; without, progress was taken as linear in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyframes_sha256: Option<String>,
}
