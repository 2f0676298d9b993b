//! A picture in memory, and its fingerprint.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::error::{Error, Result};

/// A picture: 8-bit RGB, rows from the top, tightly packed (3 x width bytes a row), at least 1x1.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Image {
    /// Takes pixels as they are: `width * height * 3` bytes, interleaved RGB, rows from the top.
    ///
    /// # Errors
    /// When a side is 0 or the buffer's length does not fit the size.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self> {
        let needed = u64::from(width) * u64::from(height);
        let needed = needed.saturating_mul(3);
        if needed == 0 || usize::try_from(needed) != Ok(pixels.len()) {
            return Err(Error::PixelBuffer { width, height, got: pixels.len(), needed });
        }
        Ok(Self { width, height, pixels })
    }

    /// A picture of one colour; a side of 0 is taken as 1.
    #[must_use]
    pub fn filled(width: u32, height: u32, rgb: [u8; 3]) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self { width, height, pixels: rgb.repeat(width as usize * height as usize) }
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Interleaved RGB, `width * height * 3` bytes.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same, to draw into.
    #[must_use]
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// Gives the buffer back, so that it can be used again.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({}x{})", self.width, self.height)
    }
}

/// A fingerprint of what the picture shows (XXH3, 64 bits, seeded with its size): equal pictures have equal fingerprints on
/// every machine. Not a defence against a forger.
#[must_use]
pub fn content_hash(image: &Image) -> u64 {
    let size = u64::from(image.width) << 32 | u64::from(image.height);
    xxh3_64_with_seed(&image.pixels, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_must_fit_the_size() {
        assert!(Image::new(2, 1, vec![0; 6]).is_ok());
        assert!(Image::new(2, 1, vec![0; 5]).is_err());
        assert!(Image::new(0, 1, vec![]).is_err());
        assert!(Image::new(u32::MAX, u32::MAX, vec![0; 3]).is_err());
    }

    #[test]
    fn the_fingerprint_sees_the_size_and_every_pixel() {
        let wide = Image::filled(4, 2, [1, 2, 3]);
        let tall = Image::filled(2, 4, [1, 2, 3]);
        assert_eq!(content_hash(&wide), content_hash(&wide.clone()));
        assert_ne!(content_hash(&wide), content_hash(&tall));
        for at in 0..wide.pixels().len() {
            let mut other = wide.clone();
            other.pixels_mut()[at] ^= 1;
            assert_ne!(content_hash(&wide), content_hash(&other));
        }
    }
}
