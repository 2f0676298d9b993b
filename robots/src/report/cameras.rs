//! What is to be said of cameras.

use nalgebra::Point3;

use super::{Finding, Level, say, workspace_middle};
use crate::camera::{CameraMount, Intrinsics, Mount};
use crate::kinematics::Kinematics;
use crate::model::RobotSpec;

/// A fixed camera sees the middle of the workspace; one on the tool sees the tool's own point.
pub(super) fn view(robot: &RobotSpec, camera: &CameraMount, kinematics: &Kinematics, findings: &mut Vec<Finding>) {
    let element = format!("camera `{}`", camera.name);
    lens(&camera.intrinsics, &element, findings);
    let base_from_tool = kinematics.placed_open(&robot.home_radians).base_from_tool;
    let (point, what) = match camera.mount {
        Mount::Fixed { .. } => (workspace_middle(robot), "the middle of the workspace"),
        Mount::Tool { .. } => (Point3::from(base_from_tool.translation.vector), "the tool's point"),
    };
    let camera_from_base = camera.mount.world_from_camera(&base_from_tool).inverse();
    if !camera.intrinsics.sees(&(camera_from_base * point)) {
        let mend = "turn it there (z is forward, y down), or check fx, fy, cx, cy";
        say(findings, Level::Warning, element, format!("does not see {what}"), mend);
    }
}

fn lens(lens: &Intrinsics, element: &str, findings: &mut Vec<Finding>) {
    if !lens.contains([lens.cx, lens.cy]) {
        let what = format!("has its principal point at {}, {}, outside the picture", lens.cx, lens.cy);
        say(findings, Level::Warning, element, what, "give cx and cy in pixels of this width and height");
    }
    let (width, height) = (f64::from(lens.width), f64::from(lens.height));
    let corners = [[0.0, 0.0], [width - 1.0, 0.0], [0.0, height - 1.0], [width - 1.0, height - 1.0]];
    if corners.iter().any(|corner| lens.unproject(*corner).is_none()) {
        let what = "has a distortion without an inverse in a corner of the picture";
        say(findings, Level::Warning, element, what, "calibrate with points out to the corners, or use fewer terms");
    }
    let opening = 2.0 * (width / (2.0 * lens.fx)).atan().to_degrees();
    if !(5.0..=160.0).contains(&opening) {
        let what = format!("opens {opening:.1} degrees");
        say(findings, Level::Warning, element, what, "give fx and fy in pixels, not millimetres");
    }
}
