//! Scores in, shaped reward out: hops, fusion, calibration, potentials and policy-invariant shaping.
//!
//! This crate is the arithmetic of the reward and nothing else. It is `no_std`, never allocates, has no `unsafe`, reads
//! no clock and keeps no global state, so the same inputs give the same bits in a live run, in a replay and in
//! simulation. Powers, exponentials and roots go through `libm`, which gives the same bits on every target.
//!
//! It does **not** know images, models, files, sockets or threads: see `striatum-frames`, `striatum-models`,
//! `striatum-wire` and `striatum` for those.
//!
//! One frame's way through it:
//!
//! ```
//! use striatum_core::{
//!     Discount, Ending, EpisodeRules, Fuser, FusionConfig, Perspectives, PotentialFn, Scores, Shaper, Success,
//!     SuccessSource, Transition,
//! };
//!
//! # fn main() -> Result<(), striatum_core::Error> {
//! let mut fuser = Fuser::new(FusionConfig::memoryless())?;
//! let potential_fn = PotentialFn::default();
//! let seen = |forward, backward| Scores {
//!     hops: Perspectives { incremental: None, forward: Some(forward), backward: Some(backward) },
//!     std: 0.05,
//!     ood: 0.0,
//!     ..Scores::MISSING
//! };
//!
//! let first = fuser.update(&seen(0.25, -0.75)); // phi_F = 0.25, phi_B = 1 - 0.75 = 0.25
//! let mut shaper = Shaper::begin(EpisodeRules::new(Discount::new(0.5)?), potential_fn.of(&first))?;
//!
//! let next = fuser.update(&seen(0.75, -0.25));
//! let step = shaper.step(Transition {
//!     next: potential_fn.of(&next),
//!     k: 1.0,
//!     ending: Ending::Running,
//!     success: Success::Unknown,
//!     source: SuccessSource::None,
//! })?;
//! assert_eq!(step.shaping, 0.5 * 0.75 - 0.25);
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod calibration;
mod calibration_table;
mod codes;
mod correction;
mod error;
mod estimate;
mod fusion;
mod fusion_config;
mod hop;
mod interval_table;
mod members;
mod outcome;
mod potential;
mod readings;
mod rules;
mod scores;
mod seen_window;
mod shaping;
mod success;
mod units;
mod views;

pub use calibration::Calibration;
pub use calibration_table::{CalibrationTable, piecewise};
pub use correction::{Correction, CorrectionFit, CorrectionRules};
pub use error::Error;
pub use estimate::Estimate;
pub use fusion::Fuser;
pub use fusion_config::{FusionConfig, FusionRule, StartValue};
pub use hop::hop_label;
pub use interval_table::IntervalTable;
pub use members::{MemberFusion, MemberRule, MemberShare};
pub use outcome::{Ending, SourceSet, Success, SuccessSource};
pub use potential::{Potential, PotentialFn};
pub use rules::{EpisodeRules, KMode, ShapingMode};
pub use scores::{MAX_MEMBERS, MemberScores, Perspectives, Scores};
pub use shaping::{ShapedStep, Shaper, Transition};
pub use success::{SuccessDetector, SuccessRule};
pub use units::{Discount, Hop, OutOfRange, Progress, StampNanos};
pub use views::{MAX_VIEWS, ViewMask};
