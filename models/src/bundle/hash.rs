//! SHA-256 as the manifest writes it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A SHA-256.
pub(crate) type Sha = [u8; 32];

/// The hash of some bytes.
pub(crate) fn sha_of(bytes: &[u8]) -> Sha {
    Sha256::digest(bytes).into()
}

/// In hexadecimal, small letters.
pub(crate) fn hex(hash: &Sha) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash of some bytes in hexadecimal.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    hex(&sha_of(bytes))
}
