//! Hashing, whole-or-nothing writing and the cache's lock.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

const COPY_BUFFER_BYTES: usize = 256 * 1024;

/// Lower-case hexadecimal SHA-256 of a file.
pub(super) fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    copy_and_hash(&mut File::open(path)?, &mut std::io::sink(), |_| {}).map(|(hash, _)| hash)
}

/// Copies everything and returns the SHA-256 and the number of bytes; `on_bytes` hears how many each time.
pub(super) fn copy_and_hash(
    from: &mut dyn Read,
    to: &mut dyn Write,
    mut on_bytes: impl FnMut(u64),
) -> std::io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; COPY_BUFFER_BYTES];
    let mut total_bytes = 0_u64;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        total_bytes += count as u64;
        on_bytes(count as u64);
    }
    Ok((hex(&hasher.finalize()), total_bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes a file appear under its name whole or not at all: `fill` writes a neighbour, which is synced and renamed.
///
/// # Errors
/// What `fill` returns, or [`Error::File`]; the neighbour is removed then.
pub(super) fn write_whole<T>(
    target: &Path,
    executable: bool,
    fill: impl FnOnce(&mut File, &Path) -> Result<T>,
) -> Result<T> {
    let folder = target.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let part = part_path(target);
    let outcome = (|| {
        let mut file = File::create(&part).map_err(|e| cannot_write(&part, e))?;
        let value = fill(&mut file, &part)?;
        if executable {
            make_executable(&file).map_err(|e| cannot_write(&part, e))?;
        }
        file.sync_all().map_err(|e| cannot_write(&part, e))?;
        drop(file);
        std::fs::rename(&part, target).map_err(|e| cannot_write(target, e))?;
        // The name itself must survive a power cut too. Some file systems refuse to sync a folder: nothing is lost then.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(value)
    })();
    if outcome.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    outcome
}

fn part_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    target.with_file_name(name)
}

#[cfg(unix)]
fn make_executable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> std::io::Result<()> {
    Ok(())
}

/// Makes a folder and those above it.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| cannot_write(folder, e))
}

/// The error of a cache that cannot be written.
pub(super) fn cannot_write(path: &Path, source: std::io::Error) -> Error {
    Error::file("write", path, source, "set STRIATUM_CACHE to a folder that can be written")
}

/// Holds the cache's lock file; dropped, it lets the next process in.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Waits until no other process writes to the cache. `on_wait` is called once if there is one.
///
/// # Errors
/// [`Error::File`] when the lock file cannot be made.
pub(super) fn lock(root: &Path, on_wait: impl FnOnce()) -> Result<Lock> {
    make_folder(root)?;
    let path = root.join(".lock");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| cannot_write(&path, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_wait();
            file.lock().map_err(|e| cannot_write(&path, e))?;
        }
        Err(TryLockError::Error(e)) => return Err(cannot_write(&path, e)),
    }
    Ok(Lock { _file: file })
}
