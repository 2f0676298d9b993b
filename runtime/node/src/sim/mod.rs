//! `striatum sim`: simulated worlds, recorded as episodes or served as a robot would be.
//!
//! - `world`: a world, its cameras and its expert from options; what both uses share.
//! - `record`, `store`: episodes into folders.
//! - `serve`: a world over zenoh; `faults`: what goes wrong with its cameras.

mod faults;
mod keyframes;
mod record;
mod serve;
mod store;
mod world;

use std::io::Write;

use striatum_sim::{FailureKind, TaskId};

pub(crate) use faults::FaultOption;
pub(crate) use record::{RecordOptions, record};
pub(crate) use serve::{ServeOptions, serve};
pub(crate) use world::{WorldOptions, level};

use crate::cli::say;
use crate::error::Result;

/// The tasks and how each can fail.
///
/// # Errors
/// A closed pipe.
pub(crate) fn list(out: &mut dyn Write) -> Result<()> {
    for task in TaskId::ALL {
        let failures: Vec<_> = FailureKind::supported(task).iter().map(|kind| kind.name()).collect();
        say(out, format_args!("{:<12}{}; fails by {}", task.name(), task.instruction(), failures.join(", ")))?;
    }
    Ok(())
}
