//! Frozen image backbones: what they are, where their weights come from, and their ONNX files, written here.

mod build;
mod facts;
mod fold;
mod int8;
mod layers;
mod precision;

pub use build::{BuildOptions, INPUT_NAME, build_onnx};
pub use facts::{BackboneId, InputSize, WheelFacts};
pub use int8::Int8Calibrator;
pub use precision::Precision;

#[cfg(test)]
mod golden_tests;
