//! What can go wrong when a picture is drawn: one line each, saying what, where, and how to mend it.

use thiserror::Error;

/// What can go wrong with cameras, looks, pictures and faults.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum RenderError {
    /// A side of a picture that cannot be drawn.
    #[error("picture of {width}x{height}: sides from 1 to {max} pixels can be drawn; choose a size between")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The longest side.
        max: u32,
    },
    /// The camera, the renderer and the picture do not agree on the size.
    #[error("{what} is {got_width}x{got_height}, the renderer draws {width}x{height}; make them the same size")]
    SizeMismatch {
        /// The camera or the picture.
        what: &'static str,
        /// Its width in pixels.
        got_width: u32,
        /// Its height in pixels.
        got_height: u32,
        /// The renderer's width in pixels.
        width: u32,
        /// The renderer's height in pixels.
        height: u32,
    },
    /// A number that is out of its range, or is not a number.
    #[error("{field} is {value}; it must be {rule}")]
    Value {
        /// The field, with its structure.
        field: &'static str,
        /// What it was.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// A sheet of no pictures.
    #[error("contact sheet: {why}")]
    Sheet {
        /// What is wrong and what would be right.
        why: &'static str,
    },
}

/// Results of rendering.
pub type RenderResult<T> = Result<T, RenderError>;

/// Refuses what is not a finite number.
pub(super) fn finite(field: &'static str, value: f64) -> RenderResult<()> {
    within(field, value, value.is_finite(), "a finite number")
}

/// Refuses a value for which `fits` does not hold.
pub(super) fn within(field: &'static str, value: f64, fits: bool, rule: &'static str) -> RenderResult<()> {
    if fits { Ok(()) } else { Err(RenderError::Value { field, value, rule }) }
}
