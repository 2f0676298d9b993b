//! Pictures and tokens through the three graphs; what is computed is counted.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use striatum_frames::Image;

use super::cache::{ByteCache, Key};
use super::config::ModelConfig;
use super::decoder::{Decoded, Decoder, Input};
use super::folder::Folder;
use super::graphs::{Embedding, Placed, Vision};
use super::kv::Kv;
use super::patches::{Grid, Patcher};
use super::prompt::Prompt;
use super::smart_resize::PixelLimits;
use crate::error::{Error, Result};
use crate::session::{SessionConfig, Terminator};

/// What may be used and kept, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most for the tensors of one run of the decoder. Default 4 GiB. A run that needs more is split where that can be done, and
    /// refused where not.
    pub memory_bytes: u64,
    /// Most for features of pictures. Default 64 MiB.
    pub feature_bytes: u64,
    /// Most for keys and values of beginnings of prompts. Default 1 GiB.
    pub prefix_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 4 << 30, feature_bytes: 64 << 20, prefix_bytes: 1 << 30 }
    }
}

/// What was computed, and what was not because it was kept from before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Pictures that went through the vision encoder.
    pub images_encoded: u64,
    /// Pictures whose features were kept.
    pub images_kept: u64,
    /// Tokens of prompts that went through the decoder.
    pub prompt_tokens_computed: u64,
    /// Tokens of prompts whose keys and values were kept.
    pub prompt_tokens_kept: u64,
    /// Tokens of possible answers and of written text that went through the decoder.
    pub answer_tokens: u64,
    /// Runs of the decoder.
    pub decoder_runs: u64,
}

/// A picture and its fingerprint, which takes long enough to be worked out once.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    image: Arc<Image>,
    key: Key,
}

impl Picture {
    pub(crate) fn new(image: Arc<Image>, limits: PixelLimits) -> Self {
        Self { key: key_of(&image, limits), image }
    }
}

/// A picture as the language model sees it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Of its pixels, its size and the limits.
    pub(crate) key: Key,
    pub(crate) grid: Grid,
    pub(crate) features: Vec<f32>,
}

/// The three graphs and what is between them.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) config: ModelConfig,
    patcher: Patcher,
    vision: Vision,
    embedding: Embedding,
    pub(crate) decoder: Decoder,
    seen: ByteCache<Seen>,
    pub(crate) counts: Counts,
}

/// Rows of new tokens, each with the position of its first.
pub(crate) struct Rows<'a> {
    pub(crate) tokens: &'a [Vec<u32>],
    pub(crate) positions: &'a [i64],
}

impl Engine {
    /// Of each graph that takes long.
    pub(crate) fn terminators(&self) -> [Terminator; 3] {
        [self.vision.terminator(), self.embedding.terminator(), self.decoder.terminator()]
    }

    pub(crate) fn open(folder: &Folder, session: &SessionConfig, limits: Limits) -> Result<Self> {
        let config = folder.config.clone();
        let patcher = Patcher::new(folder.patches.clone());
        let graphs = &folder.graphs;
        Ok(Self {
            vision: Vision::open(graphs, &config, patcher.config().row_len(), session)?,
            embedding: Embedding::open(graphs, &config, session)?,
            decoder: Decoder::open(graphs, &config, session, limits.memory_bytes)?,
            seen: ByteCache::new(limits.feature_bytes),
            counts: Counts::default(),
            patcher,
            config,
        })
    }

    pub(crate) fn merge(&self) -> usize {
        self.patcher.config().merge
    }

    /// Forgets all features.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }

    /// A picture's features: kept from before where `keep` allows it, or computed.
    pub(crate) fn look(&mut self, picture: &Picture, limits: PixelLimits, keep: bool) -> Result<Arc<Seen>> {
        let Picture { image, key } = picture;
        let key = *key;
        if keep && let Some(seen) = self.seen.get(&key) {
            self.counts.images_kept += 1;
            return Ok(seen);
        }
        let mut pixels = Vec::new();
        let grid = self.patcher.cut(image, limits, &mut pixels)?;
        let tokens = grid.tokens(self.merge());
        if tokens > self.config.most_tokens {
            let what = format!("a picture of {tokens} tokens, the model takes {}", self.config.most_tokens);
            return Err(Error::config("picture", what, "lower max_pixels"));
        }
        let features = self.vision.encode(pixels, grid, tokens)?;
        self.counts.images_encoded += 1;
        let bytes = 4 * features.len() as u64;
        let seen = Arc::new(Seen { key, grid, features });
        if keep {
            self.seen.put(key, Arc::clone(&seen), bytes);
        }
        Ok(seen)
    }

    /// Reads the tokens of some prompts in `range` after what each has before it, `past`. All of the prompts have `range`, and
    /// `past` has a row for each.
    pub(crate) fn read(
        &mut self,
        prompts: &[(&Prompt, &[Arc<Seen>])],
        range: std::ops::Range<usize>,
        past: &Kv,
    ) -> Result<Decoded> {
        let tokens = range.len();
        let mut ids = Vec::with_capacity(prompts.len() * tokens);
        let mut pictures: Vec<Placed<'_>> = Vec::new();
        for (row, (prompt, seen)) in prompts.iter().enumerate() {
            ids.extend_from_slice(prompt.ids.get(range.clone()).unwrap_or_default());
            for (span, seen) in prompt.spans.iter().zip(seen.iter()) {
                if range.contains(&span.at) {
                    pictures.push((row * tokens + span.at - range.start, &seen.features));
                }
            }
        }
        let embeds = self.embedding.embed(&ids, prompts.len(), &pictures)?;
        let mut positions = Vec::with_capacity(3 * ids.len());
        for axis in 0..3 {
            for (prompt, _) in prompts {
                positions.extend_from_slice(prompt.positions.axis(axis, range.clone()));
            }
        }
        self.counts.prompt_tokens_computed += ids.len() as u64;
        self.counts.decoder_runs += 1;
        self.decoder.run(Input { rows: prompts.len(), tokens, embeds, positions }, past)
    }

    /// Reads rows of text after what each has before it. Rows are filled up at their ends to the longest, which changes nothing
    /// of what comes before.
    pub(crate) fn read_text(&mut self, rows: &Rows<'_>, past: &Kv) -> Result<Decoded> {
        let tokens = rows.tokens.iter().map(Vec::len).max().unwrap_or(0);
        let filler = self.config.ends.first().copied().unwrap_or(0);
        let mut ids = Vec::with_capacity(rows.tokens.len() * tokens);
        let mut axis = Vec::with_capacity(rows.tokens.len() * tokens);
        for (row, &first) in rows.tokens.iter().zip(rows.positions) {
            ids.extend_from_slice(row);
            ids.extend(std::iter::repeat_n(filler, tokens - row.len()));
            axis.extend((first..).take(tokens));
        }
        let embeds = self.embedding.embed(&ids, rows.tokens.len(), &[])?;
        self.counts.answer_tokens += ids.len() as u64;
        self.counts.decoder_runs += 1;
        self.decoder.run(Input { rows: rows.tokens.len(), tokens, embeds, positions: axis.repeat(3) }, past)
    }
}

fn key_of(image: &Image, limits: PixelLimits) -> Key {
    let mut hash = Sha256::new();
    for number in [u64::from(image.width()), u64::from(image.height()), limits.least, limits.most] {
        hash.update(number.to_le_bytes());
    }
    hash.update(image.pixels());
    hash.finalize().into()
}

/// A fingerprint of the first `tokens` tokens of a prompt with their pictures: where it is equal, so are keys and values.
pub(crate) fn prefix_key(prompt: &Prompt, seen: &[Arc<Seen>], tokens: usize) -> Key {
    let mut hash = Sha256::new();
    for id in prompt.ids.iter().take(tokens) {
        hash.update(id.to_le_bytes());
    }
    for (span, seen) in prompt.spans.iter().zip(seen) {
        if span.at < tokens {
            hash.update(seen.key);
        }
    }
    hash.finalize().into()
}
