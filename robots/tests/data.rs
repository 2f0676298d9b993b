//! What holds for the files of every robot that is built in.
#![allow(clippy::expect_used, clippy::panic)]

use nalgebra::Point3;
use striatum_robots::{Geometry, Level, Link, RobotSpec, Shape};

fn robots() -> Vec<RobotSpec> {
    RobotSpec::builtin_names().map(|name| RobotSpec::builtin(name).expect(name)).collect()
}

#[test]
fn every_robot_loads_under_its_name_and_a_check_has_no_more_than_notes() {
    assert!(RobotSpec::builtin_names().is_sorted());
    for (robot, name) in robots().iter().zip(RobotSpec::builtin_names()) {
        assert_eq!(robot.name, name);
        for finding in robot.report() {
            assert!(finding.level == Level::Note, "{name}: {finding}");
        }
    }
}

#[test]
fn the_arms_have_as_many_joints_as_they_have() {
    for (name, joints) in [("panda", 7), ("so101", 5), ("ur5", 6)] {
        assert_eq!(RobotSpec::builtin(name).expect(name).arm.len(), joints, "{name}");
    }
}

#[test]
fn parents_come_before_children() {
    for robot in robots() {
        for (at, link) in robot.links.iter().enumerate() {
            assert_eq!(link.parent.is_some(), link.joint.is_some());
            assert!(link.parent.is_none_or(|parent| parent < at), "{}: link {}", robot.name, link.name);
            assert_eq!(link.parent.is_none(), at == 0);
        }
    }
}

/// How far a shape reaches from its own origin.
fn reach(shape: &Shape) -> f64 {
    match &shape.geometry {
        Geometry::Box { half_metres: [x, y, z] } => (x * x + y * y + z * z).sqrt(),
        Geometry::Cylinder { radius_metres, half_length_metres } => radius_metres.hypot(*half_length_metres),
        Geometry::Capsule { radius_metres, half_length_metres } => radius_metres + half_length_metres,
        Geometry::Sphere { radius_metres } => *radius_metres,
        Geometry::Mesh { file } => panic!("{file}: our own robots have no meshes"),
    }
}

/// The largest distance that matter of the link can have from its centre of mass.
fn extent(link: &Link, com: &Point3<f64>) -> f64 {
    let far = |shape: &Shape| nalgebra::distance(&shape.link_from_shape.translation.vector.into(), com) + reach(shape);
    link.collisions.iter().map(far).fold(0.0, f64::max)
}

#[test]
fn masses_and_inertias_are_those_of_bodies_as_large_as_their_shapes() {
    for robot in robots() {
        for link in robot.links.iter().filter(|link| !link.collisions.is_empty()) {
            let name = format!("{}: link {}", robot.name, link.name);
            let inertial = link.inertial.as_ref().expect(&name);
            let com = Point3::from(inertial.link_from_com.translation.vector);
            let extent = extent(link, &com);
            let near = |shape: &Shape| {
                nalgebra::distance(&shape.link_from_shape.translation.vector.into(), &com) <= reach(shape)
            };
            assert!(link.collisions.iter().any(near), "{name}: its centre of mass is outside every shape");
            let mut moments: Vec<f64> = inertial.inertia.symmetric_eigenvalues().iter().copied().collect();
            moments.sort_by(f64::total_cmp);
            assert!(moments[0] > 0.0, "{name}: {moments:?}");
            assert!(moments[2] <= (moments[0] + moments[1]) * 1.001, "{name}: {moments:?}");
            assert!(
                moments[2] <= inertial.mass_kg * extent * extent,
                "{name}: heavier to turn than a shell of its size"
            );
        }
    }
}

#[test]
fn what_is_seen_is_what_is_touched_and_has_a_colour() {
    for robot in robots() {
        for link in &robot.links {
            assert_eq!(link.visuals.len(), link.collisions.len(), "{}: link {}", robot.name, link.name);
            for (seen, touched) in link.visuals.iter().zip(&link.collisions) {
                assert_eq!((&seen.geometry, seen.link_from_shape), (&touched.geometry, touched.link_from_shape));
                assert!(seen.colour.is_some(), "{}: link {}", robot.name, link.name);
            }
        }
    }
}

/// A task that starts at home can begin: the tool is over the table, looking down at most this far from straight.
#[test]
fn every_hand_looks_down_at_home() {
    for robot in robots() {
        let kinematics = striatum_robots::Kinematics::new(&robot);
        let tool = kinematics.forward(&robot.home_radians).expect("finite").base_from_tool;
        let off = (tool.rotation * nalgebra::Vector3::z()).angle(&-nalgebra::Vector3::z()).to_degrees();
        assert!(off < 25.0, "{}: {off} degrees off", robot.name);
        assert!(tool.translation.vector.y.abs() < 1e-3 && tool.translation.vector.z > 0.05, "{}: {tool}", robot.name);
    }
}

/// Ready pose of the maker: hand straight down, fingers along y, 0.3069 m before the base.
#[test]
fn the_pandas_hand_points_down_at_home() {
    let panda = RobotSpec::builtin("panda").expect("panda");
    let kinematics = striatum_robots::Kinematics::new(&panda);
    let tool = kinematics.forward(&panda.home_radians).expect("finite").base_from_tool;
    assert!((tool.rotation * nalgebra::Vector3::z() + nalgebra::Vector3::z()).norm() < 1e-6, "{tool}");
    assert!((tool.rotation * nalgebra::Vector3::x() - nalgebra::Vector3::x()).norm() < 1e-6, "{tool}");
    assert!((tool.translation.vector - nalgebra::Vector3::new(0.3069, 0.0, 0.4869)).norm() < 1e-3, "{tool}");
}

#[test]
fn an_open_gripper_is_open_and_a_closed_one_closed() {
    let panda = RobotSpec::builtin("panda").expect("panda");
    let kinematics = striatum_robots::Kinematics::new(&panda);
    let gap = |gripper: &[f64]| {
        let links = kinematics.forward_with(&panda.home_radians, gripper).expect("finite").base_from_links;
        let at = |finger: usize| links[panda.gripper.links[finger]].translation.vector;
        (at(0) - at(1)).norm()
    };
    assert!((gap(&panda.gripper.open) - 0.08).abs() < 1e-9 && gap(&panda.gripper.closed) < 1e-9);
}

#[test]
fn a_summary_names_every_joint_camera_and_topic() {
    for robot in robots() {
        let text = robot.summary().to_string();
        let joints = robot.joint_rows().into_iter().map(|row| row.joint);
        let cameras = robot.cameras.iter().map(|camera| camera.name.clone());
        for name in joints.chain(cameras).chain([robot.topics.joint_state.clone(), robot.topics.action.clone()]) {
            assert!(text.contains(&name), "{name} is not in\n{text}");
        }
    }
}
