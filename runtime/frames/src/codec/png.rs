//! PNG.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::{ColorType, ExtendedColorType, ImageDecoder, ImageEncoder, Limits};

use super::{ImageLimits, one_line, to_rgb8};
use crate::error::{Error, Result};
use crate::image_buffer::Image;

const ENCODING: &str = "PNG";
/// Deflate cannot shrink by more than this (258 bytes in 2 bits), so fewer bytes than that cannot hold the picture.
const MAX_DEFLATE_RATIO: u64 = 1032;

pub(super) fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Image> {
    limits.check_input(ENCODING, bytes.len())?;
    let (width, height, bits_per_pixel) = header(bytes)?;
    let rgb_bytes = limits.check_size(ENCODING, width, height)?;
    let stored = (u64::from(width) * bits_per_pixel).div_ceil(8) * u64::from(height);
    if (bytes.len() as u64).saturating_mul(MAX_DEFLATE_RATIO) < stored {
        let what = format!("{} bytes cannot hold the {width}x{height} pixels its header says", bytes.len());
        return Err(Error::Malformed { encoding: ENCODING, what });
    }
    if !bytes.windows(8).rev().take(4096).any(|end| end == b"IEND\xae\x42\x60\x82") {
        return Err(Error::Truncated { encoding: ENCODING, what: "it has no end chunk".to_owned() });
    }

    let mut guard = Limits::no_limits();
    // 16-bit pixels with transparency take 8 bytes where RGB8 takes 3; the rest is the decoder's own working memory.
    guard.max_alloc = Some(rgb_bytes as u64 * 3 + (1 << 22));
    let malformed = |error: image::ImageError| Error::Malformed { encoding: ENCODING, what: one_line(&error) };
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), guard).map_err(malformed)?;
    let pixels = if decoder.color_type() == ColorType::Rgb8 {
        let mut pixels = vec![0; rgb_bytes];
        decoder.read_image(&mut pixels).map_err(malformed)?;
        pixels
    } else {
        to_rgb8(ENCODING, decoder)?
    };
    Image::new(width, height, pixels)
}

/// Width, height and bits a pixel, from the first chunk (PNG specification, 11.2.2).
fn header(bytes: &[u8]) -> Result<(u32, u32, u64)> {
    let Some((head, _)) = bytes.split_first_chunk::<29>() else {
        return Err(Error::Truncated { encoding: ENCODING, what: format!("{} bytes are no header", bytes.len()) });
    };
    if !head.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR") {
        return Err(Error::Malformed { encoding: ENCODING, what: "it does not start as a PNG does".to_owned() });
    }
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let channels = match head[25] {
        0 | 3 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    Ok((number(16), number(20), u64::from(head[24]) * channels))
}

/// Encodes as PNG, lossless, compressed fast rather than small.
///
/// # Errors
/// When the encoder refuses the size.
pub fn encode_png(image: &Image) -> Result<Vec<u8>> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(image.pixels(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| Error::Encode { encoding: ENCODING, width, height, why: one_line(&error) })?;
    Ok(bytes)
}
