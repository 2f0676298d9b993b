//! Figures of a world: rates, limits, how a start differs from the last.

use super::error::{WorldError, WorldResult};

/// How a world runs. The defaults are what the experts and the tests use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorldConfig {
    /// Actions a second of simulated time; default 10.
    pub control_hz: f64,
    /// Physics steps a second; rounded to a whole number of steps for each action. Default 250. The experts get along with
    /// 100 to 1000.
    pub physics_hz: f64,
    /// Actions after which an episode ends; default 300.
    pub max_actions: usize,
    /// Actions that success has to last before an episode ends; default 10, 0 never ends on success.
    pub hold_actions: usize,
    /// Most that a finger presses with, if the robot can; default 30 N, so that nothing light is shot away.
    pub grip_newtons: f64,
    /// How far the joints start from home at most, each on its own; default 0.02 rad.
    pub home_jitter_radians: f64,
    /// How far the commanded tool may run ahead of the real one: what bounds the push against a wall. Default 0.015 m.
    pub max_lead_metres: f64,
    /// The same for turning; default 0.25 rad.
    pub max_lead_radians: f64,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            control_hz: 10.0,
            physics_hz: 250.0,
            max_actions: 300,
            hold_actions: 10,
            grip_newtons: 30.0,
            home_jitter_radians: 0.02,
            max_lead_metres: 0.015,
            max_lead_radians: 0.25,
        }
    }
}

impl WorldConfig {
    /// Every figure in its range.
    pub(crate) fn check(&self) -> WorldResult<()> {
        let ranges = [
            ("control_hz", self.control_hz, 1.0, 100.0, "give 1 to 100"),
            ("physics_hz", self.physics_hz, 100.0, 5000.0, "give 100 to 5000"),
            ("grip_newtons", self.grip_newtons, 1.0, 500.0, "give 1 to 500"),
            ("home_jitter_radians", self.home_jitter_radians, 0.0, 0.2, "give 0 to 0.2"),
            ("max_lead_metres", self.max_lead_metres, 0.001, 0.2, "give 0.001 to 0.2"),
            ("max_lead_radians", self.max_lead_radians, 0.01, 1.0, "give 0.01 to 1"),
        ];
        for (key, value, lowest, highest, mend) in ranges {
            // Not a range test of its own: NaN is in no range.
            if !(lowest..=highest).contains(&value) {
                return Err(WorldError::Config { key, value, mend });
            }
        }
        if self.max_actions == 0 {
            return Err(WorldError::Config { key: "max_actions", value: 0.0, mend: "give 1 or more" });
        }
        if self.physics_hz < self.control_hz {
            let value = self.physics_hz;
            return Err(WorldError::Config { key: "physics_hz", value, mend: "give at least control_hz" });
        }
        Ok(())
    }

    /// Physics steps for each action.
    pub(crate) fn steps_per_action(&self) -> u32 {
        let steps = (self.physics_hz / self.control_hz).round().clamp(1.0, 5000.0);
        // In range by the clamp.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let steps = steps as u32;
        steps
    }

    /// Length of an action.
    pub(crate) fn period_secs(&self) -> f64 {
        1.0 / self.control_hz
    }

    /// Length of a physics step.
    pub(crate) fn step_secs(&self) -> f64 {
        self.period_secs() / f64::from(self.steps_per_action())
    }
}
