//! What pages are made of: text, small pictures, axes. `eval` and `page` share it.

mod axes;
mod picture;
mod text;

pub(crate) use axes::{Area, Axes};
pub(crate) use picture::{data_uri, jpeg_uri};
pub(crate) use text::{escape, header};
