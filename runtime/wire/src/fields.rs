//! One list of fields for each message: the struct, its encoder, its decoder and its ROS 2 field table come from the same
//! list (`message!`), so their order cannot drift apart.

use striatum_core::{StampNanos, ViewMask};

use crate::cdr::{CdrReader, CdrWriter};
use crate::error::Error;

/// The version of every message this crate writes; the first field of each. A change of any field's order, type or meaning
/// raises it.
pub const WIRE_VERSION: u32 = 1;

/// A type that is one field of a message.
pub(crate) trait Field: Sized {
    /// Its type in a `.msg` file.
    const ROS: &'static str;
    /// What it is aligned to.
    const ALIGN: usize;
    /// The most bytes it takes.
    const MAX: usize;
    /// Writes it.
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error>;
    /// Reads it.
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error>;
}

macro_rules! primitive_fields {
    ($($name:ident: $ros:literal, $len:literal;)*) => { $(
        impl Field for $name {
            const ROS: &'static str = $ros;
            const ALIGN: usize = $len;
            const MAX: usize = $len;
            fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
                writer.$name(field, *self)
            }
            fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
                reader.$name(field)
            }
        }
    )* };
}

primitive_fields! {
    bool: "bool", 1;
    u8: "uint8", 1;
    u32: "uint32", 4;
    u64: "uint64", 8;
    f64: "float64", 8;
}

macro_rules! byte_array_fields {
    ($($len:literal: $ros:literal;)*) => { $(
        impl Field for [u8; $len] {
            const ROS: &'static str = $ros;
            const ALIGN: usize = 1;
            const MAX: usize = $len;
            fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
                writer.bytes(field, self)
            }
            fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
                reader.array(field)
            }
        }
    )* };
}

byte_array_fields! {
    16: "uint8[16]";
    32: "uint8[32]";
}

macro_rules! counter_array_fields {
    ($($len:literal: $ros:literal;)*) => { $(
        impl Field for [u64; $len] {
            const ROS: &'static str = $ros;
            const ALIGN: usize = 8;
            const MAX: usize = 8 * $len;
            fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
                self.iter().try_for_each(|value| writer.u64(field, *value))
            }
            fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
                let mut out = [0; $len];
                for value in &mut out {
                    *value = reader.u64(field)?;
                }
                Ok(out)
            }
        }
    )* };
}

counter_array_fields! {
    6: "uint64[6]";
    7: "uint64[7]";
    9: "uint64[9]";
    13: "uint64[13]";
}

impl Field for heapless::String<256> {
    const ROS: &'static str = "string<=256";
    const ALIGN: usize = 4;
    const MAX: usize = 4 + 256 + 1;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        writer.str(field, self)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        let message = reader.message();
        let text = reader.str(field, 256)?;
        Self::try_from(text).map_err(|_| Error::TooLong { message, field, found: text.len(), most: 256 })
    }
}

impl Field for heapless::Vec<f64, 16> {
    const ROS: &'static str = "float64[<=16]";
    const ALIGN: usize = 4;
    // Four bytes between the count and the first number, unless they happen to be aligned.
    const MAX: usize = 4 + 4 + 16 * 8;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        writer.floats(field, self)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        reader.floats(field)
    }
}

impl Field for StampNanos {
    const ROS: &'static str = "uint64";
    const ALIGN: usize = 8;
    const MAX: usize = 8;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        writer.u64(field, self.0)
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        reader.u64(field).map(Self)
    }
}

impl Field for ViewMask {
    const ROS: &'static str = "uint32";
    const ALIGN: usize = 4;
    const MAX: usize = 4;
    fn put(&self, writer: &mut CdrWriter<'_>, field: &'static str) -> Result<(), Error> {
        writer.u32(field, self.bits())
    }
    fn get(reader: &mut CdrReader<'_>, field: &'static str) -> Result<Self, Error> {
        let found = reader.u32(field)?;
        let mask = Self::from_bits(found);
        if mask.bits() == found {
            return Ok(mask);
        }
        let (message, offset) = (reader.message(), reader.offset() - 4);
        Err(Error::Unknown { message, field, offset, found, must: "a mask of views 0 to 15" })
    }
}

/// Gives an enum its numbers on the wire: one byte, nothing outside the list.
macro_rules! wire_enum {
    ($type:ty: $must:literal, $($variant:ident = $value:literal),*) => {
        impl $crate::fields::Field for $type {
            const ROS: &'static str = "uint8";
            const ALIGN: usize = 1;
            const MAX: usize = 1;
            fn put(
                &self,
                writer: &mut $crate::cdr::CdrWriter<'_>,
                field: &'static str,
            ) -> Result<(), $crate::error::Error> {
                writer.u8(field, match self { $(<$type>::$variant => $value,)* })
            }
            fn get(
                reader: &mut $crate::cdr::CdrReader<'_>,
                field: &'static str,
            ) -> Result<Self, $crate::error::Error> {
                let (message, offset) = (reader.message(), reader.offset());
                match reader.u8(field)? {
                    $($value => Ok(<$type>::$variant),)*
                    found => {
                        let found = u32::from(found);
                        Err($crate::error::Error::Unknown { message, field, offset, found, must: $must })
                    }
                }
            }
        }
    };
}
pub(crate) use wire_enum;

/// An enum with a fixed order: its variants, their names, and their number on the wire, which is their place in the list.
macro_rules! listed_enum {
    (
        $(#[$doc:meta])* $name:ident, $count:literal:
        $( $(#[$variant_doc:meta])* $variant:ident = $value:literal, $text:literal; )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $( $(#[$variant_doc])* $variant = $value, )*
        }

        impl $name {
            /// How many there are.
            pub const COUNT: usize = $count;
            /// All, in wire order.
            pub const ALL: [Self; $count] = [$(Self::$variant),*];

            /// Its place in the order: its number on the wire and in arrays.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }

            /// Its name in text and JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}
pub(crate) use listed_enum;

/// The version of a message: its own, or the one that all begin with.
pub(crate) const fn version_of(own: &[u32]) -> u32 {
    match own {
        [own, ..] => *own,
        [] => WIRE_VERSION,
    }
}

/// Makes a message: the struct, `NAME`, `TYPE`, `FIELDS`, `MAX_LEN`, `encode` and `decode`. The version is written and checked
/// before the fields; the type has a `check(&self) -> Result<(), Error>` of its own that both sides call.
macro_rules! message {
    (
        $(#[$doc:meta])*
        pub struct $name:ident $(version $version:literal)? {
            $( $(#[$field_doc:meta])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$doc])*
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $type, )*
        }

        impl $name {
            /// The message's name, as errors say it and as its `.msg` file is called.
            pub const NAME: &'static str = stringify!($name);
            /// The version that is written, and the only one that is read.
            pub const VERSION: u32 = $crate::fields::version_of(&[$($version)?]);
            /// The ROS 2 type, which is also the schema's name in a recording.
            pub const TYPE: &'static str = concat!("striatum_msgs/msg/", stringify!($name));
            /// Every field in wire order: its name and its ROS 2 type.
            pub const FIELDS: &'static [(&'static str, &'static str)] = &[
                ("version", "uint32"),
                $( (stringify!($field), <$type as $crate::fields::Field>::ROS), )*
            ];
            /// The most bytes [`encode`](Self::encode) writes, the CDR header included.
            pub const MAX_LEN: usize = {
                let at = $crate::cdr::HEADER_LEN + 4;
                $(
                    let at = $crate::cdr::align_up(at, <$type as $crate::fields::Field>::ALIGN)
                        + <$type as $crate::fields::Field>::MAX;
                )*
                at
            };

            /// Writes the message to the front of `buffer` and returns its length in bytes. Nothing is allocated.
            ///
            /// # Errors
            /// When the message says what a decoder would refuse, or the buffer is too small (see `MAX_LEN`).
            pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, $crate::error::Error> {
                self.check()?;
                let mut writer = $crate::cdr::CdrWriter::new(Self::NAME, buffer)?;
                writer.u32("version", Self::VERSION)?;
                $( $crate::fields::Field::put(&self.$field, &mut writer, stringify!($field))?; )*
                Ok(writer.written())
            }

            /// Reads and checks a message. Nothing is allocated.
            ///
            /// # Errors
            /// When the bytes are not exactly one such message of the version spoken here, or a field is out of range; the
            /// error names the field.
            pub fn decode(bytes: &[u8]) -> Result<Self, $crate::error::Error> {
                let mut reader = $crate::cdr::CdrReader::new(Self::NAME, bytes)?;
                let found = reader.u32("version")?;
                if found != Self::VERSION {
                    let (message, spoken) = (Self::NAME, Self::VERSION);
                    return Err($crate::error::Error::Version { message, found, spoken });
                }
                let decoded = Self {
                    $( $field: $crate::fields::Field::get(&mut reader, stringify!($field))?, )*
                };
                reader.finish()?;
                decoded.check()?;
                Ok(decoded)
            }
        }
    };
}
pub(crate) use message;

/// `found` must be finite and pass `accepts`.
pub(crate) fn in_range(
    message: &'static str,
    field: &'static str,
    found: f64,
    must: &'static str,
    accepts: fn(f64) -> bool,
) -> Result<(), Error> {
    if found.is_finite() && accepts(found) { Ok(()) } else { Err(Error::Range { message, field, found, must }) }
}
