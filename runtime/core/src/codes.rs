//! Enums that travel as one byte and are written by name in configs: one macro, so that no name or number is kept
//! twice.

macro_rules! coded_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal, {
        $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant = $code),+
        }

        impl $name {
            /// Every value, by rising code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in configs, logs and tables.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of this name, `None` when there is none.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// The byte on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }
        }

        impl TryFrom<u8> for $name {
            type Error = crate::error::Error;

            fn try_from(code: u8) -> Result<Self, Self::Error> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => {
                        // Codes count up from 0 without a gap.
                        let last = Self::ALL.len().saturating_sub(1) as u8;
                        Err(crate::error::Error::UnknownCode { what: $what, code, last })
                    }
                }
            }
        }
    };
}

pub(crate) use coded_enum;
