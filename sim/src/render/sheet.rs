//! Several pictures as one, for people to look at.

use striatum_frames::Image;

use super::error::{RenderError, RenderResult};
use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH, rows};

const GAP: usize = 4;
const PAPER: [u8; 3] = [24, 24, 28];
const INK: [u8; 3] = [235, 235, 225];

/// Lays pictures out in rows of `columns`, each with its label under it where there is one (`labels` may be shorter, or empty).
///
/// # Errors
/// When there are no pictures or no columns.
pub fn contact_sheet(images: &[&Image], columns: usize, labels: &[&str]) -> RenderResult<Image> {
    if images.is_empty() || columns == 0 {
        return Err(RenderError::Sheet {
            why: "there is nothing to lay out; give at least one picture and one column",
        });
    }
    let columns = columns.min(images.len());
    let cell_width = images.iter().map(|image| image.width() as usize).max().unwrap_or(1);
    let text_height = if labels.is_empty() { 0 } else { GLYPH_HEIGHT + 4 };
    let cell_height = images.iter().map(|image| image.height() as usize).max().unwrap_or(1) + text_height;
    let lines = images.len().div_ceil(columns);
    let (width, height) = (columns * (cell_width + GAP) + GAP, lines * (cell_height + GAP) + GAP);
    let mut sheet = Image::filled(width as u32, height as u32, PAPER);
    for (at, image) in images.iter().enumerate() {
        let left = GAP + at % columns * (cell_width + GAP);
        let top = GAP + at / columns * (cell_height + GAP);
        paste(&mut sheet, image, left, top);
        if let Some(label) = labels.get(at) {
            write_text(&mut sheet, label, left + 1, top + image.height() as usize + 2, left + cell_width);
        }
    }
    Ok(sheet)
}

fn paste(sheet: &mut Image, image: &Image, left: usize, top: usize) {
    let (stride, length) = (sheet.width() as usize * 3, image.width() as usize * 3);
    for (y, row) in image.pixels().chunks_exact(length).enumerate() {
        let start = (top + y) * stride + left * 3;
        sheet.pixels_mut()[start..start + length].copy_from_slice(row);
    }
}

/// Writes a line that ends before `end`.
fn write_text(sheet: &mut Image, text: &str, left: usize, top: usize, end: usize) {
    let stride = sheet.width() as usize * 3;
    let fits = end.saturating_sub(left) / (GLYPH_WIDTH + 1);
    for (at, letter) in text.chars().take(fits).enumerate() {
        for (y, row) in rows(letter).iter().enumerate() {
            for x in (0..GLYPH_WIDTH).filter(|x| row >> (GLYPH_WIDTH - 1 - x) & 1 == 1) {
                let start = (top + y) * stride + (left + at * (GLYPH_WIDTH + 1) + x) * 3;
                sheet.pixels_mut()[start..start + 3].copy_from_slice(&INK);
            }
        }
    }
}
