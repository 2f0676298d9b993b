//! A model whose shapes change from run to run: inputs and outputs by name, no binding kept.

use std::borrow::Cow;
use std::path::Path;

use ort::session::{NoSelectedOutputs, RunOptions, SessionInputValue, SessionOutputs};

use super::config::SessionConfig;
use super::model::{OrtModel, Terminator};
use super::provider::Memory;
use super::tensor::RunTensor;
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

    /// Opens a model from its bytes; `label` names it in errors.
    pub(crate) fn from_bytes(bytes: &[u8], label: &str, config: &SessionConfig) -> Result<Self> {
        OrtModel::from_bytes(bytes, label, config).map(|model| Self { model })
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

    /// A handle that stops a run from another thread.
    pub(crate) fn terminator(&self) -> Terminator {
        self.model.terminator()
    }

    /// Runs it and takes the outputs called `wanted`, in that order.
    pub(crate) fn run(&mut self, inputs: &[(&str, &RunTensor)], wanted: &[String]) -> Result<Vec<RunTensor>> {
        let label = self.model.label.clone();
        let values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            inputs.iter().map(|&(name, tensor)| (Cow::from(name), SessionInputValue::from(tensor.value()))).collect();
        let result = self.model.session.run_with_options::<_, 0>(values, &self.model.options);
        match result {
            Ok(outputs) => taken(outputs, wanted, &label),
            Err(e) => Err(failed(&label, &self.model.options, e)),
        }
    }

    /// As [`run`](Self::run), with the outputs after the first `main` left in `memory`. Inputs are taken where they are: those of
    /// an earlier run are not copied, those in main memory are copied to where the model wants them.
    pub(crate) fn run_on(
        &mut self,
        inputs: &[(&str, &RunTensor)],
        wanted: &[String],
        main: usize,
        memory: Memory,
    ) -> Result<Vec<RunTensor>> {
        let label = self.model.label.clone();
        let refused = |e: ort::Error| {
            Error::ort(format!("bind the tensors of {label}"), e, "lower the limits of memory, or use another provider")
        };
        // Made anew, since shapes differ from run to run. It is dropped before the tensors that it refers to.
        let mut binding = self.model.session.create_binding().map_err(refused)?;
        for &(name, tensor) in inputs {
            binding.bind_input(name, tensor.value()).map_err(refused)?;
        }
        for (index, name) in wanted.iter().enumerate() {
            let memory = if index < main { Memory::Main } else { memory };
            binding.bind_output_to_device(name, &memory.info().map_err(refused)?).map_err(refused)?;
        }
        let result = self.model.session.run_binding_with_options(&binding, &self.model.options);
        match result {
            Ok(outputs) => taken(outputs, wanted, &label),
            Err(e) => Err(failed(&label, &self.model.options, e)),
        }
    }
}

fn failed(label: &str, options: &RunOptions<NoSelectedOutputs>, e: ort::Error) -> Error {
    // A stop asked for by a Terminator holds for one run only.
    let _ = options.unterminate();
    let mend = "check the model with `striatum models inspect`, or lower the limits of memory";
    Error::ort(format!("run the model {label}"), e, mend)
}

fn taken(mut outputs: SessionOutputs<'_>, wanted: &[String], label: &str) -> Result<Vec<RunTensor>> {
    let taken = wanted.iter().map(|name| {
        let value = outputs
            .remove(name)
            .ok_or_else(|| Error::model(label, format!("a run gave no output `{name}`"), "export the model again"))?;
        RunTensor::from_output(value, name, label)
    });
    taken.collect()
}
