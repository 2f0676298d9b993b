//! Whose results these are. A table must not mix what different programs or bundles said.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};

/// Lies in the folder that is worked in, and names the program that everything in it is of.
const FILE_NAME: &str = "program.sha256";
const MEND: &str = "give another --out, or remove the folder";

/// The program and the bundle that an episode was judged with, as SHA-256 of the program and of the bundle's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judge {
    pub(super) program: String,
    pub(super) bundle: String,
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// It cannot be read.
pub(crate) fn sha256_of(file: &Path) -> Result<String> {
    use std::fmt::Write as _;
    let bytes = std::fs::read(file)
        .map_err(|e| Failure::new(format!("reading {}", file.display()), e, "check the path and its permissions"))?;
    // Writing into a String cannot fail.
    Ok(Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Makes `out` this program's. `used` are folders in it that a program leaves behind.
///
/// # Errors
/// It is another program's, it holds what nobody says whose it is, or it cannot be written.
pub(crate) fn claim(out: &Path, program: &str, used: &[&str]) -> Result<()> {
    let file = out.join(FILE_NAME);
    let place = format!("--out {}", out.display());
    match std::fs::read_to_string(&file) {
        Ok(there) if there.trim() == program => Ok(()),
        Ok(there) => {
            let why = format!(
                "it holds what program {} recorded and judged, this one is {}",
                short(there.trim()),
                short(program)
            );
            Err(Failure::new(place, why, MEND))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("reading {}", file.display()), error, MEND))
        }
        Err(_) if used.iter().any(|folder| out.join(folder).exists()) => {
            Err(Failure::new(place, "it holds results, and nothing says of which program", MEND))
        }
        Err(_) => {
            std::fs::create_dir_all(out).and_then(|()| std::fs::write(&file, format!("{program}\n"))).map_err(|e| {
                Failure::new(format!("writing {}", file.display()), e, "give --out a folder that can be written")
            })
        }
    }
}

/// The first letters, for people.
pub(super) fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_one_programs_and_stays_its() {
        let out = std::env::temp_dir().join(format!("striatum-claim-{}", std::process::id()));
        let (ours, theirs) = ("a".repeat(64), "b".repeat(64));
        std::fs::create_dir_all(out.join("mobilenet_v2")).unwrap();
        let unknown = claim(&out, &ours, &["episodes", "mobilenet_v2"]).unwrap_err().to_string();
        let first = claim(&out, &ours, &["episodes"]);
        let again = claim(&out, &ours, &["mobilenet_v2"]);
        let other = claim(&out, &theirs, &[]).unwrap_err().to_string();
        std::fs::write(out.join("x"), "abc").unwrap();
        let hash = sha256_of(&out.join("x")).unwrap();
        std::fs::remove_dir_all(&out).unwrap();
        assert!(first.is_ok() && again.is_ok(), "the second time it is known whose it is");
        assert!(
            unknown.contains("nothing says") && other.contains("bbbbbbbbbbbb") && other.contains("aaaaaaaaaaaa"),
            "{other}"
        );
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
