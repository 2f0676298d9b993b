//! Learners that the reward is tried on: they see a state as numbers, act with numbers in [-1, 1], and are told rewards.
//!
//! - `sac`: soft actor-critic with prior data, for tasks of many steps.
//! - `pi2`: policy improvement with path integrals, for short tasks around a demonstration.
//! - `network`, `product`, `adam`: the networks; `replay`: what was lived through; `random`: the one source of chance.
//! - `store`: a learner as bytes.
//!
//! It knows no world, file, clock, thread or socket. The same seed and transitions give the same bits on one machine.
#![forbid(unsafe_code)]

mod adam;
mod error;
mod network;
mod pi2;
mod product;
mod random;
mod replay;
mod sac;
mod store;

pub use error::{Error, Result};
pub use pi2::{Pi2, Pi2Config};
pub use random::Random;
pub use replay::Transition;
pub use sac::{Losses, Sac, SacConfig};
