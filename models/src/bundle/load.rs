//! Opening a bundle: everything is checked before the first frame.

use std::path::{Path, PathBuf};

use super::MANIFEST;
use super::hash::{Sha, sha_of};
use super::manifest::{BackboneEntry, GrmEntry, Manifest, PerceptualEntry};
use super::read::{hashed, inside, manifest_of};
use crate::error::{Error, Result};
use crate::grm::{EVIDENCE, HALVES};
use crate::head::{FEATURES, MonotoneMap, OOD, PRESENT, PROGRESS, subsets_of};
use crate::members::{Chosen, Member, MembersConfig};
use crate::onnx::{Dim, inspect, join};
use crate::perceptual;
use crate::session::{Encoder, FixedModel, OrtModel, SessionConfig};

/// How a bundle is opened.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// How the backbone runs. The head always runs on the processor with one thread: it is too small for anything else.
    pub session: SessionConfig,
    /// Where cached backbones lie. Needed only for bundles that refer to one.
    pub cache_dir: Option<PathBuf>,
    /// Which of the bundle's models answer.
    pub members: MembersConfig,
}

/// An opened bundle: checked, its models loaded. [`BundleModel`](crate::BundleModel) runs it.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) manifest: Manifest,
    pub(crate) hash: Sha,
    pub(crate) encoder: Encoder,
    /// The absolute head and, where it is a member, the memory: one session, so that what a run costs by itself is paid once.
    pub(crate) heads: FixedModel,
    /// With its reading.
    pub(crate) perceptual: Option<(FixedModel, MonotoneMap)>,
    pub(crate) chosen: Chosen,
    pub(crate) maps: Vec<MonotoneMap>,
    /// `[2, views, feature_width]`, start first.
    pub(crate) references: Vec<f32>,
    start_jpegs: Vec<Vec<u8>>,
    goal_jpegs: Vec<Vec<u8>>,
    pub(crate) folder: PathBuf,
}

impl Bundle {
    /// Opens the bundle in the folder `dir`.
    ///
    /// # Errors
    /// [`Error::File`] for a missing file; [`Error::Bundle`] or [`Error::Model`] naming the field or file with a wrong hash,
    /// shape, operator set, view or version, an unknown key (with the nearest valid one), or a path that leaves the folder.
    pub fn load(dir: &Path, options: &LoadOptions) -> Result<Self> {
        let (bytes, manifest) = manifest_of(dir)?;
        let path = dir.join(MANIFEST);
        let chosen = Chosen::of(&options.members, &manifest)?;
        let file = |name: &str, sha256: &str| hashed(&inside(dir, name, &path)?, sha256);
        let jpegs = |images: &[super::ReferenceImage]| -> Result<Vec<Vec<u8>>> {
            images.iter().map(|image| file(&image.file, &image.sha256)).collect()
        };
        let start_jpegs = jpegs(&manifest.references.start)?;
        let goal_jpegs = jpegs(&manifest.references.goal)?;
        let features = file(&manifest.references.features_file, &manifest.references.features_sha256)?;
        let references = floats(&features, &manifest, &path)?;
        let maps = maps_of(&manifest, &path)?;
        let head = file(&manifest.head.file, &manifest.head.sha256)?;
        let memory = manifest.grm.as_ref().map(|entry| file(&entry.file, &entry.sha256)).transpose()?;
        let memory = memory.filter(|_| chosen.members.contains(&Member::Grm));
        let heads = open_heads(&head, memory.as_deref(), &manifest, &path)?;
        let perceptual = match &manifest.perceptual {
            Some(entry) => Some(open_perceptual(&file(&entry.file, &entry.sha256)?, entry, &manifest, &path)?),
            None => None,
        };
        let backbone = backbone_bytes(dir, &manifest.backbone, options, &path)?;
        let encoder = open_backbone(&backbone, &manifest, &options.session, &path)?;
        let (hash, folder) = (sha_of(&bytes), dir.to_owned());
        Ok(Self {
            manifest,
            hash,
            encoder,
            heads,
            perceptual,
            chosen,
            maps,
            references,
            start_jpegs,
            goal_jpegs,
            folder,
        })
    }

    /// Reads and checks only the manifest in `dir`: what views it wants and what it was made from.
    ///
    /// # Errors
    /// As [`load`](Self::load) for the manifest.
    pub fn manifest_in(dir: &Path) -> Result<Manifest> {
        manifest_of(dir).map(|(_, manifest)| manifest)
    }

    /// The JPEGs of the start, then those of the goal, of the bundle in `dir`, each in the order of the views.
    ///
    /// # Errors
    /// As [`load`](Self::load) for the manifest and these files.
    pub fn reference_jpegs_in(dir: &Path) -> Result<[Vec<Vec<u8>>; 2]> {
        let manifest = Self::manifest_in(dir)?;
        let path = dir.join(MANIFEST);
        let jpegs = |images: &[super::ReferenceImage]| -> Result<Vec<Vec<u8>>> {
            images.iter().map(|image| hashed(&inside(dir, &image.file, &path)?, &image.sha256)).collect()
        };
        Ok([jpegs(&manifest.references.start)?, jpegs(&manifest.references.goal)?])
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the manifest's bytes; as the manifest holds every file's hash, it stands for the whole bundle.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The folder it was loaded from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// JPEGs of the start reference, in the order of the views.
    #[must_use]
    pub fn start_jpegs(&self) -> &[Vec<u8>] {
        &self.start_jpegs
    }

    /// JPEGs of the goal reference, in the order of the views.
    #[must_use]
    pub fn goal_jpegs(&self) -> &[Vec<u8>] {
        &self.goal_jpegs
    }
}

fn floats(bytes: &[u8], manifest: &Manifest, path: &Path) -> Result<Vec<f32>> {
    let needed = 2 * manifest.views.len() * manifest.backbone.feature_width;
    let (values, rest) = bytes.as_chunks::<4>();
    let values: Vec<f32> = values.iter().map(|&v| f32::from_le_bytes(v)).collect();
    if values.len() != needed || !rest.is_empty() || values.iter().any(|v| !v.is_finite()) {
        let what = format!("references.features_file: {} bytes instead of {needed} finite floats", bytes.len());
        return Err(Error::bundle(path, what, "adapt again"));
    }
    Ok(values)
}

fn maps_of(manifest: &Manifest, path: &Path) -> Result<Vec<MonotoneMap>> {
    let maps = manifest.head.subset.iter().enumerate().map(|(row, entry)| {
        MonotoneMap::new(entry.calibration_in.clone(), entry.calibration_out.clone())
            .map_err(|error| Error::bundle(path, format!("head.subset[{row}]: {error}"), "adapt again"))
    });
    maps.collect()
}

/// The heads as one model: the absolute head, and the memory where the bundle holds one.
fn open_heads(head: &[u8], memory: Option<&[u8]>, manifest: &Manifest, path: &Path) -> Result<FixedModel> {
    let entry = &manifest.head;
    let opset = inspect(head, &entry.file)?.opset;
    if opset != entry.opset {
        let what = format!("head.opset is {}, the file's is {opset}", entry.opset);
        return Err(Error::bundle(path, what, "adapt again"));
    }
    let (views, width) = (manifest.views.len(), manifest.backbone.feature_width);
    let inputs = [(FEATURES, vec![views, 1, width]), (PRESENT, vec![1, views, 1])];
    let rows = subsets_of(views).len();
    // A head from before compares each view with its own place alone.
    let old =
        inspect(head, &entry.file)?.outputs.iter().any(|t| t.name == OOD && t.dims.first() == Some(&Dim::Fixed(1)));
    let distances = if old { vec![1, views] } else { vec![views, views] };
    check_shapes(head, "head", &inputs, &[(PROGRESS, vec![1, rows]), (OOD, distances)], path)?;
    let (Some(memory), Some(grm)) = (memory, &manifest.grm) else {
        return FixedModel::open(head, &entry.file, &SessionConfig::default());
    };
    check_grm(grm, path)?;
    check_shapes(memory, "grm", &inputs, &[(EVIDENCE, vec![HALVES, grm.progress.len()])], path)?;
    let joined = join((head, &entry.file), (memory, &grm.file))?;
    FixedModel::open(&joined, &format!("{} with {}", entry.file, grm.file), &SessionConfig::default())
}

fn check_grm(entry: &GrmEntry, path: &Path) -> Result<()> {
    let in_range = entry.progress.iter().all(|p| (0.0..=1.0).contains(p)) && !entry.progress.is_empty();
    for (key, holds) in [
        ("grm.progress", in_range),
        ("grm.label_std", entry.label_std.is_empty() || entry.label_std.len() == entry.progress.len()),
        ("grm.label_std", entry.label_std.iter().all(|std| (0.0..=1.0).contains(std))),
        ("grm.prior_std", entry.prior_std > 0.0 && entry.prior_std.is_finite()),
        ("grm.std_factor", entry.std_factor >= 1.0 && entry.std_factor.is_finite()),
        ("grm.goal_share", entry.goal_share > 0.0 && entry.goal_share <= 1.0),
    ] {
        if !holds {
            return Err(Error::bundle(path, format!("{key} is out of range"), "adapt again"));
        }
    }
    Ok(())
}

fn open_perceptual(
    bytes: &[u8],
    entry: &PerceptualEntry,
    manifest: &Manifest,
    path: &Path,
) -> Result<(FixedModel, MonotoneMap)> {
    if !(entry.std > 0.0 && entry.std.is_finite()) {
        return Err(Error::bundle(path, "perceptual.std is out of range", "adapt again"));
    }
    let map = MonotoneMap::new(entry.progress_in.clone(), entry.progress_out.clone())
        .map_err(|error| Error::bundle(path, format!("perceptual.progress_in: {error}"), "adapt again"))?;
    let inputs = [(perceptual::FEATURES, vec![manifest.views.len(), 1, manifest.backbone.feature_width])];
    let outputs = [(perceptual::STEP_REWARDS, vec![1, entry.steps]), (perceptual::REWARD, vec![1, 1])];
    check_shapes(bytes, "perceptual", &inputs, &outputs, path)?;
    Ok((FixedModel::open(bytes, &entry.file, &SessionConfig::default())?, map))
}

/// A tensor's name and shape.
type Shape = (&'static str, Vec<usize>);

fn check_shapes(bytes: &[u8], part: &str, inputs: &[Shape], outputs: &[Shape], path: &Path) -> Result<()> {
    let summary = inspect(bytes, part)?;
    for (tensors, wanted) in [(&summary.inputs, inputs), (&summary.outputs, outputs)] {
        for (name, shape) in wanted {
            let fits = |dims: &[Dim]| dims.iter().map(Dim::fixed).eq(shape.iter().map(|&d| Some(d)));
            if !tensors.iter().any(|tensor| tensor.name == *name && fits(&tensor.dims)) {
                let what = format!("{part}.file: `{name}` has not the shape {shape:?} that the manifest asks for");
                return Err(Error::bundle(path, what, "adapt again"));
            }
        }
    }
    Ok(())
}

fn backbone_bytes(dir: &Path, entry: &BackboneEntry, options: &LoadOptions, path: &Path) -> Result<Vec<u8>> {
    if !entry.cached {
        return hashed(&inside(dir, &entry.file, path)?, &entry.sha256);
    }
    let Some(cache) = &options.cache_dir else {
        let what = format!("backbone.cached: {} lies in a cache folder, and none is given", entry.file);
        return Err(Error::bundle(path, what, "give the cache folder"));
    };
    let file = inside(cache, &entry.file, path)?;
    if !file.exists() {
        let what = format!("the backbone {} is not in the cache", entry.name);
        return Err(Error::bundle(file, what, "fetch it with `striatum models fetch`"));
    }
    hashed(&file, &entry.sha256)
}

fn open_backbone(bytes: &[u8], manifest: &Manifest, session: &SessionConfig, path: &Path) -> Result<Encoder> {
    let entry = &manifest.backbone;
    let model = OrtModel::from_bytes(bytes, &entry.file, session)?;
    let side = manifest.preprocessing.image_size as usize;
    let encoder = Encoder::with_output(model, manifest.views.len(), side, &entry.output)?;
    if encoder.feature_width() != entry.feature_width {
        let (got, said) = (encoder.feature_width(), entry.feature_width);
        let what = format!("backbone.feature_width is {said}, the file gives {got}");
        return Err(Error::bundle(path, what, "adapt again"));
    }
    Ok(encoder)
}
