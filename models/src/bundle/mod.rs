//! The bundle: a folder with everything a reward needs, each file named by its hash in one manifest.

mod backbone;
mod calibration;
mod hash;
mod load;
mod manifest;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use backbone::Backbone;
pub(crate) use calibration::calibration_of;
pub use calibration::{CalibrationEntry, CalibrationMade, Dropped, GoalEntry, LeftOutEntry, write_calibration};
pub use load::{Bundle, LoadOptions};
pub use manifest::{
    BackboneEntry, FORMAT_VERSION, GrmEntry, HeadEntry, Made, Manifest, PerceptualEntry, Preprocessing, ReferenceImage,
    References, ReliabilityEntry, ScoreMeaning, SubsetEntry, ViewEntry,
};
pub(crate) use write::write;

/// Name of the manifest in the folder.
pub(crate) const MANIFEST: &str = "manifest.toml";
