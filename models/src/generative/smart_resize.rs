//! To what size a picture is brought before it is cut into patches: as Qwen2-VL's image processor decides it.

use crate::error::{Error, Result};

/// The greatest ratio of the sides that is accepted, as in the published processor.
const MOST_RATIO: u32 = 200;
/// The longest side that is accepted, pixels. Past it nothing a camera gives is left, and the sums below stay exact.
const MOST_SIDE: u32 = 32_768;

/// How many pixels a picture has after resizing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelLimits {
    /// A smaller picture is enlarged to about this many.
    pub least: u64,
    /// A larger one is shrunk to at most this many.
    pub most: u64,
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The size with both sides multiples of `factor`, the aspect ratio nearly kept, and the number of pixels within `limits`.
///
/// # Errors
/// [`Error::Config`] if a side is 0 or absurdly long, or one side is more than 200 times the other.
#[expect(clippy::cast_sign_loss, reason = "every side is above 0")]
pub(crate) fn smart_resize(size: Size, limits: PixelLimits, factor: u32) -> Result<Size> {
    let (longest, shortest) = (size.width.max(size.height), size.width.min(size.height));
    let refuse = |what: &str| {
        let what = format!("a picture of {}x{} {what}", size.width, size.height);
        Err(Error::config("picture", what, "give pictures as a camera takes them"))
    };
    if shortest == 0 || longest > MOST_SIDE {
        return refuse("cannot be read");
    }
    if longest > MOST_RATIO * shortest {
        return refuse("has sides whose ratio is above 200");
    }
    let (height, width, step) = (f64::from(size.height), f64::from(size.width), f64::from(factor));
    // Python's round: a half goes to the even neighbour.
    let near = |side: f64| (side / step).round_ties_even() * step;
    let pixels = near(height) * near(width);
    let (height, width) = if pixels > limits.most as f64 {
        let shrink = (height * width / limits.most as f64).sqrt();
        let down = |side: f64| ((side / shrink / step).floor() * step).max(step);
        (down(height), down(width))
    } else if pixels < limits.least as f64 {
        let grow = (limits.least as f64 / (height * width)).sqrt();
        let up = |side: f64| (side * grow / step).ceil() * step;
        (up(height), up(width))
    } else {
        (near(height), near(width))
    };
    Ok(Size { width: width as u32, height: height as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_are_refused() {
        let limits = PixelLimits { least: 3136, most: 1_003_520 };
        for (width, height) in [(0, 5), (5, 0), (201, 1), (1, 201), (32_769, 30_000), (u32::MAX, u32::MAX)] {
            let message = smart_resize(Size { width, height }, limits, 28).unwrap_err().to_string();
            assert!(message.contains(&format!("{width}x{height}")) && message.lines().count() == 1, "{message}");
        }
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let limits = PixelLimits { least: 1, most: 1_003_520 };
        let side = |side| smart_resize(Size { width: side, height: side }, limits, 28).unwrap().width;
        assert_eq!([42, 70, 98, 126].map(side), [56, 56, 112, 112]);
    }
}
