//! Arms unlike those that are built in: endless and sliding joints, a base above the root, joints that are nobody's.
#![allow(clippy::expect_used, clippy::panic)]

use nalgebra::{Isometry3, Vector3};
use striatum_robots::{IkOptions, JointKind, Kinematics, Level, RobotSpec};

/// A pillar that turns endlessly and slides, on a stand; a lamp on the stand is nobody's.
const URDF: &str = r#"<?xml version="1.0"?>
<robot name="pillar">
  <link name="floor"/><link name="stand"/><link name="turn"/><link name="slide"/><link name="hand"/><link name="thumb"/>
  <link name="lamp"/><link name="shade"/>
  <joint name="bolt" type="fixed"><parent link="floor"/><child link="stand"/><origin xyz="1 2 0" rpy="0 0 1.5707963267948966"/></joint>
  <joint name="yaw" type="continuous"><parent link="stand"/><child link="turn"/><origin xyz="0 0 0.5"/><axis xyz="0 0 1"/></joint>
  <joint name="reach" type="prismatic"><parent link="turn"/><child link="slide"/><axis xyz="1 0 0"/>
    <limit lower="0.2" upper="0.8" velocity="0.5" effort="40"/></joint>
  <joint name="wrist" type="revolute"><parent link="slide"/><child link="hand"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="2" velocity="1" effort="4"/></joint>
  <joint name="pinch" type="revolute"><parent link="hand"/><child link="thumb"/><axis xyz="0 1 0"/>
    <limit lower="0" upper="1" velocity="1" effort="1"/></joint>
  <joint name="tilt" type="revolute"><parent link="stand"/><child link="lamp"/><axis xyz="0 1 0"/>
    <limit lower="0.5" upper="1" velocity="1" effort="1"/></joint>
  <joint name="nod" type="revolute"><parent link="lamp"/><child link="shade"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" velocity="1" effort="1"/><mimic joint="wrist" multiplier="-0.5" offset="0.1"/></joint>
</robot>
"#;

const TOML: &str = r#"
name = "pillar"
title = "A pillar"
licence = "MIT OR Apache-2.0"
source = "made up"
urdf = "pillar.urdf"
base_link = "stand"
arm = { joints = ["yaw", "reach", "wrist"], home_radians = [0.0, 0.5, 0.0] }
tool = { link = "hand", position_metres = [0.1, 0.0, 0.0] }
gripper = { kind = "jaw", joints = ["pinch"], open = [1.0], closed = [0.0], max_force_newtons = 5.0 }
topics = { joint_state = "/joint_states", action = "/action" }

[safety]
workspace_min_metres = [0.2, -0.3, 0.4]
workspace_max_metres = [0.8, 0.3, 0.6]
max_linear_metres_per_sec = 0.5
max_angular_radians_per_sec = 1.0
"#;

fn pillar() -> RobotSpec {
    RobotSpec::parse(TOML, URDF, "pillar.toml").expect("pillar")
}

#[test]
fn poses_are_in_the_frame_of_the_base_link_wherever_the_root_is() {
    let robot = pillar();
    let forward = Kinematics::new(&robot).forward(&[0.0, 0.5, 0.0]).expect("finite");
    let at = |link: &str| forward.base_from_links[robot.link(link).expect(link)];
    assert!((forward.base_from_tool.translation.vector - Vector3::new(0.6, 0.0, 0.5)).norm() < 1e-12);
    assert!((at("stand").translation.vector).norm() < 1e-12);
    assert!((at("floor").translation.vector - Vector3::new(-2.0, 1.0, 0.0)).norm() < 1e-12, "{}", at("floor"));
}

#[test]
fn a_joint_that_is_nobodys_rests_in_its_limits_and_a_follower_follows() {
    let robot = pillar();
    let forward = Kinematics::new(&robot).forward(&[0.0, 0.5, 1.0]).expect("finite");
    let pitch = |link: &str| forward.base_from_links[robot.link(link).expect(link)].rotation.scaled_axis().y;
    assert!((pitch("lamp") - 0.5).abs() < 1e-12, "0 is below its lower limit of 0.5: {}", pitch("lamp"));
    assert!((pitch("shade") - pitch("lamp") - (-0.5 * 1.0 + 0.1)).abs() < 1e-12, "{}", pitch("shade"));
    let text: Vec<String> = robot.report().iter().map(ToString::to_string).collect();
    assert!(text.iter().any(|line| line.contains("`tilt`") && line.contains("held still")), "{text:?}");
    assert!(!text.iter().any(|line| line.contains("`nod`")), "{text:?}");
}

#[test]
fn an_endless_joint_has_no_limits_and_a_check_says_so() {
    let robot = pillar();
    let yaw = robot.arm_joints().next().expect("yaw");
    assert_eq!((yaw.kind, yaw.limits), (JointKind::Continuous, None));
    assert_eq!(yaw.range(), (f64::NEG_INFINITY, f64::INFINITY));
    let report = robot.report();
    assert!(
        report.iter().any(|f| f.level == Level::Warning && f.element == "joint `yaw`" && f.what.contains("no limits"))
    );
    let row = &robot.joint_rows()[1];
    assert_eq!((row.joint.as_str(), row.unit, row.velocity), ("reach", "m", Some(0.5)));
}

#[test]
fn endless_and_sliding_joints_are_solved_for() {
    let robot = pillar();
    let kinematics = Kinematics::new(&robot);
    for yaw in [-3.0, -1.0, 0.5, 2.0, 3.1] {
        let target = kinematics.forward(&[yaw, 0.25, 1.5]).expect("finite").base_from_tool;
        let outcome = kinematics.inverse(&target, &robot.home_radians, &IkOptions::default()).expect("finite");
        let joints = &outcome.reached().unwrap_or_else(|| panic!("{yaw}: {outcome:?}")).joints;
        assert!((0.2..=0.8).contains(&joints[1]) && (-1.0..=2.0).contains(&joints[2]), "{joints:?}");
    }
    let near = Isometry3::translation(0.05, 0.0, 0.5);
    let outcome = kinematics.inverse(&near, &robot.home_radians, &IkOptions::position_only()).expect("finite");
    assert!(outcome.reached().is_none() && outcome.solution().position_error_metres > 0.05, "{outcome:?}");
}
