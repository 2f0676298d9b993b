//! A graph put together node by node and written as ONNX bytes: the same calls give the same bytes.

use std::collections::BTreeSet;

use prost::Message;

use super::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetId, StringEntry, TensorProto, TensorShape,
    TensorType, TypeProto, ValueInfo, attribute_type,
};
use super::types::{Dim, ElementType};
use crate::error::{Error, Result};

/// The version of the standard operators that written graphs use.
pub const OPSET: i64 = 17;
/// The version of the file format that is written.
pub const IR_VERSION: i64 = 8;

/// A node's attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute(AttributeProto);

impl Attribute {
    fn named(name: &str, code: i32) -> AttributeProto {
        AttributeProto { name: Some(name.to_owned()), r#type: Some(code), ..AttributeProto::default() }
    }

    /// An integer.
    pub fn int(name: &str, value: i64) -> Self {
        Self(AttributeProto { i: Some(value), ..Self::named(name, attribute_type::INT) })
    }

    /// A list of integers.
    pub fn ints(name: &str, values: &[i64]) -> Self {
        Self(AttributeProto { ints: values.to_vec(), ..Self::named(name, attribute_type::INTS) })
    }

    /// A number.
    pub fn float(name: &str, value: f32) -> Self {
        Self(AttributeProto { f: Some(value), ..Self::named(name, attribute_type::FLOAT) })
    }

    /// A list of numbers.
    pub fn floats(name: &str, values: &[f32]) -> Self {
        Self(AttributeProto { floats: values.to_vec(), ..Self::named(name, attribute_type::FLOATS) })
    }

    /// A text.
    pub fn string(name: &str, value: &str) -> Self {
        Self(AttributeProto { s: Some(value.as_bytes().to_vec()), ..Self::named(name, attribute_type::STRING) })
    }
}

/// Builds an ONNX model. Mistakes (a name used twice or before it is made, a shape that does not fit its values) are
/// kept and reported by [`build`](Self::build), so that building reads as a list.
///
/// ```
/// use striatum_models::{Attribute, Dim, ElementType, GraphBuilder};
/// let mut graph = GraphBuilder::new("double");
/// graph.input("x", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3)]);
/// graph.floats("two", &[], &[2.0]);
/// graph.node("Mul", &["x", "two"], &["y"], []);
/// graph.output("y", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3)]);
/// assert!(!graph.build()?.is_empty());
/// # Ok::<(), striatum_models::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GraphBuilder {
    graph: GraphProto,
    metadata: Vec<StringEntry>,
    made: BTreeSet<String>,
    mistake: Option<String>,
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self {
            graph: GraphProto { name: Some(name.to_owned()), ..GraphProto::default() },
            metadata: Vec::new(),
            made: BTreeSet::new(),
            mistake: None,
        }
    }

    fn mistake(&mut self, what: impl FnOnce() -> String) {
        self.mistake.get_or_insert_with(what);
    }

    fn make(&mut self, name: &str) {
        if name.is_empty() || !self.made.insert(name.to_owned()) {
            self.mistake(|| format!("the name `{name}` is empty or made twice"));
        }
    }

    /// Declares an input of the model.
    pub fn input(&mut self, name: &str, element: ElementType, dims: &[Dim]) -> &mut Self {
        self.make(name);
        self.graph.input.push(value_info(name, element, dims));
        self
    }

    /// Declares an output of the model; a node or initializer must have made it.
    pub fn output(&mut self, name: &str, element: ElementType, dims: &[Dim]) -> &mut Self {
        if !self.made.contains(name) {
            self.mistake(|| format!("the output `{name}` is made by no node"));
        }
        self.graph.output.push(value_info(name, element, dims));
        self
    }

    /// Adds constant 32-bit floats of the shape `dims` (empty: a scalar), row-major.
    pub fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) -> &mut Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, ElementType::F32, dims, values.len(), bytes)
    }

    /// Adds constant 64-bit integers of the shape `dims`, row-major.
    pub fn ints(&mut self, name: &str, dims: &[usize], values: &[i64]) -> &mut Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, ElementType::I64, dims, values.len(), bytes)
    }

    /// Adds constant bytes of the shape `dims`, row-major.
    pub fn unsigned_bytes(&mut self, name: &str, dims: &[usize], values: &[u8]) -> &mut Self {
        self.constant(name, ElementType::U8, dims, values.len(), values.to_vec())
    }

    /// Adds constant signed bytes of the shape `dims`, row-major.
    pub fn signed_bytes(&mut self, name: &str, dims: &[usize], values: &[i8]) -> &mut Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, ElementType::I8, dims, values.len(), bytes)
    }

    /// Adds constant 32-bit integers of the shape `dims`, row-major.
    pub fn short_ints(&mut self, name: &str, dims: &[usize], values: &[i32]) -> &mut Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, ElementType::I32, dims, values.len(), bytes)
    }

    fn constant(
        &mut self,
        name: &str,
        element: ElementType,
        dims: &[usize],
        count: usize,
        bytes: Vec<u8>,
    ) -> &mut Self {
        self.make(name);
        if dims.iter().product::<usize>() != count {
            self.mistake(|| format!("`{name}` has {count} values and the shape {dims:?}"));
        }
        self.graph.initializer.push(TensorProto {
            dims: dims.iter().map(|&d| dimension(d)).collect(),
            data_type: Some(element.code()),
            name: Some(name.to_owned()),
            raw_data: Some(bytes),
            ..TensorProto::default()
        });
        self
    }

    /// Adds a node of the standard operators. An empty input name stands for an optional input left out.
    pub fn node(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: impl IntoIterator<Item = Attribute>,
    ) -> &mut Self {
        for input in inputs {
            if !input.is_empty() && !self.made.contains(*input) {
                self.mistake(|| format!("{op_type} reads `{input}`, which nothing before it makes"));
            }
        }
        for output in outputs {
            self.make(output);
        }
        let name = format!("{op_type}_{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&s| s.to_owned()).collect(),
            output: outputs.iter().map(|&s| s.to_owned()).collect(),
            name: Some(name),
            op_type: Some(op_type.to_owned()),
            attribute: attributes.into_iter().map(|a| a.0).collect(),
            domain: None,
        });
        self
    }

    /// Adds a key and its value to the model's metadata.
    pub fn metadata(&mut self, key: &str, value: &str) -> &mut Self {
        self.metadata.push(StringEntry { key: Some(key.to_owned()), value: Some(value.to_owned()) });
        self
    }

    /// The model's bytes: opset [`OPSET`], IR version [`IR_VERSION`], producer `striatum`.
    ///
    /// # Errors
    /// [`Error::Model`] with the first mistake made while building.
    pub fn build(self) -> Result<Vec<u8>> {
        let name = self.graph.name.clone().unwrap_or_default();
        if let Some(mistake) = self.mistake {
            return Err(Error::model(name, mistake, "mend the code that builds this graph"));
        }
        let model = ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("striatum".to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetId { domain: Some(String::new()), version: Some(OPSET) }],
            metadata_props: self.metadata,
            functions: Vec::new(),
        };
        Ok(model.encode_to_vec())
    }
}

fn value_info(name: &str, element: ElementType, dims: &[Dim]) -> ValueInfo {
    let dim = dims
        .iter()
        .map(|dim| match dim {
            Dim::Fixed(size) => Dimension { dim_value: Some(dimension(*size)), dim_param: None },
            Dim::Symbol(name) => Dimension { dim_value: None, dim_param: Some(name.clone()) },
            Dim::Unknown => Dimension::default(),
        })
        .collect();
    let tensor_type = TensorType { elem_type: Some(element.code()), shape: Some(TensorShape { dim }) };
    ValueInfo { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

/// A size as ONNX writes it. No tensor that fits in memory has one past `i64::MAX`.
pub(crate) fn dimension(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::inspect;

    fn linear() -> GraphBuilder {
        let mut graph = GraphBuilder::new("linear");
        graph.input("x", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(2)]);
        graph.floats("w", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        graph.floats("b", &[3], &[0.0; 3]);
        graph.node("Gemm", &["x", "w", "b"], &["y"], [Attribute::int("transB", 1)]);
        graph.output("y", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3)]);
        graph.metadata("made_by", "a test");
        graph
    }

    #[test]
    fn what_is_written_is_read_back() {
        let bytes = linear().build().unwrap();
        assert_eq!(bytes, linear().build().unwrap());
        let summary = inspect(&bytes, "linear").unwrap();
        assert_eq!(summary.opset, OPSET);
        assert_eq!(summary.ir_version, IR_VERSION);
        assert_eq!(summary.parameters, 9);
        assert_eq!(summary.inputs[0].to_string(), "x f32 [N, 2]");
        assert_eq!(summary.outputs[0].to_string(), "y f32 [N, 3]");
        assert_eq!(summary.operators.get("Gemm"), Some(&1));
        assert_eq!(summary.metadata, [("made_by".to_owned(), "a test".to_owned())]);
    }

    #[test]
    fn mistakes_are_named() {
        type Spoil = fn(&mut GraphBuilder);
        let cases: [(Spoil, &str); 4] = [
            (|g| _ = g.floats("v", &[2], &[1.0]), "`v` has 1 values"),
            (|g| _ = g.floats("w", &[1], &[1.0]), "`w` is empty or made twice"),
            (|g| _ = g.node("Relu", &["nothing"], &["z"], []), "reads `nothing`"),
            (|g| _ = g.output("nowhere", ElementType::F32, &[]), "`nowhere` is made by no node"),
        ];
        for (spoil, said) in cases {
            let mut graph = linear();
            spoil(&mut graph);
            let message = graph.build().unwrap_err().to_string();
            assert!(message.contains(said), "{message}");
        }
    }
}
