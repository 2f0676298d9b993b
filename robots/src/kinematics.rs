//! Forward kinematics and the Jacobian of an arm. Base frame throughout; radians, metres.

use nalgebra::{Dyn, Isometry3, OMatrix, U6, Vector3};

use crate::error::{Error, Result};
use crate::model::{Link, RobotSpec};

/// The kinematics of one robot: made once, used for every step.
#[derive(Clone, Debug)]
pub struct Kinematics {
    links: Vec<Link>,
    pub(crate) arm: Vec<usize>,
    pub(crate) home: Vec<f64>,
    /// Lowest and highest position of each arm joint.
    pub(crate) ranges: Vec<(f64, f64)>,
    gripper: Vec<usize>,
    gripper_open: Vec<f64>,
    base_from_root: Isometry3<f64>,
    tool_link: usize,
    link_from_tool: Isometry3<f64>,
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    /// Pose of the tool.
    pub base_from_tool: Isometry3<f64>,
    /// Pose of every link, in the order of [`RobotSpec::links`].
    pub base_from_links: Vec<Isometry3<f64>>,
}

impl Kinematics {
    /// The kinematics of a robot.
    #[must_use]
    pub fn new(robot: &RobotSpec) -> Self {
        let mut kinematics = Self {
            links: robot.links.clone(),
            arm: robot.arm.clone(),
            home: robot.home_radians.clone(),
            ranges: robot.arm_joints().map(crate::model::Joint::range).collect(),
            gripper: robot.gripper.links.clone(),
            gripper_open: robot.gripper.open.clone(),
            base_from_root: Isometry3::identity(),
            tool_link: robot.tool.link,
            link_from_tool: robot.tool.link_from_tool,
        };
        // Nothing between root and base moves: any joint values will do.
        let at_home = kinematics.poses(&kinematics.home, &kinematics.gripper_open);
        kinematics.base_from_root = at_home[robot.base].inverse();
        kinematics
    }

    /// How many joints the arm has.
    #[must_use]
    pub fn joints(&self) -> usize {
        self.arm.len()
    }

    /// Poses at these positions of the arm's joints, with the gripper open.
    ///
    /// Positions outside the limits are taken as they are.
    ///
    /// # Errors
    /// When there is not one finite value for each arm joint.
    pub fn forward(&self, arm: &[f64]) -> Result<Forward> {
        self.forward_with(arm, &self.gripper_open)
    }

    /// Poses at these positions of the arm's joints and the gripper's.
    ///
    /// # Errors
    /// When there is not one finite value for each joint.
    pub fn forward_with(&self, arm: &[f64], gripper: &[f64]) -> Result<Forward> {
        check("arm", arm, self.arm.len())?;
        check("gripper", gripper, self.gripper.len())?;
        Ok(self.placed(arm, gripper))
    }

    /// The geometric Jacobian of the tool, 6 x joints: linear velocity in rows 0 to 2, angular in 3 to 5, in the base frame.
    ///
    /// # Errors
    /// When there is not one finite value for each arm joint.
    pub fn jacobian(&self, arm: &[f64]) -> Result<OMatrix<f64, U6, Dyn>> {
        let forward = self.forward(arm)?;
        Ok(self.jacobian_at(&forward))
    }

    pub(crate) fn placed(&self, arm: &[f64], gripper: &[f64]) -> Forward {
        let base_from_links = self.poses(arm, gripper);
        Forward { base_from_tool: base_from_links[self.tool_link] * self.link_from_tool, base_from_links }
    }

    pub(crate) fn placed_open(&self, arm: &[f64]) -> Forward {
        self.placed(arm, &self.gripper_open)
    }

    pub(crate) fn jacobian_at(&self, forward: &Forward) -> OMatrix<f64, U6, Dyn> {
        let tool = forward.base_from_tool.translation.vector;
        let mut jacobian = OMatrix::<f64, U6, Dyn>::zeros(self.arm.len());
        for (column, link) in self.arm.iter().enumerate() {
            let Some(joint) = &self.links[*link].joint else { continue };
            // A joint's axis is the same in the frame before and after it moves.
            let pose = &forward.base_from_links[*link];
            let axis = pose.rotation * joint.axis.into_inner();
            let (linear, angular) = match joint.kind {
                crate::model::JointKind::Prismatic => (axis, Vector3::zeros()),
                _ => (axis.cross(&(tool - pose.translation.vector)), axis),
            };
            jacobian.fixed_view_mut::<3, 1>(0, column).copy_from(&linear);
            jacobian.fixed_view_mut::<3, 1>(3, column).copy_from(&angular);
        }
        jacobian
    }

    fn poses(&self, arm: &[f64], gripper: &[f64]) -> Vec<Isometry3<f64>> {
        let mut poses: Vec<Isometry3<f64>> = Vec::with_capacity(self.links.len());
        for (at, link) in self.links.iter().enumerate() {
            let pose = match (link.parent, &link.joint) {
                (Some(parent), Some(joint)) => poses[parent] * joint.parent_from_child(self.position(at, arm, gripper)),
                _ => self.base_from_root,
            };
            poses.push(pose);
        }
        poses
    }

    /// The position of the joint above a link. One that is neither arm nor gripper rests where its limits are nearest to 0.
    fn position(&self, link: usize, arm: &[f64], gripper: &[f64]) -> f64 {
        let own = |of: usize| {
            let find = |links: &[usize], values: &[f64]| Some(values[links.iter().position(|at| *at == of)?]);
            find(&self.arm, arm).or_else(|| find(&self.gripper, gripper))
        };
        let Some(joint) = self.links[link].joint.as_ref().filter(|joint| joint.moves()) else { return 0.0 };
        if let Some(position) = own(link) {
            return position;
        }
        let rest = |link: usize| {
            let (lower, upper) = self.links[link].joint.as_ref().map_or((0.0, 0.0), crate::model::Joint::range);
            0.0_f64.clamp(lower, upper)
        };
        match joint.mimic {
            Some(mimic) => mimic.multiplier * own(mimic.link).unwrap_or_else(|| rest(mimic.link)) + mimic.offset,
            None => rest(link),
        }
    }
}

/// One finite value for each joint.
pub(crate) fn check(part: &str, values: &[f64], joints: usize) -> Result<()> {
    if values.len() != joints {
        return Err(Error::input(
            format!("{} values for the {joints} joints of the {part}", values.len()),
            "give one for each joint",
        ));
    }
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::input(format!("{part} joint {at} is {}", values[at]), "give finite radians or metres"));
    }
    Ok(())
}
