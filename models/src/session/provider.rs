//! Execution providers: their settings, and registering them so that one that fails is an error.

use std::path::PathBuf;

use ort::ep::{CPU, CUDA, ExecutionProviderDispatch, TensorRT};
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::builder::SessionBuilder;
use serde::{Deserialize, Serialize};

use super::engines;
use super::runtime::available_providers;
use crate::error::{Error, Result, one_line};

/// One execution provider and its settings. In TOML: `{ name = "cuda", device_id = 0 }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provider {
    /// The processor. Every library has it.
    Cpu(CpuProvider),
    /// CUDA and cuDNN on an NVIDIA GPU.
    Cuda(CudaProvider),
    /// TensorRT on an NVIDIA GPU.
    TensorRt(TensorRtProvider),
}

/// The processor has no settings of its own: its threads are those of the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CpuProvider {}

/// Settings of the CUDA provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CudaProvider {
    /// Which GPU, from 0.
    pub device_id: u16,
    /// Upper bound of the memory arena, bytes. Absent: no bound. At least 16 MiB.
    pub memory_limit_bytes: Option<u64>,
    /// Allow TF32 in convolutions and matrix products: faster, about 10 bits of mantissa. Off by default, so that
    /// scores agree with the processor's.
    pub use_tf32: bool,
    /// Record the model once and replay it. Needs a model whose every node is on the GPU, and inputs that stay at one
    /// address there: `OrtModel` takes it, `Encoder` and `FixedModel` refuse it so far, as their inputs are copied anew.
    pub cuda_graph: bool,
}

/// Settings of the TensorRT provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TensorRtProvider {
    /// Which GPU, from 0.
    pub device_id: u16,
    /// Build engines in half precision.
    pub fp16: bool,
    /// Build engines in 8 bits: only for models that carry their own quantisation (QDQ).
    pub int8: bool,
    /// Where built engines are kept between starts, in a folder for each version of TensorRT and model of GPU. Absent: built anew
    /// at every start, which takes minutes. Files are named by the model's hash; TensorRT adds the GPU's compute capability.
    pub engine_cache_dir: Option<PathBuf>,
    /// Where measured kernel timings are kept. Absent: none are kept.
    pub timing_cache_dir: Option<PathBuf>,
    /// Upper bound of scratch memory while building, bytes. Absent: TensorRT's own. At least 1 MiB.
    pub workspace_bytes: Option<u64>,
    /// Record the engine once and replay it; the same holds as for CUDA.
    pub cuda_graph: bool,
}

/// Memory that tensors lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The computer's own.
    Main,
    /// That of an NVIDIA GPU, by its number.
    Cuda(u16),
}

impl Memory {
    /// As ONNX Runtime calls it, for outputs.
    pub(super) fn info(self) -> ort::Result<MemoryInfo<'static>> {
        match self {
            Self::Main => MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Device, MemoryType::CPUOutput),
            Self::Cuda(device_id) => {
                let id = i32::from(device_id);
                MemoryInfo::new(AllocationDevice::CUDA, id, AllocatorType::Device, MemoryType::Default)
            }
        }
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self::Cpu(CpuProvider::default())
    }
}

impl Provider {
    /// One with its default settings, by its name in the config.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "cpu" => Some(Self::default()),
            "cuda" => Some(Self::Cuda(CudaProvider::default())),
            "tensorrt" => Some(Self::TensorRt(TensorRtProvider::default())),
            _ => None,
        }
    }

    /// The name in the config: `cpu`, `cuda` or `tensorrt`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cpu(_) => "cpu",
            Self::Cuda(_) => "cuda",
            Self::TensorRt(_) => "tensorrt",
        }
    }

    /// Where the tensors are that the provider works on.
    pub(crate) fn memory(&self) -> Memory {
        match self {
            Self::Cpu(_) => Memory::Main,
            Self::Cuda(cuda) => Memory::Cuda(cuda.device_id),
            Self::TensorRt(trt) => Memory::Cuda(trt.device_id),
        }
    }

    /// Whether it records the model once, with the addresses of its inputs, and replays that.
    pub(crate) fn replays_graphs(&self) -> bool {
        match self {
            Self::Cpu(_) => false,
            Self::Cuda(cuda) => cuda.cuda_graph,
            Self::TensorRt(trt) => trt.cuda_graph,
        }
    }

    /// Checks the settings' ranges; `place` is the path of this provider in the config.
    pub(crate) fn validate(&self, place: &str) -> Result<()> {
        match self {
            Self::Cpu(_) => Ok(()),
            Self::Cuda(cuda) => {
                check_device(place, cuda.device_id)?;
                check_bytes(place, "memory_limit_bytes", cuda.memory_limit_bytes, 16 << 20)
            }
            Self::TensorRt(trt) => {
                check_device(place, trt.device_id)?;
                check_bytes(place, "workspace_bytes", trt.workspace_bytes, 1 << 20)?;
                check_dir(place, "engine_cache_dir", trt.engine_cache_dir.as_ref())?;
                check_dir(place, "timing_cache_dir", trt.timing_cache_dir.as_ref())
            }
        }
    }

    fn dispatch(&self, model_key: &str) -> Result<ExecutionProviderDispatch> {
        let dispatch = match self {
            Self::Cpu(_) => CPU::default().build(),
            Self::Cuda(cuda) => cuda.dispatch(),
            Self::TensorRt(trt) => trt.dispatch(model_key)?,
        };
        Ok(dispatch.error_on_failure())
    }
}

impl CudaProvider {
    fn dispatch(&self) -> ExecutionProviderDispatch {
        let mut ep = CUDA::default()
            .with_device_id(i32::from(self.device_id))
            .with_tf32(self.use_tf32)
            .with_cuda_graph(self.cuda_graph);
        if let Some(bytes) = self.memory_limit_bytes.and_then(|b| usize::try_from(b).ok()) {
            ep = ep.with_memory_limit(bytes);
        }
        ep.build()
    }
}

impl TensorRtProvider {
    fn dispatch(&self, model_key: &str) -> Result<ExecutionProviderDispatch> {
        let mut ep = TensorRT::default()
            .with_device_id(i32::from(self.device_id))
            .with_fp16(self.fp16)
            .with_int8(self.int8)
            .with_cuda_graph(self.cuda_graph);
        if let Some(dir) = &self.engine_cache_dir {
            ep = ep
                .with_engine_cache(true)
                .with_engine_cache_path(engines::folder(dir)?.display())
                .with_engine_cache_prefix(format!("striatum_{model_key}"));
        }
        if let Some(dir) = &self.timing_cache_dir {
            ep = ep.with_timing_cache(true).with_timing_cache_path(dir.display());
        }
        if let Some(bytes) = self.workspace_bytes.and_then(|b| usize::try_from(b).ok()) {
            ep = ep.with_max_workspace_size(bytes);
        }
        Ok(ep.build())
    }
}

fn check_device(place: &str, device_id: u16) -> Result<()> {
    match device_id {
        0..64 => Ok(()),
        _ => Err(Error::config(format!("{place}.device_id"), format!("{device_id} is out of range"), "give 0 to 63")),
    }
}

fn check_bytes(place: &str, field: &str, bytes: Option<u64>, least: u64) -> Result<()> {
    match bytes {
        Some(bytes) if bytes < least || usize::try_from(bytes).is_err() => Err(Error::config(
            format!("{place}.{field}"),
            format!("{bytes} is out of range"),
            format!("give at least {least}, or leave it out"),
        )),
        _ => Ok(()),
    }
}

fn check_dir(place: &str, field: &str, dir: Option<&PathBuf>) -> Result<()> {
    let Some(dir) = dir else { return Ok(()) };
    // The path goes to C as a string: no NUL, and text only.
    match dir.to_str() {
        Some(text) if !text.is_empty() && !text.contains('\0') => Ok(()),
        _ => Err(Error::config(format!("{place}.{field}"), "not a usable path", "give a folder, or leave it out")),
    }
}

/// Registers the providers in their order. ONNX Runtime skips one that fails in silence unless told not to, and a library
/// without the provider may only say so here: both are errors that name it.
pub(crate) fn register(builder: SessionBuilder, providers: &[Provider], model_key: &str) -> Result<SessionBuilder> {
    let available = available_providers()?;
    let mut builder = builder;
    for provider in providers {
        let name = provider.name();
        let refused = |why: String| Error::Provider {
            name: name.to_owned(),
            mend: mend(name, &why),
            why,
            available: available.join(", "),
        };
        if !available.contains(&name) {
            return Err(refused("the loaded library was built without it".to_owned()));
        }
        builder =
            builder.with_execution_providers([provider.dispatch(model_key)?]).map_err(|e| refused(one_line(e)))?;
    }
    Ok(builder)
}

/// How to get a provider that said `why` it is not there.
fn mend(name: &str, why: &str) -> String {
    if why.contains("cannot open shared object file") {
        return "put the folder of the library that is missing into LD_LIBRARY_PATH (docs/guide/setup.md)".to_owned();
    }
    format!("install a library with {name}, or take {name} out of `providers`")
}
