//! A small model of fixed shapes: several named inputs and outputs, everything preallocated.

use super::bound::{Prepared, Slab};
use super::config::SessionConfig;
use super::model::{OrtModel, Terminator};
use crate::error::{Error, Result};

/// A model whose every input and output is a 32-bit float tensor of a fixed shape, for example a head.
///
/// Write the inputs with [`input_mut`](Self::input_mut), [`run`](Self::run), read [`output`](Self::output). Indices are
/// those of the model's own order; look them up once with [`input_index`](Self::input_index) and
/// [`output_index`](Self::output_index).
#[derive(Debug)]
pub struct FixedModel {
    // The binding points into the slabs, so it comes first: fields are dropped in this order.
    prepared: Prepared,
    inputs: Vec<Slab>,
    outputs: Vec<Slab>,
    model: OrtModel,
}

impl FixedModel {
    /// Opens a model from its bytes; `label` names it in errors.
    ///
    /// # Errors
    /// As [`OrtModel::from_bytes`], and [`Error::Model`] if an input or output is not f32 of a fixed shape.
    pub fn open(bytes: &[u8], label: &str, config: &SessionConfig) -> Result<Self> {
        Self::new(OrtModel::from_bytes(bytes, label, config)?)
    }

    /// As [`open`](Self::open), from a loaded model.
    ///
    /// # Errors
    /// [`Error::Model`] if an input or output is not f32 of a fixed shape, [`Error::Ort`] if ONNX Runtime refuses.
    pub fn new(model: OrtModel) -> Result<Self> {
        let mut inputs = slabs(&model, true)?;
        let mut outputs = slabs(&model, false)?;
        let shapes = |infos: &[super::TensorInfo]| -> Vec<Vec<usize>> {
            infos.iter().map(|info| info.dims.iter().flatten().copied().collect()).collect()
        };
        let (input_shapes, output_shapes) = (shapes(model.inputs()), shapes(model.outputs()));
        let places = |infos: &'_ [super::TensorInfo]| infos.iter().map(|info| info.name.clone()).collect::<Vec<_>>();
        let (input_names, output_names) = (places(model.inputs()), places(model.outputs()));
        // SAFETY: the slabs end in the same struct as `prepared` and are dropped after it.
        let prepared = unsafe {
            Prepared::new(
                &model,
                input_names.iter().zip(&mut inputs).zip(&input_shapes).map(|((n, s), d)| (n.as_str(), s, d.as_slice())),
                output_names
                    .iter()
                    .zip(&mut outputs)
                    .zip(&output_shapes)
                    .map(|((n, s), d)| (n.as_str(), s, d.as_slice())),
            )?
        };
        Ok(Self { prepared, inputs, outputs, model })
    }

    /// The index of the input called `name`.
    ///
    /// # Errors
    /// [`Error::Model`] if there is none.
    pub fn input_index(&self, name: &str) -> Result<usize> {
        self.model.inputs().iter().position(|info| info.name == name).ok_or_else(|| {
            Error::model(&self.model.label, format!("it has no input `{name}`"), "adapt again with this version")
        })
    }

    /// The index of the output called `name`.
    ///
    /// # Errors
    /// [`Error::Model`] if there is none.
    pub fn output_index(&self, name: &str) -> Result<usize> {
        self.model.outputs().iter().position(|info| info.name == name).ok_or_else(|| {
            Error::model(&self.model.label, format!("it has no output `{name}`"), "adapt again with this version")
        })
    }

    /// The floats of an input, row-major; empty if there is no such index.
    pub fn input_mut(&mut self, index: usize) -> &mut [f32] {
        self.inputs.get_mut(index).map(Slab::floats_mut).unwrap_or_default()
    }

    /// What was put into an input; empty if there is no such index.
    pub fn input(&self, index: usize) -> &[f32] {
        self.inputs.get(index).map(Slab::floats).unwrap_or_default()
    }

    /// Runs the model. No allocation on the Rust side.
    ///
    /// # Errors
    /// [`Error::Ort`] if the run fails or was stopped.
    pub fn run(&mut self) -> Result<()> {
        self.prepared.run(&mut self.model)
    }

    /// The floats of an output after the last run, row-major; empty if there is no such index.
    pub fn output(&self, index: usize) -> &[f32] {
        self.outputs.get(index).map(Slab::floats).unwrap_or_default()
    }

    /// The model.
    pub fn model(&self) -> &OrtModel {
        &self.model
    }

    /// A handle that stops a run from another thread.
    pub fn terminator(&self) -> Terminator {
        self.model.terminator()
    }
}

fn slabs(model: &OrtModel, inputs: bool) -> Result<Vec<Slab>> {
    let infos = if inputs { model.inputs() } else { model.outputs() };
    infos
        .iter()
        .map(|info| match info.elements() {
            Some(elements) if info.is_f32 => {
                Slab::new(elements).map_err(|e| Error::ort("allocate a tensor", e, "use a smaller model"))
            }
            _ => Err(Error::model(
                &model.label,
                format!("`{}` is not f32 of a fixed shape ({:?})", info.name, info.dims),
                "export it with fixed shapes",
            )),
        })
        .collect()
}
