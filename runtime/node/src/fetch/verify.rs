//! Looks at what the cache holds, hashing every byte.

use std::path::PathBuf;

use striatum_models::BackboneId;

use super::cache::Cache;
use super::files::sha256_of_file;
use super::pins::{self, Pin};

/// One file that the program uses, and whether it is as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What it is, for people: package and version, or the variable that names it.
    pub name: String,
    /// Where it is or would be.
    pub path: PathBuf,
    /// What was found.
    pub state: CheckState,
}

/// What [`Cache::verify`] found out about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckState {
    /// There, and its SHA-256 is the pinned or recorded one.
    Good,
    /// There and given by the user or the system: nothing to compare it with.
    Given,
    /// Not there yet. Not a fault: it is fetched when it is asked for.
    Missing,
    /// There, and not what it must be: remove it and fetch again.
    WrongHash {
        /// The pinned or recorded SHA-256.
        expected: String,
        /// The file's.
        found: String,
    },
    /// It cannot be read, or there is none for this platform: why.
    Unusable(String),
}

impl CheckState {
    /// Whether this is a fault that somebody must mend.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::WrongHash { .. } | Self::Unusable(_))
    }
}

impl Cache {
    /// Hashes every file in the cache. It changes nothing and fetches nothing.
    pub fn verify(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        checks.push(match &self.onnxruntime_override {
            Some(path) => check_given("ORT_DYLIB_PATH", path.clone()),
            None => self.check_pin(&pins::ONNXRUNTIME),
        });
        checks.push(match (&self.ffmpeg_override, self.ffmpeg(false)) {
            (Some(path), _) => check_given("STRIATUM_FFMPEG", path.clone()),
            (None, Ok(path)) if !path.starts_with(&self.root) => check_given("ffmpeg on PATH", path),
            (None, _) => self.check_pin(&pins::FFMPEG),
        });
        checks.extend([pins::MOBILENET_V2, pins::EFFICIENTNET_LITE0].iter().map(|pin| self.check_pin(pin)));
        checks.extend(BackboneId::ALL.into_iter().flat_map(|id| self.check_backbones(id)));
        checks
    }

    pub(super) fn check_pin(&self, pin: &Pin) -> Check {
        let path = self.root.join(pin.place);
        let state = match pin.wheel_for(&self.platform) {
            Ok(wheel) => check_hash(&path, wheel.member_sha256),
            Err(error) => CheckState::Unusable(error.to_string()),
        };
        Check { name: format!("{} {}", pin.package, pin.version), path, state }
    }
}

pub(super) fn check_hash(path: &std::path::Path, expected: &str) -> CheckState {
    match sha256_of_file(path) {
        Ok(found) if found == expected => CheckState::Good,
        Ok(found) => CheckState::WrongHash { expected: expected.to_owned(), found },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => CheckState::Missing,
        Err(e) => CheckState::Unusable(e.to_string()),
    }
}

fn check_given(name: &str, path: PathBuf) -> Check {
    let state = match std::fs::metadata(&path) {
        Ok(data) if data.is_file() => CheckState::Given,
        Ok(_) => CheckState::Unusable("not a file".to_owned()),
        Err(e) => CheckState::Unusable(e.to_string()),
    };
    Check { name: name.to_owned(), path, state }
}
