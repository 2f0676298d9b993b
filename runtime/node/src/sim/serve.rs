//! A world over zenoh.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::world::WorldOptions;
use crate::error::{Error, Result};

/// What to serve, and where to.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) world: WorldOptions,
    /// The robot's name in the keys.
    pub(crate) robot: String,
    /// Where the runtime listens.
    pub(crate) connect: Option<String>,
}

/// Serves until `stop`.
///
/// # Errors
/// A world that there is not.
pub(crate) fn serve(options: &ServeOptions, _stop: &Arc<AtomicBool>) -> Result<()> {
    let _ = (&options.world, &options.robot, &options.connect);
    Err(Error::input("striatum sim --serve", "is not there yet", "record episodes and use `striatum play`"))
}
