//! Everything that can be wrong with bytes, keys and messages.

use core::fmt::Write as _;

use thiserror::Error;

/// A name from outside, shortened for an error line.
pub type ShortText = heapless::String<48>;

/// What is wrong with a message, a buffer or a name. Each line says what, where and how to mend it; offsets count bytes from
/// the first byte of the message, its four-byte CDR header included.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Error {
    /// The four bytes before the message are not a CDR header.
    #[error(
        "{message}: the first four bytes are {found:02x?}, not a CDR header (00 01 00 00, or 00 00 00 00 for big endian); is this message ours?"
    )]
    Header {
        /// The message that was expected.
        message: &'static str,
        /// What stood there.
        found: [u8; 4],
    },
    /// The message ends inside a field.
    #[error(
        "{message}: field {field} at byte {offset} needs {needed} bytes and {left} are left; the message is truncated"
    )]
    Truncated {
        /// The message that was expected.
        message: &'static str,
        /// The field that does not fit.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// Bytes the field needs.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Bytes follow the last field.
    #[error("{message}: {extra} bytes follow the last field at byte {offset}; is this message of another type?")]
    Trailing {
        /// The message that was expected.
        message: &'static str,
        /// Where the message should have ended.
        offset: usize,
        /// Bytes after that.
        extra: usize,
    },
    /// The caller's buffer is too small.
    #[error(
        "{message}: field {field} at byte {offset} needs {needed} bytes and the buffer has {left} left; give a buffer of the message's MAX_LEN"
    )]
    BufferFull {
        /// The message being written.
        message: &'static str,
        /// The field that does not fit.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// Bytes the field needs.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Another version of the message.
    #[error(
        "{message}: version {found} is not spoken here, only version {spoken}; update the older of the two programs"
    )]
    Version {
        /// The message.
        message: &'static str,
        /// The version it claims.
        found: u32,
        /// The version this crate speaks.
        spoken: u32,
    },
    /// A string that is not UTF-8, lacks its final NUL or has one inside.
    #[error("{message}: field {field} at byte {offset} is not a string ({why})")]
    Text {
        /// The message.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A string or sequence that is longer than its bound.
    #[error("{message}: field {field} has a length of {found}, at most {most} is allowed")]
    TooLong {
        /// The message.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The bound.
        most: usize,
    },
    /// A number that stands for nothing: an enum or a bit set out of range.
    #[error("{message}: field {field} at byte {offset} is {found}, which stands for nothing; it must be {must}")]
    Unknown {
        /// The message.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// The number.
        found: u32,
        /// What is allowed, in words.
        must: &'static str,
    },
    /// A number that is not finite or outside its range.
    #[error("{message}: field {field} is {found}, it must be {must}")]
    Range {
        /// The message.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The number.
        found: f64,
        /// The range in words.
        must: &'static str,
    },
    /// Two fields that contradict each other.
    #[error("{message}: field {field} {why}")]
    Contradiction {
        /// The message.
        message: &'static str,
        /// The field that is wrong, or the first of those that are.
        field: &'static str,
        /// What is wrong, to be read after the field's name.
        why: &'static str,
    },
    /// A pixel layout that is not known.
    #[error("Image: encoding `{found}` is not known; send rgb8, bgr8 or mono8")]
    Encoding {
        /// The encoding, shortened.
        found: ShortText,
    },
    /// A zenoh content type that is not an image.
    #[error(
        "image: content type `{found}` is not known; send application/cdr;sensor_msgs/msg/CompressedImage or application/cdr;sensor_msgs/msg/Image"
    )]
    ContentType {
        /// The content type, shortened.
        found: ShortText,
    },
    /// A robot or view name that cannot be a part of a key.
    #[error("{what} name `{found}` is not usable in a key: {why}; use 1 to 64 characters of a-z, 0-9 and _")]
    Name {
        /// `robot` or `view`.
        what: &'static str,
        /// The name, shortened.
        found: ShortText,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A key that is not one of ours.
    #[error("key `{found}` is not {must}")]
    Key {
        /// The key, shortened.
        found: ShortText,
        /// The form that was expected.
        must: &'static str,
    },
}

/// As much of `text` as an error line holds; control characters become `?` so that the line stays one line.
pub(crate) fn short(text: &str) -> ShortText {
    let mut out = ShortText::new();
    for c in text.chars() {
        if out.write_char(if c.is_control() { '?' } else { c }).is_err() {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_cut_and_stay_on_one_line() {
        assert_eq!(short("rgb8\n").as_str(), "rgb8?");
        let long = "é".repeat(100);
        assert_eq!(short(&long).len(), 48);
    }
}
