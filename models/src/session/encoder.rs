//! An image encoder: any number of images up to a maximum, features out, everything preallocated.

use super::bound::{Prepared, Slab};
use super::config::SessionConfig;
use super::model::{OrtModel, Terminator};
use crate::error::{Error, Result};

/// A frozen backbone with room for `max_batch` images of `3 x image_size x image_size` 32-bit floats (planar RGB,
/// normalised as the backbone wants it).
///
/// Fill the slots from 0 with [`input_mut`](Self::input_mut), then [`run`](Self::run) with how many there are.
#[derive(Debug)]
pub struct Encoder {
    // Bindings point into the slabs, so they come first: fields are dropped in this order.
    prepared: Vec<Prepared>,
    input: Slab,
    output: Slab,
    image_len: usize,
    feature_width: usize,
    model: OrtModel,
}

impl Encoder {
    /// The greatest `max_batch`.
    pub const MAX_BATCH: usize = 256;
    /// The greatest `image_size`, pixels.
    pub const MAX_IMAGE_SIZE: usize = 2048;

    /// Opens a model with one input `[N, 3, image_size, image_size]` and takes its output `features` `[N, F]`.
    ///
    /// # Errors
    /// As [`OrtModel::from_bytes`], and [`Error::Model`] if names or shapes do not fit.
    pub fn open(
        bytes: &[u8],
        label: &str,
        config: &SessionConfig,
        max_batch: usize,
        image_size: usize,
    ) -> Result<Self> {
        Self::with_output(OrtModel::from_bytes(bytes, label, config)?, max_batch, image_size, "features")
    }

    /// As [`open`](Self::open), from a loaded model and with another output, for example `grid`.
    ///
    /// # Errors
    /// [`Error::Model`] if names or shapes do not fit, [`Error::Ort`] if ONNX Runtime refuses the tensors.
    pub fn with_output(model: OrtModel, max_batch: usize, image_size: usize, output: &str) -> Result<Self> {
        if !(1..=Self::MAX_BATCH).contains(&max_batch) {
            let mend = format!("give 1 to {}", Self::MAX_BATCH);
            return Err(Error::config("max_batch", format!("{max_batch} is out of range"), mend));
        }
        if !(1..=Self::MAX_IMAGE_SIZE).contains(&image_size) {
            let mend = format!("give 1 to {}", Self::MAX_IMAGE_SIZE);
            return Err(Error::config("image_size", format!("{image_size} is out of range"), mend));
        }
        let input_name = check_input(&model, max_batch, image_size)?;
        let feature_width = check_output(&model, output)?;
        let allocation = |e| Error::ort("allocate the encoder's tensors", e, "lower max_batch");
        let image_len = 3 * image_size * image_size;
        let mut input_slab = Slab::new(max_batch * image_len).map_err(allocation)?;
        let mut output_slab = Slab::new(max_batch * feature_width).map_err(allocation)?;
        let mut prepared = Vec::with_capacity(max_batch);
        for count in 1..=max_batch {
            let input_shape = [count, 3, image_size, image_size];
            let output_shape = [count, feature_width];
            // SAFETY: both slabs end in the same struct as `prepared` and are dropped after it.
            let binding = unsafe {
                Prepared::new(
                    &model,
                    [(input_name.as_str(), &mut input_slab, input_shape.as_slice())],
                    [(output, &mut output_slab, output_shape.as_slice())],
                )
            };
            prepared.push(binding?);
        }
        Ok(Self { prepared, input: input_slab, output: output_slab, image_len, feature_width, model })
    }

    /// The slot of image `slot`: `3 * image_size * image_size` floats, red plane first. What is written stays until it
    /// is overwritten.
    ///
    /// # Errors
    /// [`Error::Model`] if `slot` is not below [`max_batch`](Self::max_batch).
    pub fn input_mut(&mut self, slot: usize) -> Result<&mut [f32]> {
        let max_batch = self.max_batch();
        let image_len = self.image_len;
        match self.input.floats_mut().chunks_exact_mut(image_len).nth(slot) {
            Some(image) => Ok(image),
            None => Err(Error::model(
                &self.model.label,
                format!("slot {slot} of {max_batch}"),
                "open the encoder with a greater max_batch",
            )),
        }
    }

    /// Encodes the images in slots `0..count`: `count * feature_width` floats, image by image. No allocation on the Rust
    /// side.
    ///
    /// # Errors
    /// [`Error::Model`] if `count` is 0 or above [`max_batch`](Self::max_batch), [`Error::Ort`] if the run fails or was
    /// stopped. Values that are not finite are handed on: what they mean is for the caller to say.
    pub fn run(&mut self, count: usize) -> Result<&[f32]> {
        let max_batch = self.prepared.len();
        let Some(prepared) = count.checked_sub(1).and_then(|i| self.prepared.get_mut(i)) else {
            let what = format!("{count} images in a run of 1 to {max_batch}");
            return Err(Error::model(&self.model.label, what, "open the encoder with a greater max_batch"));
        };
        prepared.run(&mut self.model)?;
        Ok(&self.output.floats()[..count * self.feature_width])
    }

    /// Runs every number of images once, the greatest first, so that what ONNX Runtime sets up for a shape (memory plans;
    /// with TensorRT whole engines) is not paid inside the first step. Takes `max_batch * (max_batch + 1) / 2` images' time.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn warm_up(&mut self) -> Result<()> {
        (1..=self.max_batch()).rev().try_for_each(|count| self.run(count).map(|_| ()))
    }

    /// The features of the last run, for all slots; those past its count are older.
    pub fn features(&self) -> &[f32] {
        self.output.floats()
    }

    /// How many images fit.
    pub fn max_batch(&self) -> usize {
        self.prepared.len()
    }

    /// Floats of one image.
    pub fn image_len(&self) -> usize {
        self.image_len
    }

    /// Features of one image.
    pub fn feature_width(&self) -> usize {
        self.feature_width
    }

    /// The model.
    pub fn model(&self) -> &OrtModel {
        &self.model
    }

    /// A handle that stops a run from another thread.
    pub fn terminator(&self) -> Terminator {
        self.model.terminator()
    }
}

fn check_input(model: &OrtModel, max_batch: usize, image_size: usize) -> Result<String> {
    let misfit = |what: String| {
        Error::model(&model.label, what, format!("give a model with one f32 input [N, 3, {image_size}, {image_size}]"))
    };
    let [input] = model.inputs() else { return Err(misfit(format!("it has {} inputs", model.inputs().len()))) };
    let fits = |dim: Option<usize>, size: usize| dim.is_none_or(|dim| dim == size);
    let [batch, channels, height, width] = input.dims[..] else {
        return Err(misfit(format!("`{}` has {} dimensions", input.name, input.dims.len())));
    };
    if !input.is_f32 || !fits(channels, 3) || !fits(height, image_size) || !fits(width, image_size) {
        return Err(misfit(format!("`{}` has the shape {:?}", input.name, input.dims)));
    }
    // A model with a fixed batch would only refuse at the first run with another count.
    if batch.is_some_and(|batch| batch != max_batch || max_batch != 1) {
        return Err(misfit(format!("`{}` has a fixed batch of {}", input.name, batch.unwrap_or_default())));
    }
    Ok(input.name.clone())
}

fn check_output(model: &OrtModel, name: &str) -> Result<usize> {
    let output = model.output(name)?;
    match output.dims[..] {
        [_, Some(width)] if output.is_f32 && (1..=1 << 20).contains(&width) => Ok(width),
        _ => Err(Error::model(
            &model.label,
            format!("its output `{name}` has the shape {:?}", output.dims),
            "give a model with f32 features [N, F], F fixed",
        )),
    }
}
