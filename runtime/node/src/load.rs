//! From a bundle's folder to a model that answers.

use std::path::Path;

use striatum_models::{Bundle, BundleModel, LoadOptions, RewardModel, SessionConfig};

use crate::error::{Error, Result};
use crate::fetch::Cache;

/// A loaded bundle.
pub(crate) struct Loaded {
    /// The model.
    pub(crate) model: Box<dyn RewardModel>,
    /// Views in the bundle's order.
    pub(crate) views: Vec<String>,
    /// SHA-256 of the manifest.
    pub(crate) hash: [u8; 32],
    /// The manifest's text.
    pub(crate) manifest: String,
}

/// Starts ONNX Runtime, fetching it if need be, and loads the bundle at `path`.
///
/// # Errors
/// ONNX Runtime cannot be had, or the bundle is refused: by name, before the first frame.
pub(crate) fn bundle(path: &Path, session: &SessionConfig) -> Result<Loaded> {
    let model = open(path, session)?;
    let file = path.join("manifest.toml");
    let manifest = std::fs::read_to_string(&file)
        .map_err(|source| Error::file("read", &file, source, "give the folder that `striatum adapt --out` made"))?;
    Ok(Loaded { views: model.views().to_vec(), hash: model.bundle_hash(), manifest, model: Box::new(model) })
}

/// The model itself, for those who look inside.
///
/// # Errors
/// As [`bundle`].
pub(crate) fn open(path: &Path, session: &SessionConfig) -> Result<BundleModel> {
    let cache = Cache::from_env()?;
    striatum_models::init_runtime(&cache.onnxruntime(true)?)?;
    // A bundle may refer to a cached backbone: the one it names is fetched like everything else.
    if let Ok(id) = Bundle::manifest_in(path)?.backbone.name.parse() {
        cache.backbone(id, true)?;
    }
    let options = LoadOptions { session: session.clone(), cache_dir: Some(cache.root().join("backbones")) };
    Ok(BundleModel::new(Bundle::load(path, &options)?, crate::clock::monotonic_nanos)?)
}
