//! Relative hops between two progress values (Robo-Dopamine, arXiv 2512.23703, Eq 2 and 5).

use crate::units::{Hop, Progress};

impl Hop {
    /// The hop that leads from `before` to `after`: the share of what remained that was gained, or the share of what
    /// had been gained that was lost.
    ///
    /// The difference form makes the round trip hold by construction: the hop there and the hop back lead to where one
    /// was, and the hop to the same place is exactly 0. A zero denominator cannot occur: a rise leaves from below 1, a
    /// fall from above 0.
    ///
    /// ```
    /// use striatum_core::{Hop, Progress};
    /// # fn main() -> Result<(), striatum_core::OutOfRange> {
    /// let (half, three_quarters) = (Progress::new(0.5)?, Progress::new(0.75)?);
    /// assert_eq!(Hop::between(half, three_quarters).get(), 0.5);
    /// assert_eq!(Hop::between(three_quarters, half).get(), -0.25 / 0.75); // not antisymmetric
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn between(before: Progress, after: Progress) -> Self {
        let (p, q) = (before.get(), after.get());
        let difference = q - p;
        let hop = if q > p {
            difference / (1.0 - p)
        } else if q < p {
            difference / p
        } else {
            0.0
        };
        // Never taken for two progress values: both branches divide by what bounds the difference.
        Self::clamped(hop).unwrap_or(Self::ZERO)
    }

    /// Where this hop leads from `from` (Eq 5, the incremental rule), clamped to \[0, 1\].
    #[must_use]
    pub fn apply(self, from: Progress) -> Progress {
        let (hop, p) = (self.get(), from.get());
        let reached = if hop >= 0.0 { p + (1.0 - p) * hop } else { p + p * hop };
        Progress::clamped(reached).unwrap_or(from)
    }
}

/// The training label of a pair of states (Eq 2): `None` where the pair is excluded because its denominator is zero
/// (both states at 1), [`Hop::ZERO`] where the two differ by no more than `zero_eps` (progress units).
#[must_use]
pub fn hop_label(before: Progress, after: Progress, zero_eps: f64) -> Option<Hop> {
    let (p, q) = (before.get(), after.get());
    let denominator = if q >= p { 1.0 - p } else { p };
    if denominator <= 0.0 {
        return None;
    }
    let is_zero = (q - p).abs() <= zero_eps;
    Some(if is_zero { Hop::ZERO } else { Hop::between(before, after) })
}
