//! Forward kinematics and the Jacobian of an arm. Base frame throughout; radians, metres.

use nalgebra::{Dyn, Isometry3, OMatrix, U6, Vector3};

use crate::error::{Error, Result};
use crate::model::{Joint, JointKind, Link, RobotSpec};

/// The kinematics of one robot: made once, used for every step.
///
/// ```
/// use striatum_robots::{IkOptions, Kinematics, Outcome, RobotSpec};
///
/// let panda = RobotSpec::builtin("panda")?;
/// let kinematics = Kinematics::new(&panda);
/// let mut target = kinematics.forward(&panda.home_radians)?.base_from_tool;
/// target.translation.vector.z -= 0.1;
/// match kinematics.inverse(&target, &panda.home_radians, &IkOptions::default())? {
///     Outcome::Reached(solution) => assert_eq!(solution.joints.len(), 7),
///     Outcome::Short(nearest) => panic!("{} m away", nearest.position_error_metres),
/// }
/// # Ok::<(), striatum_robots::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Kinematics {
    links: Vec<Link>,
    /// How the joint above each link is moved.
    drives: Vec<Drive>,
    arm: Vec<usize>,
    gripper: Vec<usize>,
    gripper_open: Vec<f64>,
    base_from_root: Isometry3<f64>,
    tool_link: usize,
    link_from_tool: Isometry3<f64>,
    home: Vec<f64>,
    ranges: Vec<(f64, f64)>,
}

/// Where the position of a joint comes from.
#[derive(Clone, Copy, Debug)]
enum Drive {
    /// Neither arm nor gripper: it rests here.
    Rest(f64),
    /// `multiplier * value + offset` of an arm joint.
    Arm { at: usize, multiplier: f64, offset: f64 },
    /// The same of a gripper joint.
    Gripper { at: usize, multiplier: f64, offset: f64 },
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
            drives: (0..robot.links.len()).map(|link| drive(robot, link)).collect(),
            arm: robot.arm.clone(),
            gripper: robot.gripper.links.clone(),
            gripper_open: robot.gripper.open.clone(),
            base_from_root: Isometry3::identity(),
            tool_link: robot.tool.link,
            link_from_tool: robot.tool.link_from_tool,
            home: robot.home_radians.clone(),
            ranges: robot.arm_joints().map(Joint::range).collect(),
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

    /// The arm's joint positions at home.
    #[must_use]
    pub fn home(&self) -> &[f64] {
        &self.home
    }

    /// Lowest and highest position of each arm joint; infinite where there is no limit.
    #[must_use]
    pub fn ranges(&self) -> &[(f64, f64)] {
        &self.ranges
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
                JointKind::Prismatic => (axis, Vector3::zeros()),
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

    fn position(&self, link: usize, arm: &[f64], gripper: &[f64]) -> f64 {
        match self.drives[link] {
            Drive::Rest(position) => position,
            Drive::Arm { at, multiplier, offset } => multiplier * arm[at] + offset,
            Drive::Gripper { at, multiplier, offset } => multiplier * gripper[at] + offset,
        }
    }
}

/// What moves the joint above a link. A gripper joint that follows another but has a value of its own takes its own.
fn drive(robot: &RobotSpec, link: usize) -> Drive {
    let find = |link: usize, multiplier: f64, offset: f64| {
        let place = |links: &[usize]| links.iter().position(|at| *at == link);
        let arm = place(&robot.arm).map(|at| Drive::Arm { at, multiplier, offset });
        arm.or_else(|| place(&robot.gripper.links).map(|at| Drive::Gripper { at, multiplier, offset }))
    };
    let joint = |link: usize| robot.links.get(link)?.joint.as_ref();
    // Where its limits are nearest to 0.
    let rest = |link: usize| {
        let (lower, upper) = joint(link).map_or((0.0, 0.0), Joint::range);
        0.0_f64.max(lower).min(upper)
    };
    let follow = joint(link).and_then(|joint| joint.mimic);
    find(link, 1.0, 0.0).unwrap_or_else(|| match follow {
        Some(mimic) => find(mimic.link, mimic.multiplier, mimic.offset)
            .unwrap_or_else(|| Drive::Rest(mimic.multiplier * rest(mimic.link) + mimic.offset)),
        None => Drive::Rest(rest(link)),
    })
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
