//! Tool poses to joint angles and back, for one robot.

use nalgebra::Isometry3;
use striatum_robots::{IkOptions, Kinematics, RobotSpec};

/// Arms with fewer joints meet the position first and turn as they can.
const TURN_WEIGHT_OF_SHORT_ARMS: f64 = 0.05;

/// The kinematics of a robot, and how they are asked.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    kinematics: Kinematics,
    /// From one control period to the next: keeps to the branch that the arm is on.
    follow: IkOptions,
}

impl Reach {
    pub(crate) fn new(spec: &RobotSpec) -> Self {
        let kinematics = Kinematics::new(spec);
        let turn = if kinematics.joints() < 6 { TURN_WEIGHT_OF_SHORT_ARMS } else { 1.0 };
        let follow = IkOptions {
            position_tolerance_metres: 1e-5,
            rotation_tolerance_radians: 1e-4,
            axis_weights: [1.0, 1.0, 1.0, turn, turn, turn],
            max_iterations: 20,
            restarts: 0,
            home_pull: 0.05,
        };
        Self { kinematics, follow }
    }

    /// Where the tool is at these joint positions; joints that the kinematics refuse leave it at the origin.
    pub(crate) fn tool(&self, joints: &[f64]) -> Isometry3<f64> {
        self.kinematics.forward(joints).map_or_else(|_| Isometry3::identity(), |forward| forward.base_from_tool)
    }

    /// Moves `joints` towards having the tool at `target`, as near as it gets from where they are.
    pub(crate) fn follow(&self, target: &Isometry3<f64>, joints: &mut Vec<f64>) {
        if let Ok(outcome) = self.kinematics.inverse(target, joints, &self.follow) {
            joints.clone_from(&outcome.solution().joints);
        }
    }

    /// How far from a place the tool stays at best, however it is turned; metres.
    pub(crate) fn shortfall(&self, target: &Isometry3<f64>, from: &[f64]) -> f64 {
        let options = IkOptions { restarts: 4, ..IkOptions::position_only() };
        let outcome = self.kinematics.inverse(target, from, &options);
        outcome.map_or(f64::INFINITY, |outcome| outcome.solution().position_error_metres)
    }

    #[cfg(test)]
    pub(crate) fn jacobian(&self, joints: &[f64]) -> Option<nalgebra::OMatrix<f64, nalgebra::U6, nalgebra::Dyn>> {
        self.kinematics.jacobian(joints).ok()
    }
}
