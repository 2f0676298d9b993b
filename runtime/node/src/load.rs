//! From a bundle's folder to a model that answers.

use std::path::Path;

use serde::Serialize;
use striatum_models::{
    Bundle, BundleModel, InputSize, LoadOptions, Member, MembersConfig, Precision, ReuseRule, RewardModel,
    SessionConfig,
};

use crate::error::{Error, Result};
use crate::fetch::Cache;

/// A loaded bundle.
pub(crate) struct Loaded {
    /// The model.
    pub(crate) model: Box<dyn RewardModel>,
    /// Views in the bundle's order.
    pub(crate) views: Vec<String>,
    /// The members that answer, in their order; none where there is one without a name.
    pub(crate) members: Vec<Member>,
    /// The members that answer and how they are fused, in words, where that is not what the bundle does by itself.
    pub(crate) chosen: Option<String>,
    /// SHA-256 of the manifest.
    pub(crate) hash: [u8; 32],
    /// The manifest's text.
    pub(crate) manifest: String,
    /// What looks at the pictures.
    pub(crate) encoder: EncoderUse,
}

/// What looks at the pictures, for reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct EncoderUse {
    /// The backbone's name.
    pub(crate) backbone: String,
    /// Side of the pictures that it gets, pixels.
    pub(crate) input_size: u32,
    /// In how many bits it computes.
    pub(crate) precision: Precision,
    /// Up to which difference a view's features are taken again, 8-bit steps; null where every picture is encoded.
    pub(crate) reuse_unchanged: Option<f64>,
    /// And for how long at most, seconds of capture time.
    pub(crate) reuse_secs: Option<f64>,
}

impl Loaded {
    /// The same, with features taken again by this rule.
    pub(crate) fn with_reuse(mut self, rule: Option<ReuseRule>) -> Self {
        self.model.set_reuse(rule);
        self.encoder.reuse_unchanged = rule.map(|rule| rule.threshold());
        self.encoder.reuse_secs = rule.map(|rule| rule.most_nanos() as f64 / 1e9);
        self
    }
}

/// Starts ONNX Runtime, fetching it if need be, and loads the bundle at `path` with these of its models.
///
/// # Errors
/// ONNX Runtime cannot be had, or the bundle is refused: by name, before the first frame. So is a calibration that was fitted
/// to other members.
pub(crate) fn bundle(path: &Path, session: &SessionConfig, members: &MembersConfig) -> Result<Loaded> {
    let model = open(path, session, members)?;
    model.check_calibration()?;
    loaded(path, model)
}

/// [`bundle`], whatever its calibration was fitted to: to fit a new one.
///
/// # Errors
/// As [`bundle`].
pub(crate) fn to_calibrate(path: &Path, session: &SessionConfig, members: &MembersConfig) -> Result<Loaded> {
    loaded(path, open(path, session, members)?)
}

fn loaded(path: &Path, model: BundleModel) -> Result<Loaded> {
    let file = path.join("manifest.toml");
    let manifest = std::fs::read_to_string(&file)
        .map_err(|source| Error::file("read", &file, source, "give the folder that `striatum adapt --out` made"))?;
    let encoder = EncoderUse {
        backbone: model.manifest().backbone.name.clone(),
        input_size: model.manifest().preprocessing.image_size,
        precision: model.manifest().backbone.precision,
        ..EncoderUse::default()
    };
    Ok(Loaded {
        views: model.views().to_vec(),
        members: model.members().to_vec(),
        chosen: model.chosen_models().map(str::to_owned),
        hash: model.bundle_hash(),
        manifest,
        encoder,
        model: Box::new(model),
    })
}

/// The model itself, for those who look inside.
///
/// # Errors
/// As [`bundle`].
pub(crate) fn open(path: &Path, session: &SessionConfig, members: &MembersConfig) -> Result<BundleModel> {
    let cache = Cache::from_env()?;
    striatum_models::init_runtime(&cache.onnxruntime(true)?)?;
    // A bundle may refer to a cached backbone: the one it names is fetched like everything else.
    let manifest = Bundle::manifest_in(path)?;
    if let (true, Ok(id)) = (manifest.backbone.cached, manifest.backbone.name.parse()) {
        cache.backbone(id, InputSize::new(manifest.preprocessing.image_size)?, true)?;
    }
    let options = LoadOptions {
        session: session.clone(),
        cache_dir: Some(cache.root().join("backbones")),
        members: members.clone(),
    };
    Ok(BundleModel::new(Bundle::load(path, &options)?, crate::clock::monotonic_nanos)?)
}
