//! From episodes whose truth is known to the tables that the runtime applies.
//!
//! What is fitted here is applied by `striatum-core` ([`striatum_core::Calibration`]). An episode is one sample: its rows
//! are alike, and counting them as if each were news would promise far too much. So every episode weighs the same, errors
//! are taken on episodes left out, and what few episodes cannot promise is said.
//!
//! ```
//! use striatum_calibration::{EpisodeCurve, fit, leave_one_out};
//! # fn main() -> Result<(), striatum_calibration::Error> {
//! // Twelve episodes whose progress is said 0.2 too low in the middle, with a std that is far too small.
//! let episodes = (0..12).map(|index| {
//!     let truth: Vec<f64> = (0..=40).map(|row| f64::from(row) / 40.0).collect();
//!     let wave = |t: f64| 0.03 * (9.0 * t + f64::from(index)).sin();
//!     let mean = truth.iter().map(|&t| (t - 0.8 * t * (1.0 - t) + wave(t)).clamp(0.0, 1.0)).collect();
//!     EpisodeCurve::new(format!("episode_{index}"), mean, vec![0.01; truth.len()], truth)
//! });
//! let episodes = episodes.collect::<Result<Vec<_>, _>>()?;
//! let fitted = fit(&episodes)?;
//! assert!(fitted.multiplier.guaranteed && !fitted.calibration.mean.is_identity());
//! let held = leave_one_out(&episodes)?.expect("more than one episode");
//! assert!(held.after.ece < held.before.ece / 2.0);
//! assert!(held.before.coverage < 0.5 && held.after.coverage >= 0.85);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod binomial;
mod conformal;
mod curve;
mod error;
mod fit;
mod isotonic;
mod measures;
mod reduce;
mod success;

pub use conformal::{LEAST_EPISODES, Multiplier, WANTED_COVERAGE, multiplier};
pub use curve::EpisodeCurve;
pub use error::{Error, Result};
pub use fit::{Fitted, Held, MapChoice, STD_FLOOR, fit, leave_one_out};
pub use isotonic::Isotonic;
pub use measures::{BINS, Bin, Measures, measure};
pub use reduce::{Knots, reduce};
pub use success::{SuccessThreshold, highest_share, says, success_threshold};
