//! Pictures from bytes and back. What comes in is not trusted: sizes are checked before anything is allocated for them.

mod jpeg;
mod png;
mod raw;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::image_buffer::Image;

pub use jpeg::encode_jpeg;
pub use png::encode_png;

/// How raw pixels are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// Red, green, blue; 3 bytes a pixel.
    Rgb8,
    /// Blue, green, red; 3 bytes a pixel.
    Bgr8,
    /// Grey; 1 byte a pixel.
    Mono8,
}

/// What the bytes of a picture are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A whole JPEG file, baseline or progressive, grey or colour.
    Jpeg,
    /// A whole PNG file; transparency is dropped and 16 bits become 8.
    Png,
    /// Pixels as they are, rows from the top.
    Raw {
        /// How a pixel is laid out.
        format: PixelFormat,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes from one row to the next; what lies beyond the row's pixels is skipped.
        step: u32,
    },
}

/// The largest picture that is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Most pixels in a row. Default 4096.
    pub max_width: u32,
    /// Most rows. Default 4096.
    pub max_height: u32,
    /// Most bytes, of what comes in and, by itself, of the picture as RGB8. Default 4096 x 4096 x 3 = 48 MiB.
    pub max_bytes: usize,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { max_width: 4096, max_height: 4096, max_bytes: 4096 * 4096 * 3 }
    }
}

impl ImageLimits {
    /// Checks what comes in.
    fn check_input(&self, encoding: &'static str, bytes: usize) -> Result<()> {
        if bytes > self.max_bytes {
            let (what, limit) = (format!("the message of {bytes} bytes"), format!("{} bytes", self.max_bytes));
            return Err(Error::TooLarge { encoding, what, limit });
        }
        Ok(())
    }

    /// Checks the size a header claims; gives the bytes the picture takes as RGB8.
    fn check_size(&self, encoding: &'static str, width: u32, height: u32) -> Result<usize> {
        if width == 0 || height == 0 {
            let what = format!("its header says {width}x{height} pixels");
            return Err(Error::Malformed { encoding, what });
        }
        let bytes = u64::from(width) * u64::from(height);
        let bytes = usize::try_from(bytes.saturating_mul(3)).unwrap_or(usize::MAX);
        if width > self.max_width || height > self.max_height || bytes > self.max_bytes {
            let what = format!("its size of {width}x{height}");
            let limit = format!("{}x{} and {} bytes as RGB8", self.max_width, self.max_height, self.max_bytes);
            return Err(Error::TooLarge { encoding, what, limit });
        }
        Ok(bytes)
    }
}

/// Decodes one picture to RGB8.
///
/// The size in the header is checked against `limits`, and against what so few bytes could hold at all, before memory is
/// taken for the pixels; so a header that lies costs nothing.
///
/// # Errors
/// One line each for: larger than the limits, cut short, a header that contradicts the data, not that encoding.
pub fn decode(bytes: &[u8], encoding: Encoding, limits: &ImageLimits) -> Result<Image> {
    match encoding {
        Encoding::Jpeg => jpeg::decode(bytes, limits),
        Encoding::Png => png::decode(bytes, limits),
        Encoding::Raw { format, width, height, step } => {
            raw::decode(bytes, &raw::Layout { format, width, height, step }, limits)
        }
    }
}

/// An `image` crate's message on one line.
fn one_line(error: &image::ImageError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or("unreadable").trim_end_matches('.').to_owned()
}

/// Any other layout to RGB8, by the `image` crate.
fn to_rgb8(encoding: &'static str, decoder: impl image::ImageDecoder) -> Result<Vec<u8>> {
    let any = image::DynamicImage::from_decoder(decoder)
        .map_err(|error| Error::Malformed { encoding, what: one_line(&error) })?;
    Ok(any.into_rgb8().into_raw())
}
