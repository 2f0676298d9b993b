//! Frame sets in, scores out: backbones, bundles, adaptation; the only crate that knows ONNX Runtime.
