//! From a frame set to scores.

mod bundle_model;
#[cfg(test)]
mod member_tests;
mod memo;
mod percept;
mod recall;
mod reuse;
mod reward_model;
mod rows;
mod strange;
#[cfg(test)]
mod tests;

pub use bundle_model::BundleModel;
pub use memo::MemoMode;
pub use reuse::ReuseRule;
pub use reward_model::{NanosClock, RewardModel, StageTimings};
