//! Rules of the kinematics of every robot that is built in.

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
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

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
            let outcome = kinematics.inverse(&target, &robot.home_radians, &IkOptions::default()).expect("finite");
            let Outcome::Reached(solution) = outcome else {
                return Err(TestCaseError::fail(format!("{}: {outcome:?}", robot.name)));
            };
            assert_within_limits(&robot, &solution.joints);
            let found = kinematics.forward(&solution.joints).expect("finite").base_from_tool;
            let (position, rotation) = apart(&found, &target);
            prop_assert!(position <= 1e-4 && rotation <= 1e-3, "{}: {position} m, {rotation} rad", robot.name);
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
