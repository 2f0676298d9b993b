//! A model that ONNX Runtime has accepted, with its names and shapes.

use std::fmt;
use std::path::{Component, Path};
use std::sync::Arc;

use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{NoSelectedOutputs, RunOptions, Session};
use ort::value::{Outlet, TensorElementType, ValueType};
use sha2::{Digest, Sha256};

use super::config::SessionConfig;
use super::operators::check_operators;
use super::{provider, runtime};
use crate::error::{Error, Result, one_line};
use crate::onnx::{ExternalData, ModelSummary, inspect, inspect_with_files};

/// Models past this size are not read into memory.
const MAX_MODEL_BYTES: u64 = 2 << 30;

/// An input or output as ONNX Runtime sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name in the model.
    pub name: String,
    /// Whether it holds 32-bit floats, the only type that [`Encoder`](super::Encoder) and
    /// [`FixedModel`](super::FixedModel) run.
    pub is_f32: bool,
    /// Its shape; `None` for a size that is only known at run time.
    pub dims: Vec<Option<usize>>,
}

impl TensorInfo {
    /// Elements, where the whole shape is fixed.
    pub fn elements(&self) -> Option<usize> {
        self.dims.iter().try_fold(1usize, |count, dim| dim.and_then(|dim| count.checked_mul(dim)))
    }

    fn of(outlet: &Outlet) -> Option<Self> {
        let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else { return None };
        Some(Self {
            name: outlet.name().to_owned(),
            is_f32: *ty == TensorElementType::Float32,
            dims: shape.iter().map(|&dim| usize::try_from(dim).ok()).collect(),
        })
    }
}

/// A loaded model: checked, optimised, ready to be bound by [`Encoder`](super::Encoder) or
/// [`FixedModel`](super::FixedModel).
pub struct OrtModel {
    pub(super) session: Session,
    pub(super) options: Arc<RunOptions<NoSelectedOutputs>>,
    pub(super) label: String,
    /// Whether what is written into a bound tensor is what the next run reads, without binding it again.
    pub(super) in_main_memory: bool,
    /// The provider that replays a recording with fixed addresses, if one does.
    pub(super) graph_replay: Option<&'static str>,
    summary: ModelSummary,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
}

impl OrtModel {
    /// Checks and loads a model from its bytes; `label` names it in errors.
    ///
    /// The file must hold its own weights and use standard operators; the session runs operators one after another
    /// with every graph optimisation, and asks for deterministic kernels.
    ///
    /// # Errors
    /// [`Error::NotOnnx`] for bytes that are not accepted, [`Error::Provider`] for an execution provider that is not
    /// active, [`Error::Config`] for a setting out of range, [`Error::Ort`] if ONNX Runtime refuses the model.
    pub fn from_bytes(bytes: &[u8], label: &str, config: &SessionConfig) -> Result<Self> {
        let summary = inspect(bytes, label)?;
        Self::load(summary, label, &model_key(bytes), config, |builder| builder.commit_from_memory(bytes))
    }

    fn load(
        summary: ModelSummary,
        label: &str,
        key: &str,
        config: &SessionConfig,
        commit: impl FnOnce(&mut SessionBuilder) -> ort::Result<Session>,
    ) -> Result<Self> {
        config.validate()?;
        let environment = runtime::environment()?;
        summary.check_loadable(label)?;
        let refused = |e: &dyn std::fmt::Display| {
            Error::ort(format!("load the model {label}"), e, "check the file with `striatum models verify`")
        };
        let builder = Session::builder(&environment).map_err(|e| refused(&e))?;
        let builder = configure(builder, config).map_err(|e| refused(&e))?;
        let mut builder = provider::register(builder, &config.providers, key)?;
        let session = commit(&mut builder).map_err(|e| refused(&e))?;
        let tensors = |outlets: &[Outlet]| -> Result<Vec<TensorInfo>> {
            let infos: Option<Vec<_>> = outlets.iter().map(TensorInfo::of).collect();
            infos
                .ok_or_else(|| Error::model(label, "an input or output is not a tensor", "export it with tensors only"))
        };
        Ok(Self {
            inputs: tensors(session.inputs())?,
            outputs: tensors(session.outputs())?,
            options: Arc::new(RunOptions::new().map_err(|e| refused(&e))?),
            session,
            label: label.to_owned(),
            in_main_memory: config.works_in_main_memory(),
            graph_replay: config.graph_replay(),
            summary,
        })
    }

    /// Checks and loads a model file whose constants may lie in other files of its folder, as those of more than 2 GiB do.
    ///
    /// # Errors
    /// As [`from_path`](Self::from_path); [`Error::NotOnnx`] if such a file is missing, too short, or outside the folder;
    /// [`Error::Model`] if the loaded library lacks an operator.
    pub(crate) fn with_files(path: &Path, config: &SessionConfig) -> Result<Self> {
        let (summary, key) = summary_with_files(path)?;
        let label = path.display().to_string();
        summary.check_loadable(&label)?;
        check_operators(&summary, &label)?;
        Self::load(summary, &label, &key, config, |builder| builder.commit_from_file(path))
    }

    /// Checks and loads a model from a file.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, and those of [`from_bytes`](Self::from_bytes).
    pub fn from_path(path: &Path, config: &SessionConfig) -> Result<Self> {
        Self::from_bytes(&bytes_of(path)?, &path.display().to_string(), config)
    }

    /// What the file holds.
    pub fn summary(&self) -> &ModelSummary {
        &self.summary
    }

    /// Inputs in the model's order.
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// Outputs in the model's order.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    /// A handle that stops a run from another thread.
    pub fn terminator(&self) -> Terminator {
        Terminator { options: Arc::clone(&self.options) }
    }

    /// The output called `name`, or an error that lists those there are.
    pub(super) fn output(&self, name: &str) -> Result<&TensorInfo> {
        self.outputs.iter().find(|info| info.name == name).ok_or_else(|| {
            let names: Vec<_> = self.outputs.iter().map(|info| info.name.as_str()).collect();
            let mend = format!("take one of: {}", names.join(", "));
            Error::model(&self.label, format!("it has no output `{name}`"), mend)
        })
    }
}

/// Stops a run that is going on in another thread; that run then ends with an error, and the next one is normal.
#[derive(Clone)]
pub struct Terminator {
    options: Arc<RunOptions<NoSelectedOutputs>>,
}

impl fmt::Debug for OrtModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (inputs, outputs) = (&self.inputs, &self.outputs);
        f.debug_struct("OrtModel")
            .field("label", &self.label)
            .field("inputs", inputs)
            .field("outputs", outputs)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Terminator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminator").finish_non_exhaustive()
    }
}

impl Terminator {
    /// Asks ONNX Runtime to stop before its next operator. Without a run going on, the next one is stopped.
    ///
    /// # Errors
    /// [`Error::Ort`] if ONNX Runtime refuses.
    pub fn terminate(&self) -> Result<()> {
        self.options.terminate().map_err(|e| Error::ort("stop a run", e, "try again"))
    }
}

fn configure(builder: SessionBuilder, config: &SessionConfig) -> ort::Result<SessionBuilder> {
    let builder = builder
        .with_intra_threads(usize::from(config.intra_op_threads))?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        .with_intra_op_spinning(config.spinning)?
        .with_inter_op_spinning(false)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_deterministic_compute(true)?;
    // Otherwise a node that no listed provider takes would run on the processor, and nobody would know why it is slow.
    Ok(if config.has_cpu() { builder } else { builder.with_disable_cpu_fallback()? })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |e| Error::file("read", path, e, "check the path and its permissions");
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_MODEL_BYTES {
        let (label, what) = (path.display().to_string(), format!("{length} bytes are too many"));
        return Err(Error::not_onnx(label, what, "give a model under 2 GiB"));
    }
    std::fs::read(path).map_err(unreadable)
}

/// What a model file holds, once the files it refers to are known to lie in its folder and to be long enough; and its key.
pub(crate) fn summary_with_files(path: &Path) -> Result<(ModelSummary, String)> {
    let bytes = bytes_of(path)?;
    let label = path.display().to_string();
    let (summary, elsewhere) = inspect_with_files(&bytes, &label)?;
    for data in &elsewhere {
        check_external(path, data)?;
    }
    Ok((summary, model_key(&bytes)))
}

/// Another file of a model must lie in the same folder and hold what the model says it does.
fn check_external(model: &Path, data: &ExternalData) -> Result<()> {
    let refuse = |what: &str| {
        let what = format!("the data of `{}` lie in `{}`, which {what}", data.tensor, one_line(&data.location));
        Error::not_onnx(model.display().to_string(), what, "export it with its weights in a file beside it")
    };
    let mut parts = Path::new(&data.location).components();
    let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    if !plain || data.location.contains(['/', '\\']) {
        return Err(refuse("is outside its folder"));
    }
    let file = model.with_file_name(&data.location);
    let meta = std::fs::symlink_metadata(&file).map_err(|_| refuse("is missing"))?;
    if !meta.is_file() {
        return Err(refuse("is a link or no file, and may lead outside its folder"));
    }
    if meta.len() < data.end {
        return Err(refuse("is cut short"));
    }
    Ok(())
}

/// The first 12 hexadecimal digits of the model's SHA-256: names its engines in a cache.
fn model_key(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
