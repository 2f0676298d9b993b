//! A specification as people read it.

use std::fmt;

use crate::camera::{CameraMount, Mount};
use crate::model::{Joint, JointKind, RobotSpec};

/// One line of the table of joints.
#[derive(Clone, Debug, PartialEq)]
pub struct JointRow {
    /// Name of the joint.
    pub joint: String,
    /// `arm` or `gripper`.
    pub part: &'static str,
    /// How it moves.
    pub kind: JointKind,
    /// `rad` or `m`: the unit of positions.
    pub unit: &'static str,
    /// Lowest position; minus infinity where there is none.
    pub lower: f64,
    /// Highest position; infinity where there is none.
    pub upper: f64,
    /// Position at home, or of the open gripper.
    pub home: f64,
    /// Highest speed in units a second.
    pub velocity: Option<f64>,
    /// Highest torque or force in Nm or N.
    pub effort: Option<f64>,
    /// Highest acceleration in units a second squared.
    pub acceleration: Option<f64>,
}

/// A specification to print: title, joints, tool, gripper, bounds, cameras, topics.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a>(&'a RobotSpec);

impl RobotSpec {
    /// The joints of the arm and of the gripper, with limits and units.
    #[must_use]
    pub fn joint_rows(&self) -> Vec<JointRow> {
        let arm = self.arm_joints().zip(&self.home_radians).map(|(joint, home)| row(joint, "arm", *home));
        let gripper = self.gripper_joints().zip(&self.gripper.open).map(|(joint, open)| row(joint, "gripper", *open));
        arm.chain(gripper).collect()
    }

    /// The whole specification in a form that prints as text.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary(self)
    }
}

fn row(joint: &Joint, part: &'static str, home: f64) -> JointRow {
    let (lower, upper) = joint.range();
    JointRow {
        joint: joint.name.clone(),
        part,
        kind: joint.kind,
        unit: if joint.kind == JointKind::Prismatic { "m" } else { "rad" },
        lower,
        upper,
        home,
        velocity: joint.limits.map(|limits| limits.velocity),
        effort: joint.limits.map(|limits| limits.effort),
        acceleration: joint.limits.and_then(|limits| limits.acceleration),
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let robot = self.0;
        writeln!(f, "{}: {}", robot.name, robot.title)?;
        if !robot.description.is_empty() {
            writeln!(f, "{}", robot.description)?;
        }
        writeln!(f, "Licence: {}. Source: {}.", robot.licence, robot.source)?;
        writeln!(f, "\nJoints")?;
        joints(f, &robot.joint_rows())?;
        body(f, robot)?;
        writeln!(f, "\nCameras")?;
        robot.cameras.iter().try_for_each(|view| camera(f, view))?;
        writeln!(f, "\nTopics")?;
        let topics = &robot.topics;
        writeln!(f, "  joint_state  {}\n  action       {}", topics.joint_state, topics.action)?;
        for (name, topic) in [("tool_pose  ", &topics.tool_pose), ("gripper    ", &topics.gripper)] {
            if let Some(topic) = topic {
                writeln!(f, "  {name}  {topic}")?;
            }
        }
        Ok(())
    }
}

fn joints(f: &mut fmt::Formatter<'_>, rows: &[JointRow]) -> fmt::Result {
    let width = rows.iter().map(|row| row.joint.chars().count()).max().unwrap_or(0).max(5);
    writeln!(
        f,
        "  {:width$}  {:7}  {:4}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
        "joint", "part", "unit", "lower", "upper", "home", "unit/s", "unit/s2", "Nm or N"
    )?;
    for row in rows {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        writeln!(
            f,
            "  {:width$}  {:7}  {:4}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
            row.joint,
            row.part,
            row.unit,
            number(Some(row.lower)),
            number(Some(row.upper)),
            number(Some(row.home)),
            number(row.velocity),
            number(row.acceleration),
            row.effort.map_or("-".to_owned(), |effort| format!("{effort:.1}")),
        )?;
    }
    Ok(())
}

fn body(f: &mut fmt::Formatter<'_>, robot: &RobotSpec) -> fmt::Result {
    let name = |link: usize| robot.links.get(link).map_or("", |link| link.name.as_str());
    let mass: f64 = robot.links.iter().filter_map(|link| link.inertial.as_ref()).map(|i| i.mass_kg).sum();
    let at = robot.tool.link_from_tool.translation.vector;
    writeln!(f, "\nBody")?;
    writeln!(f, "  links      {}, {mass:.2} kg together; base `{}`", robot.links.len(), name(robot.base))?;
    writeln!(f, "  tool       {:.4} {:.4} {:.4} m on `{}`", at.x, at.y, at.z, name(robot.tool.link))?;
    writeln!(f, "  gripper    {:?}, at most {} N", robot.gripper.kind, robot.gripper.max_force_newtons)?;
    let safety = &robot.safety;
    let [lx, ly, lz] = safety.workspace_min_metres;
    let [hx, hy, hz] = safety.workspace_max_metres;
    writeln!(f, "  workspace  x {lx} to {hx}, y {ly} to {hy}, z {lz} to {hz} m")?;
    writeln!(
        f,
        "  speed      at most {} m/s and {} rad/s",
        safety.max_linear_metres_per_sec, safety.max_angular_radians_per_sec
    )
}

fn camera(f: &mut fmt::Formatter<'_>, camera: &CameraMount) -> fmt::Result {
    let (mount, pose) = match &camera.mount {
        Mount::Fixed { world_from_camera } => ("fixed", world_from_camera),
        Mount::Tool { tool_from_camera } => ("tool", tool_from_camera),
    };
    let (at, i) = (pose.translation.vector, &camera.intrinsics);
    writeln!(
        f,
        "  {}  {mount} at {:.3} {:.3} {:.3} m, {}x{} at {} Hz, fx {} fy {} cx {} cy {}, {}",
        camera.name, at.x, at.y, at.z, i.width, i.height, camera.rate_hz, i.fx, i.fy, i.cx, i.cy, camera.topic
    )
}
