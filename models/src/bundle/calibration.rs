//! The manifest's calibration: tables that were fitted to other episodes, and how.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use striatum_core::{Calibration, CalibrationTable, IntervalTable};

use super::MANIFEST;
use super::hash::sha_of;
use super::read::manifest_of;
use crate::adapt::SourceFile;
use crate::error::{Error, Result};

const FIT_AGAIN: &str = "fit it again with `striatum calibrate`";

/// Calibration tables of the fused progress. Without this section of the manifest nothing is calibrated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationEntry {
    /// Knots of the map of progress: what the fuser says, rising. Empty, as `progress_out`, where it stays as it is.
    #[serde(default)]
    pub progress_in: Vec<f64>,
    /// Knots of the map of progress: what it stands for, never falling.
    #[serde(default)]
    pub progress_out: Vec<f64>,
    /// Half of the 90 % interval's width, in standard deviations.
    pub interval_multiplier: f64,
    /// What a smaller standard deviation counts as, progress units.
    pub interval_std_floor: f64,
    /// Whether the 90 % are promised on average over episodes; with few episodes they are not.
    pub interval_guaranteed: bool,
    /// How the tables were fitted.
    pub made: CalibrationMade,
    /// From which share of belief on the goal is seen, in place of the memory's own; absent where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalEntry>,
    /// What was written here before: a threshold of progress that nothing applied. It is read and not kept.
    #[serde(default, skip_serializing)]
    pub success: Dropped,
}

/// Whatever a manifest says here is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped;

impl<'de> Deserialize<'de> for Dropped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// How and from what calibration tables were fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationMade {
    /// The program and its version.
    pub by: String,
    /// Every how many frames a row was made.
    pub stride: usize,
    /// The members that answered and how they were fused, where that was not what the bundle does by itself: the tables are
    /// theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<String>,
    /// Greatest distance of the map from the isotonic regression, progress units; 0 without a map.
    pub map_error: f64,
    /// Measures on episodes left out; absent with one episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOutEntry>,
    /// The episodes: a name, and the SHA-256 over its views' files and its truth.
    pub episodes: Vec<SourceFile>,
}

/// Measures on episodes left out one at a time, before and after calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOutEntry {
    /// Expected calibration error as the fuser says it.
    pub ece_before: f64,
    /// The same calibrated.
    pub ece_after: f64,
    /// Share of rows whose truth is in the 90 % interval, as the fuser says it.
    pub coverage_before: f64,
    /// The same calibrated.
    pub coverage_after: f64,
}

/// From when on the goal is seen, with what that is worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalEntry {
    /// The share of belief, in (0, 1].
    pub share: f64,
    /// It was chosen for a goal that is seen for so long, seconds,
    pub held_secs: f64,
    /// inside so many seconds of capture time.
    pub window_secs: f64,
    /// Failed episodes that it was made from.
    pub negatives: usize,
    /// Of these, called a success with it.
    pub false_successes: usize,
    /// Upper bound on the share of failed episodes called a success.
    pub rate_bound: f64,
    /// Confidence in that bound.
    pub confidence: f64,
}

impl CalibrationEntry {
    /// The tables to apply.
    ///
    /// # Errors
    /// What is wrong, and the key it is in: a map that falls, a number out of range.
    fn tables(&self) -> Result<Calibration, String> {
        let mean = match (&self.progress_in[..], &self.progress_out[..]) {
            ([], []) => CalibrationTable::IDENTITY,
            (inputs, outputs) => CalibrationTable::new(inputs, outputs)
                .map_err(|error| format!("calibration.progress_in, progress_out: {}", fault_of(&error)))?,
        };
        let interval = IntervalTable::new(self.interval_multiplier, self.interval_std_floor)
            .map_err(|error| format!("calibration.interval_multiplier, interval_std_floor: {error}"))?;
        if let Some(GoalEntry { share, .. }) = &self.goal
            && !(*share > 0.0 && *share <= 1.0)
        {
            return Err(format!("calibration.goal.share is {share}, not in (0, 1]"));
        }
        Ok(Calibration { mean, interval })
    }
}

/// What is wrong with a table, without the mend: the message has its own.
fn fault_of(error: &striatum_core::Error) -> String {
    match error {
        striatum_core::Error::Table { fault } => (*fault).to_owned(),
        other => other.to_string(),
    }
}

/// The calibration that a manifest holds; the identity where it holds none.
pub(crate) fn calibration_of(entry: Option<&CalibrationEntry>, path: &Path) -> Result<Calibration> {
    let Some(entry) = entry else { return Ok(Calibration::IDENTITY) };
    entry.tables().map_err(|what| Error::bundle(path, what, FIT_AGAIN))
}

/// Writes a calibration into the bundle in the folder `dir`, in place of the one that is there; gives the bundle's new hash,
/// the SHA-256 of its manifest. The manifest is replaced whole or not at all, and no other file is touched.
///
/// # Errors
/// A folder that is no bundle; a calibration that loading it would refuse; what the operating system refuses.
pub fn write_calibration(dir: &Path, calibration: CalibrationEntry) -> Result<[u8; 32]> {
    let (_, mut manifest) = manifest_of(dir)?;
    let path = dir.join(MANIFEST);
    calibration_of(Some(&calibration), &path)?;
    manifest.calibration = Some(calibration);
    let text = toml::to_string(&manifest)
        .map_err(|error| Error::bundle(&path, format!("the manifest cannot be written: {error}"), "report this"))?;
    let part = dir.join(format!(".{MANIFEST}.{}.part", std::process::id()));
    let written = replace(&part, &path, text.as_bytes());
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&part);
    }
    written.map_err(|e| Error::file("write", &path, e, "check the folder's permissions"))?;
    Ok(sha_of(text.as_bytes()))
}

fn replace(part: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(part)?;
    file.write_all(bytes)?;
    // Without this a power cut could keep the rename and lose the text.
    file.sync_all()?;
    std::fs::rename(part, path)
}

#[cfg(test)]
mod tests;
