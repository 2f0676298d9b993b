//! What a caller says before an adaptation.

use striatum_core::{MAX_VIEWS, Progress};

use crate::error::{Error, Result};

/// Sets of frames that are used where the caller does not say; more change the result little and cost time.
const WANTED_SETS: u32 = 320;
/// Segments of an episode that has no keyframes.
const TENTHS: u32 = 10;

/// How a head is fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptConfig {
    /// What the robot does, in words; goes into the manifest.
    pub task: String,
    /// Names of the views, in the bundle's order.
    pub views: Vec<String>,
    /// Seed of the augmented twins. Default 0.
    pub seed: u64,
    /// Every how many frames a set is used; `None` (default) takes the stride that gives about 320 sets.
    pub stride: Option<u32>,
    /// Augmented twins of each set that are trained on beside the plain one. Default 2. Without any, errors on another
    /// day's episode were found two to three times as large.
    pub copies: usize,
    /// Penalties to choose from, relative to the mean energy of a sample. Default six from 0.003 to 1.
    pub lambdas: Vec<f64>,
    /// Licence and origin of what the bundle is made of, in words; goes into the manifest.
    pub licence: String,
}

impl Default for AdaptConfig {
    fn default() -> Self {
        Self {
            task: String::new(),
            views: Vec::new(),
            seed: 0,
            stride: None,
            copies: 2,
            lambdas: vec![0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
            licence: String::new(),
        }
    }
}

impl AdaptConfig {
    /// The most twins of a set.
    pub const MAX_COPIES: usize = 8;

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let refuse = |field: &str, what: String, mend: &str| Err(Error::config(format!("adapt.{field}"), what, mend));
        if !(1..=MAX_VIEWS).contains(&self.views.len()) {
            return refuse("views", format!("{} views", self.views.len()), "give 1 to 16");
        }
        for (index, view) in self.views.iter().enumerate() {
            if !is_view_name(view) {
                return refuse("views", format!("`{view}` is no name"), "use letters, digits, `_`, `-` and `.`");
            }
            if self.views[..index].contains(view) {
                return refuse("views", format!("`{view}` is there twice"), "name each view once");
            }
        }
        if self.stride == Some(0) {
            return refuse("stride", "0 frames".to_owned(), "give 1 or more");
        }
        if self.copies > Self::MAX_COPIES {
            return refuse("copies", format!("{} is out of range", self.copies), "give 0 to 8");
        }
        if self.lambdas.is_empty() || self.lambdas.iter().any(|l| !l.is_finite() || *l <= 0.0) {
            return refuse("lambdas", "a penalty is not above 0, or there is none".to_owned(), "give positive numbers");
        }
        Ok(())
    }

    /// Every how many of `frames` frames a set is to be pushed.
    #[must_use]
    pub fn stride_for(&self, frames: u32) -> u32 {
        self.stride.unwrap_or((frames + WANTED_SETS / 2) / WANTED_SETS).max(1)
    }
}

/// Names that are safe as the stem of a file.
pub(crate) fn is_view_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(plain)
}

/// Truth and segment of frame `frame` of `frames` where nobody annotated any: linear in time, in ten equal segments.
#[must_use]
pub fn without_keyframes(frame: u32, frames: u32) -> (Progress, usize) {
    let last = frames.saturating_sub(1).max(1);
    let progress = Progress::clamped(f64::from(frame) / f64::from(last)).unwrap_or(Progress::ZERO);
    let segment = u64::from(frame.min(last)) * u64::from(TENTHS) / (u64::from(last) + 1);
    (progress, usize::try_from(segment).unwrap_or(0))
}

/// Annotated keyframes of an episode: consecutive segments, each worth the same share of the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyframes {
    segments: Vec<(u32, u32)>,
}

impl Keyframes {
    /// Segments as (start frame, end frame), in order.
    ///
    /// # Errors
    /// [`Error::Adapt`] if there is none, or one is empty or overlaps the one before.
    pub fn new(segments: Vec<(u32, u32)>) -> Result<Self> {
        if segments.is_empty() {
            return Err(Error::adapt("the keyframes have no segment", "give at least one, or remove the file"));
        }
        for (index, &(start, end)) in segments.iter().enumerate() {
            if end <= start || (index > 0 && start < segments[index - 1].1) {
                let what = format!("keyframe segment {index} ({start} to {end}) is empty or overlaps the one before");
                return Err(Error::adapt(what, "mend the annotation"));
            }
        }
        Ok(Self { segments })
    }

    /// Progress and segment at a frame: linear inside a segment, 0 before the first, 1 after the last, constant in a gap.
    #[must_use]
    pub fn at(&self, frame: u32) -> (Progress, usize) {
        let count = self.segments.len();
        let index = self.segments.partition_point(|&(start, _)| start <= frame).max(1) - 1;
        let (start, end) = self.segments[index];
        let inside = f64::from(frame.clamp(start, end) - start) / f64::from(end - start);
        let progress = Progress::clamped((index as f64 + inside) / count as f64);
        (progress.unwrap_or(Progress::ZERO), index)
    }

    /// First and last annotated frame.
    #[must_use]
    pub fn range(&self) -> (u32, u32) {
        let first = self.segments.first().map_or(0, |s| s.0);
        (first, self.segments.last().map_or(first, |s| s.1))
    }

    /// How many segments.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    #[test]
    fn keyframes_are_piecewise_linear_with_plateaus() {
        let keyframes = Keyframes::new(vec![(10, 20), (30, 50)]).unwrap();
        for (frame, progress, segment) in [
            (0, 0.0, 0),
            (10, 0.0, 0),
            (15, 0.25, 0),
            (20, 0.5, 0),
            (25, 0.5, 0),
            (30, 0.5, 1),
            (40, 0.75, 1),
            (50, 1.0, 1),
            (99, 1.0, 1),
        ] {
            let (got, at) = keyframes.at(frame);
            assert_eq!((got.get(), at), (progress, segment), "{frame}");
        }
        assert!(Keyframes::new(vec![]).is_err());
        assert!(Keyframes::new(vec![(5, 5)]).is_err());
        assert!(Keyframes::new(vec![(0, 9), (8, 12)]).is_err());
    }

    #[test]
    fn without_keyframes_time_is_progress_in_tenths() {
        assert_eq!(without_keyframes(0, 101).0, Progress::ZERO);
        assert_eq!(without_keyframes(100, 101), (Progress::ONE, 9));
        assert_eq!(without_keyframes(50, 101).0.get(), 0.5);
        let segments: std::collections::BTreeSet<_> = (0..101).map(|f| without_keyframes(f, 101).1).collect();
        assert_eq!(segments.len(), 10);
        assert_eq!(without_keyframes(0, 1).0, Progress::ZERO);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let good = AdaptConfig { views: vec!["a".into(), "b".into()], ..AdaptConfig::default() };
        assert!(good.validate().is_ok());
        let spoilt: [(AdaptConfig, &str); 6] = [
            (AdaptConfig { views: vec![], ..good.clone() }, "adapt.views"),
            (AdaptConfig { views: vec!["a".into(), "a".into()], ..good.clone() }, "adapt.views"),
            (AdaptConfig { views: vec!["../a".into()], ..good.clone() }, "adapt.views"),
            (AdaptConfig { stride: Some(0), ..good.clone() }, "adapt.stride"),
            (AdaptConfig { copies: 9, ..good.clone() }, "adapt.copies"),
            (AdaptConfig { lambdas: vec![0.0], ..good.clone() }, "adapt.lambdas"),
        ];
        for (config, field) in spoilt {
            assert!(config.validate().unwrap_err().to_string().starts_with(field));
        }
        assert_eq!(good.stride_for(1277), 4);
        assert_eq!(good.stride_for(10), 1);
    }
}
