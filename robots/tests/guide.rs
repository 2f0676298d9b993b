//! The file in docs/guide/robots.md is a file that loads: its keys are those that there are.
#![allow(clippy::expect_used, clippy::panic)]

use striatum_robots::{Level, RobotSpec};

const GUIDE: &str = include_str!("../../docs/guide/robots.md");

/// Six joints in a row, as the guide names them, and two fingers.
fn urdf() -> String {
    let mut text = String::from("<robot name=\"my_arm\"><link name=\"base\"/>");
    let mut parent = "base".to_owned();
    for (at, (axis, offset)) in
        [("0 0 1", 0.1), ("0 1 0", 0.2), ("0 1 0", 0.3), ("1 0 0", 0.3), ("0 1 0", 0.0), ("0 0 1", 0.1)]
            .iter()
            .enumerate()
    {
        let (name, child) = (format!("j{}", at + 1), if at == 5 { "hand".to_owned() } else { format!("l{at}") });
        text += &format!(
            r#"<link name="{child}"/><joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>
            <origin xyz="0 0 {offset}"/><axis xyz="{axis}"/><limit lower="-3" upper="3" velocity="2" effort="50"/></joint>"#
        );
        parent = child;
    }
    for (finger, side) in [("left", "0 1 0"), ("right", "0 -1 0")] {
        text += &format!(
            r#"<link name="{finger}_finger"/><joint name="{finger}" type="prismatic"><parent link="hand"/><child link="{finger}_finger"/>
            <axis xyz="{side}"/><limit lower="0" upper="0.04" velocity="0.1" effort="70"/></joint>"#
        );
    }
    text + "</robot>"
}

#[test]
fn the_guides_file_loads_and_passes_a_check() {
    let toml = GUIDE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a TOML block");
    let robot = RobotSpec::parse(toml, &urdf(), "my_arm.toml").unwrap_or_else(|error| panic!("{error}"));
    let worst: Vec<String> =
        robot.report().iter().filter(|finding| finding.level > Level::Note).map(ToString::to_string).collect();
    assert!(worst.is_empty(), "{worst:#?}");
    let limits = robot.arm_joints().next().and_then(|joint| joint.limits).expect("limits");
    assert_eq!((limits.velocity, limits.acceleration), (1.5, Some(5.0)));
}

#[test]
fn the_guide_names_every_robot_that_is_built_in() {
    for name in RobotSpec::builtin_names() {
        assert!(GUIDE.contains(&format!("| `{name}` |")), "{name}");
    }
}
