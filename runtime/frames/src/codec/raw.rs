//! Pixels as they are.

use super::{ImageLimits, PixelFormat};
use crate::error::{Error, Result};
use crate::image_buffer::Image;

const ENCODING: &str = "raw";

/// The layout a message claims.
pub(super) struct Layout {
    pub(super) format: PixelFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) step: u32,
}

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &ImageLimits) -> Result<Image> {
    let Layout { format, width, height, step } = *layout;
    limits.check_input(ENCODING, bytes.len())?;
    let rgb_bytes = limits.check_size(ENCODING, width, height)?;
    let row = width as usize * if format == PixelFormat::Mono8 { 1 } else { 3 };
    check_length(bytes.len(), row, layout)?;

    let mut pixels = Vec::with_capacity(rgb_bytes);
    for line in bytes.chunks(step as usize).take(height as usize) {
        let line = &line[..row];
        match format {
            PixelFormat::Rgb8 => pixels.extend_from_slice(line),
            PixelFormat::Bgr8 => pixels.extend(line.as_chunks().0.iter().flat_map(|&[b, g, r]| [r, g, b])),
            PixelFormat::Mono8 => pixels.extend(line.iter().flat_map(|&grey| [grey; 3])),
        }
    }
    Image::new(width, height, pixels)
}

/// The last row may lack its padding; apart from that the length must be exact, else some number of the message is wrong and
/// the picture would be sheared.
fn check_length(got: usize, row: usize, layout: &Layout) -> Result<()> {
    let Layout { width, height, step, .. } = *layout;
    if (step as usize) < row {
        let what = format!("a step of {step} bytes is less than a row of {width} pixels, {row} bytes");
        return Err(Error::Malformed { encoding: ENCODING, what });
    }
    let most = u64::from(step) * u64::from(height);
    let least = most - (u64::from(step) - row as u64);
    let claim = format!("{width}x{height} with a step of {step} needs {most} bytes, there are {got}");
    match got as u64 {
        got if got < least => Err(Error::Truncated { encoding: ENCODING, what: claim }),
        got if got > most => Err(Error::Malformed { encoding: ENCODING, what: claim }),
        _ => Ok(()),
    }
}
