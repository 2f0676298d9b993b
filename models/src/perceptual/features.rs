//! Frozen features of frame sets, as steps are found in.

use striatum_frames::{Image, Normalisation, Resizer};

use crate::bundle::Backbone;
use crate::error::{Error, Result};
use crate::session::{Encoder, OrtModel, SessionConfig};

/// A frozen backbone that gives the features of one frame set at a time.
#[derive(Debug)]
pub struct FeatureReader {
    encoder: Encoder,
    resizer: Resizer,
    normalise: Normalisation,
    views: usize,
}

impl FeatureReader {
    /// Opens the backbone for sets of `views` views.
    ///
    /// # Errors
    /// Those of reading and opening the backbone.
    pub fn new(backbone: &Backbone, views: usize, session: &SessionConfig) -> Result<Self> {
        let model = OrtModel::from_bytes(&backbone.read()?, &backbone.name, session)?;
        let encoder = Encoder::with_output(model, views, backbone.image_size as usize, &backbone.output)?;
        Ok(Self {
            encoder,
            resizer: Resizer::new(backbone.image_size, backbone.image_size),
            normalise: Normalisation::new(backbone.mean, backbone.std),
            views,
        })
    }

    /// Features of a view, D.
    #[must_use]
    pub fn width(&self) -> usize {
        self.encoder.feature_width()
    }

    /// The features `[N, D]` of one image of each view, in the views' order.
    ///
    /// # Errors
    /// [`Error::Adapt`] if a view is missing, [`Error::Ort`] if the backbone fails. Numbers that are not finite are handed on.
    pub fn read<'a>(&mut self, images: impl ExactSizeIterator<Item = &'a Image>) -> Result<&[f32]> {
        if images.len() != self.views {
            let what = format!("{} images for {} views", images.len(), self.views);
            return Err(Error::adapt(what, "give one image of each view"));
        }
        for (view, image) in images.enumerate() {
            self.resizer.resize_to_planes(image, &self.normalise, self.encoder.input_mut(view)?)?;
        }
        self.encoder.run(self.views)
    }
}
