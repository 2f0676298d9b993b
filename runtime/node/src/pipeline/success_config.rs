//! What the configuration says of the model's own word of success.

use striatum_core::SuccessRule;

use crate::error::Result;

/// When the model's word that the goal is reached is believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessConfig {
    /// From this share of belief on the goal is seen, in (0, 1]; `None`: as the bundle says.
    pub share: Option<f64>,
    /// For so long it must be seen, nanoseconds,
    pub held_nanos: u64,
    /// inside the last so many nanoseconds of capture time.
    pub window_nanos: u64,
}

impl SuccessConfig {
    /// The rule for a model that takes the goal for reached from `models_share` on.
    ///
    /// # Errors
    /// A number out of range.
    pub fn rule(&self, models_share: Option<f64>) -> Result<SuccessRule> {
        let share = self.share.or(models_share).unwrap_or(SuccessRule::SHARE);
        Ok(SuccessRule::new(share, self.held_nanos, self.window_nanos)?)
    }
}

impl Default for SuccessConfig {
    /// The bundle's share, for half of the last second.
    fn default() -> Self {
        Self { share: None, held_nanos: SuccessRule::HELD_NANOS, window_nanos: SuccessRule::WINDOW_NANOS }
    }
}

/// Nanoseconds as the configuration and the manifest write them.
#[expect(clippy::cast_precision_loss, reason = "at most a minute, far below 2^53 ns")]
pub(crate) fn secs(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
