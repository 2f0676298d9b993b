//! The language model: embeddings and what was read before to logits.

use super::config::ModelConfig;
use super::folder::Graphs;
use super::gather::Gatherer;
use super::graphs::{FLOATS, INTS, bind, cache_names, fits, no_others};
use super::json::EXPORT_AGAIN;
use super::kv::Kv;
use crate::error::{Error, Result};
use crate::onnx::ElementType;
use crate::session::{DynamicModel, Memory, RunTensor, SessionConfig, Terminator};

/// The operator that takes several new tokens after a past for one row only.
const ONE_ROW_AFTER_PAST: &str = "com.microsoft.GroupQueryAttention";

/// The decoder.
#[derive(Debug)]
pub(crate) struct Decoder {
    model: DynamicModel,
    config: ModelConfig,
    embeds: String,
    mask: String,
    positions: String,
    past: Vec<String>,
    /// Logits, then present keys and values.
    wanted: Vec<String>,
    embeds_element: ElementType,
    kv_element: ElementType,
    memory_bytes: u64,
    /// Where keys and values stay between runs, if not in main memory.
    stay: Option<Memory>,
    gatherer: Gatherer,
}

/// What a run over some rows of tokens gave.
#[derive(Debug)]
pub(crate) struct Decoded {
    logits: RunTensor,
    vocabulary: usize,
    tokens: usize,
    /// Keys and values of all tokens so far.
    pub(crate) kv: Kv,
}

impl Decoded {
    /// The logits after token `token` of row `row`.
    pub(crate) fn logits(&self, row: usize, token: usize) -> Result<Vec<f32>> {
        let at = (row * self.tokens + token) * self.vocabulary;
        let mut logits = Vec::with_capacity(self.vocabulary);
        self.logits.read(at..at + self.vocabulary, &mut logits)?;
        Ok(logits)
    }
}

/// Rows of new tokens.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) rows: usize,
    pub(crate) tokens: usize,
    /// `[rows, tokens, hidden]`.
    pub(crate) embeds: Vec<f32>,
    /// `[3, rows, tokens]`.
    pub(crate) positions: Vec<i64>,
}

impl Decoder {
    pub(crate) fn terminator(&self) -> Terminator {
        self.model.terminator()
    }

    pub(crate) fn open(
        graphs: &Graphs,
        config: &ModelConfig,
        session: &SessionConfig,
        memory_bytes: u64,
    ) -> Result<Self> {
        let model = DynamicModel::open(&graphs.decoder, session)?;
        let label = model.label();
        let embeds = bind(model.inputs(), &graphs.names.embeds, "input", label)?;
        let mask = bind(model.inputs(), &graphs.names.mask, "input", label)?;
        let positions = bind(model.inputs(), &graphs.names.positions, "input", label)?;
        let logits = bind(model.outputs(), &graphs.names.logits, "output", label)?;
        fits(embeds, &FLOATS, &[None, None, Some(config.hidden)], label)?;
        fits(mask, &INTS, &[None, None], label)?;
        fits(positions, &INTS, &[Some(3), None, None], label)?;
        fits(logits, &FLOATS, &[None, None, Some(config.vocabulary)], label)?;
        let (past, present) = cache_names(&graphs.names, config.layers);
        let dims = [None, Some(config.kv_heads), None, Some(config.head_dim)];
        let mut kv_element = None;
        for (tensors, names, side) in [(model.inputs(), &past, "input"), (model.outputs(), &present, "output")] {
            for name in names {
                let spec = bind(tensors, std::slice::from_ref(name), side, label)?;
                fits(spec, &[kv_element.unwrap_or(spec.element)], &dims, label)?;
                fits(spec, &FLOATS, &dims, label)?;
                kv_element = Some(spec.element);
            }
        }
        let mut known: Vec<&str> = past.iter().map(String::as_str).collect();
        known.extend([embeds, mask, positions].map(|spec| spec.name.as_str()));
        no_others(model.inputs(), &known, label)?;
        let embeds_element = embeds.element;
        let wanted = std::iter::once(logits.name.clone()).chain(present).collect();
        let [embeds, mask, positions] = [embeds, mask, positions].map(|spec| spec.name.clone());
        let kv_element = kv_element.unwrap_or(ElementType::F32);
        let config = config.clone();
        let gatherer = Gatherer::new(session, kv_element, (config.kv_heads, config.head_dim), past.len());
        Ok(Self {
            stay: session.device_memory(),
            config,
            embeds,
            mask,
            positions,
            past,
            wanted,
            embeds_element,
            kv_element,
            memory_bytes,
            gatherer,
            model,
        })
    }

    /// Where keys and values stay between runs; `None`: they go through main memory.
    #[cfg(test)]
    pub(crate) fn stay_in(&mut self, memory: Option<Memory>) {
        self.stay = memory;
    }

    /// Whether keys and values are half precision.
    #[cfg(test)]
    pub(crate) fn is_half(&self) -> bool {
        self.kv_element == ElementType::F16
    }

    /// Keys and values of no token.
    pub(crate) fn nothing_read(&self) -> Result<Kv> {
        Kv::empty(&self.config, self.kv_element, 1)
    }

    /// Rows taken from others, one after the other, as (whose, which row). All must be of equally many tokens.
    pub(crate) fn gather(&mut self, rows: &[(&Kv, usize)]) -> Result<Kv> {
        match self.stay {
            // Those of no token are made in main memory and hold nothing that could be copied.
            Some(memory) if rows.iter().all(|(kv, _)| kv.tokens() > 0) => self.gatherer.gather(rows, memory),
            _ => Kv::gather(rows),
        }
    }

    /// How many rows of `tokens` new tokens after `past` others fit into the memory that may be used; at least one.
    pub(crate) fn most_rows(&self, tokens: usize, past: usize) -> usize {
        if tokens > 1 && past > 0 && self.model.uses(ONE_ROW_AFTER_PAST) {
            return 1;
        }
        let rows = self.memory_bytes / self.bytes_of(1, tokens, past).max(1);
        usize::try_from(rows).unwrap_or(usize::MAX).max(1)
    }

    /// Bytes of a run's tensors: keys and values before and after, and the logits, in the library and as copied.
    fn bytes_of(&self, rows: usize, tokens: usize, past: usize) -> u64 {
        let kv = (2 * past + tokens) * self.config.kv_values();
        let kv_bytes = kv as u128 * u128::from(self.kv_element.bits() / 8);
        let logits_bytes = tokens as u128 * self.config.vocabulary as u128 * 4;
        let embeds_bytes = tokens as u128 * self.config.hidden as u128 * 8;
        u64::try_from(rows as u128 * (kv_bytes + logits_bytes + embeds_bytes)).unwrap_or(u64::MAX)
    }

    /// Reads some new tokens after those in `past`.
    ///
    /// # Errors
    /// [`Error::Config`] if more memory would be needed than may be used; [`Error::Ort`] if the library fails.
    pub(crate) fn run(&mut self, input: Input, past: &Kv) -> Result<Decoded> {
        let Input { rows, tokens, embeds, positions } = input;
        let total = past.tokens() + tokens;
        let needed = self.bytes_of(rows, tokens, past.tokens());
        if needed > self.memory_bytes {
            let what = format!(
                "a run of {rows} x {tokens} tokens after {} would take {needed} bytes, {} may be used",
                past.tokens(),
                self.memory_bytes
            );
            return Err(Error::config("limits.memory_bytes", what, "raise it, or lower max_pixels"));
        }
        if total > self.config.most_tokens {
            let what = format!("{total} tokens, the model takes {}", self.config.most_tokens);
            return Err(Error::config("prompt", what, "lower max_pixels or the token budget"));
        }
        let embeds = RunTensor::floats(self.embeds_element, &[rows, tokens, self.config.hidden], embeds)?;
        let mask = RunTensor::ints(&[rows, total], vec![1; rows * total])?;
        let positions = RunTensor::ints(&[3, rows, tokens], positions)?;
        let mut inputs =
            vec![(self.embeds.as_str(), &embeds), (self.mask.as_str(), &mask), (self.positions.as_str(), &positions)];
        inputs.extend(self.past.iter().map(String::as_str).zip(past.tensors()));
        let outputs = match self.stay {
            Some(memory) => self.model.run_on(&inputs, &self.wanted, 1, memory)?,
            None => self.model.run(&inputs, &self.wanted)?,
        };
        let mut outputs = outputs.into_iter();
        let vocabulary = self.config.vocabulary;
        let odd = |dims: &[usize]| {
            let what =
                format!("it gave an output of {dims:?} for {rows} rows of {tokens} tokens after {}", total - tokens);
            Error::model(self.model.label(), what, EXPORT_AGAIN)
        };
        let logits = outputs.next().ok_or_else(|| odd(&[]))?;
        if logits.dims() != [rows, tokens, vocabulary] {
            return Err(odd(logits.dims()));
        }
        let present: Vec<RunTensor> = outputs.collect();
        let dims = [rows, self.config.kv_heads, total, self.config.head_dim];
        if let Some(tensor) = present.iter().find(|tensor| tensor.dims() != dims) {
            return Err(odd(tensor.dims()));
        }
        Ok(Decoded { logits, vocabulary, tokens, kv: Kv::of(present, &self.config, rows, total) })
    }
}
