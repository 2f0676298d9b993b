//! What names a recording: the SHA-256 of its files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// SHA-256 of one file.
pub(crate) fn file(path: &Path) -> Result<[u8; 32]> {
    let failed = |e| Error::file("read", path, e, "check the path and its permissions");
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// SHA-256 of the files' SHA-256, in order.
pub(crate) fn files(paths: &[PathBuf]) -> Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    for path in paths {
        hasher.update(file(path)?);
    }
    Ok(hasher.finalize().into())
}

/// SHA-256 of some bytes.
pub(crate) fn bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
