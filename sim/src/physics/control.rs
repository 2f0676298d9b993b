//! From actions to joint references: the commanded pose, its bounds, and the line that the joints follow in a period.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};

use super::action::Action;
use super::config::WorldConfig;
use super::robot::{JointState, Reach, RobotModel};

/// What has been asked of the robot so far, as joint references.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    /// Where the tool is commanded to be; always a pose that the arm reaches.
    pub(crate) world_from_command: Isometry3<f64>,
    /// Joint positions that put it there.
    joints: Vec<f64>,
    /// The same before the last action.
    previous: Vec<f64>,
    /// Commanded opening.
    pub(crate) opening: f64,
    reach: Reach,
    positions: Vec<f64>,
    velocities: Vec<f64>,
    fingers: Vec<f64>,
}

impl Control {
    pub(crate) fn new(model: &RobotModel, reach: Reach, joints: &[f64], opening: f64) -> Self {
        Self {
            world_from_command: reach.tool(joints),
            joints: joints.to_vec(),
            previous: joints.to_vec(),
            opening,
            reach,
            positions: joints.to_vec(),
            velocities: vec![0.0; joints.len()],
            fingers: model.fingers.iter().map(|finger| finger.at(opening)).collect(),
        }
    }

    /// Takes an action in; the measured state bounds how far the command may run ahead.
    pub(crate) fn take(
        &mut self,
        model: &RobotModel,
        config: &WorldConfig,
        action: &Action,
        measured: &JointState,
        world_from_tool: &Isometry3<f64>,
    ) {
        self.previous.clone_from(&self.joints);
        self.opening = action.gripper();
        match action {
            Action::EndEffector { delta_position_metres, delta_rotation_radians, .. } => {
                let period = config.period_secs();
                let shift = clip(&Vector3::from(*delta_position_metres), model.max_linear_metres_per_sec * period);
                let turn = clip(&Vector3::from(*delta_rotation_radians), model.max_angular_radians_per_sec * period);
                let at = self.world_from_command.translation.vector + shift;
                let rotation = UnitQuaternion::from_scaled_axis(turn) * self.world_from_command.rotation;
                let target = Isometry3::from_parts(Translation3::from(inside(model, &at)), rotation);
                let target = lead(config, &target, world_from_tool, &shift, &turn);
                self.reach.follow(&target, &mut self.joints);
            }
            Action::Joint { delta_radians, .. } => {
                for (joint, delta) in self.joints.iter_mut().zip(delta_radians) {
                    *joint += delta;
                }
            }
        }
        self.bound_joints(model, config, measured);
        self.world_from_command = self.reach.tool(&self.joints);
        if matches!(action, Action::Joint { .. }) {
            self.keep_inside(model);
        }
    }

    /// No joint beyond its limits, faster than it can, or further ahead than the lead allows.
    fn bound_joints(&mut self, model: &RobotModel, config: &WorldConfig, measured: &JointState) {
        const SPEED_SHARE: f64 = 0.9;
        let period = config.period_secs();
        let mut scale = 1.0_f64;
        for ((joint, previous), &link) in self.joints.iter().zip(&self.previous).zip(&model.arm) {
            let most = model.links[link].max_speed * SPEED_SHARE * period;
            scale = scale.min(most / (joint - previous).abs().max(1e-12));
        }
        for (j, &link) in model.arm.iter().enumerate() {
            let limits = &model.links[link];
            let asked = self.previous[j] + scale.min(1.0) * (self.joints[j] - self.previous[j]);
            let most = if limits.slides { config.max_lead_metres } else { 2.0 * config.max_lead_radians };
            let at = measured.positions[j];
            self.joints[j] = asked.clamp(at - most, at + most).clamp(limits.lower, limits.upper);
        }
    }

    /// A joint action that would leave the workspace, or go further out of it, moves only as far as it may.
    fn keep_inside(&mut self, model: &RobotModel) {
        let before = self.reach.tool(&self.previous);
        let goal = self.joints.clone();
        for share in [1.0, 0.5, 0.25, 0.0] {
            for (j, joint) in self.joints.iter_mut().enumerate() {
                *joint = self.previous[j] + share * (goal[j] - self.previous[j]);
            }
            self.world_from_command = self.reach.tool(&self.joints);
            let outside = |at: &Vector3<f64>| (at - inside(model, at)).norm();
            let now = outside(&self.world_from_command.translation.vector);
            if now <= outside(&before.translation.vector).max(1e-6) {
                return;
            }
        }
    }

    /// References at the end of physics step `step` of `steps`: positions and speeds of the arm, positions of the fingers.
    pub(crate) fn reference(
        &mut self,
        model: &RobotModel,
        config: &WorldConfig,
        step: u32,
        steps: u32,
    ) -> (&[f64], &[f64], &[f64]) {
        let share = f64::from(step + 1) / f64::from(steps);
        for j in 0..self.joints.len() {
            let whole = self.joints[j] - self.previous[j];
            self.positions[j] = self.previous[j] + share * whole;
            self.velocities[j] = whole / config.period_secs();
        }
        for (at, finger) in self.fingers.iter_mut().zip(&model.fingers) {
            *at = finger.at(self.opening);
        }
        (&self.positions, &self.velocities, &self.fingers)
    }
}

/// No longer than `most`.
fn clip(v: &Vector3<f64>, most: f64) -> Vector3<f64> {
    let norm = v.norm();
    if norm > most { v * (most / norm) } else { *v }
}

/// The nearest point of the robot's workspace.
fn inside(model: &RobotModel, at: &Vector3<f64>) -> Vector3<f64> {
    let [low, high] = &model.workspace;
    at.zip_zip_map(low, high, |v, low, high| v.clamp(low, high))
}

/// A command no further from the tool than it may be ahead, or than one action goes.
fn lead(
    config: &WorldConfig,
    target: &Isometry3<f64>,
    tool: &Isometry3<f64>,
    shift: &Vector3<f64>,
    turn: &Vector3<f64>,
) -> Isometry3<f64> {
    let ahead = target.translation.vector - tool.translation.vector;
    let turned = (target.rotation * tool.rotation.inverse()).scaled_axis();
    let ahead = clip(&ahead, config.max_lead_metres.max(shift.norm()));
    let turned = clip(&turned, config.max_lead_radians.max(turn.norm()));
    Isometry3::from_parts(
        Translation3::from(tool.translation.vector + ahead),
        UnitQuaternion::from_scaled_axis(turned) * tool.rotation,
    )
}
