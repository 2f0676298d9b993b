//! The three graphs, bound by the names of their inputs and outputs.

use super::config::ModelConfig;
use super::folder::{Graphs, Layout, Names};
use super::json::EXPORT_AGAIN;
use super::patches::Grid;
use super::positions::as_i64;
use crate::error::{Error, Result};
use crate::onnx::{Dim, ElementType, TensorSpec};
use crate::session::{DynamicModel, RunTensor, SessionConfig, Terminator};

/// The first of `names` that is among `tensors`.
pub(super) fn bind<'a>(tensors: &'a [TensorSpec], names: &[String], side: &str, label: &str) -> Result<&'a TensorSpec> {
    let found = names.iter().find_map(|name| tensors.iter().find(|spec| spec.name == *name));
    found.ok_or_else(|| {
        let there: Vec<&str> = tensors.iter().map(|spec| spec.name.as_str()).collect();
        let what = format!("it has no {side} `{}`, only: {}", names.join("` or `"), there.join(", "));
        Error::model(label, what, EXPORT_AGAIN)
    })
}

/// Refuses a graph with an input that nothing is known about.
pub(super) fn no_others(tensors: &[TensorSpec], known: &[&str], label: &str) -> Result<()> {
    match tensors.iter().find(|spec| !known.contains(&spec.name.as_str())) {
        Some(spec) => {
            let what = format!("it wants an input `{spec}` that this program does not know");
            Err(Error::model(label, what, "export the model in the community or the onnxruntime-genai layout"))
        }
        None => Ok(()),
    }
}

/// Refuses a tensor whose shape or type is not what the config says; sizes that are given at run time fit everything.
pub(super) fn fits(spec: &TensorSpec, kinds: &[ElementType], dims: &[Option<usize>], label: &str) -> Result<()> {
    let shape = spec.dims.len() == dims.len()
        && spec
            .dims
            .iter()
            .zip(dims)
            .all(|(dim, wanted)| dim.fixed().is_none() || wanted.is_none_or(|w| *dim == Dim::Fixed(w)));
    if shape && kinds.contains(&spec.element) {
        return Ok(());
    }
    let wanted: Vec<String> =
        dims.iter().map(|dim| dim.map_or_else(|| "?".to_owned(), |dim| dim.to_string())).collect();
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let what = format!("`{spec}` is not {} [{}] as config.json asks for", kinds.join(" or "), wanted.join(", "));
    Err(Error::model(label, what, "put the config.json of these very weights there"))
}

pub(super) const FLOATS: [ElementType; 2] = [ElementType::F32, ElementType::F16];
pub(super) const INTS: [ElementType; 1] = [ElementType::I64];

/// Pictures to features.
#[derive(Debug)]
pub(crate) struct Vision {
    model: DynamicModel,
    pixels: String,
    grid: String,
    features: [String; 1],
    element: ElementType,
    row_len: usize,
    hidden: usize,
}

impl Vision {
    pub(crate) fn terminator(&self) -> Terminator {
        self.model.terminator()
    }

    pub(crate) fn open(graphs: &Graphs, config: &ModelConfig, row_len: usize, session: &SessionConfig) -> Result<Self> {
        let model = DynamicModel::open(&graphs.vision, session)?;
        let label = model.label();
        let pixels = bind(model.inputs(), &graphs.names.pixels, "input", label)?;
        let grid = bind(model.inputs(), &graphs.names.grid, "input", label)?;
        let features = bind(model.outputs(), &graphs.names.features, "output", label)?;
        no_others(model.inputs(), &[&pixels.name, &grid.name], label)?;
        fits(pixels, &FLOATS, &[None, Some(row_len)], label)?;
        fits(grid, &INTS, &[None, Some(3)], label)?;
        fits(features, &FLOATS, &[None, Some(config.hidden)], label)?;
        let (element, hidden) = (pixels.element, config.hidden);
        let [pixels, grid, features] = [pixels, grid, features].map(|spec| spec.name.clone());
        Ok(Self { pixels, grid, features: [features], element, row_len, hidden, model })
    }

    /// Features of one picture, `tokens` embeddings, from its rows of patches.
    pub(crate) fn encode(&mut self, pixels: Vec<f32>, grid: Grid, tokens: usize) -> Result<Vec<f32>> {
        let pixels = RunTensor::floats(self.element, &[grid.patches(), self.row_len], pixels)?;
        let grid = RunTensor::ints(&[1, 3], vec![1, as_i64(grid.rows), as_i64(grid.columns)])?;
        let inputs = [(self.pixels.as_str(), &pixels), (self.grid.as_str(), &grid)];
        let outputs = self.model.run(&inputs, &self.features)?;
        let mut features = Vec::with_capacity(tokens * self.hidden);
        for output in &outputs {
            if output.dims() != [tokens, self.hidden] {
                let what = format!("it gave features {:?} instead of [{tokens}, {}]", output.dims(), self.hidden);
                return Err(Error::model(self.model.label(), what, EXPORT_AGAIN));
            }
            output.read(0..tokens * self.hidden, &mut features)?;
        }
        Ok(features)
    }
}

/// Tokens and pictures to embeddings.
#[derive(Debug)]
pub(crate) struct Embedding {
    model: DynamicModel,
    ids: String,
    /// The input for pictures, where the graph puts them in.
    features: Option<(String, ElementType)>,
    embeds: [String; 1],
    hidden: usize,
}

/// A picture's features and the place of its first token among all tokens of a run.
pub(crate) type Placed<'a> = (usize, &'a [f32]);

impl Embedding {
    pub(crate) fn terminator(&self) -> Terminator {
        self.model.terminator()
    }

    pub(crate) fn open(graphs: &Graphs, config: &ModelConfig, session: &SessionConfig) -> Result<Self> {
        let model = DynamicModel::open(&graphs.embed, session)?;
        let label = model.label();
        let ids = bind(model.inputs(), &graphs.names.ids, "input", label)?;
        let embeds = bind(model.outputs(), &graphs.names.embeds, "output", label)?;
        fits(ids, &INTS, &[None, None], label)?;
        fits(embeds, &FLOATS, &[None, None, Some(config.hidden)], label)?;
        let features = match graphs.layout {
            Layout::Community => None,
            Layout::Genai => Some(bind(model.inputs(), &graphs.names.features, "input", label)?),
        };
        let mut known = vec![ids.name.as_str()];
        if let Some(features) = features {
            fits(features, &FLOATS, &[None, Some(config.hidden)], label)?;
            known.push(&features.name);
        }
        no_others(model.inputs(), &known, label)?;
        let features = features.map(|spec| (spec.name.clone(), spec.element));
        let (ids, embeds, hidden) = (ids.name.clone(), [embeds.name.clone()], config.hidden);
        Ok(Self { ids, features, embeds, hidden, model })
    }

    /// Embeddings of `rows` rows of tokens, row by row; `pictures` are in the order of their places.
    pub(crate) fn embed(&mut self, ids: &[u32], rows: usize, pictures: &[Placed<'_>]) -> Result<Vec<f32>> {
        let tokens = ids.len() / rows.max(1);
        let ids_tensor = RunTensor::ints(&[rows, tokens], ids.iter().map(|&id| i64::from(id)).collect())?;
        let mut inputs = vec![(self.ids.as_str(), &ids_tensor)];
        let features;
        if let Some((name, element)) = &self.features {
            let all: Vec<f32> = pictures.iter().flat_map(|(_, features)| features.iter().copied()).collect();
            features = RunTensor::floats(*element, &[all.len() / self.hidden, self.hidden], all)?;
            inputs.push((name, &features));
        }
        let outputs = self.model.run(&inputs, &self.embeds)?;
        let mut embeds = Vec::with_capacity(ids.len() * self.hidden);
        for output in &outputs {
            if output.dims() != [rows, tokens, self.hidden] {
                let what = format!("it gave embeddings {:?} for {rows} rows of {tokens} tokens", output.dims());
                return Err(Error::model(self.model.label(), what, EXPORT_AGAIN));
            }
            output.read(0..ids.len() * self.hidden, &mut embeds)?;
        }
        if self.features.is_none() {
            for &(at, features) in pictures {
                let place = embeds.get_mut(at * self.hidden..at * self.hidden + features.len());
                if let Some(place) = place {
                    place.copy_from_slice(features);
                }
            }
        }
        Ok(embeds)
    }
}

/// A tensor's names over all layers, keys before values.
pub(super) fn per_layer(layers: usize, key: &str, value: &str) -> Vec<String> {
    let name = |pattern: &str, layer: usize| pattern.replace("%d", &layer.to_string());
    (0..layers).flat_map(|layer| [name(key, layer), name(value, layer)]).collect()
}

/// The names of past and present keys and values.
pub(super) fn cache_names(names: &Names, layers: usize) -> (Vec<String>, Vec<String>) {
    (per_layer(layers, &names.past_key, &names.past_value), per_layer(layers, &names.present_key, &names.present_value))
}
