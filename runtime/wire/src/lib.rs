//! The bytes Striatum publishes and the keys it publishes them under; the only crate that knows either.
//!
//! Messages are CDR as ROS 2 encodes it, so a Rust learner, a Python client and a ROS 2 tool read the same bytes; the folder
//! `msg` beside the sources has each message's `.msg` file. Every message of ours begins with its version, [`WIRE_VERSION`] but for `Status`. Encoding
//! writes into the caller's buffer and decoding borrows or copies into fixed storage: nothing here allocates, and whatever a
//! sender claims is checked against the bytes that are there.
//!
//! This crate does **not** know sockets, threads or clocks; it is `no_std` and has no `unsafe`.
//!
//! ```
//! use striatum_wire::{AbortRequest, EpisodeId};
//!
//! # fn main() -> Result<(), striatum_wire::Error> {
//! let request = AbortRequest { episode: EpisodeId([7; 16]) };
//! let mut buffer = [0; AbortRequest::MAX_LEN];
//! let len = request.encode(&mut buffer)?;
//! assert_eq!(AbortRequest::decode(&buffer[..len])?, request);
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod action;
mod cdr;
mod control;
mod error;
mod fields;
mod header;
mod ids;
mod image;
mod joints;
mod keys;
mod refusal;
mod reward;
pub mod schemas;
mod status;
mod teacher;
mod world;

pub use action::{Action, ActionKind, ActionLoss, DELTA_MAX};
pub use cdr::{CdrReader, CdrWriter, HEADER_LE, HEADER_LEN};
pub use control::{AbortReply, AbortRequest, BeginReply, BeginRequest, DEADLINE_MAX_SECS, StepRequest, TASK_MAX, Task};
pub use error::{Error, ShortText};
pub use fields::WIRE_VERSION;
pub use ids::{BundleHash, EpisodeId, QualityFlags};
pub use image::{CompressedImage, IMAGE_TEXT_MAX, ImageKind, ImageMessage, PixelEncoding, RawImage};
pub use joints::{JOINT_NAME_MAX, JOINTS_MAX, JointState};
pub use keys::{KEY_MAX, Key, Keys, NAME_MAX, Name, encoding};
pub use refusal::{REFUSAL_MAX, Refusal, RefusalCode};
pub use reward::ShapedReward;
pub use status::{DETAIL_MAX, Detail, DropCause, Recording, Stage, State, Status, TeacherCount, TeacherState};
pub use teacher::TeacherScore;
pub use world::{ResetReply, ResetRequest, Truth};

#[cfg(test)]
mod test_kit;
