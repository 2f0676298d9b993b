//! What is still to be said of a specification that is valid.

use nalgebra::Point3;

use crate::camera::CameraMount;
use crate::inverse::{IkOptions, Outcome};
use crate::kinematics::Kinematics;
use crate::model::{Geometry, Joint, Link, RobotSpec, Shape};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Note,
    /// Something will not work as well as it could.
    Warning,
    /// Something will not work.
    Error,
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The link, joint, camera or part.
    pub element: String,
    /// What is so.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let level = match self.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{level}: {}: {}; {}", self.element, self.what, self.mend)
    }
}

impl RobotSpec {
    /// Checks what files can say and still not work: the worst first, none where all is well.
    #[must_use]
    pub fn report(&self) -> Vec<Finding> {
        let kinematics = Kinematics::new(self);
        let mut findings = Vec::new();
        home(self, &mut findings);
        tool(self, &kinematics, &mut findings);
        for link in &self.links {
            inertia(link, &mut findings);
            shapes(link, &mut findings);
        }
        joints(self, &mut findings);
        for camera in &self.cameras {
            view(self, camera, &kinematics, &mut findings);
        }
        if self.cameras.is_empty() {
            say(
                &mut findings,
                Level::Warning,
                "cameras",
                "there are none",
                "add a [[camera]]: rewards are made from pictures",
            );
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        findings
    }
}

fn say(
    findings: &mut Vec<Finding>,
    level: Level,
    element: impl Into<String>,
    what: impl Into<String>,
    mend: impl Into<String>,
) {
    findings.push(Finding { level, element: element.into(), what: what.into(), mend: mend.into() });
}

fn home(robot: &RobotSpec, findings: &mut Vec<Finding>) {
    for (joint, home) in robot.arm_joints().zip(&robot.home_radians) {
        let (lower, upper) = joint.range();
        if !(lower..=upper).contains(home) {
            say(
                findings,
                Level::Error,
                format!("joint `{}`", joint.name),
                format!("home is {home}, outside its limits"),
                format!("give a home in [{lower}, {upper}]"),
            );
        }
    }
}

/// The tool at home, and the middle of the workspace.
fn tool(robot: &RobotSpec, kinematics: &Kinematics, findings: &mut Vec<Finding>) {
    let at_home = kinematics.placed_open(&robot.home_radians).base_from_tool;
    let at = at_home.translation.vector;
    let (low, high) = (robot.safety.workspace_min_metres, robot.safety.workspace_max_metres);
    if (0..3).any(|axis| at[axis] < low[axis] || at[axis] > high[axis]) {
        say(
            findings,
            Level::Warning,
            "arm.home_radians",
            format!("puts the tool at {:.3} {:.3} {:.3} m, outside the workspace", at.x, at.y, at.z),
            "move home, or widen safety.workspace_min_metres and workspace_max_metres",
        );
    }
    let mut target = at_home;
    target.translation.vector = workspace_middle(robot).coords;
    let options = IkOptions::position_only();
    if let Ok(Outcome::Short(nearest)) = kinematics.inverse(&target, &robot.home_radians, &options) {
        say(
            findings,
            Level::Error,
            "safety",
            format!(
                "the tool comes no nearer than {:.3} m to the middle of the workspace",
                nearest.position_error_metres
            ),
            "give the box in the base frame, in metres, around what the arm reaches",
        );
    }
}

fn workspace_middle(robot: &RobotSpec) -> Point3<f64> {
    let (low, high) = (robot.safety.workspace_min_metres, robot.safety.workspace_max_metres);
    nalgebra::center(&Point3::from(low), &Point3::from(high))
}

fn inertia(link: &Link, findings: &mut Vec<Finding>) {
    let element = format!("link `{}`", link.name);
    let Some(inertial) = &link.inertial else {
        if !link.collisions.is_empty() || !link.visuals.is_empty() {
            let mend = "give it an <inertial>: a simulation has to guess its mass";
            say(findings, Level::Warning, element, "has shapes but no mass", mend);
        }
        return;
    };
    // Of a real body no principal moment is larger than the sum of the other two.
    let mut moments: Vec<f64> = inertial.inertia.symmetric_eigenvalues().iter().copied().collect();
    moments.sort_by(f64::total_cmp);
    if let [a, b, c] = moments[..]
        && c > (a + b) * (1.0 + 1e-3)
    {
        let what = format!("has principal moments {a:.3e}, {b:.3e}, {c:.3e} kg m^2, which no body has");
        say(findings, Level::Warning, element, what, "make the largest at most the sum of the other two");
    }
}

fn shapes(link: &Link, findings: &mut Vec<Finding>) {
    let mesh = |shape: &&Shape| matches!(shape.geometry, Geometry::Mesh { .. });
    for (what, shapes) in [("shown", &link.visuals), ("touched", &link.collisions)] {
        for shape in shapes.iter().filter(mesh) {
            let Geometry::Mesh { file } = &shape.geometry else { continue };
            let meshes_only = shapes.iter().all(|shape| mesh(&shape));
            let level = if meshes_only { Level::Warning } else { Level::Note };
            let mend = "draw it of <box>, <cylinder>, <sphere> or <capsule>: meshes are not read";
            say(findings, level, format!("link `{}`", link.name), format!("mesh `{file}` is not {what}"), mend);
        }
    }
}

fn joints(robot: &RobotSpec, findings: &mut Vec<Finding>) {
    for (at, link) in robot.links.iter().enumerate() {
        let Some(joint) = link.joint.as_ref().filter(|joint| joint.moves()) else { continue };
        let element = format!("joint `{}`", joint.name);
        let ours = robot.arm.contains(&at) || robot.gripper.links.contains(&at);
        let follows = joint
            .mimic
            .is_some_and(|mimic| robot.arm.contains(&mimic.link) || robot.gripper.links.contains(&mimic.link));
        if !ours && !follows {
            say(
                findings,
                Level::Note,
                element.clone(),
                "is neither arm nor gripper: it is held still",
                "add it, or make it fixed",
            );
        }
        if ours {
            limits(joint, element, findings);
        }
    }
}

fn limits(joint: &Joint, element: String, findings: &mut Vec<Finding>) {
    let Some(limits) = joint.limits else {
        say(findings, Level::Warning, element, "has no limits for speed and torque", "give it a <limit> with both");
        return;
    };
    if limits.effort <= 0.0 {
        say(findings, Level::Warning, element, "has an effort limit of 0", "give the torque or force of its drive");
    }
}

/// A camera sees the middle of the workspace: a fixed one from where it is, one on the tool the tool's own point at home.
fn view(robot: &RobotSpec, camera: &CameraMount, kinematics: &Kinematics, findings: &mut Vec<Finding>) {
    let base_from_tool = kinematics.placed_open(&robot.home_radians).base_from_tool;
    let (point, what) = match camera.mount {
        crate::camera::Mount::Fixed { .. } => (workspace_middle(robot), "the middle of the workspace"),
        crate::camera::Mount::Tool { .. } => (Point3::from(base_from_tool.translation.vector), "the tool's point"),
    };
    let camera_from_base = camera.mount.world_from_camera(&base_from_tool).inverse();
    if !camera.intrinsics.sees(&(camera_from_base * point)) {
        let mend = "turn it there (z is forward, y down), or check fx, fy, cx, cy";
        say(findings, Level::Warning, format!("camera `{}`", camera.name), format!("does not see {what}"), mend);
    }
}
