//! The ONNX Runtime library: loaded once a process, from a path that the caller names.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;
use ort::ep::ExecutionProvider;

use crate::error::{Error, Result, one_line};

struct Loaded {
    path: PathBuf,
    environment: Environment,
}

static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

const MEND: &str = "run `striatum doctor`, or set ORT_DYLIB_PATH to a libonnxruntime.so of version 1.17 or newer";

/// Loads ONNX Runtime from `dylib` and sets up its environment without telemetry. Call it before any session is opened;
/// a second call with the same file does nothing.
///
/// # Errors
/// [`Error::Runtime`] if the file is missing, is not an ONNX Runtime library, is too old, or another one is loaded.
pub fn init_runtime(dylib: &Path) -> Result<()> {
    let path =
        dylib.canonicalize().map_err(|e| Error::runtime(format!("no library at {}: {e}", dylib.display()), MEND))?;
    let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(loaded) = loaded.as_ref() {
        if loaded.path == path {
            return Ok(());
        }
        return Err(Error::runtime(
            format!("{} is loaded already, {} cannot be loaded beside it", loaded.path.display(), path.display()),
            "use one library per process",
        ));
    }
    let environment = ort::init_from(&path)
        .map_err(|e| Error::runtime(load_failure(&e), MEND))?
        .with_name("striatum")
        .with_telemetry(false)
        .build()
        .map_err(|e| Error::ort("start", e, MEND))?;
    *loaded = Some(Loaded { path, environment });
    Ok(())
}

/// Why a library was not loaded; the system's loader says more than the message that wraps it ("file too short").
fn load_failure(error: &ort::LoadDynamicError) -> String {
    let reason = match error {
        ort::LoadDynamicError::Dlopen { error, .. } => std::error::Error::source(error).map(one_line),
        _ => None,
    };
    match reason {
        Some(reason) => format!("{} ({reason})", one_line(error)),
        None => one_line(error),
    }
}

/// The environment that sessions are made in.
pub(crate) fn environment() -> Result<Environment> {
    let loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loaded.as_ref().map(|loaded| loaded.environment.clone()).ok_or_else(not_loaded)
}

fn not_loaded() -> Error {
    Error::runtime("the library is not loaded", "call init_runtime first")
}

/// The file that ONNX Runtime was loaded from, links followed: packages put the version into its name.
///
/// # Errors
/// [`Error::Runtime`] if [`init_runtime`] has not been called.
pub fn runtime_library() -> Result<PathBuf> {
    let loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loaded.as_ref().map(|loaded| loaded.path.clone()).ok_or_else(not_loaded)
}

/// What the loaded library says about its build, on one line: branch, commit, build type. Two libraries that say the
/// same are the same build; the version number is not among it (see [`runtime_library`]).
///
/// # Errors
/// [`Error::Runtime`] if [`init_runtime`] has not been called.
pub fn runtime_version() -> Result<String> {
    environment().map(|_| one_line(ort::info()))
}

/// The execution providers of the loaded library that this crate knows, by their names in the config.
///
/// # Errors
/// [`Error::Runtime`] if [`init_runtime`] has not been called.
pub fn available_providers() -> Result<Vec<&'static str>> {
    environment()?;
    let known = [
        ("tensorrt", ort::ep::TensorRT::is_available()),
        ("cuda", ort::ep::CUDA::is_available()),
        ("cpu", ort::ep::CPU::is_available()),
    ];
    known
        .into_iter()
        .filter_map(|(name, available)| match available {
            Ok(true) => Some(Ok(name)),
            Ok(false) => None,
            Err(e) => Some(Err(Error::ort("list its execution providers", e, MEND))),
        })
        .collect()
}
