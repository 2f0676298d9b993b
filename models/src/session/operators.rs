//! Which operators the loaded library knows. ONNX Runtime has no list of them, so each one is asked for.

use ort::session::Session;
use prost::Message;

use super::runtime;
use crate::error::{Error, Result};
use crate::onnx::ModelSummary;
use crate::onnx::proto::{GraphProto, ModelProto, NodeProto, OperatorSetId};

/// What ONNX Runtime 1.32 says of an operator that it has not: of other sets, of the standard ones, of a set that is not declared.
const UNKNOWN: [&str; 3] = ["is not a registered function/op", "No Op registered for", "No opset import for domain"];

/// The operators of `summary` that the loaded library has not, by their names in it.
///
/// A model of that one operator and nothing else is offered to the library. What it says of an operator it knows (that inputs
/// are missing, say) is of no interest; what it says of one it does not know is among [`UNKNOWN`].
///
/// # Errors
/// [`Error::Runtime`] if no library is loaded.
pub(crate) fn missing_operators(summary: &ModelSummary) -> Result<Vec<String>> {
    let environment = runtime::environment()?;
    let mut missing = Vec::new();
    for name in summary.operators.keys() {
        let (domain, op_type) = name.rsplit_once('.').unwrap_or(("", name));
        if summary.local.iter().any(|(set, local)| set == domain && local == op_type) {
            continue;
        }
        let refused = |e: &dyn std::fmt::Display| Error::ort("ask for an operator", e, "run `striatum doctor`");
        let builder = Session::builder(&environment).map_err(|e| refused(&e))?;
        // Otherwise the library's log would show every answer.
        let mut builder = builder.with_log_level(ort::logging::LogLevel::Fatal).map_err(|e| refused(&e))?;
        let bytes = probe(domain, op_type, &summary.opsets);
        if let Err(error) = builder.commit_from_memory(&bytes) {
            let said = error.to_string();
            if UNKNOWN.iter().any(|unknown| said.contains(unknown)) {
                missing.push(name.clone());
            }
        }
    }
    Ok(missing)
}

/// Refuses a model with an operator that the loaded library has not, before the library sees the model.
pub(crate) fn check_operators(summary: &ModelSummary, place: &str) -> Result<()> {
    let missing = missing_operators(summary)?;
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!("this ONNX Runtime has not the operators it needs: {}", missing.join(", "));
    Err(Error::model(place, what, "use a newer ONNX Runtime (ORT_DYLIB_PATH), or export the model without them"))
}

fn probe(domain: &str, op_type: &str, opsets: &[(String, i64)]) -> Vec<u8> {
    let node = NodeProto {
        output: vec!["out".to_owned()],
        op_type: Some(op_type.to_owned()),
        domain: Some(domain.to_owned()),
        ..NodeProto::default()
    };
    let sets =
        opsets.iter().map(|(domain, version)| OperatorSetId { domain: Some(domain.clone()), version: Some(*version) });
    let graph = GraphProto { name: Some("probe".to_owned()), node: vec![node], ..GraphProto::default() };
    let model = ModelProto {
        ir_version: Some(crate::onnx::IR_VERSION),
        graph: Some(graph),
        opset_import: sets.collect(),
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::inspect;
    use crate::test_files::with_runtime;

    fn summary_of(nodes: &[(&str, &str)]) -> ModelSummary {
        let graph = GraphProto {
            node: nodes
                .iter()
                .map(|&(domain, op)| NodeProto {
                    op_type: Some(op.to_owned()),
                    domain: Some(domain.to_owned()),
                    ..NodeProto::default()
                })
                .collect(),
            ..GraphProto::default()
        };
        let sets = [("", 17), ("com.microsoft", 1)];
        let opset_import = sets.map(|(d, v)| OperatorSetId { domain: Some(d.to_owned()), version: Some(v) }).to_vec();
        let model = ModelProto { graph: Some(graph), opset_import, ..ModelProto::default() };
        inspect(&model.encode_to_vec(), "drawn").unwrap()
    }

    #[test]
    fn an_operator_that_the_library_has_not_is_named_and_one_that_it_has_is_not() {
        with_runtime(|| {
            let nodes = [
                ("", "MatMul"),
                ("", "NoSuchThing"),
                ("com.microsoft", "MatMulNBits"),
                ("com.microsoft", "GroupQueryAttention"),
                ("com.microsoft", "NoSuchAttention"),
            ];
            let summary = summary_of(&nodes);
            assert_eq!(missing_operators(&summary).unwrap(), ["NoSuchThing", "com.microsoft.NoSuchAttention"]);
            let message = check_operators(&summary, "drawn").unwrap_err().to_string();
            assert!(message.contains("NoSuchThing, com.microsoft.NoSuchAttention"), "{message}");
            check_operators(&summary_of(&nodes[..1]), "drawn").unwrap();
        });
    }
}
