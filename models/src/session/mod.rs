//! ONNX Runtime: loading the library, session settings, and models with preallocated inputs and outputs.
//!
//! # What a run allocates
//! [`Encoder::run`] and [`FixedModel::run`] make no allocation on the Rust side: tensors, bindings and names are made
//! when the model is opened, and the run goes straight to ONNX Runtime's `RunWithBinding`. What ONNX Runtime itself
//! takes from the C++ heap inside a run is not counted here and not under our control.

mod bound;
mod config;
mod dynamic;
mod encoder;
mod engines;
mod fixed;
mod model;
mod operators;
mod probe;
mod provider;
mod runtime;
mod tensor;

pub use config::SessionConfig;
pub(crate) use dynamic::DynamicModel;
pub use encoder::Encoder;
pub use fixed::FixedModel;
pub(crate) use model::summary_with_files;
pub use model::{OrtModel, TensorInfo, Terminator};
pub(crate) use operators::missing_operators;
pub use probe::try_provider;
pub(crate) use provider::Memory;
pub use provider::{CpuProvider, CudaProvider, Provider, TensorRtProvider};
pub use runtime::{available_providers, init_runtime, runtime_library, runtime_version};
pub(crate) use tensor::RunTensor;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
