//! The head: frozen features in, progress of every subset of views and how far each view is from what each view showed out.
//!
//! It is linear, so it is one matrix and one ONNX file; the strictly rising calibration after it is a table in the manifest.

mod graph;
mod monotone;
mod spec;
#[cfg(test)]
mod tests;

pub use monotone::MonotoneMap;
pub use spec::{HeadOutput, HeadSpec, Manifold, subsets_of};

/// Name of the head's input of features, `[N, 1, D]`; of a view that is not there, 0.
pub(crate) const FEATURES: &str = "features";
/// Name of the head's input that says which views are there, `[1, N, 1]` of 1 and 0.
pub(crate) const PRESENT: &str = "present";
/// Name of the head's output of progress before calibration, `[1, S]`.
pub(crate) const PROGRESS: &str = "progress";
/// Name of the head's output of distances to the demonstration, `[N, N]`: row u holds those to what view u showed. Bundles from before
/// have the diagonal alone, `[1, N]`.
pub(crate) const OOD: &str = "ood";
