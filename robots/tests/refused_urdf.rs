//! A URDF that cannot be is refused with one line: the file, the link or joint, what is wrong and how to mend it.
#![allow(clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use striatum_robots::{Geometry, Link, RobotSpec};

const TOML: &str = include_str!("../data/panda.toml");
const URDF: &str = include_str!("../data/panda.urdf");

fn with(urdf: &str) -> Result<RobotSpec, String> {
    RobotSpec::parse(TOML, urdf, "panda.toml").map_err(|error| error.to_string())
}

/// The Panda's URDF with a piece put in the place of another.
fn changed(old: &str, new: &str) -> Result<RobotSpec, String> {
    assert!(URDF.contains(old), "`{old}` is not in the file");
    with(&URDF.replacen(old, new, 1))
}

#[track_caller]
fn refused(result: Result<RobotSpec, String>, words: &[&str]) {
    let text = result.expect_err("has to be refused");
    assert!(text.starts_with("panda.urdf, ") && !text.contains('\n'), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// The Panda's URDF with one more link or joint at its end.
fn added(piece: &str) -> Result<RobotSpec, String> {
    changed("</robot>", &format!("{piece}</robot>"))
}

#[test]
fn a_second_root() {
    refused(added(r#"<link name="table"/>"#), &["link `table`", "second root", "fixed joint"]);
}

#[test]
fn a_loop_beside_the_tree() {
    let joint = |name: &str, parent: &str, child: &str| {
        format!(r#"<joint name="{name}" type="fixed"><parent link="{parent}"/><child link="{child}"/></joint>"#)
    };
    let links = r#"<link name="a"/><link name="b"/>"#;
    let lost = format!("{links}{}{}", joint("ab", "a", "b"), joint("ba", "b", "a"));
    refused(added(&lost), &["link `a`", "loop"]);
    refused(added(&joint("back", "panda_hand", "panda_link0")), &["every link has a parent", "loop"]);
    refused(added(&joint("self", "panda_hand", "panda_hand")), &["joint `self`", "itself"]);
    refused(added(&joint("second", "panda_link0", "panda_hand")), &["joint `second`", "`panda_hand_joint` too"]);
}

#[test]
fn a_link_or_joint_that_is_there_twice_or_not_at_all() {
    refused(added(r#"<link name="panda_hand"/>"#), &["link `panda_hand`", "twice"]);
    refused(changed(r#"name="panda_joint2""#, r#"name="panda_joint1""#), &["joint `panda_joint1`", "twice"]);
    let missing = changed(r#"<child link="panda_link3"/>"#, r#"<child link="panda_lnk3"/>"#);
    refused(missing, &["joint `panda_joint3`", "`panda_lnk3`", "did you mean `panda_link3`?"]);
    refused(changed(r#"<link name="panda_link8"/>"#, r#"<link name=""/>"#), &["name", "1 to 256"]);
}

#[test]
fn a_joint_with_wrong_limits() {
    let limit = r#"<limit lower="-1.7628" upper="1.7628" velocity="2.175" effort="87"/>"#;
    let joint = "joint `panda_joint2`";
    refused(changed(limit, ""), &[joint, "no <limit>"]);
    refused(changed(limit, &limit.replace("\"1.7628", "\"-1.9")), &[joint, "from -1.7628 to -1.9", "below the upper"]);
    refused(changed(limit, &limit.replace("2.175", "0")), &[joint, "velocity limit of 0"]);
    refused(changed(limit, &limit.replace("87", "-1")), &[joint, "effort limit of -1"]);
    refused(changed(limit, &limit.replace("2.175", "NaN")), &[joint, "velocity=\"NaN\"", "finite"]);
    refused(changed(limit, &limit.replace("2.175", "1e999")), &[joint, "velocity", "finite"]);
    refused(changed(limit, &limit.replace("lower", "lowr")), &[joint, "`lowr`", "did you mean `lower`?"]);
    refused(changed(limit, &limit.replace(" effort=\"87\"", "")), &[joint, "no `effort`"]);
}

#[test]
fn a_joint_with_a_wrong_axis_or_kind() {
    let axis = r#"<axis xyz="0 1 0"/>"#;
    let joint = "joint `panda_finger_joint1`";
    refused(changed(axis, r#"<axis xyz="0 0 0"/>"#), &[joint, "zero axis"]);
    refused(changed(axis, r#"<axis xyz="0 3 4"/>"#), &[joint, "length 5", "0.000000000 0.600000000 0.800000000"]);
    refused(changed(axis, r#"<axis xyz="0 x 1 0"/>"#), &[joint, "0 x 1 0", "3 finite numbers"]);
    let kind = r#"name="panda_joint3" type="revolute""#;
    refused(changed(kind, &kind.replace("revolute", "floating")), &["joint `panda_joint3`", "floating", "continuous"]);
    refused(changed(kind, &kind.replace("revolute", "revolut")), &["did you mean `revolute`?"]);
}

#[test]
fn a_follower_of_nothing() {
    let mimic = r#"<mimic joint="panda_finger_joint1"/>"#;
    let joint = "joint `panda_finger_joint2`";
    refused(changed(mimic, r#"<mimic joint="finger_joint1"/>"#), &[joint, "did you mean `panda_finger_joint1`?"]);
    refused(changed(mimic, r#"<mimic joint="panda_joint8"/>"#), &[joint, "is fixed"]);
    refused(changed(mimic, r#"<mimic joint="panda_finger_joint2"/>"#), &[joint, "follows another"]);
}

#[test]
fn a_body_that_cannot_be() {
    let mass = r#"<mass value="0.735522"/>"#;
    for wrong in ["0", "-1", "NaN", "inf", "heavy"] {
        refused(changed(mass, &format!(r#"<mass value="{wrong}"/>"#)), &["link `panda_link7`", "mass"]);
    }
    let with_inertia = |ixx: &str| {
        let start = URDF.find(mass).expect("mass");
        let at = start + URDF[start..].find("ixx=\"").expect("ixx") + 5;
        let end = at + URDF[at..].find('"').expect("quote");
        with(&format!("{}{ixx}{}", &URDF[..at], &URDF[end..]))
    };
    refused(with_inertia("-0.001"), &["link `panda_link7`", "not positive definite"]);
    refused(with_inertia("0"), &["link `panda_link7`", "not positive definite"]);
    assert!(with_inertia("0.001").is_ok());
}

/// Public models put an inertial of nothing on links that are only frames.
#[test]
fn an_inertial_of_nothing_is_none_and_a_link_with_shapes_is_said_to_have_no_mass() {
    let start = URDF.find("<inertial>").expect("inertial");
    let end = URDF.find("</inertial>").expect("inertial");
    let with_inertial = |mass: &str, ixx: &str| {
        let nothing = format!(
            r#"<inertial><mass value="{mass}"/><inertia ixx="{ixx}" ixy="0" ixz="0" iyy="0" iyz="0" izz="0"/>"#
        );
        with(&format!("{}{nothing}{}", &URDF[..start], &URDF[end..]))
    };
    for mass in ["0", "1e-9"] {
        let robot = with_inertial(mass, "0").expect("nothing");
        assert_eq!(robot.links[0].inertial, None);
        let report = robot.report();
        assert!(report.iter().any(|f| f.element == "link `panda_link0`" && f.what.contains("no mass")), "{report:?}");
    }
    refused(with_inertial("0", "0.1"), &["link `panda_link0`", "mass of 0 kg"]);
    refused(with_inertial("1", "0"), &["link `panda_link0`", "not positive definite"]);
    refused(with_inertial("-1", "0"), &["link `panda_link0`", "mass of -1 kg"]);
}

/// A name was once taken back out of its quotes, and ended at the first one of its own.
#[test]
fn a_link_or_joint_with_a_backtick_in_its_name_keeps_its_inertial_and_limits() {
    let names = [("panda_link7", "panda`link`7"), ("panda_joint7", "joint`7")];
    let (mut urdf, mut toml) = (URDF.to_owned(), TOML.to_owned());
    for (plain, quoted) in names {
        urdf = urdf.replace(&format!("\"{plain}\""), &format!("\"{quoted}\""));
        toml = toml.replace(&format!("\"{plain}\""), &format!("\"{quoted}\""));
        toml = toml.replace(&format!("\n{plain} ="), &format!("\n\"{quoted}\" ="));
    }
    let plain = with(URDF).expect("built in");
    let robot = RobotSpec::parse(&toml, &urdf, "panda.toml").expect("only the names differ");
    for (link, was) in robot.links.iter().zip(&plain.links) {
        assert_eq!(link.inertial, was.inertial, "{}", link.name);
        let limits = |link: &Link| link.joint.as_ref().and_then(|joint| joint.limits);
        assert_eq!(limits(link), limits(was), "{}", link.name);
    }
    let renamed = robot.links.iter().find(|link| link.name == names[0].1).expect("renamed");
    assert!(renamed.joint.as_ref().is_some_and(|joint| joint.name == names[1].1 && joint.limits.is_some()));
}

#[test]
fn attributes_of_others_are_passed_over_unless_they_look_like_a_slip() {
    let limit = r#"upper="1.7628" velocity="2.175""#;
    assert!(changed(limit, &format!("{limit} command_effort=\"9\" gear_velocity=\"9\"")).is_ok());
    for slip in ["velocty", "Velocity", "max_velocity"] {
        let slipped = changed(limit, &limit.replace("velocity", slip));
        refused(slipped, &["joint `panda_joint2`", slip, "did you mean `velocity`?"]);
    }
    let many: String = (0..100).map(|at| format!(" others{at}=\"1\"")).collect();
    refused(changed(limit, &format!("{limit}{many}")), &["joint `panda_joint2`", "64 attributes"]);
}

#[test]
fn a_shape_that_cannot_be() {
    let shape = r#"<cylinder radius="0.042" length="0.055"/>"#;
    let link = "link `panda_link7`";
    refused(changed(shape, r#"<cylinder radius="0" length="0.1"/>"#), &[link, "radius of 0"]);
    refused(changed(shape, r#"<sphere radius="-0.1"/>"#), &[link, "radius of -0.1"]);
    refused(changed(shape, r#"<box size="0.1 0.1"/>"#), &[link, "box size", "3 finite numbers"]);
    refused(changed(shape, r#"<cone radius="0.1"/>"#), &["cone"]);
    refused(changed("rgba=\"0.92", "rgba=\"92"), &["colour", "[0, 1]"]);
}

#[test]
fn a_capsule_is_read_and_a_mesh_is_kept_by_name_and_said_not_to_be_shown() {
    let shape = r#"<cylinder radius="0.042" length="0.055"/>"#;
    let robot = changed(shape, r#"<capsule radius="0.04" length="0.1"/>"#).expect("capsule");
    let link = &robot.links[robot.link("panda_link7").expect("link")];
    assert_eq!(link.visuals[0].geometry, Geometry::Capsule { radius_metres: 0.04, half_length_metres: 0.05 });
    let robot = changed(shape, r#"<mesh filename="package://franka/link7.dae"/>"#).expect("mesh");
    let text: Vec<String> = robot.report().iter().map(ToString::to_string).collect();
    let said = |words: &str| text.iter().any(|line| line.contains("link `panda_link7`") && line.contains(words));
    assert!(said("mesh `package://franka/link7.dae` is not shown"), "{text:?}");
}

#[test]
fn text_that_is_no_urdf() {
    refused(with(""), &["<robot>"]);
    refused(with("not xml at all"), &["<robot>"]);
    refused(with("<sdf/>"), &["<sdf>"]);
    refused(with("<robot name=\"r\"/>"), &["0 links"]);
    refused(with(URDF.trim_end().trim_end_matches("</robot>")), &["before <robot> is closed"]);
    refused(with(&URDF[..URDF.find("<link").expect("link") + 3]), &["line 16", "well-formed"]);
    refused(with(&URDF.replace("</link>", "</lnk>")), &["line ", "well-formed"]);
    refused(with(&format!("{URDF}<robot/>")), &["second <robot>"]);
    refused(added("<xacro:macro name=\"m\"/>"), &["xacro", "expand it"]);
}

/// Entities that unfold to gigabytes, elements inside elements until the stack ends, links without end.
#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let doctype = format!("<!DOCTYPE robot [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>{URDF}");
    refused(with(&doctype), &["DOCTYPE"]);
    let deep = "<a>".repeat(2_000_000);
    refused(with(&format!("<robot>{deep}")), &["inside each other"]);
    let many: String = (0..5000).map(|at| format!("<link name=\"l{at}\"/>")).collect();
    refused(added(&many), &["links", "1 to 1000"]);
    let large = format!("{URDF}<!--{}-->", " ".repeat(17 << 20));
    let text = with(&large).expect_err("too large");
    assert!(text.contains("above the limit of 16777216"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to the text: a robot that holds together, or one line.
    #[test]
    fn a_damaged_file_is_a_robot_or_one_line(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[ -~]{0,12}"), 1..6),
    ) {
        let mut urdf = URDF.to_owned();
        for (at, length, piece) in cuts {
            let at = at.index(urdf.len());
            urdf.replace_range(at..(at + length).min(urdf.len()), &piece);
        }
        match with(&urdf) {
            Ok(robot) => {
                prop_assert!(robot.links.iter().enumerate().all(|(at, link)| link.parent.is_none_or(|parent| parent < at)));
                let _ = robot.report();
            }
            Err(text) => prop_assert!(!text.contains('\n') && text.len() < 2000, "{text}"),
        }
    }

    /// A number swapped for one that is none is never let in.
    #[test]
    fn a_number_that_is_none_is_refused(which in any::<prop::sample::Index>(), wrong in prop::sample::select(vec!["NaN", "inf", "-inf", "1e999", "1,5", "x"])) {
        let words: Vec<(usize, &str)> = URDF.match_indices("=\"").filter_map(|(at, _)| {
            let text = &URDF[at + 2..at + 2 + URDF[at + 2..].find('"')?];
            text.split(' ').all(|word| word.parse::<f64>().is_ok()).then_some((at + 2, text))
        }).collect();
        // The first is the XML declaration's version.
        let (at, text) = words[1 + which.index(words.len() - 1)];
        let first = text.split(' ').next().unwrap_or("");
        let urdf = format!("{}{wrong}{}", &URDF[..at], &URDF[at + first.len()..]);
        prop_assert!(with(&urdf).is_err(), "{}", &urdf[at.saturating_sub(40)..at + 40]);
    }
}
