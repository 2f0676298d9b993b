//! A demonstration's features, checked.

use crate::error::{Error, Result};

/// Frozen features of one demonstration: a row for each frame, in time order.
#[derive(Clone, Copy, Debug)]
pub struct Demonstration<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Demonstration<'a> {
    /// The most frames of a demonstration: finding steps reads every pair of them.
    pub const MAX_FRAMES: usize = 4096;

    /// `values` is row-major `[T, width]`; a row holds the features of all views, one view after the other.
    ///
    /// # Errors
    /// [`Error::Adapt`] if there is no feature, the values are not whole rows, there are fewer than 4 rows or more than
    /// [`MAX_FRAMES`](Self::MAX_FRAMES), or a number is not finite.
    pub fn new(values: &'a [f32], width: usize) -> Result<Self> {
        if width == 0 || !values.len().is_multiple_of(width) {
            let what = format!("{} features are not whole rows of {width}", values.len());
            return Err(Error::adapt(what, "give the features of every view for every frame"));
        }
        let frames = values.len() / width;
        if !(4..=Self::MAX_FRAMES).contains(&frames) {
            let what = format!("{frames} frames in a demonstration of 4 to {}", Self::MAX_FRAMES);
            return Err(Error::adapt(what, "give more frames, or a greater stride"));
        }
        if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
            let what = format!("feature {} of frame {} is not finite", bad % width, bad / width);
            return Err(Error::adapt(what, "check the backbone with `striatum models verify`"));
        }
        Ok(Self { values, width })
    }

    /// The rows `part` of `values`, as [`new`](Self::new) takes them.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn part(values: &'a [f32], width: usize, part: std::ops::Range<usize>) -> Result<Self> {
        Self::new(values.get(part.start * width..part.end * width).unwrap_or_default(), width)
    }

    /// Frames, T.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len() / self.width
    }

    /// Features of a frame.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The features of a frame.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    pub fn row(&self, frame: usize) -> &'a [f32] {
        &self.values[frame * self.width..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_demonstration_is_refused() {
        let message = |values: &[f32], width| Demonstration::new(values, width).unwrap_err().to_string();
        assert!(message(&[0.0; 12], 0).contains("whole rows"));
        assert!(message(&[0.0; 13], 3).contains("whole rows"));
        assert!(message(&[0.0; 9], 3).contains("3 frames"));
        let mut values = [0.0; 12];
        values[7] = f32::NAN;
        assert!(message(&values, 3).contains("feature 1 of frame 2"));
        values[7] = f32::INFINITY;
        assert!(message(&values, 3).contains("not finite"));
        assert_eq!(Demonstration::new(&[0.0; 12], 3).unwrap().frames(), 4);
    }
}
