//! ONNX files: writing small graphs, and looking into one before it is given to ONNX Runtime.

mod builder;
mod inspect;
mod join;
mod proto;
mod types;

pub(crate) use builder::dimension;
pub use builder::{Attribute, GraphBuilder, IR_VERSION, OPSET};
pub use inspect::{ModelSummary, inspect};
pub(crate) use join::join;
pub use types::{Dim, ElementType, TensorSpec};
