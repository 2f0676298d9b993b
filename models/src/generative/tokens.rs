//! The tokenizer, checked against the weights it is to serve.

use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use super::config::ModelConfig;
use super::json::{EXPORT_AGAIN, text_of};
use crate::error::{Error, Result, one_line};

const TAKE_THE_RIGHT_ONE: &str = "put the tokenizer.json of these very weights there";

/// Text to tokens and back.
pub(crate) struct Tokens {
    inner: Tokenizer,
    path: PathBuf,
    image: u32,
    vocabulary: usize,
}

impl Tokens {
    /// Reads `tokenizer.json` and checks that its special tokens are those of the weights.
    ///
    /// # Errors
    /// [`Error::Bundle`] if it is no tokenizer, or that of other weights.
    pub(crate) fn read(path: &Path, config: &ModelConfig) -> Result<Self> {
        let refuse = |what: String| Error::bundle(path, what, TAKE_THE_RIGHT_ONE);
        let inner: Tokenizer = text_of(path)?
            .parse()
            .map_err(|e| Error::bundle(path, format!("it is no tokenizer: {}", one_line(e)), EXPORT_AGAIN))?;
        let named = [
            ("<|vision_start|>", config.vision_start),
            ("<|vision_end|>", config.vision_end),
            ("<|image_pad|>", config.image),
        ];
        for (token, wanted) in named {
            let got = inner.token_to_id(token);
            if got != Some(wanted) {
                let got = got.map_or_else(|| "it has none".to_owned(), |id| format!("it has it at {id}"));
                return Err(refuse(format!("the weights have `{token}` at {wanted}, {got}")));
            }
        }
        let tokens = Self { image: config.image, vocabulary: config.vocabulary, path: path.to_owned(), inner };
        let most = tokens.inner.get_vocab(true).into_values().max().unwrap_or(0);
        if most as usize >= config.vocabulary {
            return Err(refuse(format!("it has a token {most}, the weights have {}", config.vocabulary)));
        }
        for &end in &config.ends {
            if tokens.inner.id_to_token(end).is_none() {
                return Err(refuse(format!("the weights end an answer with token {end}, which it has not")));
            }
        }
        Ok(tokens)
    }

    /// The tokens of a text; special tokens in it are taken as such, and none is added.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode(text, false)
            .map_err(|e| Error::bundle(&self.path, format!("it cannot read a text: {}", one_line(e)), EXPORT_AGAIN))?;
        let ids = encoding.get_ids();
        if ids.iter().any(|&id| id as usize >= self.vocabulary) {
            return Err(Error::bundle(&self.path, "it gives a token that the weights have not", TAKE_THE_RIGHT_ONE));
        }
        Ok(ids.to_vec())
    }

    /// The tokens of a text from outside, in which special tokens have no business.
    pub(crate) fn encode_plain(&self, what: &str, text: &str) -> Result<Vec<u32>> {
        let ids = self.encode(text)?;
        let added = self.inner.get_added_tokens_decoder();
        match ids.iter().find_map(|id| added.get(id).filter(|token| token.special)) {
            Some(token) => {
                let what_is_wrong = format!("it holds the special token `{}`", one_line(&token.content));
                Err(Error::config(what, what_is_wrong, "take it out of the text"))
            }
            None => Ok(ids),
        }
    }

    /// The text of some tokens; ids without a token are left out, as the published reader does.
    pub(crate) fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner
            .decode(ids, false)
            .map_err(|e| Error::bundle(&self.path, format!("it cannot write a text: {}", one_line(e)), EXPORT_AGAIN))
    }

    /// The token that stands for a part of a picture.
    pub(crate) fn image(&self) -> u32 {
        self.image
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("path", &self.path).finish_non_exhaustive()
    }
}
