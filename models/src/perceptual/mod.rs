//! The unsupervised perceptual reward (Sermanet, Xu, Levine, "Unsupervised Perceptual Rewards for Imitation Learning", ICLR
//! 2017): steps of a task, found in a few demonstrations without any label, and a reward for each.
//!
//! - [`split`](fn@split) cuts each demonstration into steps within which frozen features change least (section 2.1). As in the paper,
//!   each demonstration is cut by itself and step k of one is taken for step k of every other.
//! - [`fit`](fn@fit) picks the features that tell a step from the rest (Eq 1) and keeps a Gaussian of them (Eq 2) for each step.
//! - [`PerceptualHead`] is the result: plain arrays, the arithmetic in Rust, and the same as ONNX.
//! - [`overlap`](fn@overlap) compares steps with annotated ones, and with steps that chance would find.
//!
//! Where the paper leaves something open, or this differs from it, the items say so.

mod count;
mod features;
mod fit;
mod graph;
mod head;
mod member;
mod options;
mod overlap;
mod rows;
mod scale;
mod select;
mod split;
mod spread;
#[cfg(test)]
mod tests;

pub use features::FeatureReader;
pub use fit::fit;
pub use head::{PerceptualHead, StepModel};
pub(crate) use member::{PerceptualFit, fit_member};
pub use options::{Objective, PerceptualOptions, Search, StepWeights};
pub use overlap::{equal_steps, overlap, random_steps, wandering_rows};
pub use rows::Demonstration;
pub use split::split;

/// Name of the graph's input of features, `[N, 1, D]`.
pub(crate) const FEATURES: &str = "features";
/// Name of the graph's output of one reward for each step, `[1, K]`, each in \[0, 1\].
pub(crate) const STEP_REWARDS: &str = "step_rewards";
/// Name of the graph's output of their weighted sum, `[1, 1]`, in \[0, 1\].
pub(crate) const REWARD: &str = "reward";
