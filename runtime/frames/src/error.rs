//! The one error type of this crate: each message is one line saying what is wrong, where, and how to mend it.

use thiserror::Error;

/// What can go wrong with images, sets and transforms.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A picture with no pixels, or a buffer that does not fit its size.
    #[error(
        "image of {width}x{height}: {got} bytes of pixels where RGB8 needs {needed}; give width x height x 3 bytes, both sides at least 1"
    )]
    PixelBuffer {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes there are.
        got: usize,
        /// Bytes there must be.
        needed: u64,
    },
    /// The picture, or what carries it, is larger than the limits allow. Nothing was allocated for it.
    #[error("{encoding} image: {what} is above the limit of {limit}; send smaller images or raise the image limits")]
    TooLarge {
        /// `JPEG`, `PNG` or `raw`.
        encoding: &'static str,
        /// What is too large, with its size.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The bytes end before the picture does.
    #[error("{encoding} image is cut short: {what}; send the whole image")]
    Truncated {
        /// `JPEG`, `PNG` or `raw`.
        encoding: &'static str,
        /// What is missing.
        what: String,
    },
    /// The bytes are not what the header or the message says.
    #[error("{encoding} image is not valid: {what}; check the sender's encoding")]
    Malformed {
        /// `JPEG`, `PNG` or `raw`.
        encoding: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A picture could not be encoded.
    #[error("cannot encode {width}x{height} as {encoding}: {why}; use a smaller image or another encoding")]
    Encode {
        /// `JPEG` or `PNG`.
        encoding: &'static str,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// What the encoder said.
        why: String,
    },
    /// An output buffer of the wrong length.
    #[error("resize output has {got} values, a {width}x{height} RGB image has {needed}; give a buffer of that length")]
    OutputLength {
        /// Values there are.
        got: usize,
        /// Values there must be.
        needed: usize,
        /// Target width in pixels.
        width: u32,
        /// Target height in pixels.
        height: u32,
    },
    /// A field of a configuration that cannot work.
    #[error("{field}: {why}")]
    Config {
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        why: String,
    },
    /// A frame of a view that the synchroniser was not told of.
    #[error("frame of view {view}: only views 0 to {last} are expected; check the order and number of views", last = views - 1)]
    UnknownView {
        /// The frame's view.
        view: usize,
        /// Number of views expected, at least 1.
        views: usize,
    },
    /// A transform that is not written in its grammar.
    #[error("transform `{text}`: {why}; write it like `{nearest}`")]
    TransformSyntax {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
        /// The nearest form that is valid.
        nearest: String,
    },
    /// A transform of a view that does not exist.
    #[error("transform `{transform}`: there is no view `{view}`; the views are {known}")]
    TransformView {
        /// The transform as it is written.
        transform: String,
        /// The view it names.
        view: String,
        /// The views there are, comma separated.
        known: String,
    },
    /// A transform that names a frame the clip does not have.
    #[error("transform `{transform}`: the clip has no frame {frame}; its frames are 0 to {last}")]
    TransformFrame {
        /// The transform as it is written.
        transform: String,
        /// The frame it names.
        frame: u32,
        /// The clip's last frame.
        last: u32,
    },
    /// A clip that cannot be played.
    #[error("clip of {frames} frames every {period_secs} s: {why}")]
    Clip {
        /// Number of frames.
        frames: u32,
        /// Seconds between frames.
        period_secs: f64,
        /// What is wrong and what would be right.
        why: &'static str,
    },
}

/// This crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;
