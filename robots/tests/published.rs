//! Our robots stand where published models of the same arms do: `golden/fk_<robot>.json`, made by `golden/make_fk.py`.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};
use striatum_robots::{Joint, Kinematics, RobotSpec};

#[derive(serde::Deserialize)]
struct Golden {
    package: String,
    version: String,
    file: String,
    sha256: String,
    samples: Vec<Sample>,
}

#[derive(serde::Deserialize)]
struct Sample {
    positions: BTreeMap<String, f64>,
    poses: BTreeMap<String, [f64; 7]>,
}

fn golden(text: &str) -> Golden {
    serde_json::from_str(text).expect("golden file")
}

fn pose([x, y, z, i, j, k, w]: [f64; 7]) -> Isometry3<f64> {
    Isometry3::from_parts(Translation3::new(x, y, z), UnitQuaternion::from_quaternion(Quaternion::new(w, i, j, k)))
}

/// The largest difference over all samples and all frames that both know: metres, degrees.
fn compare(robot: &RobotSpec, golden: &Golden) -> (f64, f64, usize) {
    let kinematics = Kinematics::new(robot);
    let (mut metres, mut degrees, mut compared) = (0.0_f64, 0.0_f64, 0);
    for sample in &golden.samples {
        let arm: Vec<f64> = robot.arm_joints().map(|joint| sample.positions[&joint.name]).collect();
        // Theirs may have no gripper.
        let held = |joint: &Joint| sample.positions.get(&joint.name).copied().unwrap_or(0.0);
        let gripper: Vec<f64> = robot.gripper_joints().map(held).collect();
        let ours = kinematics.forward_with(&arm, &gripper).expect("finite");
        for (name, theirs) in &sample.poses {
            let ours = match (name.as_str(), robot.link(name)) {
                ("tool", _) => ours.base_from_tool,
                (_, Some(link)) => ours.base_from_links[link],
                // A frame that only theirs has.
                (_, None) => continue,
            };
            let apart = ours.inverse() * pose(*theirs);
            metres = metres.max(apart.translation.vector.norm());
            degrees = degrees.max(apart.rotation.angle().to_degrees());
            compared += 1;
        }
    }
    (metres, degrees, compared)
}

/// `within_metres`: what docs/guide/robots.md claims.
fn agrees(name: &str, text: &str, within_metres: f64) {
    let (robot, golden) = (RobotSpec::builtin(name).expect(name), golden(text));
    assert!(golden.samples.len() >= 50 && golden.sha256.len() == 64);
    let known = |link: &usize| golden.samples[0].poses.contains_key(&robot.links[*link].name);
    assert!(robot.arm.iter().all(known), "{name}: not every link of the arm is compared");
    let (metres, degrees, compared) = compare(&robot, &golden);
    println!(
        "{name}: {compared} poses at {} positions against {} of {} {}: at most {metres:.2e} m, {degrees:.2e} degrees apart",
        golden.samples.len(),
        golden.file,
        golden.package,
        golden.version
    );
    assert!(metres < within_metres && degrees < 1e-3, "{name}: {metres} m, {degrees} degrees");
}

#[test]
fn the_panda_stands_where_the_published_one_does() {
    agrees("panda", include_str!("../golden/fk_panda.json"), 1e-6);
}

#[test]
fn the_so101_stands_where_the_published_one_does() {
    agrees("so101", include_str!("../golden/fk_so101.json"), 4e-6);
}

#[test]
fn the_ur5_stands_where_the_published_one_does() {
    agrees("ur5", include_str!("../golden/fk_ur5.json"), 1e-6);
}

/// The comparison can fail: a tool two millimetres off is seen.
#[test]
fn a_tool_two_millimetres_off_is_seen() {
    let mut robot = RobotSpec::builtin("panda").expect("panda");
    robot.tool.link_from_tool.translation.vector.z += 0.002;
    let (metres, ..) = compare(&robot, &golden(include_str!("../golden/fk_panda.json")));
    assert!((metres - 0.002).abs() < 1e-6, "{metres}");
}
