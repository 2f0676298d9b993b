//! A stand-in Panda until specifications can be read.

use std::f64::consts::FRAC_PI_2;

use nalgebra::{Isometry3, Matrix3, Translation3, UnitQuaternion, Vector3};

use super::model::{Finger, LinkShape, Mass, MovingLink, RobotModel};
use crate::scene::{Geometry, Role};

fn mass(kg: f64, radius: f64) -> Mass {
    Mass { kg, centre: Vector3::zeros(), inertia: Matrix3::identity() * (0.4 * kg * radius * radius) }
}

fn shape(geometry: Geometry, at: [f64; 3], touched: bool, role: Role) -> LinkShape {
    LinkShape { geometry, link_from_shape: Isometry3::translation(at[0], at[1], at[2]), seen: true, touched, role }
}

pub(crate) fn panda() -> RobotModel {
    let a = [0.0, 0.0, 0.0, 0.0825, -0.0825, 0.0, 0.088];
    let d = [0.333, 0.0, 0.316, 0.0, 0.384, 0.0, 0.0];
    let alpha = [0.0, -FRAC_PI_2, FRAC_PI_2, FRAC_PI_2, -FRAC_PI_2, FRAC_PI_2, FRAC_PI_2];
    let lower = [-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973];
    let upper = [2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973];
    let speed = [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61];
    let effort = [87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0];
    let kg = [4.97, 0.65, 3.23, 3.59, 1.23, 1.67, 0.74];
    let base = MovingLink {
        parent: 0,
        parent_from_joint: Isometry3::identity(),
        axis: Vector3::z(),
        slides: false,
        lower: 0.0,
        upper: 0.0,
        max_speed: 1.0,
        max_effort: 1.0,
        mass: mass(3.0, 0.1),
        shapes: vec![shape(Geometry::Cylinder { radius_metres: 0.07, half_length_metres: 0.1 }, [0.0, 0.0, 0.1], false, Role::Link)],
    };
    let mut links = vec![base];
    for i in 0..7 {
        let turn = UnitQuaternion::from_axis_angle(&Vector3::x_axis(), alpha[i]);
        let frame = Isometry3::from_parts(Translation3::identity(), turn) * Isometry3::translation(a[i], 0.0, d[i]);
        let mut shapes = vec![shape(Geometry::Sphere { radius_metres: 0.06 }, [0.0; 3], i >= 4, Role::Joint)];
        if i == 6 {
            shapes.push(shape(Geometry::Box { half_metres: [0.03, 0.1, 0.033] }, [0.0, 0.0, 0.107 + 0.033], true, Role::Link));
            let q = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), -FRAC_PI_2 / 2.0);
            for s in &mut shapes[1..] {
                s.link_from_shape = Isometry3::from_parts(Translation3::identity(), q) * s.link_from_shape;
            }
        }
        links.push(MovingLink {
            parent: i,
            parent_from_joint: frame,
            axis: Vector3::z(),
            slides: false,
            lower: lower[i],
            upper: upper[i],
            max_speed: speed[i],
            max_effort: effort[i],
            mass: mass(kg[i] + if i == 6 { 0.73 } else { 0.0 }, 0.08),
            shapes,
        });
    }
    let hand = Isometry3::from_parts(
        Translation3::new(0.0, 0.0, 0.107),
        UnitQuaternion::from_axis_angle(&Vector3::z_axis(), -FRAC_PI_2 / 2.0),
    );
    let mut fingers = Vec::new();
    for side in [1.0, -1.0] {
        let link = links.len();
        links.push(MovingLink {
            parent: 7,
            parent_from_joint: hand * Isometry3::translation(0.0, 0.0, 0.0584),
            axis: Vector3::y() * side,
            slides: true,
            lower: 0.0,
            upper: 0.04,
            max_speed: 0.2,
            max_effort: 70.0,
            mass: mass(0.05, 0.02),
            shapes: vec![shape(
                Geometry::Box { half_metres: [0.01, 0.0075, 0.027] },
                [0.0, 0.0075 * side, 0.027],
                true,
                Role::Finger,
            )],
        });
        fingers.push(Finger {
            link,
            open: 0.04,
            closed: 0.0,
            follows: (!fingers.is_empty()).then_some((0, 1.0, 0.0)),
        });
    }
    RobotModel {
        name: "panda".to_owned(),
        links,
        arm: (1..8).collect(),
        home: vec![0.0, -0.3, 0.0, -2.2, 0.0, 1.9, std::f64::consts::FRAC_PI_4],
        fingers,
        max_grip_newtons: 70.0,
        tool_link: 7,
        link_from_tool: hand * Isometry3::translation(0.0, 0.0, 0.1034),
        workspace: [Vector3::new(0.2, -0.5, 0.0), Vector3::new(0.8, 0.5, 0.7)],
        max_linear_metres_per_sec: 0.5,
        max_angular_radians_per_sec: 1.5,
    }
}
