//! Frame sets in, scores out: backbones, bundles, adaptation; the only crate that knows ONNX Runtime.

mod error;
mod onnx;
mod session;

pub use error::{Error, Result};
pub use onnx::{Attribute, Dim, ElementType, GraphBuilder, IR_VERSION, ModelSummary, OPSET, TensorSpec, inspect};
pub use session::{
    CpuProvider, CudaProvider, Encoder, FixedModel, OrtModel, Provider, SessionConfig, TensorInfo, TensorRtProvider,
    Terminator, available_providers, init_runtime, runtime_version,
};
