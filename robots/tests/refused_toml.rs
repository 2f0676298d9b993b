//! A TOML file that cannot be is refused with one line: the file, the key, what is wrong and how to mend it.
#![allow(clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use striatum_robots::{Level, RobotSpec};

const TOML: &str = include_str!("../data/panda.toml");
const URDF: &str = include_str!("../data/panda.urdf");

fn with(toml: &str) -> Result<RobotSpec, String> {
    RobotSpec::parse(toml, URDF, "panda.toml").map_err(|error| error.to_string())
}

fn changed(old: &str, new: &str) -> Result<RobotSpec, String> {
    assert!(TOML.contains(old), "`{old}` is not in the file");
    with(&TOML.replacen(old, new, 1))
}

#[track_caller]
fn refused(result: Result<RobotSpec, String>, words: &[&str]) {
    let text = result.expect_err("has to be refused");
    assert!(text.starts_with("panda.toml, ") && !text.contains('\n'), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[test]
fn an_unknown_key_names_its_line_and_the_nearest_key() {
    refused(changed("base_link", "bse_link"), &["line 7", "`bse_link`", "did you mean `base_link`?"]);
    refused(changed("max_force_newtons", "max_force"), &["`max_force`", "did you mean `max_force_newtons`?"]);
    refused(changed("rate_hz", "rate"), &["`rate`", "did you mean `rate_hz`?"]);
    refused(changed("cx = ", "cX = "), &["`cX`", "did you mean `cx`?"]);
    refused(changed("tool_pose", "toolpose"), &["did you mean `tool_pose`?"]);
    refused(changed("\"parallel\"", "\"paralel\""), &["`paralel`", "did you mean `parallel`?"]);
}

#[test]
fn a_missing_key_or_a_wrong_type() {
    refused(changed("licence = \"MIT OR Apache-2.0\"\n", ""), &["licence"]);
    refused(changed("width = 224", "width = -224"), &["line "]);
    refused(changed("rate_hz = 30.0", "rate_hz = \"fast\""), &["line ", "string"]);
    refused(with("name = "), &["line 1"]);
}

#[test]
fn names_that_are_none() {
    for name in ["", "Panda", "pan da", "pan/da", &"p".repeat(65)] {
        refused(changed("name = \"panda\"", &format!("name = \"{name}\"")), &["name", "1 to 64"]);
    }
    refused(changed("name = \"cam_high\"", "name = \"cam high\""), &["camera", "1 to 64"]);
    refused(changed("name = \"cam_side\"", "name = \"cam_high\""), &["camera `cam_high`", "twice"]);
    refused(changed("title = \"Franka Emika Panda with Franka Hand\"", "title = \" \""), &["title", "empty"]);
    for topic in ["", "/", "a//b", "a b", "a/"] {
        refused(changed("\"striatum/panda/action\"", &format!("\"{topic}\"")), &["topics.action", "no topic"]);
    }
    refused(changed("panda/tool_pose", "panda/action"), &["topics.tool_pose", "twice"]);
    refused(changed("frames/cam_side", "frames/cam_high"), &["camera `cam_side`.topic", "another camera's"]);
}

#[test]
fn links_and_joints_that_the_urdf_does_not_have() {
    refused(changed("link = \"panda_hand\"", "link = \"hand\""), &["tool.link", "`hand`", "panda_hand"]);
    refused(
        changed("base_link = \"panda_link0\"", "base_link = \"link0\""),
        &["base_link", "did you mean `panda_link0`?"],
    );
    refused(
        changed("base_link = \"panda_link0\"", "base_link = \"panda_link3\""),
        &["base_link", "moves `panda_link3`"],
    );
    refused(changed("\"panda_joint4\"", "\"panda_jiont4\""), &["arm.joints", "`panda_jiont4`"]);
    refused(changed("\"panda_joint4\"", "\"panda_hand_joint\""), &["arm.joints", "fixed"]);
    refused(
        changed("\"panda_joint1\", \"panda_joint2\"", "\"panda_joint2\", \"panda_joint1\""),
        &["arm.joints", "in order"],
    );
    refused(changed("\"panda_joint1\", ", ""), &["arm.joints", "panda_joint1, panda_joint2"]);
    refused(changed("\"panda_finger_joint1\"", "\"panda_joint7\""), &["gripper.joints", "`panda_joint7`"]);
    refused(changed("link = \"panda_hand\"", "link = \"panda_leftfinger\""), &["arm.joints", "panda_finger_joint1"]);
    refused(changed("panda_joint5 = {", "panda_joint9 = {"), &["limits.panda_joint9", "did you mean"]);
}

#[test]
fn numbers_out_of_range() {
    for (old, new, key) in [
        ("home_radians = [0.0,", "home_radians = [nan,", "arm.home_radians"),
        ("home_radians = [0.0,", "home_radians = [inf,", "arm.home_radians"),
        ("home_radians = [0.0,", "home_radians = [0.0, 0.0,", "8 values for 7 joints"),
        ("open = [0.04, 0.04]", "open = [0.05, 0.05]", "gripper.open"),
        ("open = [0.04, 0.04]", "open = [0.04, 0.03]", "follows another to 0.04"),
        ("open = [0.04, 0.04]", "open = [nan, nan]", "gripper.open"),
        ("open = [0.04, 0.04]", "open = [0.0, 0.0]", "same as gripper.open"),
        ("max_force_newtons = 70.0", "max_force_newtons = 0.0", "gripper.max_force_newtons"),
        ("max_force_newtons = 70.0", "max_force_newtons = nan", "gripper.max_force_newtons"),
        ("position_metres = [0.0, 0.0, 0.1034]", "position_metres = [0.0, 0.0, 103.4]", "tool.position_metres"),
        ("workspace_max_metres = [0.75,", "workspace_max_metres = [0.1,", "workspace_max_metres"),
        ("max_linear_metres_per_sec = 1.0", "max_linear_metres_per_sec = -1.0", "max_linear_metres_per_sec"),
        ("acceleration = 15.0", "acceleration = 0.0", "limits.panda_joint1.acceleration"),
        ("rate_hz = 30.0", "rate_hz = 0.0", "camera `cam_high`.rate_hz"),
        ("fx = 340.0", "fx = 0.0", "camera `cam_high`.intrinsics.fx"),
        ("fx = 340.0", "fx = -340.0", "camera `cam_high`.intrinsics.fx"),
        ("fy = 340.0", "fy = nan", "camera `cam_high`.intrinsics.fy"),
        ("width = 224", "width = 0", "camera `cam_high`.intrinsics.width"),
        ("cx = 111.5", "cx = inf", "camera `cam_high`.intrinsics.cx"),
        ("cy = 111.5 }", "cy = 111.5, distortion = { k1 = nan } }", "camera `cam_high`.intrinsics.distortion.k1"),
    ] {
        refused(changed(old, new), &[key]);
    }
}

#[test]
fn a_camera_has_one_direction() {
    let aim = "look_at_metres = [0.51, 0.0, 0.19]";
    let camera = "camera `cam_high`";
    refused(changed(aim, ""), &[camera, "either quaternion_xyzw or look_at_metres"]);
    refused(changed(aim, &format!("{aim}\nquaternion_xyzw = [0.0, 0.0, 0.0, 1.0]")), &[camera, "one direction"]);
    refused(changed(aim, "quaternion_xyzw = [0.0, 0.0, 0.0, 2.0]"), &[camera, "length 2", "unit quaternion"]);
    refused(changed(aim, "quaternion_xyzw = [nan, 0.0, 0.0, 1.0]"), &[camera, "unit quaternion"]);
    refused(changed(aim, "look_at_metres = [1.3, 0.0, 1.1]"), &[camera, "no direction"]);
    refused(changed(aim, "look_at_metres = [1.3, 0.0, 0.0]"), &[camera, "no direction"]);
    assert!(changed(aim, "quaternion_xyzw = [0.0, 1.0, 0.0, 0.0]").is_ok());
}

#[track_caller]
fn found(robot: &RobotSpec, level: Level, words: &[&str]) {
    let report = robot.report();
    let fits = |text: &str| words.iter().all(|word| text.contains(word));
    assert!(report.iter().any(|f| f.level == level && fits(&f.to_string())), "{words:?} is not in {report:?}");
    assert!(report.is_sorted_by_key(|finding| std::cmp::Reverse(finding.level)));
}

#[test]
fn a_check_finds_what_is_valid_and_does_not_work() {
    let check = |old: &str, new: &str| changed(old, new).expect("valid");
    let home = check("home_radians = [0.0,", "home_radians = [3.0,");
    found(&home, Level::Error, &["joint `panda_joint1`", "outside its limits"]);
    found(&home, Level::Warning, &["arm.home_radians", "outside the workspace"]);
    let far = TOML.replace("workspace_min_metres = [0.2,", "workspace_min_metres = [5.0,");
    let far = with(&far.replace("workspace_max_metres = [0.75,", "workspace_max_metres = [6.0,")).expect("valid");
    found(&far, Level::Error, &["safety", "comes no nearer than"]);
    found(&far, Level::Note, &["8 of the 8 corners"]);
    let away = check("look_at_metres = [0.51, 0.0, 0.19]", "look_at_metres = [3.0, 0.0, 0.5]");
    found(&away, Level::Warning, &["camera `cam_high`", "does not see the middle"]);
    let behind = check("look_at_metres = [0.025, 0.0, 0.1]", "look_at_metres = [0.0, 0.0, -3.0]");
    found(&behind, Level::Warning, &["camera `cam_wrist`", "does not see the tool's point"]);
    let lens = check("cx = 111.5", "cx = 999.0");
    found(&lens, Level::Warning, &["camera `cam_high`", "principal point"]);
    let lens = check("fx = 340.0", "fx = 3.6");
    found(&lens, Level::Warning, &["camera `cam_high`", "not millimetres"]);
    let folded = check("cy = 111.5 }", "cy = 111.5, distortion = { k1 = -2.0 } }");
    found(&folded, Level::Warning, &["camera `cam_high`", "without an inverse"]);
    let fast =
        check("panda_joint1 = { acceleration = 15.0 }", "panda_joint1 = { acceleration = 15.0, velocity = 180.0 }");
    found(&fast, Level::Warning, &["joint `panda_joint1`", "180 rad/s", "not degrees"]);
    let blind = with(&cut(TOML, "[[camera]]", "[topics]")).expect("valid");
    found(&blind, Level::Warning, &["cameras", "there are none"]);
}

/// The text without what lies between two pieces.
fn cut(text: &str, from: &str, to: &str) -> String {
    let (start, end) = (text.find(from).expect(from), text.find(to).expect(to));
    format!("{}{}", &text[..start], &text[end..])
}

#[test]
fn a_robot_in_a_folder_of_ones_own_is_loaded_by_its_path() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, TOML.replace("\"panda.urdf\"", "\"parts/arm.urdf\"")).expect("written");
    let error = RobotSpec::load(&path).expect_err("no URDF yet").to_string();
    assert!(error.contains("arm.urdf") && error.contains("cannot be read"), "{error}");
    std::fs::create_dir(folder.path().join("parts")).expect("folder");
    std::fs::write(folder.path().join("parts/arm.urdf"), URDF).expect("written");
    assert_eq!(RobotSpec::load(&path).expect("loads"), RobotSpec::builtin("panda").expect("panda"));
    std::fs::write(&path, TOML.replace("\"panda.urdf\"", "\"package://panda.urdf\"")).expect("written");
    let error = RobotSpec::load(&path).expect_err("package").to_string();
    assert!(error.contains("mine.toml, urdf") && error.contains("package:// is not followed"), "{error}");
    let error = RobotSpec::load(folder.path()).expect_err("a folder").to_string();
    assert!(error.contains("cannot be read") && !error.contains('\n'), "{error}");
}

#[test]
fn a_name_opens_a_robot_that_is_built_in_and_a_path_a_file() {
    assert_eq!(RobotSpec::open("panda").expect("built in"), RobotSpec::builtin("panda").expect("panda"));
    for path in ["panda.toml", "robots/panda", "./panda"] {
        let error = RobotSpec::open(path).expect_err("no such file").to_string();
        assert!(error.contains(path) && error.contains("cannot be read"), "{error}");
    }
}

#[test]
fn a_name_that_is_not_built_in_names_the_nearest() {
    let error = RobotSpec::builtin("Pnda").expect_err("unknown").to_string();
    assert!(error.contains("did you mean `panda`?") && error.contains("path"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to the text: a robot, or one line.
    #[test]
    fn a_damaged_file_is_a_robot_or_one_line(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30, "[ -~]{0,8}"), 1..4),
    ) {
        let mut toml = TOML.to_owned();
        for (at, length, piece) in cuts {
            let at = at.index(toml.len());
            toml.replace_range(at..(at + length).min(toml.len()), &piece);
        }
        match with(&toml) {
            Ok(robot) => prop_assert!(robot.home_radians.iter().all(|home| home.is_finite())),
            Err(text) => prop_assert!(!text.contains('\n') && text.len() < 2000, "{text}"),
        }
    }
}
