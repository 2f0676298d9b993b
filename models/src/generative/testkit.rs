//! What the tests of this room share: the drawn fixture, opened.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use super::config::ModelConfig;
use super::folder::Folder;
use super::manifest::GenerativeManifest;
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
