//! Reading and checking a manifest and the files it names.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use striatum_core::{MAX_VIEWS, ViewMask};

use super::MANIFEST;
use super::calibration::calibration_of;
use super::hash::hex_of;
use super::manifest::{FORMAT_VERSION, Manifest, ScoreMeaning};
use crate::adapt::is_view_name;
use crate::error::{Error, Result, nearest, one_line};
use crate::head::subsets_of;

/// Files past this size are not read into memory.
const MOST_BYTES: u64 = 1 << 30;
const ADAPT_AGAIN: &str = "adapt again, or take the bundle from where it came from";

/// Parses a manifest: version first, so that another version is not reported as an unknown key.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Manifest> {
    #[derive(Deserialize)]
    struct Version {
        format_version: Option<i64>,
    }
    let refuse = |error: &toml::de::Error| {
        let what = one_line(error.message());
        let mend = suggestion(&what).unwrap_or_else(|| ADAPT_AGAIN.to_owned());
        Error::bundle(path, what, mend)
    };
    let version: Version = toml::from_str(text).map_err(|e| refuse(&e))?;
    if version.format_version != Some(i64::from(FORMAT_VERSION)) {
        let got = version.format_version.map_or_else(|| "missing".to_owned(), |v| v.to_string());
        let what = format!("format_version is {got}, this program reads {FORMAT_VERSION}");
        return Err(Error::bundle(path, what, "adapt again with this program"));
    }
    toml::from_str(text).map_err(|e| refuse(&e))
}

/// serde says "unknown field `x`, expected one of `a`, `b`": the quoted name nearest to the first one.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next()?;
    nearest(given, quoted).map(|name| format!("did you mean `{name}`?"))
}

/// Checks what can be checked without opening a model.
pub(crate) fn check(manifest: &Manifest, path: &Path) -> Result<()> {
    let refuse = |what: String| Err(Error::bundle(path, what, ADAPT_AGAIN));
    let views = &manifest.views;
    if !(1..=MAX_VIEWS).contains(&views.len()) {
        return refuse(format!("views: {} views, 1 to {MAX_VIEWS} can be", views.len()));
    }
    for (index, view) in views.iter().enumerate() {
        if !is_view_name(view) || views[..index].contains(view) {
            return refuse(format!("views: `{view}` is no name or is there twice"));
        }
    }
    if !manifest.view.iter().map(|v| &v.name).eq(views) {
        return refuse("view: the entries do not name the views in their order".to_owned());
    }
    for (name, list) in [("start", &manifest.references.start), ("goal", &manifest.references.goal)] {
        if !list.iter().map(|image| &image.view).eq(views) {
            return refuse(format!("references.{name}: the pictures do not name the views in their order"));
        }
    }
    if manifest.score_meaning != ScoreMeaning::TaskFraction {
        return refuse("score_meaning: heads of relative_hop cannot be run yet, task_fraction can".to_owned());
    }
    let pre = &manifest.preprocessing;
    for (field, got, known) in [("resize", &pre.resize, "pillow_bilinear"), ("colour", &pre.colour, "rgb")] {
        if got != known {
            return refuse(format!("preprocessing.{field}: `{got}` is not known, `{known}` is"));
        }
    }
    if !(1..=2048).contains(&pre.image_size) {
        return refuse(format!("preprocessing.image_size: {} pixels, 1 to 2048 can be", pre.image_size));
    }
    let usable = pre.mean.iter().all(|v| v.is_finite()) && pre.std.iter().all(|v| v.is_finite() && *v > 0.0);
    if !usable {
        return refuse("preprocessing: mean must be finite and std above 0".to_owned());
    }
    calibration_of(manifest.calibration.as_ref(), path)?;
    check_head(manifest, path)
}

fn check_head(manifest: &Manifest, path: &Path) -> Result<()> {
    let refuse = |what: String| Err(Error::bundle(path, what, ADAPT_AGAIN));
    let subsets = subsets_of(manifest.views.len());
    if manifest.head.subset.len() != subsets.len() {
        return refuse(format!("head.subset: {} rows instead of {}", manifest.head.subset.len(), subsets.len()));
    }
    for (row, (entry, &subset)) in manifest.head.subset.iter().zip(&subsets).enumerate() {
        let names = |mask: ViewMask| mask.iter().map(|view| &manifest.views[view]).collect::<Vec<_>>();
        if !entry.views.iter().eq(names(subset)) {
            return refuse(format!("head.subset[{row}].views: {:?} instead of {:?}", entry.views, names(subset)));
        }
        if !(entry.std.is_finite() && entry.std > 0.0) {
            return refuse(format!("head.subset[{row}].std: {} is not above 0", entry.std));
        }
    }
    let factors = &manifest.head.absent_std_factor;
    if factors.len() != manifest.views.len() || factors.iter().any(|f| !f.is_finite() || *f < 1.0) {
        return refuse("head.absent_std_factor: one number of at least 1 for each view".to_owned());
    }
    if let Some(shares) = &manifest.reliability {
        let shares = [shares.grm, shares.absolute, shares.perceptual.unwrap_or(0.0)];
        if shares.iter().any(|share| !share.is_finite() || *share < 0.0) || shares.iter().sum::<f64>() <= 0.0 {
            return refuse("reliability: a share is below 0 or not finite, or all are 0".to_owned());
        }
    }
    if manifest.view.iter().any(|v| !v.reliability.is_finite() || v.reliability < 0.0) {
        return refuse("view.reliability: a number is below 0 or not finite".to_owned());
    }
    Ok(())
}

/// Where the manifest's file `name` lies: straight in `folder`, never outside it.
pub(crate) fn inside(folder: &Path, name: &str, manifest: &Path) -> Result<PathBuf> {
    let mut parts = Path::new(name).components();
    let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    if !plain || name.contains(['/', '\\']) {
        return Err(Error::bundle(manifest, format!("the file name `{name}` leaves the folder"), ADAPT_AGAIN));
    }
    let path = folder.join(name);
    let linked = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
    if linked {
        return Err(Error::bundle(path, "it is a link, which may leave the folder", "put the file itself there"));
    }
    Ok(path)
}

/// A file's bytes, if they have this hash.
pub(crate) fn hashed(path: &Path, sha256: &str) -> Result<Vec<u8>> {
    let bytes = bytes_of(path)?;
    let got = hex_of(&bytes);
    if !got.eq_ignore_ascii_case(sha256) {
        let what = format!("its SHA-256 is {got}, the manifest says {}", one_line(sha256));
        return Err(Error::bundle(path, what, ADAPT_AGAIN));
    }
    Ok(bytes)
}

/// A file's bytes, if they are not too many.
pub(crate) fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |e| Error::file("read", path, e, ADAPT_AGAIN);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(Error::bundle(path, format!("{length} bytes are too many"), ADAPT_AGAIN));
    }
    std::fs::read(path).map_err(unreadable)
}

/// The manifest's bytes and itself, checked.
pub(crate) fn manifest_of(folder: &Path) -> Result<(Vec<u8>, Manifest)> {
    let path = folder.join(MANIFEST);
    let no_bundle = |e| Error::file("read", &path, e, "make a bundle with `striatum adapt EPISODE --out BUNDLE`");
    let length = std::fs::metadata(&path).map_err(no_bundle)?.len();
    if length > 16 << 20 {
        return Err(Error::bundle(path, format!("{length} bytes are too many for a manifest"), ADAPT_AGAIN));
    }
    let bytes = std::fs::read(&path).map_err(no_bundle)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::bundle(&path, "it is not UTF-8 text", ADAPT_AGAIN))?;
    let manifest = parse(text, &path)?;
    check(&manifest, &path)?;
    Ok((bytes, manifest))
}
