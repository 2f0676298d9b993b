//! Figures of a gym: how often a learner decides, and for how long.

use serde::{Deserialize, Serialize};

use crate::physics::{TaskId, WorldConfig, WorldError, WorldResult};

/// How a gym runs. The defaults are what the learner's settings were found with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GymConfig {
    /// Decisions a second of simulated time; default 5, the rate that rewards from pictures come at.
    pub control_hz: f64,
    /// Physics steps a second; default 100, less than half a world's own: the scripted experts succeed as often.
    pub physics_hz: f64,
    /// Simulated time after which an episode is cut off; default 20 s, some more than the slowest expert takes.
    pub max_secs: f64,
    /// How long success has to last to end an episode; default 0.2 s, one decision: a count of more would be a state that no
    /// observation tells. With 0 it ends none.
    pub hold_secs: f64,
    /// How far an expert's numbers are off at random, evenly within this on both sides: an expert that is never off shows
    /// no one how to come back (Laskey et al. 2017). Default 0.2.
    pub expert_noise: f64,
}

impl Default for GymConfig {
    fn default() -> Self {
        Self { control_hz: 5.0, physics_hz: 100.0, max_secs: 20.0, hold_secs: 0.2, expert_noise: 0.2 }
    }
}

impl GymConfig {
    /// The usual figures for a task: some more time than its expert takes, and an expert that is off by no more than the task
    /// allows.
    #[must_use]
    pub fn of(task: TaskId) -> Self {
        let usual = Self::default();
        match task {
            TaskId::PickPlace => Self { expert_noise: 0.1, ..usual },
            TaskId::Push | TaskId::Door => usual,
            TaskId::Peg => Self { max_secs: 24.0, expert_noise: 0.05, ..usual },
            TaskId::Tidy => Self { max_secs: 50.0, expert_noise: 0.1, ..usual },
        }
    }

    /// The world that this makes.
    ///
    /// # Errors
    /// A time that is not positive and finite; the rest is checked by the world.
    pub(super) fn world(&self) -> WorldResult<WorldConfig> {
        // Not a range test of its own: NaN is in no range.
        if !(self.max_secs > 0.0 && self.max_secs <= 600.0) {
            let mend = "give a positive number of seconds, at most 600";
            return Err(WorldError::Config { key: "max_secs", value: self.max_secs, mend });
        }
        if !(0.0..=60.0).contains(&self.hold_secs) {
            return Err(WorldError::Config { key: "hold_secs", value: self.hold_secs, mend: "give 0 to 60 seconds" });
        }
        if !(0.0..=1.0).contains(&self.expert_noise) {
            let value = self.expert_noise;
            return Err(WorldError::Config { key: "expert_noise", value, mend: "give 0 to 1" });
        }
        Ok(WorldConfig {
            control_hz: self.control_hz,
            physics_hz: self.physics_hz,
            max_actions: count(self.max_secs * self.control_hz),
            hold_actions: if self.hold_secs > 0.0 { count(self.hold_secs * self.control_hz) } else { 0 },
            ..WorldConfig::default()
        })
    }
}

/// At least one, at most some minutes at the fastest rate.
fn count(actions: f64) -> usize {
    // In range by the clamp.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = actions.round().clamp(1.0, 60_000.0) as usize;
    count
}
