//! Scores in, shaped reward out: hops, fusion, potentials and policy-invariant shaping.
//!
//! This crate is the arithmetic of the reward and nothing else. It is `no_std`, never allocates, has no `unsafe`, reads no
//! clock and keeps no global state, so the same inputs give the same bits in a live run, in a replay and in simulation.
//!
//! It does **not** know images, models, files, sockets or threads: see `striatum-frames`, `striatum-models`,
//! `striatum-wire` and `striatum` for those.
#![no_std]
#![forbid(unsafe_code)]

mod scores;
mod units;
mod views;

pub use scores::{Perspectives, Scores};
pub use units::{Discount, Hop, OutOfRange, Progress, StampNanos};
pub use views::{MAX_VIEWS, ViewMask};
