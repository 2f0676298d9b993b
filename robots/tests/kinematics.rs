//! Rules of the kinematics of every robot that is built in.
#![allow(clippy::expect_used, clippy::panic)]

use nalgebra::{Isometry3, Point3, Vector3};
use proptest::prelude::*;
use striatum_robots::{IkOptions, Kinematics, Outcome, RobotSpec};

fn robots() -> Vec<RobotSpec> {
    RobotSpec::builtin_names().map(|name| RobotSpec::builtin(name).expect(name)).collect()
}

/// Positions at these shares of the joints' ranges.
fn within(robot: &RobotSpec, shares: &[f64]) -> Vec<f64> {
    let place = |(joint, share): (&striatum_robots::Joint, &f64)| {
        let (lower, upper) = joint.range();
        lower + share * (upper - lower)
    };
    robot.arm_joints().zip(shares).map(place).collect()
}

fn assert_within_limits(robot: &RobotSpec, joints: &[f64]) {
    for (joint, at) in robot.arm_joints().zip(joints) {
        let (lower, upper) = joint.range();
        assert!((lower..=upper).contains(at), "{}: joint {} at {at}", robot.name, joint.name);
    }
}

/// Position and rotation between two poses.
fn apart(a: &Isometry3<f64>, b: &Isometry3<f64>) -> (f64, f64) {
    ((a.translation.vector - b.translation.vector).norm(), a.rotation.angle_to(&b.rotation))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_jacobian_is_the_difference_quotient_of_the_pose(shares in prop::collection::vec(0.0..1.0, 7)) {
        const STEP: f64 = 1e-6;
        for robot in robots() {
            let kinematics = Kinematics::new(&robot);
            let at = within(&robot, &shares);
            let jacobian = kinematics.jacobian(&at).expect("finite");
            for joint in 0..at.len() {
                let moved = |by: f64| {
                    let mut moved = at.clone();
                    moved[joint] += by;
                    kinematics.forward(&moved).expect("finite").base_from_tool
                };
                let (before, after) = (moved(-STEP), moved(STEP));
                let linear = (after.translation.vector - before.translation.vector) / (2.0 * STEP);
                let angular = (after.rotation * before.rotation.inverse()).scaled_axis() / (2.0 * STEP);
                let column = jacobian.column(joint);
                prop_assert!((column.fixed_rows::<3>(0) - linear).norm() < 1e-7, "{} joint {joint}", robot.name);
                prop_assert!((column.fixed_rows::<3>(3) - angular).norm() < 1e-7, "{} joint {joint}", robot.name);
            }
        }
    }

    #[test]
    fn a_pose_that_the_arm_can_have_is_reached_within_the_limits(shares in prop::collection::vec(0.0..1.0, 7)) {
        for robot in robots() {
            let kinematics = Kinematics::new(&robot);
            let target = kinematics.forward(&within(&robot, &shares)).expect("finite").base_from_tool;
            let options = IkOptions { restarts: 500, ..IkOptions::default() };
            let outcome = kinematics.inverse(&target, &robot.home_radians, &options).expect("finite");
            let Outcome::Reached(solution) = outcome else {
                return Err(TestCaseError::fail(format!("{}: {outcome:?}", robot.name)));
            };
            assert_within_limits(&robot, &solution.joints);
            let found = kinematics.forward(&solution.joints).expect("finite").base_from_tool;
            let (position, rotation) = apart(&found, &target);
            prop_assert!(position <= 1e-4 && rotation <= 1e-3, "{}: {position} m, {rotation} rad", robot.name);
        }
    }

    /// Any target, any weights, any start: what comes back is within the limits and says truly how far off it is.
    #[test]
    fn an_answer_keeps_the_limits_and_its_residual_is_true(
        place in prop::array::uniform3(-1.2..1.2_f64),
        turn in prop::array::uniform3(-3.0..3.0_f64),
        weights in prop::array::uniform6(prop_oneof![Just(0.0), 0.1..3.0_f64]),
        from in prop::collection::vec(-9.0..9.0_f64, 7),
        home_pull in prop_oneof![Just(0.0), 0.0..1.0_f64],
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0.0));
        let target = Isometry3::new(Vector3::from(place), Vector3::from(turn));
        for robot in robots() {
            let kinematics = Kinematics::new(&robot);
            let options = IkOptions { axis_weights: weights, restarts: 1, home_pull, ..IkOptions::default() };
            let outcome = kinematics.inverse(&target, &from[..robot.arm.len()], &options).expect("finite");
            let solution = outcome.solution();
            assert_within_limits(&robot, &solution.joints);
            let found = target.inverse() * kinematics.forward(&solution.joints).expect("finite").base_from_tool;
            let asked = |vector: Vector3<f64>, weights: &[f64]| {
                vector.iter().zip(weights).map(|(e, w)| if *w > 0.0 { e * e } else { 0.0 }).sum::<f64>().sqrt()
            };
            let position = asked(found.translation.vector, &weights[..3]);
            let rotation = asked(found.rotation.scaled_axis(), &weights[3..]);
            prop_assert!((position - solution.position_error_metres).abs() < 1e-9, "{}", robot.name);
            prop_assert!((rotation - solution.rotation_error_radians).abs() < 1e-9, "{}", robot.name);
            prop_assert_eq!(outcome.reached().is_some(), position <= 1e-4 && rotation <= 1e-3);
        }
    }

    #[test]
    fn a_pose_out_of_reach_comes_short_by_what_is_left_and_keeps_the_limits(
        direction in prop::array::uniform3(-1.0..1.0_f64),
        beyond in 1.5..20.0_f64,
    ) {
        let direction = Vector3::from(direction);
        prop_assume!(direction.norm() > 0.1);
        for robot in robots() {
            let kinematics = Kinematics::new(&robot);
            let target = Isometry3::from_parts((direction.normalize() * beyond).into(), nalgebra::UnitQuaternion::identity());
            let options = IkOptions { restarts: 2, ..IkOptions::position_only() };
            let outcome = kinematics.inverse(&target, &robot.home_radians, &options).expect("finite");
            let Outcome::Short(nearest) = outcome else {
                return Err(TestCaseError::fail(format!("{}: reached {beyond} m", robot.name)));
            };
            assert_within_limits(&robot, &nearest.joints);
            let found = kinematics.forward(&nearest.joints).expect("finite").base_from_tool;
            let left = nalgebra::distance(&Point3::from(found.translation.vector), &Point3::from(target.translation.vector));
            prop_assert!((left - nearest.position_error_metres).abs() < 1e-9, "{left} is not {}", nearest.position_error_metres);
            prop_assert!(left > 0.1);
        }
    }
}

/// Five joints cannot have every pose; position alone, and pointing, they can.
#[test]
fn an_arm_with_five_joints_meets_what_it_is_asked_for_and_says_what_it_cannot() {
    let robot = RobotSpec::builtin("so101").expect("so101");
    let kinematics = Kinematics::new(&robot);
    let home = kinematics.forward(&robot.home_radians).expect("finite").base_from_tool;
    // Beside the plane of the arm, looking along it: only an arm with a joint more can do that.
    let mut target = home;
    target.translation.vector.y += 0.1;
    let inverse = |options: &IkOptions| kinematics.inverse(&target, &robot.home_radians, options).expect("finite");
    let Outcome::Short(nearest) = inverse(&IkOptions::default()) else {
        panic!("no arm with five joints has this pose")
    };
    assert!(nearest.rotation_error_radians > 0.05 || nearest.position_error_metres > 0.01, "{nearest:?}");
    let position = inverse(&IkOptions::position_only());
    let found = position.reached().expect("the place is in reach");
    let there = kinematics.forward(&found.joints).expect("finite").base_from_tool;
    assert!((there.translation.vector - target.translation.vector).norm() <= 1e-4);
}

/// What the target's z axis is asked to be, and the turn about it free.
#[test]
fn pointing_leaves_the_turn_about_the_tools_axis_free() {
    let robot = RobotSpec::builtin("panda").expect("panda");
    let kinematics = Kinematics::new(&robot);
    let mut target = kinematics.forward(&robot.home_radians).expect("finite").base_from_tool;
    target.translation.vector += Vector3::new(0.15, 0.1, -0.2);
    target.rotation *= nalgebra::UnitQuaternion::from_axis_angle(&Vector3::z_axis(), 2.5);
    let outcome = kinematics.inverse(&target, &robot.home_radians, &IkOptions::pointing()).expect("finite");
    let joints = &outcome.reached().expect("in reach").joints;
    let found = kinematics.forward(joints).expect("finite").base_from_tool;
    let (axis, asked) = (found.rotation * Vector3::z(), target.rotation * Vector3::z());
    assert!(axis.angle(&asked) <= 1.1e-3 && (found.translation.vector - target.translation.vector).norm() <= 1e-4);
    assert!(found.rotation.angle_to(&target.rotation) > 0.1, "the turn was free and yet asked for");
}

/// With a joint to spare the arm comes nearer to home and the tool stays.
#[test]
fn a_pull_to_home_moves_the_elbow_and_not_the_tool() {
    let robot = RobotSpec::builtin("panda").expect("panda");
    let kinematics = Kinematics::new(&robot);
    let home = &robot.home_radians;
    let target = kinematics.forward(home).expect("finite").base_from_tool;
    // The same pose with the elbow out: found from elsewhere.
    let mut elsewhere = home.clone();
    elsewhere[0] += 0.8;
    elsewhere[2] -= 0.8;
    let plain = IkOptions { restarts: 0, ..IkOptions::default() };
    let far = kinematics.inverse(&target, &elsewhere, &plain).expect("finite");
    let far = far.reached().expect("in reach").joints.clone();
    let distance = |joints: &[f64]| joints.iter().zip(home).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    assert!(distance(&far) > 0.2, "{far:?}");
    let pulled = IkOptions { home_pull: 0.2, ..plain };
    let mut at = far.clone();
    for _ in 0..20 {
        let outcome = kinematics.inverse(&target, &at, &pulled).expect("finite");
        at.clone_from(&outcome.reached().expect("stays in reach").joints);
    }
    assert!(distance(&at) < 0.2 * distance(&far), "from {} to {}", distance(&far), distance(&at));
}

#[test]
fn the_same_search_gives_the_same_bits() {
    for robot in robots() {
        let kinematics = Kinematics::new(&robot);
        let target =
            kinematics.forward(&within(&robot, &[0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6])).expect("finite").base_from_tool;
        let search = || kinematics.inverse(&target, &robot.home_radians, &IkOptions::default()).expect("finite");
        assert_eq!(search(), search());
    }
}

#[test]
fn what_is_no_number_or_not_one_for_each_joint_is_refused() {
    let robot = RobotSpec::builtin("panda").expect("panda");
    let kinematics = Kinematics::new(&robot);
    let home = robot.home_radians.clone();
    let target = Isometry3::translation(0.4, 0.0, 0.4);
    let inverse = |options: &IkOptions| kinematics.inverse(&target, &home, options);
    let mut wrong = home.clone();
    wrong[2] = f64::NAN;
    for bad in [&home[..6], &[home.clone(), vec![0.0]].concat(), &wrong, &[]] {
        assert!(kinematics.forward(bad).is_err() && kinematics.jacobian(bad).is_err());
        assert!(kinematics.inverse(&target, bad, &IkOptions::default()).is_err());
    }
    let text = kinematics.forward(&wrong).expect_err("NaN").to_string();
    assert!(text.contains("arm joint 2 is NaN") && !text.contains('\n'), "{text}");
    assert!(kinematics.forward_with(&home, &[0.0]).is_err());
    assert!(kinematics.inverse(&Isometry3::translation(f64::NAN, 0.0, 0.0), &home, &IkOptions::default()).is_err());
    assert!(kinematics.inverse(&Isometry3::translation(1e200, 0.0, 0.0), &home, &IkOptions::default()).is_err());
    for options in [
        IkOptions { axis_weights: [0.0; 6], ..IkOptions::default() },
        IkOptions { axis_weights: [-1.0; 6], ..IkOptions::default() },
        IkOptions { axis_weights: [f64::NAN; 6], ..IkOptions::default() },
        IkOptions { axis_weights: [1e300; 6], ..IkOptions::default() },
        IkOptions { position_tolerance_metres: 0.0, ..IkOptions::default() },
        IkOptions { rotation_tolerance_radians: f64::NAN, ..IkOptions::default() },
        IkOptions { home_pull: 1.5, ..IkOptions::default() },
    ] {
        assert!(inverse(&options).is_err(), "{options:?}");
    }
}
