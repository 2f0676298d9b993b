//! The prompts of a step: what they have in common with those before, and reading only the rest.

use std::sync::Arc;

use super::cache::Key;
use super::decoder::Decoded;
use super::engine::{Counts, Seen, prefix_key};
use super::kv::Kv;
use super::manifest::{GenerativeManifest, Role};
use super::model::{Caching, GenerativeGrm};
use super::prompt::Prompt;
use crate::error::Result;

/// What goes into which slot, and where a prompt stops being the same as those of other steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Role and view of each slot.
    pub(super) slots: Vec<(Role, usize)>,
    /// The first slot that is not a reference.
    compared: usize,
    /// The first slot that shows the frame set itself.
    after: usize,
}

/// Tokens before which a prompt is the same for all perspectives, and for all steps of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cuts {
    references: usize,
    before: usize,
}

/// A perspective's prompt.
pub(super) struct Ask {
    pub(super) prompt: Prompt,
    pub(super) seen: Vec<Arc<Seen>>,
    pub(super) cuts: Cuts,
    /// Whether what it compares with stays for the episode.
    pub(super) lasts: bool,
}

/// Prompts that were read together to their ends.
pub(super) struct Batch {
    /// Index of each row's ask.
    pub(super) whose: Vec<usize>,
    pub(super) decoded: Decoded,
    /// Tokens that were read last.
    pub(super) tokens: usize,
}

impl Plan {
    pub(super) fn new(manifest: &GenerativeManifest) -> Self {
        let view = |name: &String| manifest.views.iter().position(|view| view == name).unwrap_or(0);
        let slots: Vec<_> = manifest.slots.iter().map(|slot| (slot.role, view(&slot.view))).collect();
        let first = |roles: &[Role]| slots.iter().position(|(role, _)| roles.contains(role)).unwrap_or(slots.len());
        let (compared, after) = (first(&[Role::Before, Role::After]), first(&[Role::After]));
        Self { compared, after, slots }
    }

    pub(super) fn cuts(&self, prompt: &Prompt) -> Cuts {
        let at = |slot: usize| prompt.spans.get(slot).map_or(0, |span| span.at);
        Cuts { references: at(self.compared), before: at(self.after) }
    }
}

impl GenerativeGrm {
    /// Reads all prompts to their ends, each token once: what is kept from before is not read again, and the ends that are equally
    /// long are read together, as many as memory allows.
    pub(super) fn prefill(&mut self, asks: &[Ask]) -> Result<Vec<Batch>> {
        let mut begun = Vec::with_capacity(asks.len());
        for ask in asks {
            begun.push(self.beginning(ask)?);
        }
        let mut batches = Vec::new();
        let mut left: Vec<usize> = (0..asks.len()).collect();
        while let Some(&first) = left.first() {
            let shape = |ask: usize| (begun[ask].tokens(), asks[ask].prompt.ids.len());
            let (past, end) = shape(first);
            let most = match self.caching {
                Caching::Kept => self.engine.decoder.most_rows(end - past, past),
                Caching::Off => 1,
            };
            let whose: Vec<usize> = left.iter().copied().filter(|&ask| shape(ask) == (past, end)).take(most).collect();
            left.retain(|ask| !whose.contains(ask));
            let prompts: Vec<_> = whose.iter().map(|&ask| (&asks[ask].prompt, asks[ask].seen.as_slice())).collect();
            let decoded = if let [one] = whose.as_slice() {
                self.engine.read(&prompts, past..end, &begun[*one])?
            } else {
                let rows: Vec<(&Kv, usize)> = whose.iter().map(|&ask| (begun[ask].as_ref(), 0)).collect();
                let begun = self.engine.decoder.gather(&rows)?;
                self.engine.read(&prompts, past..end, &begun)?
            };
            batches.push(Batch { whose, decoded, tokens: end - past });
        }
        Ok(batches)
    }

    /// Keys and values of a prompt up to the frame set itself.
    fn beginning(&mut self, ask: &Ask) -> Result<Arc<Kv>> {
        if self.caching == Caching::Off {
            return self.engine.decoder.nothing_read().map(Arc::new);
        }
        let Cuts { references, before } = ask.cuts;
        let whole = prefix_key(&ask.prompt, &ask.seen, before);
        if let Some(kv) = self.prefixes.get(&whole) {
            self.engine.counts.prompt_tokens_kept += before as u64;
            return Ok(kv);
        }
        let common = if references > 0 && references < before {
            let key = prefix_key(&ask.prompt, &ask.seen, references);
            match self.prefixes.get(&key) {
                Some(kv) => {
                    self.engine.counts.prompt_tokens_kept += references as u64;
                    kv
                }
                None => {
                    let nothing = self.engine.decoder.nothing_read()?;
                    self.extend(ask, references, &nothing, Some(key))?
                }
            }
        } else {
            Arc::new(self.engine.decoder.nothing_read()?)
        };
        if before == common.tokens() {
            return Ok(common);
        }
        self.extend(ask, before, &common, ask.lasts.then_some(whole))
    }

    /// Reads a prompt on up to token `end`, and keeps what comes of it under `key`.
    fn extend(&mut self, ask: &Ask, end: usize, past: &Kv, key: Option<Key>) -> Result<Arc<Kv>> {
        let decoded = self.engine.read(&[(&ask.prompt, &ask.seen)], past.tokens()..end, past)?;
        let kv = Arc::new(decoded.kv);
        if let Some(key) = key {
            self.prefixes.put(key, Arc::clone(&kv), kv.bytes());
        }
        Ok(kv)
    }
}

impl Counts {
    /// What was counted after `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            images_encoded: self.images_encoded - before.images_encoded,
            images_kept: self.images_kept - before.images_kept,
            prompt_tokens_computed: self.prompt_tokens_computed - before.prompt_tokens_computed,
            prompt_tokens_kept: self.prompt_tokens_kept - before.prompt_tokens_kept,
            answer_tokens: self.answer_tokens - before.answer_tokens,
            decoder_runs: self.decoder_runs - before.decoder_runs,
        }
    }
}
