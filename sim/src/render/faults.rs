//! What cameras and their cables do wrong, as a function of the frames' times: late, lost, frozen, stamped with a wrong clock.
//! No thread and no clock: the caller asks for each frame what becomes of it.

use super::error::{RenderResult, within};
use super::random::Random;

/// A span of time in which a camera shows the same picture again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// From the first frame captured at or after this.
    pub from_nanos: u64,
    /// For this long.
    pub for_nanos: u64,
}

/// What goes wrong with one camera. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CameraFaults {
    /// From capture to arrival, on average.
    pub latency_mean_secs: f64,
    /// Standard deviation of that. A frame never comes before it was captured, nor before the one ahead of it.
    pub latency_jitter_secs: f64,
    /// Frames that never arrive, 0 to 1.
    pub drop_probability: f64,
    /// How far the camera's clock is ahead: its stamps say a later time than the truth.
    pub skew_secs: f64,
    /// A freeze at a known time.
    pub freeze: Option<Freeze>,
    /// The chance that a frame begins a freeze, 0 to 1.
    pub freeze_probability: f64,
    /// How long a freeze by chance lasts.
    pub freeze_secs: f64,
}

/// What becomes of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The time of capture that the frame is stamped with: the camera's clock, skew and all.
    pub stamp_nanos: u64,
    /// When it arrives, by the true clock; says nothing for a dropped frame.
    pub deliver_at_nanos: u64,
    /// It never arrives.
    pub dropped: bool,
    /// It shows the picture of the frame that arrived before it.
    pub repeat_previous: bool,
}

/// The faults of one camera over a run.
#[derive(Clone, Debug)]
pub struct FaultStream {
    faults: CameraFaults,
    random: Random,
    last_delivery_nanos: u64,
    frozen_until_nanos: u64,
    any_arrived: bool,
}

const LONGEST_SECS: f64 = 3600.0;

impl FaultStream {
    /// Faults drawn from a seed; give each camera its own.
    ///
    /// # Errors
    /// When a probability is not between 0 and 1, or a time is negative, above an hour, or not a number.
    pub fn new(faults: CameraFaults, seed: u64) -> RenderResult<Self> {
        for (field, value) in [
            ("faults.drop_probability", faults.drop_probability),
            ("faults.freeze_probability", faults.freeze_probability),
        ] {
            within(field, value, (0.0..=1.0).contains(&value), "from 0 to 1")?;
        }
        for (field, value) in [
            ("faults.latency_mean_secs", faults.latency_mean_secs),
            ("faults.latency_jitter_secs", faults.latency_jitter_secs),
            ("faults.freeze_secs", faults.freeze_secs),
        ] {
            within(field, value, (0.0..=LONGEST_SECS).contains(&value), "from 0 to 3600 seconds")?;
        }
        let skew = faults.skew_secs;
        within("faults.skew_secs", skew, skew.abs() <= LONGEST_SECS, "from -3600 to 3600 seconds")?;
        let random = Random::new(seed);
        Ok(Self { faults, random, last_delivery_nanos: 0, frozen_until_nanos: 0, any_arrived: false })
    }

    /// What becomes of the frame that was captured at a time; call once for each frame, in order of capture. The same seed and
    /// times give the same fates: every frame draws the same number of random numbers, whatever happens to it.
    pub fn apply(&mut self, capture_nanos: u64) -> Fate {
        let (late, lost, stuck) = (self.random.normal(), self.random.unit(), self.random.unit());
        let latency = self.faults.latency_mean_secs + self.faults.latency_jitter_secs * late;
        let arrives = capture_nanos.saturating_add(nanos(latency.max(0.0)));
        let frozen = self.freeze(capture_nanos, stuck);
        let dropped = lost < self.faults.drop_probability;
        let repeat_previous = frozen && self.any_arrived;
        if !dropped {
            // Frames come through one cable: a late one holds up those behind it.
            self.last_delivery_nanos = self.last_delivery_nanos.max(arrives);
            self.any_arrived = true;
        }
        let stamp_nanos = shifted(capture_nanos, self.faults.skew_secs);
        Fate { stamp_nanos, deliver_at_nanos: self.last_delivery_nanos.max(arrives), dropped, repeat_previous }
    }

    fn freeze(&mut self, capture_nanos: u64, stuck: f64) -> bool {
        if capture_nanos >= self.frozen_until_nanos && stuck < self.faults.freeze_probability {
            self.frozen_until_nanos = capture_nanos.saturating_add(nanos(self.faults.freeze_secs));
        }
        let asked = self.faults.freeze.is_some_and(|freeze| {
            (freeze.from_nanos..freeze.from_nanos.saturating_add(freeze.for_nanos)).contains(&capture_nanos)
        });
        asked || capture_nanos < self.frozen_until_nanos
    }
}

/// Keeps the last picture of a camera, for the frames that repeat it.
#[derive(Clone, Debug, Default)]
pub struct LastFrame<T>(Option<T>);

impl<T> LastFrame<T> {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// The picture that arrives: `fresh` is only drawn where it is seen. `None` where the frame is dropped.
    pub fn arriving(&mut self, fate: &Fate, fresh: impl FnOnce() -> T) -> Option<&T> {
        if fate.dropped {
            return None;
        }
        if !fate.repeat_previous || self.0.is_none() {
            self.0 = Some(fresh());
        }
        self.0.as_ref()
    }
}

#[expect(clippy::cast_sign_loss, reason = "it holds at 0 and at the greatest number")]
fn nanos(secs: f64) -> u64 {
    (secs * 1e9 + 0.5) as u64
}

fn shifted(at_nanos: u64, by_secs: f64) -> u64 {
    let by = nanos(by_secs.abs());
    if by_secs < 0.0 { at_nanos.saturating_sub(by) } else { at_nanos.saturating_add(by) }
}

#[cfg(test)]
mod tests;
