//! A run's whole state in one file, replaced after every rollout: what is there when the power goes is enough to go on as if
//! nothing had happened.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::label::write_whole;

const MAGIC: &[u8; 8] = b"striatr4";
const DIGEST_LEN: usize = 64;
const LENGTH_LEN: usize = 8;

/// What is written beside the learner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) ledger: Ledger,
    /// Episodes of the expert so far, and those of them that the learner has got as demonstrations.
    pub(super) shown: u32,
    pub(super) demonstrations: u32,
    /// The learner has had its warm start.
    pub(super) warm: bool,
    pub(super) simulated_nanos: u64,
}

/// Writes both; the file is whole or the one before is still there.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn write(path: &Path, state: &State, learner: &[u8]) -> Result<()> {
    let cannot = |source| Error::file("write", path, source, "is there space left?");
    let head = serde_json::to_vec(state).map_err(|error| cannot(error.into()))?;
    let mut bytes = Vec::with_capacity(MAGIC.len() + LENGTH_LEN + head.len() + learner.len() + DIGEST_LEN);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(head.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(learner);
    let digest = sha256_hex(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    write_whole(path, |file| file.write_all(&bytes))
}

/// Reads both.
///
/// # Errors
/// A file that is not there, is cut or damaged, or was written by another version.
pub(super) fn read(path: &Path) -> Result<(State, Vec<u8>)> {
    let mut bytes = std::fs::read(path)
        .map_err(|source| Error::file("read", path, source, "give the folder of a run, or leave --resume out"))?;
    let damaged = |what: &str| Error::input(path.display().to_string(), what, "begin the run anew in another folder");
    let head_at = MAGIC.len() + LENGTH_LEN;
    if bytes.len() < head_at + DIGEST_LEN || !bytes.starts_with(MAGIC) {
        return Err(damaged("is no checkpoint of this program"));
    }
    let digest = bytes.split_off(bytes.len() - DIGEST_LEN);
    if sha256_hex(&bytes).as_bytes() != digest {
        return Err(damaged("is cut or damaged"));
    }
    let length: [u8; LENGTH_LEN] = bytes[MAGIC.len()..head_at].try_into().map_err(|_| damaged("is cut"))?;
    let head_end = usize::try_from(u64::from_le_bytes(length)).ok().and_then(|length| head_at.checked_add(length));
    let head_end = head_end.filter(|&end| end <= bytes.len()).ok_or_else(|| damaged("has a wrong length in it"))?;
    let state = serde_json::from_slice(&bytes[head_at..head_end])
        .map_err(|error| damaged(&format!("is of another version: {error}")))?;
    Ok((state, bytes.split_off(head_end)))
}
