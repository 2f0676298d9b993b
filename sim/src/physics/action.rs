//! What a learner may ask of the robot for one control period, checked before anything moves.

use super::error::{WorldError, WorldResult};

/// A request for one control period. The gripper is an opening from 0 (closed) to 1 (open).
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Moves the commanded tool pose, in base axes. Clipped to the robot's speeds and workspace.
    EndEffector {
        /// Shift of the tool; metres.
        delta_position_metres: [f64; 3],
        /// Turn of the tool about itself: axis times angle, in base axes.
        delta_rotation_radians: [f64; 3],
        /// Opening of the gripper in [0, 1].
        gripper: f64,
    },
    /// Moves the commanded joint positions. Clipped to the joints' speeds and limits and to the workspace.
    Joint {
        /// One for each arm joint; radians, or metres for a joint that slides.
        delta_radians: Vec<f64>,
        /// Opening of the gripper in [0, 1].
        gripper: f64,
    },
}

impl Action {
    /// Stays where it is with the gripper at `gripper`.
    #[must_use]
    pub fn stay(gripper: f64) -> Self {
        Self::EndEffector { delta_position_metres: [0.0; 3], delta_rotation_radians: [0.0; 3], gripper }
    }

    /// The opening asked for.
    #[must_use]
    pub fn gripper(&self) -> f64 {
        match self {
            Self::EndEffector { gripper, .. } | Self::Joint { gripper, .. } => *gripper,
        }
    }

    /// # Errors
    /// A value that is not finite, a gripper outside [0, 1], or another number of joints than the arm has.
    pub(crate) fn check(&self, arm_joints: usize) -> WorldResult<()> {
        match self {
            Self::EndEffector { delta_position_metres, delta_rotation_radians, .. } => {
                finite("delta_position_metres", delta_position_metres)?;
                finite("delta_rotation_radians", delta_rotation_radians)?;
            }
            Self::Joint { delta_radians, .. } => {
                if delta_radians.len() != arm_joints {
                    return Err(WorldError::JointCount { given: delta_radians.len(), wanted: arm_joints });
                }
                finite("delta_radians", delta_radians)?;
            }
        }
        let value = self.gripper();
        finite("gripper", &[value])?;
        if !(0.0..=1.0).contains(&value) {
            return Err(WorldError::Gripper { value });
        }
        Ok(())
    }
}

fn finite(field: &'static str, values: &[f64]) -> WorldResult<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(WorldError::NotFinite { field, index, value: values[index] }),
        None => Ok(()),
    }
}
