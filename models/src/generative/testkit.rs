//! What the tests of this room share: the drawn fixture, opened.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use striatum_frames::{Encoding, Image, ImageLimits, decode};

use super::config::ModelConfig;
use super::folder::Folder;
use super::manifest::GenerativeManifest;
use super::model::{GenerativeGrm, GenerativeOptions};
use super::tokens::Tokens;
use crate::bundle::ScoreMeaning;

/// A folder of a tiny model with golden numbers: that of `STRIATUM_GRM_FIXTURE`, or the one in the repository.
pub(crate) fn fixture() -> PathBuf {
    let drawn = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qwen2_5_vl_drawn");
    std::env::var_os("STRIATUM_GRM_FIXTURE").map_or_else(drawn, PathBuf::from)
}

/// The one in the repository.
pub(crate) fn drawn() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qwen2_5_vl_drawn")
}

pub(crate) fn config(folder: &Path) -> ModelConfig {
    Folder::read(folder).unwrap().config
}

pub(crate) fn tokens() -> Tokens {
    let folder = drawn();
    Tokens::read(&folder.join("tokenizer.json"), &config(&folder)).unwrap()
}

/// How the drawn model is asked: its prompt says what it means.
pub(crate) fn manifest() -> GenerativeManifest {
    let views: Vec<String> = ["cam_high", "cam_left_wrist", "cam_right_wrist"].map(str::to_owned).to_vec();
    GenerativeManifest {
        format_version: 1,
        score_meaning: ScoreMeaning::TaskFraction,
        prompt: "prompt_template.txt".into(),
        answer: "<score>{percent}%</score>".into(),
        min_pixels: 12_544,
        max_pixels: 76_800,
        rationale_tokens: 0,
        licence: "drawn".into(),
        slots: GenerativeManifest::usual_slots(&views),
        views,
        file: Vec::new(),
    }
}

/// Copies the files of a folder and of its folders, but for those called in `but`.
pub(crate) fn copy_folder(from: &Path, to: &Path, but: &[&str]) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if but.contains(&name.to_str().unwrap()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(name), but);
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// The drawn model in a folder of its own, without pictures and golden numbers.
pub(crate) fn drawn_copy() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy_folder(
        &drawn(),
        place.path(),
        &["images", "golden.json", "make_fixture.py", "make_images.py", "verify_fixture.py"],
    );
    place
}

/// The drawn model, opened without a manifest on disk.
pub(crate) fn grm(folder: &Path, options: &GenerativeOptions) -> crate::error::Result<GenerativeGrm> {
    // A third of the usual pixels: the same paths through the code in less time.
    let manifest = GenerativeManifest { max_pixels: 25_088, ..manifest() };
    GenerativeGrm::with_manifest(folder, manifest, [0; 32], options)
}

/// A picture of the drawn episode.
pub(crate) fn picture(name: &str) -> Arc<Image> {
    let bytes = std::fs::read(drawn().join("images").join(name)).unwrap();
    Arc::new(decode(&bytes, Encoding::Png, &ImageLimits::default()).unwrap())
}

/// A frame set of three views: the drawn frame 400 or 900 with a block drawn over it at `column`, so that every set differs.
pub(crate) fn set(frame: u32, column: usize) -> Vec<Arc<Image>> {
    let views = ["cam_high", "cam_left_wrist", "cam_right_wrist"];
    let drawn = views.map(|view| picture(&format!("{view}_{frame:04}.png")));
    let with_block = |image: &Arc<Image>| {
        let mut image = (**image).clone();
        let width = image.width() as usize;
        for row in 100..200 {
            let at = (row * width + column) * 3;
            image.pixels_mut()[at..at + 120].fill(200);
        }
        Arc::new(image)
    };
    drawn.iter().map(with_block).collect()
}
