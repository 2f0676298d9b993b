//! Values that several commands read the same way.

use striatum_core::Discount;

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
