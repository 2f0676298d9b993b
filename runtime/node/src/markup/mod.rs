//! What pages are made of: text, small pictures, axes, lines. `eval` and `page` share it.

mod axes;
mod picture;
mod plot;
mod strip;
mod text;

pub(crate) use axes::{Area, Axes};
pub(crate) use picture::{jpeg_uri, svg_uri};
pub(crate) use plot::{Shape, band, key, label, line, picture, shade, words};
pub(crate) use strip::Strip;
pub(crate) use text::{escape, header};
