//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const MEND: &str = "check that the folder exists and can be written to";

/// Writes `path` through a file beside it that takes its name when it is whole; on any error the old file stays.
///
/// # Errors
/// What the operating system or `write` refuses.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<()> {
    let part = part_path(path);
    let outcome = write_part(&part, write).and_then(|()| std::fs::rename(&part, path));
    outcome.map_err(|source| {
        // The error that is reported is the first one.
        let _ = std::fs::remove_file(&part);
        Error::file("write", path, source, MEND)
    })
}

fn write_part(part: &Path, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(part)?);
    write(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()
}

fn part_path(path: &Path) -> PathBuf {
    let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        write_whole(&path, |out| out.write_all(b"first")).unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(std::io::ErrorKind::StorageFull.into())
        });
        assert!(failed.unwrap_err().to_string().contains("free some space"));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let message = write_whole(Path::new("no/such/folder/x.csv"), |_| Ok(())).unwrap_err().to_string();
        assert!(message.contains("no/such/folder/x.csv"), "{message}");
    }
}
