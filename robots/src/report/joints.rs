//! What is to be said of joints.

use super::{Finding, Level, say};
use crate::model::{Joint, JointKind, Limits, RobotSpec};

pub(super) fn joints(robot: &RobotSpec, findings: &mut Vec<Finding>) {
    for (at, link) in robot.links.iter().enumerate() {
        let Some(joint) = link.joint.as_ref().filter(|joint| joint.moves()) else { continue };
        let element = format!("joint `{}`", joint.name);
        let ours = |link: usize| robot.arm.contains(&link) || robot.gripper.links.contains(&link);
        if ours(at) {
            limits(joint, &element, findings);
            range(joint, &element, findings);
        } else if !joint.mimic.is_some_and(|mimic| ours(mimic.link)) {
            let what = "is neither arm nor gripper: it is held still";
            say(findings, Level::Note, element, what, "name it in the TOML file, or make it fixed");
        }
    }
}

fn limits(joint: &Joint, element: &str, findings: &mut Vec<Finding>) {
    let Some(limits) = joint.limits else {
        let what = "has no limits for speed and torque";
        return say(findings, Level::Warning, element, what, "give it a <limit> with both");
    };
    if limits.effort <= 0.0 {
        say(findings, Level::Warning, element, "has an effort limit of 0", "give the torque or force of its drive");
    }
    let (fastest, unit) = if joint.kind == JointKind::Prismatic { (10.0, "m/s") } else { (50.0, "rad/s") };
    if limits.velocity > fastest {
        let what = format!("is said to move at {} {unit}", limits.velocity);
        say(
            findings,
            Level::Warning,
            element,
            what,
            format!("give {unit}: not degrees, millimetres or turns a minute"),
        );
    }
    // At that acceleration it would take longer than this to reach its speed, or less than a millisecond.
    if let Limits { velocity, acceleration: Some(acceleration), .. } = limits
        && !(1e-3..=10.0).contains(&(velocity / acceleration))
    {
        let what = format!("needs {:.2e} s to reach its highest speed", velocity / acceleration);
        say(findings, Level::Warning, element, what, "check that velocity and acceleration have the same unit");
    }
}

/// A range that looks like another unit.
fn range(joint: &Joint, element: &str, findings: &mut Vec<Finding>) {
    let (lower, upper) = joint.range();
    let (widest, mend) = match joint.kind {
        JointKind::Prismatic => (10.0, "give metres, not millimetres"),
        JointKind::Revolute => (8.0 * std::f64::consts::PI, "give radians, not degrees"),
        JointKind::Fixed | JointKind::Continuous => return,
    };
    if upper - lower > widest {
        say(findings, Level::Warning, element, format!("ranges from {lower} to {upper}"), mend);
    }
}
