//! What the cameras show.

use std::sync::Arc;

use image::RgbImage;

use super::Transform;
use crate::codec::{Encoding, ImageLimits, decode, encode_jpeg};
use crate::error::{Error, Result};
use crate::image_buffer::Image;

/// One edit, views by index.
#[derive(Clone, Debug, PartialEq)]
enum Edit {
    Swap(usize, usize),
    Drop(usize),
    Occlude(usize, f64),
    Brightness(Box<[u8; 256]>),
    Blur(f32),
    Jpeg(u8),
}

/// The transforms of pixels and views, ready to be applied to every set of pictures, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewEdits {
    edits: Vec<Edit>,
}

impl ViewEdits {
    /// Picks the transforms of pixels and views out and finds the views they name; time transforms are passed over.
    ///
    /// # Errors
    /// When a transform names a view that is not in `view_names`.
    pub fn new(transforms: &[Transform], view_names: &[impl AsRef<str>]) -> Result<Self> {
        let mut edits = Vec::new();
        for transform in transforms {
            let find = |view: &str| find_view(transform, view, view_names);
            edits.push(match transform {
                Transform::Swap { first, second } => Edit::Swap(find(first)?, find(second)?),
                Transform::Drop { view } => Edit::Drop(find(view)?),
                Transform::Occlude { view, fraction } => Edit::Occlude(find(view)?, fraction.clamp(0.0, 1.0)),
                Transform::Brightness { factor } => Edit::Brightness(brightness_table(*factor)),
                Transform::Blur { sigma } => Edit::Blur(*sigma as f32),
                Transform::Jpeg { quality } => Edit::Jpeg(*quality),
                Transform::Reverse
                | Transform::Freeze { .. }
                | Transform::Stall { .. }
                | Transform::Loop { .. }
                | Transform::Shuffle { .. }
                | Transform::Warp { .. } => continue,
            });
        }
        Ok(Self { edits })
    }

    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Changes one set of pictures, in the order of the view names; missing pictures stay missing. Pictures are copied before
    /// they are changed, so others who share them see no difference.
    ///
    /// # Errors
    /// When a picture cannot be encoded again (above 65535 pixels a side).
    pub fn apply(&mut self, images: &mut [Option<Arc<Image>>]) -> Result<()> {
        for edit in &self.edits {
            match *edit {
                Edit::Swap(first, second) if first.max(second) < images.len() => images.swap(first, second),
                Edit::Swap(..) => {}
                Edit::Drop(view) => images.iter_mut().skip(view).take(1).for_each(|image| *image = None),
                Edit::Occlude(view, fraction) => {
                    images
                        .iter_mut()
                        .skip(view)
                        .take(1)
                        .flatten()
                        .for_each(|image| occlude(Arc::make_mut(image), fraction));
                }
                Edit::Brightness(ref table) => {
                    for image in images.iter_mut().flatten() {
                        let pixels = Arc::make_mut(image).pixels_mut();
                        pixels.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
                    }
                }
                Edit::Blur(sigma) => {
                    for image in images.iter_mut().flatten() {
                        *image = Arc::new(blur(image, sigma)?);
                    }
                }
                Edit::Jpeg(quality) => {
                    for image in images.iter_mut().flatten() {
                        *image = Arc::new(through_jpeg(image, quality)?);
                    }
                }
            }
        }
        Ok(())
    }
}

fn find_view(transform: &Transform, view: &str, known: &[impl AsRef<str>]) -> Result<usize> {
    known.iter().position(|name| name.as_ref() == view).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(AsRef::as_ref).collect();
        Error::TransformView { transform: transform.to_string(), view: view.to_owned(), known: names.join(", ") }
    })
}

#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn brightness_table(factor: f64) -> Box<[u8; 256]> {
    let mut table = Box::new([0; 256]);
    for (entry, value) in table.iter_mut().zip(0_u8..=255) {
        *entry = (f64::from(value) * factor).round().clamp(0.0, 255.0) as u8;
    }
    table
}

/// Blackens a centred rectangle of the picture's proportions.
#[expect(clippy::cast_sign_loss, reason = "a side times a fraction")]
fn occlude(image: &mut Image, fraction: f64) {
    let covered = |side: u32| {
        let length = (f64::from(side) * fraction.sqrt()).round() as usize;
        let start = (side as usize - length.min(side as usize)) / 2;
        start..start + length.min(side as usize)
    };
    let (columns, rows) = (covered(image.width()), covered(image.height()));
    let row_bytes = image.width() as usize * 3;
    for row in image.pixels_mut().chunks_exact_mut(row_bytes).skip(rows.start).take(rows.len()) {
        row[columns.start * 3..columns.end * 3].fill(0);
    }
}

fn blur(image: &Image, sigma: f32) -> Result<Image> {
    let (width, height) = (image.width(), image.height());
    match RgbImage::from_raw(width, height, image.pixels().to_vec()) {
        Some(picture) => Image::new(width, height, image::imageops::blur(&picture, sigma).into_raw()),
        None => Ok(image.clone()),
    }
}

fn through_jpeg(image: &Image, quality: u8) -> Result<Image> {
    let limits = ImageLimits { max_width: u32::MAX, max_height: u32::MAX, max_bytes: usize::MAX };
    decode(&encode_jpeg(image, quality)?, Encoding::Jpeg, &limits)
}
