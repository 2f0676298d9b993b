//! What a recording says of itself: enough to build the same engine again.

use serde::{Deserialize, Serialize};
use striatum_models::Member;

/// Name of the attachment that holds the [`Header`].
pub(crate) const HEADER: &str = "striatum_run.json";
/// Name of the attachment that holds the configuration's text.
pub(crate) const CONFIG: &str = "config.toml";
/// Name of the attachment that holds the bundle's manifest.
pub(crate) const MANIFEST: &str = "manifest.toml";

/// Form of the recording; a reader refuses one it does not know.
pub(crate) const VERSION: u32 = 1;

/// What a recording says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Form of the recording.
    pub(crate) version: u32,
    /// The run's epoch.
    pub(crate) epoch: u64,
    /// SHA-256 of the bundle's manifest, hexadecimal.
    pub(crate) bundle_hash: String,
    /// The bundle's folder at the time.
    pub(crate) bundle: String,
    /// Views in the bundle's order.
    pub(crate) views: Vec<String>,
    /// The members that answered, in their order; recordings from before have none.
    #[serde(default)]
    pub(crate) members: Vec<Member>,
    /// The episode that was the source, if it was one.
    pub(crate) episode: Option<EpisodeFiles>,
    /// Build, processor and threads: the same on all three gives the same bits.
    pub(crate) machine: Machine,
}

/// The files of a source episode, by view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EpisodeFiles {
    /// The folder at the time.
    pub(crate) path: String,
    /// SHA-256 of each view's file (or of its images in order).
    pub(crate) sha256: Vec<String>,
}

/// What the bits of a result depend on beside the inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// SHA-256 of the program.
    pub(crate) build: String,
    /// The processor's name.
    pub(crate) processor: String,
    /// Threads of ONNX Runtime.
    pub(crate) threads: usize,
    /// Version of ONNX Runtime.
    pub(crate) onnxruntime: String,
}

impl Machine {
    /// The machine this runs on.
    pub(crate) fn this(threads: usize) -> Self {
        let build = std::env::current_exe()
            .and_then(std::fs::read)
            .map_or_else(|_| "unknown".to_owned(), |bytes| crate::hash::sha256_hex(&bytes));
        let processor = std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| {
                let name = text.lines().find(|line| line.starts_with("model name") || line.starts_with("CPU part"))?;
                Some(name.split(':').nth(1)?.trim().to_owned())
            })
            .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        Self { build, processor, threads, onnxruntime: striatum_models::runtime_version().unwrap_or_default() }
    }
}
