//! What lies where in a folder of exported weights, in either of the two layouts there are.

use std::path::{Path, PathBuf};

use super::config::ModelConfig;
use super::json::{EXPORT_AGAIN, Json};
use super::patches::PatchConfig;
use crate::error::{Error, Result};

/// How an export is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// `vision_encoder.onnx`, `embed_tokens.onnx`, `decoder_model_merged.onnx`: the host puts pictures into the embeddings.
    Community,
    /// `vision.onnx`, `embedding.onnx`, `model.onnx` and `genai_config.json`: a graph puts them in.
    Genai,
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Community => "community (vision_encoder, embed_tokens, decoder_model_merged)",
            Self::Genai => "onnxruntime-genai (vision, embedding, model)",
        })
    }
}

/// The graphs' files, and what they call their tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graphs {
    pub(crate) layout: Layout,
    pub(crate) vision: PathBuf,
    pub(crate) embed: PathBuf,
    pub(crate) decoder: PathBuf,
    pub(crate) names: Names,
}

/// What the graphs call their tensors. Where several names are about, the first that a graph has is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) pixels: Vec<String>,
    pub(crate) grid: Vec<String>,
    /// Features of pictures: an output of the vision encoder, an input of the genai embedding.
    pub(crate) features: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) embeds: Vec<String>,
    pub(crate) mask: Vec<String>,
    pub(crate) positions: Vec<String>,
    pub(crate) logits: Vec<String>,
    /// With `%d` for the layer, as are the three that follow.
    pub(crate) past_key: String,
    pub(crate) past_value: String,
    pub(crate) present_key: String,
    pub(crate) present_value: String,
}

impl Default for Names {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            pixels: list(&["pixel_values"]),
            grid: list(&["image_grid_thw", "grid_thw"]),
            features: list(&["image_features", "image_embeds"]),
            ids: list(&["input_ids"]),
            embeds: list(&["inputs_embeds"]),
            mask: list(&["attention_mask"]),
            positions: list(&["position_ids"]),
            logits: list(&["logits"]),
            past_key: "past_key_values.%d.key".to_owned(),
            past_value: "past_key_values.%d.value".to_owned(),
            present_key: "present.%d.key".to_owned(),
            present_value: "present.%d.value".to_owned(),
        }
    }
}

/// A folder's files, found; its JSON read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) graphs: Graphs,
    pub(crate) config: ModelConfig,
    pub(crate) patches: PatchConfig,
}

impl Folder {
    /// Finds and checks everything but the graphs' insides.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let config = Json::read(&path.join("config.json"))?;
        let generation = path.join("generation_config.json");
        let generation = if generation.exists() { Some(Json::read(&generation)?) } else { None };
        let preprocessor = Json::read(&path.join("preprocessor_config.json"))?;
        let vision = config.object("vision_config");
        Ok(Self {
            graphs: Graphs::find(path)?,
            patches: PatchConfig::read(&preprocessor, vision.as_ref())?,
            config: ModelConfig::read(&config, generation.as_ref())?,
        })
    }

    /// Whether a folder looks like one of these: it has a `config.json` and graphs.
    pub(crate) fn is_one(path: &Path) -> bool {
        path.join("config.json").exists()
            && (path.join("genai_config.json").exists() || path.join("onnx").is_dir() || {
                find(path, "decoder_model_merged").is_ok()
            })
    }
}

impl Graphs {
    fn find(folder: &Path) -> Result<Self> {
        let genai = folder.join("genai_config.json");
        if genai.exists() {
            return Self::genai(folder, &Json::read(&genai)?);
        }
        let onnx = folder.join("onnx");
        let place = if onnx.is_dir() { onnx.as_path() } else { folder };
        Ok(Self {
            layout: Layout::Community,
            vision: find(place, "vision_encoder")?,
            embed: find(place, "embed_tokens")?,
            decoder: find(place, "decoder_model_merged")?,
            names: Names::default(),
        })
    }

    fn genai(folder: &Path, json: &Json) -> Result<Self> {
        let part = |model: &Json, key: &str| model.object(key).ok_or_else(|| model.refuse(key, "is missing"));
        let model = part(json, "model")?;
        let (decoder, vision, embedding) =
            (part(&model, "decoder")?, part(&model, "vision")?, part(&model, "embedding")?);
        let file = |part: &Json, usual: &str| -> Result<PathBuf> {
            let name = part.text("filename").unwrap_or(usual);
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(part.refuse("filename", "leaves the folder"));
            }
            Ok(folder.join(name))
        };
        let mut names = Names::default();
        // The names that the config gives come before the usual ones; a key that is not there changes nothing.
        let first = |list: &mut Vec<String>, part: &Json, side: &str, key: &str| {
            if let Some(name) = part.object(side).as_ref().and_then(|side| side.text(key)) {
                list.insert(0, name.to_owned());
            }
        };
        first(&mut names.pixels, &vision, "inputs", "pixel_values");
        first(&mut names.grid, &vision, "inputs", "image_grid_thw");
        first(&mut names.features, &vision, "outputs", "image_features");
        first(&mut names.features, &embedding, "inputs", "image_features");
        first(&mut names.ids, &embedding, "inputs", "input_ids");
        first(&mut names.embeds, &embedding, "outputs", "inputs_embeds");
        first(&mut names.embeds, &decoder, "inputs", "inputs_embeds");
        first(&mut names.mask, &decoder, "inputs", "attention_mask");
        first(&mut names.positions, &decoder, "inputs", "position_ids");
        first(&mut names.logits, &decoder, "outputs", "logits");
        let pattern = |name: &mut String, side: &str, key: &str| {
            if let Some(given) = decoder.object(side).as_ref().and_then(|side| side.text(key)) {
                given.clone_into(name);
            }
        };
        pattern(&mut names.past_key, "inputs", "past_key_names");
        pattern(&mut names.past_value, "inputs", "past_value_names");
        pattern(&mut names.present_key, "outputs", "present_key_names");
        pattern(&mut names.present_value, "outputs", "present_value_names");
        Ok(Self {
            layout: Layout::Genai,
            vision: file(&vision, "vision.onnx")?,
            embed: file(&embedding, "embedding.onnx")?,
            decoder: file(&decoder, "model.onnx")?,
            names,
        })
    }

    pub(crate) fn files(&self) -> [&Path; 3] {
        [&self.vision, &self.embed, &self.decoder]
    }
}

/// The graph `stem.onnx`, or the one variant `stem_something.onnx` that is there.
fn find(folder: &Path, stem: &str) -> Result<PathBuf> {
    let plain = folder.join(format!("{stem}.onnx"));
    if plain.exists() {
        return Ok(plain);
    }
    let unreadable = |e| Error::file("read", folder, e, EXPORT_AGAIN);
    let mut variants = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let variant = name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_suffix(".onnx"));
        if variant.is_some_and(|variant| variant.starts_with('_')) {
            variants.push(folder.join(name));
        }
    }
    variants.sort();
    match variants.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::bundle(folder, format!("it has no {stem}.onnx"), EXPORT_AGAIN)),
        [..] => {
            let what = format!("it has {} variants of {stem}.onnx", variants.len());
            Err(Error::bundle(folder, what, format!("leave one, or call it {stem}.onnx")))
        }
    }
}
