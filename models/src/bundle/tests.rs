#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::Path;

use tempfile::tempdir;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::{drawn_adapter, drawn_bundle, drawn_config, tiny_backbone};
use crate::{Attribute, Dim, ElementType, GraphBuilder};

fn load(dir: &Path) -> crate::Result<Bundle> {
    Bundle::load(dir, &LoadOptions::default())
}

fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join(MANIFEST);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "the manifest has no `{from}`:\n{text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn what_is_written_is_loaded() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 2);
        let bundle = load(&dir).unwrap();
        let manifest = bundle.manifest();
        assert_eq!(manifest.views, ["view_0", "view_1"]);
        assert_eq!(manifest.task, "move the block");
        assert_eq!(manifest.made.sources.len(), 1);
        assert_eq!(Bundle::manifest_in(&dir).unwrap(), *manifest);
        assert_eq!(bundle.start_jpegs().len(), 2);
        assert!(bundle.goal_jpegs()[1].starts_with(&[0xff, 0xd8]));
        assert_eq!(bundle.references.len(), 2 * 2 * 24);
        let bytes = std::fs::read(dir.join(MANIFEST)).unwrap();
        assert_eq!(bundle.hash(), hash::sha_of(&bytes));
    });
}

#[test]
fn a_changed_manifest_is_refused_by_the_field() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let good = drawn_bundle(folder.path(), 2);
        let cases = [
            ("format_version = 1", "format_version = 2", "format_version is 2"),
            ("format_version = 1", "", "format_version is missing"),
            ("goal_share = ", "goal_share = 1.5 # ", "grm.goal_share is out of range"),
            ("prior_std = ", "prior_std = 0.0 # ", "grm.prior_std is out of range"),
            ("progress_in = [", "progress_in = [9.0, ", "perceptual.progress_in"),
            ("steps = ", "steps = 9 # ", "perceptual.file: `step_rewards`"),
            ("absolute = ", "absolute = -1.0 # ", "reliability: a share"),
            ("absolute = ", "certain = 1.0\nabsolute = ", "unknown field `certain`"),
            ("task = ", "tusk = ", "did you mean `task`?"),
            ("image_size = 16", "imagesize = 16", "did you mean `image_size`?"),
            ("views = [\"view_0\", \"view_1\"]", "views = [\"view_1\", \"view_0\"]", "view: the entries"),
            ("views = [\"view_0\", \"view_1\"]", "views = [\"view_0\", \"view_0\"]", "views: `view_0`"),
            ("views = [\"view_0\", \"view_1\"]", "views = []", "views: 0 views"),
            ("score_meaning = \"task_fraction\"", "score_meaning = \"relative_hop\"", "score_meaning"),
            ("score_meaning = \"task_fraction\"", "score_meaning = \"guess\"", "guess"),
            ("resize = \"pillow_bilinear\"", "resize = \"nearest\"", "preprocessing.resize: `nearest`"),
            ("colour = \"rgb\"", "colour = \"bgr\"", "preprocessing.colour: `bgr`"),
            ("image_size = 16", "image_size = 0", "preprocessing.image_size"),
            ("image_size = 16", "image_size = 32", "[N, 3, 32, 32]"),
            ("std = [0.5,", "std = [0.0,", "preprocessing: mean"),
            ("output = \"features\"", "output = \"grid\"", "no output `grid`"),
            ("feature_width = 24", "feature_width = 23", "references.features_file"),
            ("opset = 17", "opset = 16", "head.opset is 16"),
            ("file = \"head.onnx\"", "file = \"../head.onnx\"", "leaves the folder"),
            ("file = \"head.onnx\"", "file = \"/etc/hostname\"", "leaves the folder"),
            ("file = \"head.onnx\"", "file = \"..\"", "leaves the folder"),
            ("file = \"head.onnx\"", "file = \"backbone.onnx\"", "SHA-256"),
            ("file = \"head.onnx\"", "file = \"gone.onnx\"", "gone.onnx"),
            ("absent_std_factor = [1.0,", "absent_std_factor = [0.5,", "absent_std_factor"),
            ("std = 0.", "std = -0.", "std"),
            ("calibration_out = [0.0,", "calibration_out = [0.9,", "rise strictly"),
            ("calibration_in = [", "calibration_in = [nan, ", "calibration table"),
            ("cached = false", "cached = true", "cache folder"),
            ("reliability = 0.", "reliability = -0.", "view.reliability"),
        ];
        for (index, (from, to, said)) in cases.into_iter().enumerate() {
            let dir = folder.path().join(format!("case_{index}"));
            copy(&good, &dir);
            edit(&dir, from, to);
            let message = load(&dir).map(drop).expect_err(from).to_string();
            assert!(message.contains(said), "{from} -> {to}: {message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    });
}

#[test]
fn a_changed_or_missing_file_is_refused_by_its_name() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let good = drawn_bundle(folder.path(), 1);
        let names: Vec<String> = std::fs::read_dir(&good)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != MANIFEST)
            .collect();
        assert_eq!(names.len(), 7, "{names:?}");
        for name in names {
            let dir = folder.path().join(format!("bad_{name}"));
            copy(&good, &dir);
            let mut bytes = std::fs::read(dir.join(&name)).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(dir.join(&name), bytes).unwrap();
            let message = load(&dir).unwrap_err().to_string();
            assert!(message.contains(&name) && message.contains("SHA-256"), "{message}");
            std::fs::remove_file(dir.join(&name)).unwrap();
            let message = load(&dir).unwrap_err().to_string();
            assert!(message.contains(&name), "{message}");
        }
    });
}

#[test]
fn a_head_of_another_shape_is_refused_even_with_its_right_hash() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let mut graph = GraphBuilder::new("wrong");
        graph.input("features", ElementType::F32, &[Dim::Fixed(1), Dim::Fixed(1), Dim::Fixed(25)]);
        graph.node("Flatten", &["features"], &["progress"], [Attribute::int("axis", 1)]);
        graph.output("progress", ElementType::F32, &[Dim::Fixed(1), Dim::Fixed(25)]);
        let bytes = graph.build().unwrap();
        std::fs::write(dir.join("head.onnx"), &bytes).unwrap();
        let sha256 = Bundle::manifest_in(&dir).unwrap().head.sha256;
        edit(&dir, &sha256, &hash::hex_of(&bytes));
        let message = load(&dir).unwrap_err().to_string();
        assert!(message.contains("`features` has not the shape [1, 1, 24]"), "{message}");
    });
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let outside = folder.path().join("outside.onnx");
        std::fs::rename(dir.join("head.onnx"), &outside).unwrap();
        std::os::unix::fs::symlink(&outside, dir.join("head.onnx")).unwrap();
        let message = load(&dir).unwrap_err().to_string();
        assert!(message.contains("link"), "{message}");
    });
}

#[test]
fn a_cached_backbone_is_looked_up_by_name_and_hash() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let mut adapter = drawn_adapter(folder.path(), drawn_config(1)).unwrap();
        adapter.cache_backbone_for_test();
        let dir = folder.path().join("bundle");
        adapter.finish(|_, _| {}).unwrap().write(&dir).unwrap();
        assert!(!dir.join("backbone.onnx").exists());
        let options = |cache: &Path| LoadOptions { cache_dir: Some(cache.to_owned()), ..LoadOptions::default() };
        assert!(Bundle::load(&dir, &options(folder.path())).is_ok());
        let empty = tempdir().unwrap();
        let message = Bundle::load(&dir, &options(empty.path())).unwrap_err().to_string();
        assert!(message.contains("tiny is not in the cache"), "{message}");
        std::fs::write(empty.path().join("tiny.onnx"), b"other").unwrap();
        let message = Bundle::load(&dir, &options(empty.path())).unwrap_err().to_string();
        assert!(message.contains("SHA-256"), "{message}");
    });
}

#[test]
fn writing_replaces_a_bundle_and_nothing_else() {
    with_runtime(|| {
        let folder = tempdir().unwrap();
        let dir = drawn_bundle(folder.path(), 1);
        let before = load(&dir).unwrap().hash();
        std::fs::write(dir.join("left_over"), b"x").unwrap();
        let config = crate::AdaptConfig { seed: 9, ..drawn_config(1) };
        let fitted = drawn_adapter(folder.path(), config).unwrap().finish(|_, _| {}).unwrap();
        fitted.write(&dir).unwrap();
        assert_ne!(load(&dir).unwrap().hash(), before);
        assert!(!dir.join("left_over").exists());
        let other = folder.path().join("precious");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("thesis.txt"), b"years").unwrap();
        let message = fitted.write(&other).unwrap_err().to_string();
        assert!(message.contains("not a bundle"), "{message}");
        assert_eq!(std::fs::read(other.join("thesis.txt")).unwrap(), b"years");
        // A backbone that is gone: nothing is left of the attempt, and the old bundle stays.
        std::fs::remove_file(tiny_backbone(folder.path()).file).unwrap();
        let before = load(&dir).unwrap().hash();
        assert!(fitted.write(&dir).is_err());
        assert_eq!(load(&dir).unwrap().hash(), before);
        let hidden = std::fs::read_dir(folder.path()).unwrap();
        assert!(hidden.into_iter().all(|e| !e.unwrap().file_name().to_string_lossy().starts_with('.')));
    });
}
