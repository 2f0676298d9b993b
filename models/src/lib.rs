//! Frame sets in, scores out: backbones, bundles, adaptation; the only crate that knows ONNX Runtime.

mod adapt;
mod backbone;
mod bundle;
mod error;
mod generative;
mod grm;
mod head;
mod members;
mod model;
mod onnx;
mod perceptual;
mod session;
#[cfg(test)]
mod test_files;
#[cfg(test)]
mod testkit;
mod weights;

pub use adapt::{AdaptConfig, Adapter, Fitted, Keyframes, SourceFile, SubsetFit, without_keyframes};
pub use backbone::{
    BackboneId, BuildOptions, INPUT_NAME, InputSize, Int8Calibrator, Precision, WheelFacts, build_onnx,
};
pub use bundle::{
    Backbone, BackboneEntry, Bundle, CalibrationEntry, CalibrationMade, Dropped, FORMAT_VERSION, GoalEntry, GrmEntry,
    HeadEntry, LeftOutEntry, LoadOptions, Made, Manifest, PerceptualEntry, Preprocessing, ReferenceImage, References,
    ReliabilityEntry, ScoreMeaning, SubsetEntry, ViewEntry, write_calibration,
};
pub use error::{Error, Result};
pub use generative::{
    Caching, Counts, Distribution, Family, FileEntry, GenerativeGrm, GenerativeManifest, GenerativeModel,
    GenerativeOptions, GenerativeReport, GraphReport, Layout, Limits, ModelConfig, NoVote, NoVotes, PixelLimits,
    Reading, ReadingRules, Role, Slot, StepReading, inspect_generative, is_generative,
};
pub use grm::GrmSpec;
pub use head::{HeadOutput, HeadSpec, Manifold, MonotoneMap, subsets_of};
pub use members::{Member, MemberRuleName, MembersConfig};
pub use model::{BundleModel, MemoMode, NanosClock, ReuseRule, RewardModel, StageTimings};
pub use onnx::{Attribute, Dim, ElementType, GraphBuilder, IR_VERSION, ModelSummary, OPSET, TensorSpec, inspect};
pub use perceptual::{
    Demonstration, FeatureReader, Objective, PerceptualHead, PerceptualOptions, Search, StepModel, StepWeights,
    equal_steps, fit as fit_perceptual, overlap, random_steps, split, wandering_rows,
};
pub use session::{
    CpuProvider, CudaProvider, Encoder, FixedModel, OrtModel, Provider, SessionConfig, TensorInfo, TensorRtProvider,
    Terminator, available_providers, init_runtime, runtime_library, runtime_version, try_provider,
};
pub use weights::{Dtype, StateDict, StoredTensor, from_wheel, sha256_hex};
