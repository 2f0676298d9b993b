//! What `config.json` says of the weights, in the two layouts there are: flat, and with the language model under `text_config`.

use super::json::Json;
use super::patches::PatchConfig;
use super::smart_resize::PixelLimits;
use crate::error::Result;

/// The architectures that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Qwen2-VL.
    Qwen2Vl,
    /// Qwen2.5-VL.
    Qwen25Vl,
}

impl Family {
    /// Its name in `config.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Qwen2Vl => "qwen2_vl",
            Self::Qwen25Vl => "qwen2_5_vl",
        }
    }
}

/// The sizes and tokens of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelConfig {
    /// The architecture.
    pub family: Family,
    /// Values of an embedding.
    pub hidden: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Values in a head.
    pub head_dim: usize,
    /// Rows of the embedding; at least the tokenizer's tokens.
    pub vocabulary: usize,
    /// Most tokens of prompt and answer together.
    pub most_tokens: usize,
    /// Stands before a picture.
    pub vision_start: u32,
    /// Stands after a picture.
    pub vision_end: u32,
    /// Stands for a part of a picture.
    pub image: u32,
    /// Any of these ends an answer.
    pub ends: Vec<u32>,
}

impl ModelConfig {
    /// Reads and checks `config.json`, and which tokens end an answer from `generation_config.json` where there is one.
    pub(super) fn read(config: &Json, generation: Option<&Json>) -> Result<Self> {
        let family = match config.text("model_type") {
            Some("qwen2_vl") => Family::Qwen2Vl,
            Some("qwen2_5_vl") => Family::Qwen25Vl,
            _ => return Err(config.refuse("model_type", "is neither `qwen2_vl` nor `qwen2_5_vl`")),
        };
        let text = config.object("text_config").unwrap_or_else(|| config.clone());
        let hidden = text.count("hidden_size", 1 << 16)?;
        let heads = text.count("num_attention_heads", 1 << 10)?;
        let kv_heads = text.try_count("num_key_value_heads", heads)?.unwrap_or(heads);
        let head_dim = text.try_count("head_dim", 1 << 12)?.unwrap_or(hidden / heads);
        if !heads.is_multiple_of(kv_heads) || head_dim == 0 {
            return Err(text.refuse("num_key_value_heads", "does not divide num_attention_heads"));
        }
        // Rotations go by halves of a head; newer writers call the table `rope_parameters`.
        let rope = ["rope_scaling", "rope_parameters"].iter().find_map(|key| text.object(key));
        let sections = rope.as_ref().and_then(|rope| rope.get("mrope_section")).and_then(serde_json::Value::as_array);
        let total: Option<u64> = sections.and_then(|list| list.iter().map(serde_json::Value::as_u64).sum());
        if total != u64::try_from(head_dim / 2).ok() {
            return Err(text.refuse("rope_scaling.mrope_section", "is missing or does not add up to half a head"));
        }
        let generated = generation.map(|generation| generation.tokens("eos_token_id")).transpose()?.flatten();
        let ends = match generated {
            Some(ends) => Some(ends),
            None => text.tokens("eos_token_id")?,
        };
        let model = Self {
            family,
            hidden,
            layers: text.count("num_hidden_layers", 1 << 10)?,
            heads,
            kv_heads,
            head_dim,
            vocabulary: text.count("vocab_size", 1 << 22)?,
            most_tokens: text.count("max_position_embeddings", 1 << 24)?,
            vision_start: config.token("vision_start_token_id")?,
            vision_end: config.token("vision_end_token_id")?,
            image: config.token("image_token_id")?,
            ends: ends.filter(|ends| !ends.is_empty()).ok_or_else(|| text.refuse("eos_token_id", "is missing"))?,
        };
        let ids = [model.vision_start, model.vision_end, model.image];
        if ids.iter().chain(&model.ends).any(|&id| id as usize >= model.vocabulary) {
            return Err(text.refuse("vocab_size", "is smaller than the id of a special token"));
        }
        Ok(model)
    }

    /// Keys and values of one token, all layers together.
    pub(crate) fn kv_values(&self) -> usize {
        2 * self.layers * self.kv_heads * self.head_dim
    }
}

impl PatchConfig {
    /// Reads and checks `preprocessor_config.json`; `vision` is what `config.json` says of the vision encoder.
    pub(super) fn read(json: &Json, vision: Option<&Json>) -> Result<Self> {
        if json.get("resample").and_then(serde_json::Value::as_u64).is_some_and(|filter| filter != 3) {
            return Err(json.refuse("resample", "is not 3, bicubic, the one there is"));
        }
        let (patch, merge) = (json.count("patch_size", 64)?, json.count("merge_size", 8)?);
        let temporal = json.count("temporal_patch_size", 8)?;
        for (key, value) in [("patch_size", patch), ("spatial_merge_size", merge), ("temporal_patch_size", temporal)] {
            if let Some(vision) = vision
                && vision.try_count(key, 64)?.is_some_and(|said| said != value)
            {
                return Err(vision.refuse(key, "is another one than in preprocessor_config.json"));
            }
        }
        // Newer writers keep both limits as edges of `size`, which are pixels all the same.
        let size = json.object("size");
        let limit = |key: &str, edge: &str| -> Result<u64> {
            let pixels = match (json.try_count(key, 1 << 28)?, &size) {
                (Some(pixels), _) => Some(pixels),
                (None, Some(size)) => size.try_count(edge, 1 << 28)?,
                (None, None) => None,
            };
            pixels.and_then(|pixels| u64::try_from(pixels).ok()).ok_or_else(|| json.refuse(key, "is missing"))
        };
        let limits =
            PixelLimits { least: limit("min_pixels", "shortest_edge")?, most: limit("max_pixels", "longest_edge")? };
        limits.check(patch * merge).map_err(|what| json.refuse("max_pixels", &what))?;
        let std = json.triple("image_std")?;
        if std.iter().any(|&s| s <= 0.0) {
            return Err(json.refuse("image_std", "must be above 0"));
        }
        let rescale = json.get("rescale_factor").and_then(serde_json::Value::as_f64).unwrap_or(1.0 / 255.0);
        Ok(Self { limits, patch, merge, temporal, mean: json.triple("image_mean")?, std, rescale })
    }
}

impl PixelLimits {
    /// Whether a picture of `factor` squared pixels fits, and the limits are in order.
    pub(crate) fn check(self, factor: usize) -> Result<(), String> {
        let least = u64::try_from(factor * factor).unwrap_or(u64::MAX);
        if self.most < least || self.least > self.most {
            return Err(format!("must be at least {least} and at least min_pixels"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn read(change: impl FnOnce(&mut serde_json::Value), nested: bool) -> Result<ModelConfig, Error> {
        let file = if nested { "config_nested.json" } else { "config.json" };
        let folder = crate::generative::testkit::fixture();
        let mut value = serde_json::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap();
        change(&mut value);
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("config.json");
        std::fs::write(&path, value.to_string()).unwrap();
        ModelConfig::read(&Json::read(&path)?, None)
    }

    #[test]
    fn flat_and_nested_say_the_same() {
        assert_eq!(read(|_| (), false).unwrap(), read(|_| (), true).unwrap());
    }

    #[test]
    fn what_is_odd_is_named() {
        type Change = fn(&mut serde_json::Value);
        let cases: [(Change, &str); 6] = [
            (|v| v["model_type"] = "llama".into(), "model_type"),
            (|v| v["hidden_size"] = 0.into(), "hidden_size"),
            (|v| v["num_key_value_heads"] = 3.into(), "num_key_value_heads"),
            (|v| v["rope_scaling"]["mrope_section"] = vec![1, 2, 3].into(), "mrope_section"),
            (|v| v["vocab_size"] = 820.into(), "vocab_size"),
            (|v| _ = v.as_object_mut().unwrap().remove("image_token_id"), "image_token_id"),
        ];
        for (change, field) in cases {
            let message = read(change, false).unwrap_err().to_string();
            assert!(message.contains(field) && message.lines().count() == 1, "{message}");
        }
    }
}
