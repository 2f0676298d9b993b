//! Images, and lining up several cameras by capture time; no threads, clocks, files or sockets.
//!
//! - [`decode`], [`Image`]: pictures from untrusted bytes, always 8-bit RGB afterwards.
//! - [`Resizer`]: Pillow's `BILINEAR` bit for bit, and from there to the planes a backbone takes.
//! - [`largest_block_difference`]: whether a picture is worth looking at anew.
//! - [`Synchroniser`], [`RateGate`]: frames of N cameras in, sets of frames that belong together out.
//! - [`Transform`], [`playback`], [`ViewEdits`]: spoiling a clip on purpose, to test a reward.
//!
//! Everything here decides from its arguments alone, so a replay of the same calls gives the same bits.
#![deny(unsafe_code)] // one exception, stated where it is: the run-time choice of instruction set in `resize::kernels`

mod codec;
mod difference;
mod error;
mod frame;
mod image_buffer;
mod resize;
mod sync;
mod transform;

pub use codec::{Encoding, ImageLimits, PixelFormat, decode, encode_jpeg, encode_png};
pub use difference::largest_block_difference;
pub use error::{Error, Result};
pub use frame::{Frame, FrameSet, SetVerdict};
pub use image_buffer::{Image, content_hash};
pub use resize::{Normalisation, PillowTaps, Resizer};
pub use sync::{DropOut, FrozenPolicy, MAX_AHEAD_NANOS, RateGate, SetGate, SyncConfig, SyncCounters, Synchroniser};
pub use transform::{Transform, ViewEdits, playback};
