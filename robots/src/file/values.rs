//! Checks of single values of a TOML file: every number is finite and in its range, every name is one.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};

use crate::error::{Error, Result};

/// Nothing of a robot is farther away than this.
const MAX_METRES: f64 = 100.0;

/// The file that errors name.
#[derive(Clone, Copy)]
pub(super) struct Place<'a>(pub(super) &'a str);

impl Place<'_> {
    pub(super) fn wrong(&self, key: &str, what: impl Into<String>, mend: impl Into<String>) -> Error {
        Error::data(self.0, key, what, mend)
    }

    /// A name that can be part of a key on the wire.
    pub(super) fn name(&self, key: &str, name: &str) -> Result<()> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
            return Err(self.wrong(key, format!("`{name}` is no name"), "give 1 to 64 of a-z, 0-9 and _"));
        }
        Ok(())
    }

    /// A topic: parts with slashes between them.
    pub(super) fn topic(&self, key: &str, topic: &str) -> Result<()> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_-./~".contains(c);
        let parts = topic.strip_prefix('/').unwrap_or(topic);
        if parts.is_empty() || topic.len() > 255 || !topic.chars().all(legal) || parts.split('/').any(str::is_empty) {
            return Err(self.wrong(
                key,
                format!("`{topic}` is no topic"),
                "give parts of a-z, A-Z, 0-9, _, - and . with single slashes between them, at most 255 characters",
            ));
        }
        Ok(())
    }

    pub(super) fn text(&self, key: &str, text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(self.wrong(key, "is empty", "say it in a few words"));
        }
        Ok(())
    }

    pub(super) fn in_range(&self, key: &str, value: f64, low: f64, high: f64) -> Result<f64> {
        if !(low..=high).contains(&value) {
            return Err(self.wrong(key, format!("is {value}"), format!("give a number in [{low}, {high}]")));
        }
        Ok(value)
    }

    pub(super) fn above_zero(&self, key: &str, value: f64, high: f64) -> Result<f64> {
        if !(value > 0.0 && value <= high) {
            return Err(self.wrong(key, format!("is {value}"), format!("give a number above 0, at most {high}")));
        }
        Ok(value)
    }

    pub(super) fn position(&self, key: &str, at: [f64; 3]) -> Result<[f64; 3]> {
        for value in at {
            self.in_range(key, value, -MAX_METRES, MAX_METRES)?;
        }
        Ok(at)
    }

    pub(super) fn rotation(&self, key: &str, xyzw: [f64; 4]) -> Result<UnitQuaternion<f64>> {
        let [x, y, z, w] = xyzw;
        let quaternion = Quaternion::new(w, x, y, z);
        let norm = quaternion.norm();
        // NaN is in no range.
        if !(0.999..=1.001).contains(&norm) {
            return Err(self.wrong(key, format!("has length {norm}"), "give a unit quaternion as x, y, z, w"));
        }
        Ok(UnitQuaternion::from_quaternion(quaternion))
    }

    pub(super) fn pose(&self, key: &str, at: [f64; 3], xyzw: [f64; 4]) -> Result<Isometry3<f64>> {
        let at = self.position(&format!("{key}.position_metres"), at)?;
        let rotation = self.rotation(&format!("{key}.quaternion_xyzw"), xyzw)?;
        Ok(Isometry3::from_parts(Translation3::from(at), rotation))
    }

    /// One value for each joint.
    pub(super) fn for_each_joint(&self, key: &str, values: &[f64], joints: usize) -> Result<()> {
        if values.len() != joints {
            return Err(self.wrong(
                key,
                format!("has {} values for {joints} joints", values.len()),
                "give one value for each joint, in their order",
            ));
        }
        Ok(())
    }
}
