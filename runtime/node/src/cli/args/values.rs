//! Values that several commands read the same way.

use clap::Args;
use striatum_core::Discount;

use crate::config::EncoderSection;

/// Which pictures are encoded; as the section `[encoder]` of a configuration.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReuseArgs {
    /// Take a view's features again while no block of its picture differs by more than this, 8-bit steps; 0 encodes every picture.
    #[arg(long, default_value_t = 0.0, value_name = "STEPS", value_parser = steps)]
    reuse_unchanged: f64,
    /// With --reuse-unchanged: for so many seconds of capture time at most.
    #[arg(long, default_value_t = 1.0, value_name = "SECS", requires = "reuse_unchanged")]
    reuse_secs: f64,
}

impl ReuseArgs {
    /// As the section of a configuration.
    pub(in crate::cli) fn section(&self) -> EncoderSection {
        EncoderSection { reuse_unchanged: self.reuse_unchanged, reuse_secs: self.reuse_secs }
    }
}

/// Threads that a session may have.
pub(super) fn threads() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=i64::from(striatum_models::SessionConfig::MAX_THREADS))
}

/// 8-bit steps of a picture.
fn steps(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|steps| (0.0..=255.0).contains(steps))
        .ok_or_else(|| "give a number in [0, 255]".to_owned())
}

/// A count from 1 up.
pub(super) fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "give a whole number from 1 up".to_owned())
}

/// A discount in (0, 1].
pub(super) fn discount(text: &str) -> Result<f64, String> {
    let gamma = text.parse().map_err(|_| "give a number in (0, 1]".to_owned())?;
    Discount::new(gamma).map(Discount::get).map_err(|error| error.to_string())
}

/// A speed.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.01..=100.0).contains(rate))
        .ok_or_else(|| "give a speed in [0.01, 100]".to_owned())
}

/// A share above 0 and below 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| "give a share above 0 and below 1, for example 0.05".to_owned())
}
