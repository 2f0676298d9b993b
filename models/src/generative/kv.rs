//! Keys and values of tokens that have been read: what need not be computed again.

use super::config::ModelConfig;
use crate::error::Result;
use crate::onnx::ElementType;
use crate::session::RunTensor;

/// Keys and values of some rows of equally many tokens; a tensor `[rows, kv_heads, tokens, head_dim]` for the keys and one for
/// the values of each layer.
#[derive(Debug)]
pub(crate) struct Kv {
    tensors: Vec<RunTensor>,
    rows: usize,
    tokens: usize,
    heads: usize,
    head_dim: usize,
}

impl Kv {
    /// Of no token.
    pub(crate) fn empty(config: &ModelConfig, element: ElementType, rows: usize) -> Result<Self> {
        let dims = [rows, config.kv_heads, 0, config.head_dim];
        let tensors = (0..2 * config.layers).map(|_| RunTensor::zeros(element, &dims)).collect::<Result<_>>()?;
        Ok(Self { tensors, rows, tokens: 0, heads: config.kv_heads, head_dim: config.head_dim })
    }

    /// Takes what a run gave, whose shapes have been checked.
    pub(super) fn of(tensors: Vec<RunTensor>, config: &ModelConfig, rows: usize, tokens: usize) -> Self {
        Self { tensors, rows, tokens, heads: config.kv_heads, head_dim: config.head_dim }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    /// The same rows in other memory or another order.
    pub(super) fn with(&self, tensors: Vec<RunTensor>, rows: usize) -> Self {
        Self { tensors, rows, ..*self }
    }

    /// Keys before values, layer by layer.
    pub(super) fn tensors(&self) -> &[RunTensor] {
        &self.tensors
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.tensors.iter().map(RunTensor::bytes).sum()
    }

    /// Rows taken from others, one after the other, as (whose, which row), in main memory. All must be of equally many tokens;
    /// there is at least one.
    pub(super) fn gather(rows: &[(&Self, usize)]) -> Result<Self> {
        let Some(&(first, _)) = rows.first() else {
            return Ok(Self { tensors: Vec::new(), rows: 0, tokens: 0, heads: 0, head_dim: 0 });
        };
        let len = first.heads * first.tokens * first.head_dim;
        let dims = [rows.len(), first.heads, first.tokens, first.head_dim];
        let mut tensors = Vec::with_capacity(first.tensors.len());
        for index in 0..first.tensors.len() {
            let mut tensor = RunTensor::zeros(first.tensors[index].element(), &dims)?;
            for (to, &(from, row)) in rows.iter().enumerate() {
                tensor.copy_blocks(&from.tensors[index], len, std::iter::once((row * len, to * len)))?;
            }
            tensors.push(tensor);
        }
        Ok(Self { tensors, rows: rows.len(), tokens: first.tokens, heads: first.heads, head_dim: first.head_dim })
    }
}
