//! What is still to be said of a specification that is valid.

mod cameras;
mod joints;

use nalgebra::Point3;

use crate::inverse::{IkOptions, Outcome};
use crate::kinematics::Kinematics;
use crate::model::{Geometry, Link, RobotSpec, Shape};

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
        corners(self, &kinematics, &mut findings);
        for link in &self.links {
            inertia(link, &mut findings);
            shapes(link, &mut findings);
        }
        joints::joints(self, &mut findings);
        for camera in &self.cameras {
            cameras::view(self, camera, &kinematics, &mut findings);
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
    let at = kinematics.placed_open(&robot.home_radians).base_from_tool.translation.vector;
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
    if let Some(nearest) = missed_by(robot, kinematics, workspace_middle(robot)) {
        say(
            findings,
            Level::Error,
            "safety",
            format!("the tool comes no nearer than {:.3} m to the middle of the workspace", nearest),
            "give the box in the base frame, in metres, around what the arm reaches",
        );
    }
}

/// How far the tool stays away from a point that it cannot come to.
fn missed_by(robot: &RobotSpec, kinematics: &Kinematics, point: Point3<f64>) -> Option<f64> {
    let options = IkOptions { restarts: 8, ..IkOptions::position_only() };
    match kinematics.inverse(&point.coords.into(), &robot.home_radians, &options) {
        Ok(Outcome::Short(nearest)) => Some(nearest.position_error_metres),
        Ok(Outcome::Reached(_)) | Err(_) => None,
    }
}

/// Corners of the workspace that the tool cannot come to.
fn corners(robot: &RobotSpec, kinematics: &Kinematics, findings: &mut Vec<Finding>) {
    let (low, high) = (robot.safety.workspace_min_metres, robot.safety.workspace_max_metres);
    let corner = |bits: usize| {
        let side = |axis: usize| if bits >> axis & 1 == 0 { low[axis] } else { high[axis] };
        Point3::new(side(0), side(1), side(2))
    };
    let missed = (0..8).filter(|bits| missed_by(robot, kinematics, corner(*bits)).is_some()).count();
    if missed > 0 {
        let what = format!("{missed} of the 8 corners of the workspace are out of reach");
        say(findings, Level::Note, "safety", what, "a smaller box makes goals outside the reach visible sooner");
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
