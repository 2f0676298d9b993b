//! JPEG.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{ColorType, ExtendedColorType, ImageDecoder, ImageEncoder};

use super::{ImageLimits, one_line, to_rgb8};
use crate::error::{Error, Result};
use crate::image_buffer::Image;

const ENCODING: &str = "JPEG";

pub(super) fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Image> {
    limits.check_input(ENCODING, bytes.len())?;
    let (width, height) = check_structure(bytes)?;
    let rgb_bytes = limits.check_size(ENCODING, width, height)?;
    // Each 8x8 block takes at least one bit, whatever it shows.
    let blocks = u64::from(width.div_ceil(8)) * u64::from(height.div_ceil(8));
    if (bytes.len() as u64) * 8 < blocks {
        return Err(malformed(format!(
            "{} bytes cannot hold the {width}x{height} pixels its header says",
            bytes.len()
        )));
    }

    let refused = |error: image::ImageError| malformed(one_line(&error));
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    if decoder.dimensions() != (width, height) {
        return Err(malformed("it has two headers of different size".to_owned()));
    }
    let pixels = if decoder.color_type() == ColorType::Rgb8 {
        let mut pixels = vec![0; rgb_bytes];
        decoder.read_image(&mut pixels).map_err(refused)?;
        pixels
    } else {
        to_rgb8(ENCODING, decoder)?
    };
    Image::new(width, height, pixels)
}

fn malformed(what: String) -> Error {
    Error::Malformed { encoding: ENCODING, what }
}

fn truncated(what: &str) -> Error {
    Error::Truncated { encoding: ENCODING, what: what.to_owned() }
}

/// Walks the markers (ITU T.81, annex B) from the start to the end-of-image marker and gives the size from the frame header.
///
/// The decoder is lenient: it paints what is missing grey. A grey half of a picture must not be scored, so a picture without
/// its end is refused here. What follows the end (some cameras pad) is not looked at.
fn check_structure(bytes: &[u8]) -> Result<(u32, u32)> {
    if bytes.len() < 4 {
        return Err(truncated("there is no header"));
    }
    let Some(mut rest) = bytes.strip_prefix(&[0xff, 0xd8]) else {
        return Err(malformed("it does not start as a JPEG does".to_owned()));
    };
    let mut size = None;
    loop {
        let (marker, after) = next_marker(rest).ok_or_else(|| truncated("it has no end marker"))?;
        rest = after;
        match marker {
            0xd9 => return size.ok_or_else(|| malformed("it ends before a frame header".to_owned())),
            0x01 | 0xd0..=0xd7 => continue,
            0xd8 => return Err(malformed("a second image starts inside the first".to_owned())),
            _ => {}
        }
        let &[high, low, ..] = rest else { return Err(truncated("it ends inside a segment")) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some((segment, after)) = rest.split_at_checked(length) else {
            return Err(truncated("it ends inside a segment"));
        };
        rest = after;
        let is_frame_header = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame_header {
            let &[_, _, _, h1, h0, w1, w0, ..] = segment else {
                return Err(malformed("its frame header is too short".to_owned()));
            };
            let found = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
            if size.replace(found).is_some_and(|before| before != found) {
                return Err(malformed("it has two frame headers".to_owned()));
            }
        }
    }
}

/// The next marker's code and what follows it; entropy-coded data before it (with its stuffed zeros) is passed over.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = rest.iter().position(|&byte| byte == 0xff)?;
        rest = &rest[at + 1..];
        match rest.first()? {
            0x00 => rest = &rest[1..],
            0xff => {}
            &code => return Some((code, &rest[1..])),
        }
    }
}

/// Encodes as baseline JPEG; `quality` 1 to 100 (values outside are taken as the nearest).
///
/// # Errors
/// When a side is above 65535, the most that JPEG can say.
pub fn encode_jpeg(image: &Image, quality: u8) -> Result<Vec<u8>> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .write_image(image.pixels(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| Error::Encode { encoding: ENCODING, width, height, why: one_line(&error) })?;
    Ok(bytes)
}
