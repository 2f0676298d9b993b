//! ONNX files: writing small graphs, and looking into one before it is given to ONNX Runtime.

mod builder;
mod inspect;
mod proto;
mod types;

pub(crate) use builder::dimension;
pub use builder::{Attribute, GraphBuilder, IR_VERSION, OPSET};
pub use inspect::{ModelSummary, inspect};
pub use types::{Dim, ElementType, TensorSpec};
