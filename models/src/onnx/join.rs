//! Two small graphs as one: a run of a session costs more than either of them where its code and its weights are in no cache.

use std::collections::BTreeSet;

use prost::Message;

use super::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, attribute_type};
use super::types::ElementType;
use crate::error::{Error, Result, one_line};

/// What is put before the names of the second graph that are its own.
const SECOND: &str = "second/";

/// A model that does what `first` and `second` do, with the outputs of both: the same nodes in the same order, so the same bits.
/// Inputs of one name are one input. Both must be as this crate writes them: constants as raw bytes, no graphs inside graphs.
///
/// # Errors
/// [`Error::NotOnnx`] naming the one that cannot be joined, and why.
pub(crate) fn join((first, first_place): (&[u8], &str), (second, second_place): (&[u8], &str)) -> Result<Vec<u8>> {
    let (mut model, graph) = parts(first, first_place)?;
    let (other, mut added) = parts(second, second_place)?;
    if (model.ir_version, &model.opset_import) != (other.ir_version, &other.opset_import) {
        return Err(refused(second_place, &format!("it uses other versions of the operators than {first_place}")));
    }
    let inputs: BTreeSet<String> = names(graph.input.iter().map(|v| &v.name));
    let outputs = names(graph.output.iter().chain(&added.output).map(|v| &v.name));
    if outputs.len() != graph.output.len() + added.output.len() {
        return Err(refused(second_place, &format!("it has an output that {first_place} has as well")));
    }
    for value in &added.input {
        let same = graph.input.iter().find(|v| v.name == value.name);
        if same.is_some_and(|same| same != value) {
            let name = value.name.as_deref().unwrap_or_default();
            return Err(refused(second_place, &format!("its input `{name}` is not that of {first_place}")));
        }
    }
    let own = |name: &str| !name.is_empty() && !inputs.contains(name) && !is_output(&added, name);
    let added_names: BTreeSet<String> = added_names(&added).filter(|name| own(name)).map(str::to_owned).collect();
    rename(&mut added, &added_names);
    let mut joined = graph;
    joined.input.extend(added.input.into_iter().filter(|v| !inputs.contains(v.name.as_deref().unwrap_or_default())));
    joined.node.append(&mut added.node);
    joined.initializer.append(&mut added.initializer);
    joined.output.append(&mut added.output);
    model.graph = Some(joined);
    Ok(model.encode_to_vec())
}

/// A model and its graph, if nothing of it would be lost by taking it apart.
fn parts(bytes: &[u8], place: &str) -> Result<(ModelProto, GraphProto)> {
    let mut model = ModelProto::decode(bytes)
        .map_err(|e| refused(place, &format!("these bytes are not an ONNX model ({})", one_line(e))))?;
    let graph = model.graph.take().ok_or_else(|| refused(place, "it holds no graph"))?;
    if !model.functions.is_empty() || !graph.sparse_initializer.is_empty() {
        return Err(refused(place, "it holds functions or sparse constants"));
    }
    if let Some(tensor) = graph.initializer.iter().find(|tensor| !is_raw(tensor)) {
        let name = tensor.name.as_deref().unwrap_or_default();
        return Err(refused(
            place,
            &format!("its constant `{name}` is not raw bytes of 32-bit floats or 64-bit integers"),
        ));
    }
    let plain = |node: &NodeProto| node.attribute.iter().all(is_plain);
    match graph.node.iter().find(|node| !plain(node)) {
        Some(node) => {
            Err(refused(place, &format!("its {} holds a graph", node.op_type.as_deref().unwrap_or_default())))
        }
        None => Ok((model, graph)),
    }
}

fn is_raw(tensor: &TensorProto) -> bool {
    let size = match tensor.data_type.map(ElementType::from_code) {
        Some(ElementType::F32) => 4,
        Some(ElementType::I64) => 8,
        _ => return false,
    };
    let elements = tensor.dims.iter().try_fold(size, |n: usize, &dim| n.checked_mul(usize::try_from(dim).ok()?));
    elements.is_some() && tensor.raw_data.as_ref().map(Vec::len) == elements
}

fn is_plain(attribute: &AttributeProto) -> bool {
    use attribute_type::{FLOAT, FLOATS, INT, INTS, STRING};
    attribute.r#type.is_some_and(|code| [FLOAT, INT, STRING, FLOATS, INTS].contains(&code))
}

fn names<'a>(values: impl Iterator<Item = &'a Option<String>>) -> BTreeSet<String> {
    values.filter_map(Clone::clone).collect()
}

fn is_output(graph: &GraphProto, name: &str) -> bool {
    graph.output.iter().any(|value| value.name.as_deref() == Some(name))
}

/// Every name that a graph gives: constants and what its nodes make.
fn added_names(graph: &GraphProto) -> impl Iterator<Item = &str> {
    let constants = graph.initializer.iter().filter_map(|tensor| tensor.name.as_deref());
    constants.chain(graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str)))
}

fn rename(graph: &mut GraphProto, own: &BTreeSet<String>) {
    let mark = |name: &mut String| {
        if own.contains(name) {
            name.insert_str(0, SECOND);
        }
    };
    graph.initializer.iter_mut().filter_map(|tensor| tensor.name.as_mut()).for_each(mark);
    for node in &mut graph.node {
        node.input.iter_mut().chain(&mut node.output).for_each(mark);
        if let Some(name) = &mut node.name {
            name.insert_str(0, SECOND);
        }
    }
}

fn refused(place: &str, what: &str) -> Error {
    Error::not_onnx(place, format!("{what}, so it cannot be run together with the bundle's other part"), "adapt again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Dim, GraphBuilder, inspect};

    /// `output = input op constant`, all by names that both graphs use.
    fn graph(op: &str, input: &str, width: usize, output: &str) -> Vec<u8> {
        let mut graph = GraphBuilder::new(op);
        graph.input(input, ElementType::F32, &[Dim::Fixed(width)]);
        graph.floats("constant", &[1], &[3.0]).node(op, &[input, "constant"], &["between"], []);
        graph.node("Relu", &["between"], &[output], []).output(output, ElementType::F32, &[Dim::Fixed(width)]);
        graph.build().unwrap()
    }

    #[test]
    fn both_do_what_they_did_on_one_input() {
        let (sum, product) = (graph("Add", "x", 2, "sum"), graph("Mul", "x", 2, "product"));
        let joined = join((&sum, "sum"), (&product, "product")).unwrap();
        let summary = inspect(&joined, "joined").unwrap();
        let names = |specs: &[crate::TensorSpec]| specs.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&summary.inputs), ["x f32 [2]"]);
        assert_eq!(names(&summary.outputs), ["sum f32 [2]", "product f32 [2]"]);
        crate::test_files::with_runtime(|| {
            let mut model = crate::FixedModel::open(&joined, "joined", &crate::SessionConfig::default()).unwrap();
            model.input_mut(0).copy_from_slice(&[2.0, -1.0]);
            model.run().unwrap();
            assert_eq!((model.output(0), model.output(1)), (&[5.0, 2.0][..], &[6.0, 0.0][..]));
        });
    }

    #[test]
    fn an_input_of_its_own_stays_and_a_clash_is_named() {
        let sum = graph("Add", "x", 2, "sum");
        let joined = join((&sum, "sum"), (&graph("Mul", "y", 3, "product"), "product")).unwrap();
        assert_eq!(inspect(&joined, "joined").unwrap().inputs.len(), 2);
        for (other, said) in [
            (graph("Mul", "x", 3, "product"), "`x` is not that of sum"),
            (graph("Mul", "x", 2, "sum"), "an output that sum has"),
            (b"nonsense".to_vec(), "not an ONNX model"),
        ] {
            let message = join((&sum, "sum"), (&other, "product")).unwrap_err().to_string();
            assert!(message.starts_with("model product: ") && message.contains(said), "{message}");
        }
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let sum = graph("Add", "x", 2, "sum");
        type Spoil = fn(&mut GraphProto);
        let spoils: [(Spoil, &str); 3] = [
            (|g| g.initializer[0].raw_data = None, "`constant` is not raw"),
            (|g| g.initializer[0].dims[0] = 2, "`constant` is not raw"),
            (
                |g| g.node[0].attribute.push(AttributeProto { r#type: Some(5), ..AttributeProto::default() }),
                "holds a graph",
            ),
        ];
        for (spoil, said) in spoils {
            let mut model = ModelProto::decode(&*graph("Mul", "x", 2, "product")).unwrap();
            spoil(model.graph.as_mut().unwrap());
            let message = join((&sum, "sum"), (&model.encode_to_vec(), "product")).unwrap_err().to_string();
            assert!(message.contains(said), "{message}");
        }
    }
}
