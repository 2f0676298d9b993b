//! Files that are not accepted, and bytes that are no model at all.

use proptest::prelude::*;

use super::*;
use crate::onnx::proto::{AttributeProto, OperatorSetId, StringEntry};
use crate::onnx::{Attribute, GraphBuilder};

fn model() -> ModelProto {
    let mut graph = GraphBuilder::new("small");
    graph.input("x", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(4)]);
    graph.floats("scale", &[4], &[1.0; 4]);
    graph.node("Mul", &["x", "scale"], &["y"], []);
    graph.node("Softmax", &["y"], &["z"], [Attribute::int("axis", 1)]);
    graph.output("z", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(4)]);
    ModelProto::decode(graph.build().unwrap().as_slice()).unwrap()
}

fn spoiled(spoil: impl FnOnce(&mut ModelProto)) -> Result<ModelSummary> {
    let mut model = model();
    spoil(&mut model);
    let summary = inspect(&model.encode_to_vec(), "file.onnx")?;
    summary.check_loadable("file.onnx")?;
    Ok(summary)
}

#[test]
fn the_untouched_model_is_accepted() {
    let summary = spoiled(|_| ()).unwrap();
    assert_eq!(summary.parameters, 4);
    assert_eq!(summary.operators.keys().collect::<Vec<_>>(), ["Mul", "Softmax"]);
}

#[test]
fn external_data_are_refused_wherever_they_hide() {
    let outside = || TensorProto {
        name: Some("w".to_owned()),
        external_data: vec![StringEntry { key: Some("location".to_owned()), value: Some("../secret".to_owned()) }],
        data_location: Some(EXTERNAL),
        ..TensorProto::default()
    };
    let inner = || GraphProto { initializer: vec![outside()], ..GraphProto::default() };
    let attribute = |attribute: AttributeProto| {
        spoiled(|m| m.graph.as_mut().unwrap().node[0].attribute.push(attribute)).unwrap_err().to_string()
    };
    let messages = [
        spoiled(|m| m.graph.as_mut().unwrap().initializer.push(outside())).unwrap_err().to_string(),
        attribute(AttributeProto { t: Some(outside()), ..AttributeProto::default() }),
        attribute(AttributeProto { g: Some(Box::new(inner())), ..AttributeProto::default() }),
        attribute(AttributeProto { graphs: vec![inner()], ..AttributeProto::default() }),
        attribute(AttributeProto {
            sparse_tensor: Some(SparseTensor { values: Some(outside()), indices: None }),
            ..AttributeProto::default()
        }),
    ];
    for message in messages {
        assert!(message.contains("file.onnx") && message.contains("the data of `w` lie in another file"), "{message}");
    }
}

#[test]
fn custom_operators_and_foreign_versions_are_refused_by_name() {
    let custom = spoiled(|m| m.graph.as_mut().unwrap().node[0].domain = Some("evil.ops".to_owned())).unwrap_err();
    assert!(custom.to_string().contains("`evil.ops`"), "{custom}");
    let nested = spoiled(|m| {
        let node = NodeProto { domain: Some("hidden".to_owned()), ..NodeProto::default() };
        let graph = GraphProto { node: vec![node], ..GraphProto::default() };
        let attribute = AttributeProto { g: Some(Box::new(graph)), ..AttributeProto::default() };
        m.graph.as_mut().unwrap().node[0].attribute.push(attribute);
    });
    assert!(nested.unwrap_err().to_string().contains("`hidden`"));
    assert!(spoiled(|m| m.graph.as_mut().unwrap().node[0].domain = Some("com.microsoft".to_owned())).is_ok());
    let old = spoiled(|m| m.opset_import[0].version = Some(6)).unwrap_err().to_string();
    assert!(old.contains("operator set 6"), "{old}");
    let other = OperatorSetId { domain: Some("ai.onnx.ml".to_owned()), version: Some(3) };
    assert!(spoiled(|m| m.opset_import = vec![other]).is_err());
}

#[test]
fn implausible_shapes_are_refused() {
    for size in [-1, i64::MAX, 1 << 40] {
        let refused = spoiled(|m| {
            let shape = m.graph.as_mut().unwrap().input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
            shape.shape.as_mut().unwrap().dim[1].dim_value = Some(size);
        });
        assert!(refused.unwrap_err().to_string().contains("`x` has a"));
    }
}

proptest! {
    #[test]
    fn cut_or_changed_bytes_never_panic(cut in 0usize..400, at in 0usize..400, with in any::<u8>()) {
        let mut bytes = model().encode_to_vec();
        bytes.truncate(cut.min(bytes.len()));
        if let Some(byte) = bytes.get_mut(at) {
            *byte = with;
        }
        let _ = inspect(&bytes, "file.onnx");
    }
}
