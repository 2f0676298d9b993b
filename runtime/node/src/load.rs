//! From a bundle's folder to a model that answers.
use std::path::Path;

use striatum_models::{RewardModel, SessionConfig};

use crate::error::Result;

pub(crate) struct Loaded {
    pub(crate) model: Box<dyn RewardModel>,
    pub(crate) views: Vec<String>,
    pub(crate) hash: [u8; 32],
    pub(crate) manifest: String,
}

pub(crate) fn bundle(path: &Path, _session: &SessionConfig) -> Result<Loaded> {
    Err(crate::error::Error::input(path.display().to_string(), "no bundles yet", "wait"))
}
