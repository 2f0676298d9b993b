//! ONNX files: writing small graphs, and looking into one before it is given to ONNX Runtime.

mod builder;
mod inspect;
mod join;
pub(crate) mod proto;
mod types;

pub(crate) use builder::dimension;
pub use builder::{Attribute, GraphBuilder, IR_VERSION, OPSET};
pub(crate) use inspect::{ExternalData, inspect_with_files};
pub use inspect::{ModelSummary, inspect};
pub(crate) use join::join;
pub use types::{Dim, ElementType, TensorSpec};
