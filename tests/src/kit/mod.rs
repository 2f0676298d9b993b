//! What end-to-end tests share: the program as a process, a learner, and cameras, all over real zenoh on loopback.
//!
//! Everything here may panic: it is called from tests alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cameras;
mod endpoint;
mod learner;
mod network;
mod process;
mod served;

pub use cameras::{Cameras, Rolling};
pub use endpoint::Endpoint;
pub use learner::{Learner, begin_request, step_request};
pub use network::listen;
pub use process::{Runtime, free_endpoint, run, run_with};
pub use served::{Joints, Seen, Served, WorldClient, shift};

use std::path::{Path, PathBuf};

use crate::drawn::{DrawOptions, Drawn, Encoding, write_episode};

/// A small drawn episode, as numbered images; quick to adapt to.
pub fn small_episode(folder: &Path, seed: u64) -> PathBuf {
    let options =
        DrawOptions { seed, frames: 60, width: 160, height: 120, fps: 15.0, blocks: 2, ..DrawOptions::default() };
    let drawn = Drawn::new(options).expect("options in range");
    let episode = folder.join(format!("episode_{seed}"));
    write_episode(&drawn, &episode, Encoding::Images).expect("the temporary folder can be written");
    episode
}

/// Now, Unix nanoseconds: what a camera's or a learner's clock says.
#[expect(clippy::disallowed_methods, reason = "the kit stands for the world outside the runtime, and that has a clock")]
pub fn now_nanos() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_nanos()).expect("before 2554")
}
