//! From a frame set to scores.

mod bundle_model;
#[cfg(test)]
mod member_tests;
mod memo;
mod percept;
mod recall;
mod reward_model;
mod rows;
#[cfg(test)]
mod tests;

pub use bundle_model::BundleModel;
pub use memo::MemoMode;
pub use reward_model::{NanosClock, RewardModel, StageTimings};
