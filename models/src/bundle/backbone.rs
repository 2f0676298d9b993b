//! A frozen backbone, as an adaptation takes it.

use std::path::PathBuf;

use crate::backbone::Precision;
use crate::error::{Error, Result};

/// A backbone's ONNX file and how pictures are prepared for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Backbone {
    /// Its name, for example `mobilenet_v2`.
    pub name: String,
    /// Its ONNX file: one input `[N, 3, image_size, image_size]`.
    pub file: PathBuf,
    /// The output to use, `[N, D]`: pooled features or, better, a grid of them.
    pub output: String,
    /// Side of the square picture it takes, pixels.
    pub image_size: u32,
    /// Mean of red, green and blue that is subtracted, white being 1.
    pub mean: [f32; 3],
    /// What red, green and blue are divided by afterwards.
    pub std: [f32; 3],
    /// Terms of the weights, in words.
    pub licence: String,
    /// In how many bits it computes.
    pub precision: Precision,
    /// The file's bytes where it was made for this demonstration and lies nowhere yet; it is then written into the bundle.
    pub made: Option<Vec<u8>>,
    /// `true`: the bundle refers to the file by its name and hash, and it is looked up in the cache folder that is given when
    /// the bundle is loaded. `false`: the file is copied into the bundle.
    pub cached: bool,
}

impl Backbone {
    /// The file's bytes.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read.
    pub fn read(&self) -> Result<Vec<u8>> {
        if let Some(made) = &self.made {
            return Ok(made.clone());
        }
        std::fs::read(&self.file)
            .map_err(|e| Error::file("read", &self.file, e, "fetch it with `striatum models fetch`"))
    }
}
