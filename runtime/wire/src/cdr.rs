//! CDR as ROS 2 puts it on the wire (XCDR1): a writer into the caller's buffer and a reader that borrows from the message.
//!
//! A message is a four-byte header (`00 01 00 00`, little endian; the reader takes `00 00 ..`, big endian, too) and the
//! fields one after the other, each aligned to its own size counted from the end of the header. A string is a u32 length
//! that counts a final NUL, the bytes and the NUL; a sequence is a u32 count and the elements. Neither side allocates, and
//! a length that a sender claims is compared with what is left before anything is done with it.

use crate::error::Error;

/// Bytes of the header, which alignment does not count.
pub const HEADER_LEN: usize = 4;
/// The header this crate writes: plain CDR, little endian.
pub const HEADER_LE: [u8; HEADER_LEN] = [0, 1, 0, 0];

/// `at` (counted from the first byte of the message) moved up to a multiple of `align` after the header.
pub(crate) const fn align_up(at: usize, align: usize) -> usize {
    HEADER_LEN + (at - HEADER_LEN).next_multiple_of(align)
}

/// Writes one message, little endian, into a buffer that the caller owns.
#[derive(Debug)]
pub struct CdrWriter<'a> {
    message: &'static str,
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> CdrWriter<'a> {
    /// Begins a message by writing its header; `message` names it in errors.
    ///
    /// # Errors
    /// When the buffer has no room for the header.
    pub fn new(message: &'static str, buffer: &'a mut [u8]) -> Result<Self, Error> {
        let left = buffer.len();
        match buffer.first_chunk_mut::<HEADER_LEN>() {
            Some(header) => *header = HEADER_LE,
            None => return Err(Error::BufferFull { message, field: "header", offset: 0, needed: HEADER_LEN, left }),
        }
        Ok(Self { message, buffer, at: HEADER_LEN })
    }

    /// The message's name, for errors.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// Bytes written so far, the header included.
    #[must_use]
    pub fn written(&self) -> usize {
        self.at
    }

    fn room(&mut self, field: &'static str, align: usize, len: usize) -> Result<&mut [u8], Error> {
        let start = align_up(self.at, align);
        let (message, left) = (self.message, self.buffer.len().saturating_sub(start));
        if len > left {
            return Err(Error::BufferFull { message, field, offset: start, needed: len, left });
        }
        // Padding is written, not skipped: the same message gives the same bytes whatever the buffer held before.
        self.buffer[self.at..start].fill(0);
        self.at = start + len;
        Ok(&mut self.buffer[start..start + len])
    }

    /// Writes bytes without a length: a fixed array of u8.
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn bytes(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), Error> {
        self.room(field, 1, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a bool as one byte.
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn bool(&mut self, field: &'static str, value: bool) -> Result<(), Error> {
        self.u8(field, u8::from(value))
    }

    fn length(&mut self, field: &'static str, len: usize) -> Result<(), Error> {
        let most = u32::MAX as usize;
        let value =
            u32::try_from(len).map_err(|_| Error::TooLong { message: self.message, field, found: len, most })?;
        self.u32(field, value)
    }

    /// Writes a string: its length with the NUL, its bytes, the NUL.
    ///
    /// # Errors
    /// When the buffer is full, or the string has a NUL inside (ROS 2 would cut it there).
    pub fn str(&mut self, field: &'static str, text: &str) -> Result<(), Error> {
        if text.bytes().any(|b| b == 0) {
            let (message, offset) = (self.message, self.at);
            return Err(Error::Text { message, field, offset, why: "it has a NUL inside" });
        }
        self.length(field, text.len().saturating_add(1))?;
        self.bytes(field, text.as_bytes())?;
        self.u8(field, 0)
    }

    /// Writes the count with which a sequence begins.
    ///
    /// # Errors
    /// When the buffer is full or the sequence is longer than a u32 can say.
    pub fn count(&mut self, field: &'static str, count: usize) -> Result<(), Error> {
        self.length(field, count)
    }

    /// Writes a sequence of f64: its count and its numbers.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn floats(&mut self, field: &'static str, values: &[f64]) -> Result<(), Error> {
        self.count(field, values.len())?;
        values.iter().try_for_each(|value| self.f64(field, *value))
    }

    /// Writes a sequence of bytes: its length and its bytes.
    ///
    /// # Errors
    /// When the buffer is full or the sequence is longer than a u32 can say.
    pub fn sequence(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), Error> {
        self.length(field, bytes.len())?;
        self.bytes(field, bytes)
    }
}

/// Reads one message; strings and byte sequences are borrowed from it.
#[derive(Clone, Debug)]
pub struct CdrReader<'a> {
    message: &'static str,
    bytes: &'a [u8],
    at: usize,
    big_endian: bool,
    padding: usize,
}

impl<'a> CdrReader<'a> {
    /// Begins a message by reading its header; `message` names it in errors.
    ///
    /// The last byte of the header may say that 1 to 3 bytes of padding follow the last field, as some ROS 2 middleware does.
    ///
    /// # Errors
    /// When the header is missing or is not one of plain CDR.
    pub fn new(message: &'static str, bytes: &'a [u8]) -> Result<Self, Error> {
        let Some(&found) = bytes.first_chunk::<HEADER_LEN>() else {
            let left = bytes.len();
            return Err(Error::Truncated { message, field: "header", offset: 0, needed: HEADER_LEN, left });
        };
        match found {
            [0, endian @ (0 | 1), 0, padding @ 0..=3] => {
                Ok(Self { message, bytes, at: HEADER_LEN, big_endian: endian == 0, padding: usize::from(padding) })
            }
            _ => Err(Error::Header { message, found }),
        }
    }

    /// The message's name, for errors.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// Where the next byte is read, counted from the first byte of the message.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    fn take(&mut self, field: &'static str, align: usize, len: usize) -> Result<&'a [u8], Error> {
        let start = align_up(self.at, align);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let Some(taken) = rest.get(..len) else {
            let (message, left) = (self.message, rest.len());
            return Err(Error::Truncated { message, field, offset: start, needed: len, left });
        };
        self.at = start + len;
        Ok(taken)
    }

    /// Reads `len` bytes that have no length before them: a fixed array of u8.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn bytes(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], Error> {
        self.take(field, 1, len)
    }

    /// Reads a fixed array of u8 by value.
    ///
    /// # Errors
    /// When fewer than `N` bytes are left.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Error> {
        self.take_array(field, 1)
    }

    fn take_array<const N: usize>(&mut self, field: &'static str, align: usize) -> Result<[u8; N], Error> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(field, align, N)?);
        Ok(out)
    }

    /// Reads a bool.
    ///
    /// # Errors
    /// When nothing is left or the byte is neither 0 nor 1.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, Error> {
        let offset = self.at;
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            found => {
                let (message, found) = (self.message, u32::from(found));
                Err(Error::Unknown { message, field, offset, found, must: "0 or 1" })
            }
        }
    }

    fn length(&mut self, field: &'static str) -> Result<usize, Error> {
        let len = self.u32(field)?;
        Ok(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Reads a string of at most `most` bytes (the NUL not counted) and borrows it. A length of 0 is an empty string, which
    /// some writers send instead of 1 and a NUL.
    ///
    /// # Errors
    /// When it is longer than `most` or than what is left, or is not UTF-8 with one NUL, at its end.
    pub fn str(&mut self, field: &'static str, most: usize) -> Result<&'a str, Error> {
        let len = self.length(field)?;
        if len == 0 {
            return Ok("");
        }
        let (message, offset) = (self.message, self.at);
        if len - 1 > most {
            return Err(Error::TooLong { message, field, found: len - 1, most });
        }
        let why = match self.take(field, 1, len)? {
            [text @ .., 0] if text.contains(&0) => "it has a NUL inside",
            [text @ .., 0] => match core::str::from_utf8(text) {
                Ok(text) => return Ok(text),
                Err(_) => "it is not UTF-8",
            },
            _ => "its final NUL is missing",
        };
        Err(Error::Text { message, field, offset, why })
    }

    /// Reads the count with which a sequence begins.
    ///
    /// # Errors
    /// When it is more than `most`.
    pub fn count(&mut self, field: &'static str, most: usize) -> Result<usize, Error> {
        let count = self.length(field)?;
        let message = self.message;
        if count > most { Err(Error::TooLong { message, field, found: count, most }) } else { Ok(count) }
    }

    /// Reads a sequence of at most `N` f64.
    ///
    /// # Errors
    /// When there are more, or fewer than it claims.
    pub fn floats<const N: usize>(&mut self, field: &'static str) -> Result<heapless::Vec<f64, N>, Error> {
        let count = self.count(field, N)?;
        let mut out = heapless::Vec::new();
        for _ in 0..count {
            // `count` made sure of the room.
            let _ = out.push(self.f64(field)?);
        }
        Ok(out)
    }

    /// Reads a sequence of bytes and borrows it.
    ///
    /// # Errors
    /// When it claims more bytes than are left.
    pub fn sequence(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        let len = self.length(field)?;
        self.take(field, 1, len)
    }

    /// Ends the message.
    ///
    /// # Errors
    /// When bytes are left that the header's padding count does not explain.
    pub fn finish(self) -> Result<(), Error> {
        let extra = self.bytes.len() - self.at;
        if extra == self.padding {
            Ok(())
        } else {
            Err(Error::Trailing { message: self.message, offset: self.at, extra })
        }
    }
}

macro_rules! primitives {
    ($($name:ident: $len:literal),*) => {
        impl CdrWriter<'_> {
            $(
                #[doc = concat!("Writes one ", stringify!($name), ", aligned to its size.")]
                ///
                /// # Errors
                /// When the buffer is full.
                pub fn $name(&mut self, field: &'static str, value: $name) -> Result<(), Error> {
                    self.room(field, $len, $len)?.copy_from_slice(&value.to_le_bytes());
                    Ok(())
                }
            )*
        }

        impl CdrReader<'_> {
            $(
                #[doc = concat!("Reads one ", stringify!($name), ", aligned to its size.")]
                ///
                /// # Errors
                /// When the message ends before it does.
                pub fn $name(&mut self, field: &'static str) -> Result<$name, Error> {
                    let bytes = self.take_array::<$len>(field, $len)?;
                    Ok(if self.big_endian { $name::from_be_bytes(bytes) } else { $name::from_le_bytes(bytes) })
                }
            )*
        }
    };
}

primitives!(u8: 1, u16: 2, u32: 4, u64: 8, i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8);

#[cfg(test)]
#[path = "cdr_tests.rs"]
mod tests;
