//! `striatum robots`: what is known of robots, for people.

use std::io::Write;

use striatum_robots::{Level, RobotSpec};

use crate::cli::say;
use crate::error::{Error, Result};

/// A line for each robot that comes with the program.
///
/// # Errors
/// A closed pipe.
pub(crate) fn list(out: &mut dyn Write) -> Result<()> {
    for name in RobotSpec::builtin_names() {
        let robot = RobotSpec::builtin(name)?;
        let (joints, cameras) = (robot.arm.len(), robot.cameras.len());
        say(out, format_args!("{name:<10}{joints} joints, {cameras} cameras   {}", robot.title))?;
    }
    Ok(())
}

/// Joints, cameras and topics of a robot.
///
/// # Errors
/// A name that is not known, or a file that is no robot's.
pub(crate) fn show(robot: &str, out: &mut dyn Write) -> Result<()> {
    say(out, RobotSpec::open(robot)?.summary())
}

/// What will not work, or not well.
///
/// # Errors
/// As [`show`], and [`Error::CheckFailed`] when something will not work.
pub(crate) fn check(robot: &str, out: &mut dyn Write) -> Result<()> {
    let findings = RobotSpec::open(robot)?.report();
    for finding in &findings {
        say(out, finding)?;
    }
    match findings.iter().filter(|finding| finding.level == Level::Error).count() {
        0 => say(out, format_args!("{robot}: works; {} to note", findings.len())),
        wrong => Err(Error::CheckFailed(format!("{robot}: {wrong} things that will not work; mend them in its files"))),
    }
}
