//! A look into ONNX bytes: inputs, outputs, operators, and what is not accepted from a file of unknown origin.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;

use super::proto::{EXTERNAL, GraphProto, ModelProto, NodeProto, SparseTensor, TensorProto, ValueInfo};
use super::types::{Dim, ElementType, TensorSpec};
use crate::error::{Error, Result, one_line};

/// Operator sets that every ONNX Runtime library brings along; anything else needs a library of custom operators.
const KNOWN_DOMAINS: [&str; 4] = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

/// Oldest and newest version of the standard operators that is accepted.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=26;

/// The greatest rank and number of elements of an input or output whose shape is fixed.
const MAX_RANK: usize = 8;
const MAX_ELEMENTS: usize = 1 << 28;

/// What an ONNX file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelSummary {
    /// Version of the file format.
    pub ir_version: i64,
    /// Who wrote the file, as it says itself.
    pub producer: String,
    /// Version of the standard operators.
    pub opset: i64,
    /// Inputs, without those that are constants.
    pub inputs: Vec<TensorSpec>,
    /// Outputs.
    pub outputs: Vec<TensorSpec>,
    /// How often each operator is used, `domain.Name` outside the standard ones.
    pub operators: BTreeMap<String, usize>,
    /// Elements of all constants.
    pub parameters: u64,
    /// Operator sets in use that no plain ONNX Runtime library has.
    pub custom_domains: Vec<String>,
    /// Elements' bytes of all constants, in this file and in those it refers to.
    pub parameter_bytes: u64,
    /// Versions of the operator sets in use, the standard ones under an empty name.
    pub(crate) opsets: Vec<(String, i64)>,
    /// Operators that the file brings along itself, as (set, name).
    pub(crate) local: Vec<(String, String)>,
    /// Keys and values beside the graph, in the order of the file.
    pub metadata: Vec<(String, String)>,
}

impl ModelSummary {
    /// Refuses what must not be loaded: custom operators, an operator set out of range.
    pub(crate) fn check_loadable(&self, place: &str) -> Result<()> {
        if let Some(domain) = self.custom_domains.first() {
            return Err(Error::not_onnx(
                place,
                format!("it uses operators of `{domain}`, and custom operators are not accepted"),
                "export the model with standard operators",
            ));
        }
        if !OPSETS.contains(&self.opset) {
            return Err(Error::not_onnx(
                place,
                format!("operator set {} is not accepted", self.opset),
                format!("export the model with operator set {} to {}", OPSETS.start(), OPSETS.end()),
            ));
        }
        Ok(())
    }
}

/// Reads the structure of an ONNX model without running anything; `place` names it in errors.
///
/// # Errors
/// [`Error::NotOnnx`] if the bytes are not an ONNX model, refer to data in other files, or declare a tensor that is too
/// large.
pub fn inspect(bytes: &[u8], place: &str) -> Result<ModelSummary> {
    let (summary, elsewhere) = inspect_with_files(bytes, place)?;
    match elsewhere.first() {
        Some(data) => Err(Error::not_onnx(
            place,
            format!("the data of `{}` lie in another file", data.tensor),
            "give an .onnx file that holds its own weights",
        )),
        None => Ok(summary),
    }
}

/// As [`inspect`], for a model whose constants may lie in files beside it: those are listed, and are for the caller to check.
pub(crate) fn inspect_with_files(bytes: &[u8], place: &str) -> Result<(ModelSummary, Vec<ExternalData>)> {
    let not_onnx = |what: String| Error::not_onnx(place, what, "give an .onnx file that holds its own weights");
    let model = ModelProto::decode(bytes)
        .map_err(|e| not_onnx(format!("these bytes are not an ONNX model ({})", one_line(e))))?;
    let Some(graph) = &model.graph else { return Err(not_onnx("it holds no graph".to_owned())) };
    let opset = model.opset_import.iter().find(|set| matches!(set.domain.as_deref(), None | Some("" | "ai.onnx")));
    let Some(opset) = opset.and_then(|set| set.version) else {
        return Err(not_onnx("it names no version of the standard operators".to_owned()));
    };
    let mut walk = Walk::default();
    walk.graph(graph);
    for function in &model.functions {
        function.node.iter().for_each(|node| walk.node(node));
    }
    // Before IR version 4 every constant was listed among the inputs as well.
    let constants: BTreeSet<_> = graph.initializer.iter().filter_map(|t| t.name.as_deref()).collect();
    let inputs = graph.input.iter().filter(|v| !constants.contains(v.name.as_deref().unwrap_or_default()));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let summary = ModelSummary {
        ir_version: model.ir_version.unwrap_or_default(),
        producer: [model.producer_name, model.producer_version].into_iter().flatten().collect::<Vec<_>>().join(" "),
        opset,
        inputs: inputs.map(|v| spec(v, place)).collect::<Result<_>>()?,
        outputs: graph.output.iter().map(|v| spec(v, place)).collect::<Result<_>>()?,
        operators: walk.operators,
        parameters: walk.parameters,
        custom_domains: walk.custom_domains.into_iter().collect(),
        parameter_bytes: walk.parameter_bytes,
        opsets: model.opset_import.iter().map(|set| (text(&set.domain), set.version.unwrap_or_default())).collect(),
        local: model.functions.iter().map(|function| (text(&function.domain), text(&function.name))).collect(),
        metadata: model
            .metadata_props
            .into_iter()
            .map(|entry| (entry.key.unwrap_or_default(), entry.value.unwrap_or_default()))
            .collect(),
    };
    Ok((summary, walk.external))
}

/// A constant whose data lie in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalData {
    /// The constant.
    pub(crate) tensor: String,
    /// The file as the model names it, which may be anything.
    pub(crate) location: String,
    /// The first byte past its data in that file.
    pub(crate) end: u64,
}

/// What is counted over the graph and every graph inside it. `prost` bounds the depth of messages, so this ends.
#[derive(Default)]
struct Walk {
    operators: BTreeMap<String, usize>,
    parameters: u64,
    custom_domains: BTreeSet<String>,
    external: Vec<ExternalData>,
    parameter_bytes: u64,
}

impl Walk {
    fn graph(&mut self, graph: &GraphProto) {
        graph.initializer.iter().for_each(|tensor| self.tensor(tensor));
        graph.sparse_initializer.iter().for_each(|sparse| self.sparse(sparse));
        graph.node.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &NodeProto) {
        let domain = node.domain.as_deref().unwrap_or_default();
        let op_type = node.op_type.as_deref().unwrap_or_default();
        let name = if matches!(domain, "" | "ai.onnx") { op_type.to_owned() } else { format!("{domain}.{op_type}") };
        *self.operators.entry(name).or_default() += 1;
        if !KNOWN_DOMAINS.contains(&domain) {
            self.custom_domains.insert(domain.to_owned());
        }
        for attribute in &node.attribute {
            attribute.t.iter().chain(&attribute.tensors).for_each(|tensor| self.tensor(tensor));
            attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors).for_each(|sparse| self.sparse(sparse));
            attribute.g.as_deref().into_iter().chain(&attribute.graphs).for_each(|graph| self.graph(graph));
        }
    }

    fn sparse(&mut self, sparse: &SparseTensor) {
        sparse.values.iter().chain(&sparse.indices).for_each(|tensor| self.tensor(tensor));
    }

    fn tensor(&mut self, tensor: &TensorProto) {
        let elements = tensor
            .dims
            .iter()
            .try_fold(1u64, |count, &dim| u64::try_from(dim).ok().and_then(|dim| count.checked_mul(dim)));
        self.parameters = self.parameters.saturating_add(elements.unwrap_or(u64::MAX));
        let bits = ElementType::from_code(tensor.data_type.unwrap_or_default()).bits();
        let bytes = elements.and_then(|count| count.checked_mul(bits)).map_or(u64::MAX, |bits| bits.div_ceil(8));
        self.parameter_bytes = self.parameter_bytes.saturating_add(bytes);
        if tensor.data_location == Some(EXTERNAL) || !tensor.external_data.is_empty() {
            let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key.as_deref() == Some(key));
            let value = |key: &str| entry(key).and_then(|entry| entry.value.clone());
            // Without an offset the data begin at 0; a number that cannot be read is past every file's end.
            let number = |key: &str, none: u64| value(key).map_or(none, |text| text.parse().unwrap_or(u64::MAX));
            self.external.push(ExternalData {
                tensor: tensor.name.clone().unwrap_or_else(|| "a constant".to_owned()),
                location: value("location").unwrap_or_default(),
                end: number("offset", 0).saturating_add(number("length", bytes)),
            });
        }
    }
}

fn spec(value: &ValueInfo, place: &str) -> Result<TensorSpec> {
    let name = value.name.clone().unwrap_or_default();
    let refuse = |what: &str| {
        Error::not_onnx(place, format!("`{name}` {what}"), "export the model with tensors of a plausible shape")
    };
    let tensor = value.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).ok_or_else(|| refuse("is not a tensor"))?;
    let dims: Vec<Dim> = tensor
        .shape
        .iter()
        .flat_map(|shape| &shape.dim)
        .map(|dim| match (dim.dim_value, &dim.dim_param) {
            (Some(size), _) => usize::try_from(size).map(Dim::Fixed).map_err(|_| refuse("has a negative dimension")),
            (None, Some(name)) if !name.is_empty() => Ok(Dim::Symbol(name.clone())),
            _ => Ok(Dim::Unknown),
        })
        .collect::<Result<_>>()?;
    let elements = dims.iter().filter_map(Dim::fixed).try_fold(1usize, usize::checked_mul);
    if dims.len() > MAX_RANK || elements.is_none_or(|count| count > MAX_ELEMENTS) {
        return Err(refuse("has a shape that is too large"));
    }
    let element = ElementType::from_code(tensor.elem_type.unwrap_or_default());
    Ok(TensorSpec { name, element, dims })
}

#[cfg(test)]
mod tests;
