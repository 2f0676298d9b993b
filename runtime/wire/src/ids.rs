//! Small values that several messages carry.

use core::fmt;

use crate::cdr::{CdrReader, CdrWriter};
use crate::error::Error;
use crate::fields::Field;

/// An episode's identity: 16 bytes that the runtime draws at begin. All zero stands for "no open episode", under which the
/// runtime shapes every frame set for watching and recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpisodeId(pub [u8; 16]);

impl EpisodeId {
    /// No open episode.
    pub const NONE: Self = Self([0; 16]);

    /// Is it [`NONE`](Self::NONE)?
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl From<[u8; 16]> for EpisodeId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for EpisodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl Field for EpisodeId {
    const ROS: &'static str = "uint8[16]";
    const ALIGN: usize = 1;
    const MAX: usize = 16;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        self.0.put(writer, field)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        reader.array(field).map(Self)
    }
}

/// The SHA-256 of a bundle's manifest: which models, references and tables made a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BundleHash(pub [u8; 32]);

impl From<[u8; 32]> for BundleHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for BundleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl Field for BundleHash {
    const ROS: &'static str = "uint8[32]";
    const ALIGN: usize = 1;
    const MAX: usize = 32;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        self.0.put(writer, field)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        reader.array(field).map(Self)
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// What a reader should know before it trusts a number: a set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QualityFlags(u8);

impl QualityFlags {
    /// Nothing to say against it.
    pub const NONE: Self = Self(0);
    /// No newer value was there in time: the potential is the one before, held.
    pub const HELD: Self = Self(1);
    /// Made without one or more of the configured views.
    pub const DEGRADED: Self = Self(2);
    /// A camera is frozen: its picture has not changed for longer than the configured limit.
    pub const STALE: Self = Self(4);
    /// The frames lie outside what the demonstrations showed.
    pub const OUT_OF_DISTRIBUTION: Self = Self(8);
    /// Published after its deadline.
    pub const LATE: Self = Self(16);
    /// No frame set has been scored since the reset; the value is the start value.
    pub const WARMING_UP: Self = Self(32);
    /// Every flag with its name, in bit order.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::HELD, "held"),
        (Self::DEGRADED, "degraded"),
        (Self::STALE, "stale"),
        (Self::OUT_OF_DISTRIBUTION, "out_of_distribution"),
        (Self::LATE, "late"),
        (Self::WARMING_UP, "warming_up"),
    ];

    /// The flags with these bits; `None` when a bit stands for nothing.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 64 { Some(Self(bits)) } else { None }
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The flags of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The flags of both where `condition` holds, else `self`.
    #[must_use]
    pub const fn with_if(self, other: Self, condition: bool) -> Self {
        if condition { self.with(other) } else { self }
    }

    /// Are all flags of `other` set?
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// No flag at all?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the flags that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

impl fmt::Display for QualityFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            if index > 0 {
                f.write_str("+")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl Field for QualityFlags {
    const ROS: &'static str = "uint8";
    const ALIGN: usize = 1;
    const MAX: usize = 1;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        writer.u8(field, self.0)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        let (message, offset) = (reader.message(), reader.offset());
        let bits = reader.u8(field)?;
        let must = "a sum of held 1, degraded 2, stale 4, out of distribution 8, late 16, warming up 32";
        Self::from_bits(bits).ok_or(Error::Unknown { message, field, offset, found: u32::from(bits), must })
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn flags_are_a_set_with_names() {
        let flags = QualityFlags::HELD.with(QualityFlags::LATE).with_if(QualityFlags::STALE, false);
        assert_eq!(flags.bits(), 17);
        assert_eq!(flags.to_string(), "held+late");
        assert!(flags.contains(QualityFlags::LATE) && !flags.contains(QualityFlags::STALE));
        assert_eq!(QualityFlags::from_bits(64), None);
        let all = QualityFlags::ALL.iter().fold(QualityFlags::NONE, |set, (flag, _)| set.with(*flag));
        assert_eq!(all.bits(), 63);
    }

    #[test]
    fn identities_print_as_hex() {
        assert_eq!(EpisodeId([0xab; 16]).to_string(), "ab".repeat(16));
        assert_eq!(BundleHash([1; 32]).to_string(), "01".repeat(32));
        assert!(EpisodeId::default().is_none());
    }
}
