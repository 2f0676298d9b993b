//! What is in a folder of a generative model, and whether it would run here, without loading it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::ModelConfig;
use super::folder::{Folder, Layout};
use super::graphs::cache_names;
use crate::error::Result;
use crate::onnx::{ElementType, ModelSummary, TensorSpec};
use crate::session::{missing_operators, summary_with_files};

/// One graph of three.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphReport {
    /// Its file.
    pub file: PathBuf,
    /// What it holds.
    pub summary: ModelSummary,
    /// Operators that the loaded ONNX Runtime has not.
    pub missing_operators: Vec<String>,
}

/// A folder of a generative model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerativeReport {
    /// How it is laid out.
    pub layout: Layout,
    /// Its sizes and tokens.
    pub config: ModelConfig,
    /// Vision, embedding, decoder.
    pub graphs: Vec<GraphReport>,
    /// The type of keys and values.
    pub kv_element: ElementType,
    /// Bytes of keys and values for one token.
    pub kv_bytes_per_token: u64,
    /// Bytes of all weights.
    pub weight_bytes: u64,
    /// Bytes for logits of one token.
    pub logits_bytes_per_token: u64,
}

/// Whether a folder looks like that of a generative model.
#[must_use]
pub fn is_generative(folder: &Path) -> bool {
    Folder::is_one(folder)
}

/// Looks into a folder. ONNX Runtime must be loaded for its operators; no graph is.
///
/// # Errors
/// As [`GenerativeGrm::open`](super::GenerativeGrm::open), for what can be seen without loading a graph.
pub fn inspect_generative(folder: &Path) -> Result<GenerativeReport> {
    let folder = Folder::read(folder)?;
    let mut graphs = Vec::new();
    for file in folder.graphs.files() {
        let (summary, _) = summary_with_files(file)?;
        let missing_operators = missing_operators(&summary)?;
        graphs.push(GraphReport { file: file.to_owned(), summary, missing_operators });
    }
    let (past, _) = cache_names(&folder.graphs.names, folder.config.layers);
    let past: BTreeSet<&str> = past.iter().map(String::as_str).collect();
    let is_past = |spec: &&TensorSpec| past.contains(spec.name.as_str());
    let kv_element = graphs
        .iter()
        .flat_map(|graph| &graph.summary.inputs)
        .find(is_past)
        .map_or(ElementType::F32, |spec| spec.element);
    let values = u64::try_from(folder.config.kv_values()).unwrap_or(u64::MAX);
    Ok(GenerativeReport {
        layout: folder.graphs.layout,
        kv_element,
        kv_bytes_per_token: values.saturating_mul(kv_element.bits()) / 8,
        weight_bytes: graphs.iter().map(|graph| graph.summary.parameter_bytes).fold(0, u64::saturating_add),
        logits_bytes_per_token: 4 * folder.config.vocabulary as u64,
        config: folder.config,
        graphs,
    })
}

impl GenerativeReport {
    /// Bytes that reading one prompt of `tokens` tokens takes, beside the weights: keys and values before and after, logits.
    #[must_use]
    pub fn prompt_bytes(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(self.kv_bytes_per_token.saturating_add(self.logits_bytes_per_token))
    }
}
