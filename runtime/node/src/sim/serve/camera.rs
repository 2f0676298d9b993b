//! One camera of the world: its pictures out over zenoh, through its cable if that has faults.

use striatum_core::StampNanos;
use striatum_frames::Image;
use striatum_wire::Name;
use zenoh::pubsub::Publisher;

use super::cable::{Cable, Picture};
use super::outlet::put;
use crate::error::Result;

/// A view's publisher, and what its frames go through.
pub(super) struct Camera {
    name: Name,
    publisher: Publisher<'static>,
    jpeg: bool,
    cable: Option<Cable>,
}

impl Camera {
    pub(super) fn new(name: Name, publisher: Publisher<'static>, jpeg: bool, cable: Option<Cable>) -> Self {
        Self { name, publisher, jpeg, cable }
    }

    /// A picture that was captured at `stamp`, which is now.
    ///
    /// # Errors
    /// A picture that cannot be encoded, or zenoh refusing.
    pub(super) fn shoot(&mut self, image: &Image, stamp: StampNanos, now_nanos: u64) -> Result<()> {
        let picture = || Picture::new(image, self.jpeg);
        match &mut self.cable {
            Some(cable) => cable.take(self.name.as_str(), stamp, now_nanos, picture)?,
            None => put(&self.publisher, picture()?.message(self.name.as_str(), stamp)?)?,
        }
        self.deliver(now_nanos)
    }

    /// Sends what has come through the cable by now.
    ///
    /// # Errors
    /// zenoh refusing.
    pub(super) fn deliver(&mut self, now_nanos: u64) -> Result<()> {
        let Some(cable) = &mut self.cable else { return Ok(()) };
        while let Some(message) = cable.arrived(now_nanos) {
            put(&self.publisher, message)?;
        }
        Ok(())
    }

    /// When the next frame comes out of the cable.
    pub(super) fn due_nanos(&self) -> Option<u64> {
        self.cable.as_ref()?.due_nanos()
    }

    /// What became of the frames, for the log; nothing to say of a camera without faults.
    pub(super) fn say_end(&self) {
        let Some(tally) = self.cable.as_ref().map(Cable::tally) else { return };
        let on_the_way = tally.captured - tally.arrived - tally.dropped - tally.crowded_out;
        tracing::info!(
            "camera {}: {} frames captured, {} arrived, {} lost by chance, {} because too many were on their way, {on_the_way} \
             still are; {} showed an older picture; {:.3} s late at most",
            self.name.as_str(),
            tally.captured,
            tally.arrived,
            tally.dropped,
            tally.crowded_out,
            tally.frozen,
            tally.longest_nanos as f64 / 1e9
        );
    }
}
