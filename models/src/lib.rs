//! Frame sets in, scores out: backbones, bundles, adaptation; the only crate that knows ONNX Runtime.

mod backbone;
mod error;
mod model;
mod onnx;
mod session;
#[cfg(test)]
mod test_files;
mod weights;

pub use backbone::{BackboneId, BuildOptions, INPUT_NAME, WheelFacts, build_onnx};
pub use error::{Error, Result};
pub use model::{RewardModel, StageTimings};
pub use onnx::{Attribute, Dim, ElementType, GraphBuilder, IR_VERSION, ModelSummary, OPSET, TensorSpec, inspect};
pub use session::{
    CpuProvider, CudaProvider, Encoder, FixedModel, OrtModel, Provider, SessionConfig, TensorInfo, TensorRtProvider,
    Terminator, available_providers, init_runtime, runtime_version,
};
pub use weights::{Dtype, StateDict, StoredTensor, from_wheel, sha256_hex};
