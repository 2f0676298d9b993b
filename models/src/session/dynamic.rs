//! A model whose shapes change from run to run: inputs and outputs by name, no binding kept.

use std::borrow::Cow;
use std::path::Path;

use ort::session::SessionInputValue;

use super::config::SessionConfig;
use super::model::OrtModel;
use super::tensor::HostTensor;
use crate::error::{Error, Result};
use crate::onnx::TensorSpec;

/// A model that is run with named tensors.
#[derive(Debug)]
pub(crate) struct DynamicModel {
    model: OrtModel,
}

impl DynamicModel {
    /// Opens a model file whose constants may lie in other files of its folder.
    pub(crate) fn open(path: &Path, config: &SessionConfig) -> Result<Self> {
        OrtModel::with_files(path, config).map(|model| Self { model })
    }

    pub(crate) fn inputs(&self) -> &[TensorSpec] {
        &self.model.summary().inputs
    }

    pub(crate) fn outputs(&self) -> &[TensorSpec] {
        &self.model.summary().outputs
    }

    /// Whether it uses an operator, `domain.Name` outside the standard ones.
    pub(crate) fn uses(&self, operator: &str) -> bool {
        self.model.summary().operators.contains_key(operator)
    }

    pub(crate) fn label(&self) -> &str {
        &self.model.label
    }

    /// Runs it and takes the outputs called `wanted`, in that order.
    pub(crate) fn run(&mut self, inputs: &[(&str, &HostTensor)], wanted: &[String]) -> Result<Vec<HostTensor>> {
        let label = self.model.label.clone();
        let values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            inputs.iter().map(|&(name, tensor)| (Cow::from(name), SessionInputValue::from(tensor.value()))).collect();
        let result = self.model.session.run_with_options::<_, 0>(values, &self.model.options);
        let mut outputs = match result {
            Ok(outputs) => outputs,
            Err(e) => {
                // A stop asked for by a Terminator holds for one run only.
                let _ = self.model.options.unterminate();
                let mend = "check the model with `striatum models inspect`, or lower the limits of memory";
                return Err(Error::ort(format!("run the model {label}"), e, mend));
            }
        };
        let taken = wanted.iter().map(|name| {
            let value = outputs.remove(name).ok_or_else(|| {
                Error::model(&label, format!("a run gave no output `{name}`"), "export the model again")
            })?;
            HostTensor::from_output(value, name, &label)
        });
        taken.collect()
    }
}
