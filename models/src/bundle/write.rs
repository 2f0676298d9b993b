//! Writing a bundle: into a folder beside it, then renamed, so that there is never half of one.

use std::path::{Path, PathBuf};

use striatum_frames::encode_jpeg;

use super::MANIFEST;
use super::hash::hex_of;
use super::manifest::{
    BackboneEntry, FORMAT_VERSION, GrmEntry, HeadEntry, Made, Manifest, PerceptualEntry, Preprocessing, ReferenceImage,
    References, ScoreMeaning, SubsetEntry, ViewEntry,
};
use crate::adapt::Fitted;
use crate::error::{Error, Result};
use crate::onnx::OPSET;
use crate::perceptual::PerceptualFit;

const HEAD: &str = "head.onnx";
const GRM: &str = "grm.onnx";
const PERCEPTUAL: &str = "perceptual.onnx";
const REFERENCES: &str = "references.f32le.bin";
const JPEG_QUALITY: u8 = 92;
const CHECK_DISK: &str = "check the path and its permissions";

/// Writes the bundle of `fitted` as `dir`.
pub(crate) fn write(fitted: &Fitted, dir: &Path) -> Result<()> {
    let exists = dir.exists();
    if exists && !may_replace(dir)? {
        let mend = "give a new folder, or the folder of a bundle to replace";
        return Err(Error::bundle(dir, "this folder is not a bundle and is not empty", mend));
    }
    let (partial, old) = (beside(dir, "partial")?, beside(dir, "old")?);
    clear(&partial)?;
    let written = fill(fitted, &partial).and_then(|()| swap_in(&partial, &old, dir, exists));
    if written.is_err() {
        // The first error is the one to report.
        let _ = clear(&partial);
    }
    written
}

fn may_replace(dir: &Path) -> Result<bool> {
    let unreadable = |e| Error::file("read", dir, e, "give a path where a folder can be made");
    let empty = std::fs::read_dir(dir).map_err(unreadable)?.next().is_none();
    Ok(empty || dir.join(MANIFEST).is_file())
}

/// `.NAME.what` in the same folder, so that a rename stays on one disk.
fn beside(dir: &Path, what: &str) -> Result<PathBuf> {
    let Some(name) = dir.file_name().and_then(|name| name.to_str()) else {
        return Err(Error::bundle(dir, "this path has no name", "give the path of a folder, for example bundles/tidy"));
    };
    Ok(dir.with_file_name(format!(".{name}.{what}")))
}

fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", folder, e, CHECK_DISK)),
        _ => Ok(()),
    }
}

fn swap_in(partial: &Path, old: &Path, dir: &Path, exists: bool) -> Result<()> {
    let rename =
        |from: &Path, to: &Path| std::fs::rename(from, to).map_err(|e| Error::file("rename", from, e, CHECK_DISK));
    if exists {
        clear(old)?;
        rename(dir, old)?;
    }
    if let Err(error) = rename(partial, dir) {
        if exists {
            let _ = rename(old, dir);
        }
        return Err(error);
    }
    clear(old)
}

/// Writes every file, the manifest last.
fn fill(fitted: &Fitted, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::file("create", folder, e, CHECK_DISK))?;
    let put = |name: &str, bytes: &[u8]| -> Result<String> {
        let path = folder.join(name);
        let refused = |e| Error::file("write", &path, e, CHECK_DISK);
        let mut file = std::fs::File::create(&path).map_err(refused)?;
        std::io::Write::write_all(&mut file, bytes).map_err(refused)?;
        file.sync_all().map_err(refused)?;
        Ok(hex_of(bytes))
    };
    let head_sha = put(HEAD, &fitted.head().to_onnx()?)?;
    let grm_sha = put(GRM, &fitted.solution.grm.spec.to_onnx()?)?;
    let perceptual = match &fitted.solution.perceptual {
        Ok(fit) => Some(perceptual_entry(fit, put(PERCEPTUAL, &fit.head.to_onnx()?)?)),
        Err(_) => None,
    };
    let features: Vec<u8> =
        fitted.start.features.iter().chain(&fitted.goal.features).flat_map(|v| v.to_le_bytes()).collect();
    let features_sha = put(REFERENCES, &features)?;
    let images = |name: &str, reference: &crate::adapt::Reference| -> Result<Vec<ReferenceImage>> {
        let pairs = fitted.views().iter().zip(&reference.images);
        let save = |(view, image): (&String, &std::sync::Arc<striatum_frames::Image>)| {
            let file = format!("{name}_{view}.jpg");
            let sha256 = put(&file, &encode_jpeg(image, JPEG_QUALITY)?)?;
            Ok(ReferenceImage { view: view.clone(), file, sha256, source_frame: reference.source_frame })
        };
        pairs.map(save).collect()
    };
    let references = References {
        features_file: REFERENCES.to_owned(),
        features_sha256: features_sha,
        start: images("start", &fitted.start)?,
        goal: images("goal", &fitted.goal)?,
    };
    let backbone = backbone_entry(fitted, put)?;
    let manifest = Manifest { perceptual, ..manifest(fitted, (head_sha, grm_sha), references, backbone) };
    let text = toml::to_string(&manifest)
        .map_err(|e| Error::bundle(folder, format!("the manifest cannot be written: {e}"), "report this"))?;
    put(MANIFEST, text.as_bytes())?;
    // Without this a power cut could keep the rename and lose the files.
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| Error::file("sync", folder, e, CHECK_DISK))
}

fn backbone_entry(fitted: &Fitted, put: impl Fn(&str, &[u8]) -> Result<String>) -> Result<BackboneEntry> {
    let backbone = &fitted.backbone;
    let bytes = backbone.read()?;
    let (file, sha256) = if backbone.cached && backbone.made.is_none() {
        let name = backbone.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        (name.to_owned(), hex_of(&bytes))
    } else {
        let name = "backbone.onnx".to_owned();
        let sha256 = put(&name, &bytes)?;
        (name, sha256)
    };
    Ok(BackboneEntry {
        name: backbone.name.clone(),
        file,
        cached: backbone.cached && backbone.made.is_none(),
        sha256,
        precision: backbone.precision,
        output: backbone.output.clone(),
        feature_width: fitted.head().width,
        licence: backbone.licence.clone(),
    })
}

fn manifest(
    fitted: &Fitted,
    (head_sha, grm_sha): (String, String),
    references: References,
    backbone: BackboneEntry,
) -> Manifest {
    let (config, solution, names) = (&fitted.config, &fitted.solution, fitted.views());
    let subset = fitted.subsets().iter().map(|fit| SubsetEntry {
        views: fit.subset.iter().map(|view| names[view].clone()).collect(),
        std: fit.std,
        left_out_mae: fit.left_out_mae,
        twin_mae: fit.twin_mae,
        lambda: fit.lambda,
        calibration_in: fit.map.inputs().to_vec(),
        calibration_out: fit.map.outputs().to_vec(),
    });
    let view = names.iter().zip(&solution.views).map(|(name, fit)| ViewEntry {
        name: name.clone(),
        reliability: fit.weight,
        lambda: fit.lambda,
    });
    Manifest {
        format_version: FORMAT_VERSION,
        task: config.task.clone(),
        views: names.to_vec(),
        score_meaning: ScoreMeaning::TaskFraction,
        licence: config.licence.clone(),
        preprocessing: Preprocessing {
            resize: "pillow_bilinear".to_owned(),
            colour: "rgb".to_owned(),
            image_size: fitted.backbone.image_size,
            mean: fitted.backbone.mean,
            std: fitted.backbone.std,
        },
        backbone,
        head: HeadEntry {
            file: HEAD.to_owned(),
            sha256: head_sha,
            opset: OPSET,
            absent_std_factor: solution.absent_std_factor.clone(),
            subset: subset.collect(),
        },
        grm: Some(grm_entry(fitted, grm_sha)),
        perceptual: None,
        reliability: Some(solution.reliability.clone()),
        view: view.collect(),
        references,
        made: Made {
            by: concat!("striatum-models ", env!("CARGO_PKG_VERSION")).to_owned(),
            method: "ridge on standardised features, twins, blended views, quantile calibration; memory of the demonstration".to_owned(),
            seed: config.seed,
            sets: fitted.sets,
            copies: config.copies,
            sources: fitted.sources.clone(),
            keyframes_sha256: fitted.keyframes_sha256.clone(),
        },
        // What was fitted to another head would be wrong for this one.
        calibration: None,
    }
}

fn perceptual_entry(fit: &PerceptualFit, sha256: String) -> PerceptualEntry {
    PerceptualEntry {
        file: PERCEPTUAL.to_owned(),
        sha256,
        steps: fit.head.steps.len(),
        progress_in: fit.head.progress.inputs().to_vec(),
        progress_out: fit.head.progress.outputs().to_vec(),
        std: fit.std,
        twin_mae: fit.twin_mae,
    }
}

fn grm_entry(fitted: &Fitted, sha256: String) -> GrmEntry {
    let grm = &fitted.solution.grm;
    GrmEntry {
        file: GRM.to_owned(),
        sha256,
        progress: grm.spec.progress.clone(),
        label_std: grm.spec.label_std.clone(),
        prior_std: grm.prior_std,
        std_factor: grm.std_factor,
        goal_share: grm.goal_share,
        hop_mae: grm.hop_mae,
    }
}
