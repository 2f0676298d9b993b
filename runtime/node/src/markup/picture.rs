//! Small pictures inside a page.

use image::RgbImage;
use striatum_frames::{Image, encode_jpeg};

use crate::error::Result;

const JPEG_QUALITY: u8 = 70;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The picture, made at most `width` pixels wide, as the address of a JPEG that holds its own bytes.
///
/// # Errors
/// When it cannot be encoded.
pub(crate) fn data_uri(image: &Image, width: u32) -> Result<String> {
    let height = (image.height() * width / image.width()).max(1);
    let small = match RgbImage::from_raw(image.width(), image.height(), image.pixels().to_vec()) {
        Some(pixels) if image.width() > width => {
            Image::new(width, height, image::imageops::thumbnail(&pixels, width, height).into_raw())?
        }
        _ => image.clone(),
    };
    Ok(jpeg_uri(&encode_jpeg(&small, JPEG_QUALITY)?))
}

/// The address of a JPEG that holds its own bytes.
pub(crate) fn jpeg_uri(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", base64(jpeg))
}

/// The address of a drawing that holds its own text; its styles stay inside.
pub(crate) fn svg_uri(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", base64(svg.as_bytes()))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = BASE64[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn base64_matches_the_examples_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn pictures_become_small() {
        let uri = data_uri(&Image::filled(640, 480, [9, 8, 7]), 160).unwrap();
        assert!(uri.starts_with("data:image/jpeg;base64,/9j/") && uri.len() < 20_000);
    }
}
