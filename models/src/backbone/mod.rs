//! Frozen image backbones: what they are, where their weights come from, and their ONNX files, written here.

mod build;
mod facts;
mod fold;
mod layers;

pub use build::{BuildOptions, INPUT_NAME, build_onnx};
pub use facts::{BackboneId, InputSize, WheelFacts};

#[cfg(test)]
mod golden_tests;
