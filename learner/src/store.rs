//! A learner as bytes: a head that says what it is, numbers in little-endian order, and a hash of all of it at the end.

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};

const HASH_LEN: usize = 8;

/// Bytes that are being written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// `head` names the kind of learner and the version of its format.
    pub(crate) fn new(head: &[u8; 8]) -> Self {
        Self(head.to_vec())
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn len(&mut self, value: usize) {
        self.u64(value as u64);
    }

    pub(crate) fn f32(&mut self, value: f32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn floats(&mut self, values: &[f32]) {
        self.len(values.len());
        for value in values {
            self.f32(*value);
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let hash = xxh3_64(&self.0);
        self.u64(hash);
        self.0
    }
}

/// Bytes that are being read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks head and hash.
    pub(crate) fn new(bytes: &'a [u8], head: &[u8; 8]) -> Result<Self> {
        let Some((body, hash)) = bytes.len().checked_sub(HASH_LEN).map(|at| bytes.split_at(at)) else {
            return Err(Error::damaged("is too short"));
        };
        let Some(rest) = body.strip_prefix(head.as_slice()) else {
            return Err(Error::damaged("is of another kind or another version of the format"));
        };
        if hash != xxh3_64(body).to_le_bytes() {
            return Err(Error::damaged("its hash does not match, it was cut short or changed"));
        }
        Ok(Self(rest))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.0.split_at_checked(len) else {
            return Err(Error::damaged("ends too early"));
        };
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    pub(crate) fn len(&mut self) -> Result<usize> {
        usize::try_from(self.u64()?).map_err(|_| Error::damaged("has a length beyond this machine"))
    }

    pub(crate) fn f32(&mut self) -> Result<f32> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(f32::from_le_bytes(bytes))
    }

    pub(crate) fn floats(&mut self) -> Result<Vec<f32>> {
        let len = self.len()?;
        let bytes = self.take(len.checked_mul(4).ok_or_else(|| Error::damaged("has a length beyond this machine"))?)?;
        let value = |chunk: &[u8]| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        Ok(bytes.chunks_exact(4).map(value).collect())
    }

    /// Exactly as many floats as there have to be.
    pub(crate) fn floats_into(&mut self, out: &mut [f32]) -> Result<()> {
        let floats = self.floats()?;
        if floats.len() != out.len() {
            return Err(Error::damaged(format!("has {} numbers where {} belong", floats.len(), out.len())));
        }
        out.copy_from_slice(&floats);
        Ok(())
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::damaged(format!("has {} bytes too many", self.0.len()))) }
    }
}
