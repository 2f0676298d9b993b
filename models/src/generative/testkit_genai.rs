//! The drawn model in the onnxruntime-genai layout, made from the one in the repository when a test wants it.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use prost::Message;
use serde_json::json;

use super::testkit::{config, copy_folder, drawn};
use crate::onnx::proto::ModelProto;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

/// Writes the drawn model into `to`, laid out and named as onnxruntime-genai does it: all keys come before all values, and the
/// embedding graph puts pictures in.
pub(crate) fn genai_layout(to: &Path) {
    let from = drawn();
    copy_folder(&from, to, &["config.json", "golden.json", "onnx"]);
    std::fs::copy(from.join("config.json"), to.join("config.json")).unwrap();
    std::fs::copy(from.join("onnx/vision_encoder.onnx"), to.join("vision.onnx")).unwrap();
    let decoder = std::fs::read(from.join("onnx/decoder_model_merged.onnx")).unwrap();
    std::fs::write(to.join("model.onnx"), keys_before_values(&decoder)).unwrap();
    std::fs::write(to.join("embedding.onnx"), embedding(&from)).unwrap();
    let decoder = json!({
        "filename": "model.onnx",
        "inputs": {
            "inputs_embeds": "inputs_embeds", "attention_mask": "attention_mask", "position_ids": "position_ids",
            "past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value",
        },
    });
    let vision = json!({ "filename": "vision.onnx", "outputs": { "image_features": "image_features" } });
    let embedding = json!({
        "filename": "embedding.onnx",
        "inputs": { "input_ids": "input_ids", "image_features": "pictures" },
        "outputs": { "inputs_embeds": "inputs_embeds" },
    });
    let genai =
        json!({ "model": { "type": "qwen2_5_vl", "decoder": decoder, "vision": vision, "embedding": embedding } });
    std::fs::write(to.join("genai_config.json"), genai.to_string()).unwrap();
}

/// The table of embeddings, and a graph that puts the features in at the image tokens.
fn embedding(from: &Path) -> Vec<u8> {
    let config = config(from);
    let model = ModelProto::decode(std::fs::read(from.join("onnx/embed_tokens.onnx")).unwrap().as_slice()).unwrap();
    let tables = model.graph.unwrap().initializer;
    let table =
        tables.iter().find(|tensor| tensor.dims.first() == i64::try_from(config.vocabulary).ok().as_ref()).unwrap();
    let values: Vec<f32> =
        table.raw_data.as_ref().unwrap().as_chunks::<4>().0.iter().map(|&v| f32::from_le_bytes(v)).collect();
    let mut graph = GraphBuilder::new("embedding");
    let (batch, tokens, hidden) = (Dim::symbol("batch"), Dim::symbol("tokens"), Dim::Fixed(config.hidden));
    graph.input("input_ids", ElementType::I64, &[batch.clone(), tokens.clone()]);
    graph.input("pictures", ElementType::F32, &[Dim::symbol("pictures"), hidden.clone()]);
    graph.floats("table", &[config.vocabulary, config.hidden], &values);
    graph.ints("image", &[], &[i64::from(config.image)]);
    graph.node("Gather", &["table", "input_ids"], &["words"], []);
    graph.node("Equal", &["input_ids", "image"], &["is_image"], []);
    graph.node("NonZero", &["is_image"], &["places"], []);
    graph.node("Transpose", &["places"], &["indices"], [Attribute::ints("perm", &[1, 0])]);
    graph.node("ScatterND", &["words", "indices", "pictures"], &["inputs_embeds"], []);
    graph.output("inputs_embeds", ElementType::F32, &[batch, tokens, hidden]);
    graph.build().unwrap()
}

/// A field of a protobuf message: its number and its bytes, key and all.
struct Field<'a> {
    number: u64,
    whole: &'a [u8],
    inner: &'a [u8],
}

fn varint(bytes: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    value
}

fn fields(bytes: &[u8]) -> Vec<Field<'_>> {
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let start = at;
        let key = varint(bytes, &mut at);
        let mut inner = &bytes[at..at];
        match key & 7 {
            0 => _ = varint(bytes, &mut at),
            1 => at += 8,
            2 => {
                let len = usize::try_from(varint(bytes, &mut at)).unwrap();
                inner = &bytes[at..at + len];
                at += len;
            }
            5 => at += 4,
            other => panic!("wire type {other}"),
        }
        found.push(Field { number: key >> 3, whole: &bytes[start..at], inner });
    }
    found
}

/// The same model with the inputs and outputs of its graph in another order. On the wire, so that nothing of it is lost.
fn keys_before_values(model: &[u8]) -> Vec<u8> {
    const GRAPH: u64 = 7;
    let mut out = Vec::new();
    for field in fields(model) {
        if field.number != GRAPH {
            out.extend_from_slice(field.whole);
            continue;
        }
        let mut graph = Vec::new();
        let parts = fields(field.inner);
        // Inputs are field 11, outputs 12; each begins with its name.
        let is_port = |part: &&Field<'_>| matches!(part.number, 11 | 12);
        parts.iter().filter(|part| !is_port(part)).for_each(|part| graph.extend_from_slice(part.whole));
        for number in [11, 12] {
            let mut ports: Vec<_> = parts.iter().filter(|part| part.number == number).collect();
            ports.sort_by_key(|part| {
                let name = String::from_utf8_lossy(fields(part.inner)[0].inner).into_owned();
                (name.ends_with(".value"), name.ends_with(".key"))
            });
            ports.iter().for_each(|part| graph.extend_from_slice(part.whole));
        }
        out.push(u8::try_from(GRAPH << 3 | 2).unwrap());
        let mut len = graph.len();
        while len > 127 {
            out.push(u8::try_from(len & 127 | 128).unwrap());
            len >>= 7;
        }
        out.push(u8::try_from(len).unwrap());
        out.extend_from_slice(&graph);
    }
    out
}
