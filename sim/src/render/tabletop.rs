//! A robot at a table, standing still: a scene for tests, examples and measurements of rendering.

use nalgebra::{Isometry3, Matrix3, Rotation3, Translation3, UnitQuaternion, Vector3};
use striatum_robots::Intrinsics;

use super::camera::Camera;
use crate::scene::{Geometry, Piece, Role, Scene};

/// A scene and the three cameras that look at it.
#[derive(Clone, Debug)]
pub struct Tabletop {
    /// What there is.
    pub scene: Scene,
    /// High in front, at the side, and at the wrist.
    pub cameras: [Camera; 3],
}

/// The names of the cameras.
pub const TABLETOP_CAMERAS: [&str; 3] = ["front", "side", "wrist"];

/// The scene: `closing` from 0 to 1 lowers the hand onto object 0 and lets the door swing shut.
#[must_use]
pub fn tabletop(width: u32, height: u32, closing: f32) -> Tabletop {
    let closing = closing.clamp(0.0, 1.0);
    let mut pieces = Vec::with_capacity(48);
    furniture(&mut pieces);
    bin(&mut pieces, [0.36, 0.30]);
    door(&mut pieces, [0.62, -0.34], 1.1 * (1.0 - closing));
    let object = [0.46, -0.02];
    objects(&mut pieces, object);
    let tool = [object[0], object[1], 0.05 + 0.13 * (1.0 - closing)];
    let world_from_tool = arm(&mut pieces, tool);
    let scene = Scene { pieces, world_from_tool };
    Tabletop { cameras: cameras(&scene, width, height), scene }
}

fn cameras(scene: &Scene, width: u32, height: u32) -> [Camera; 3] {
    let lens = |view: f64| Intrinsics::pinhole(width, height, view);
    let front = Camera::looking_at(lens(0.98), [1.26, 0.12, 0.86], [0.34, 0.0, 0.15]);
    let side = Camera::looking_at(lens(1.0), [0.42, -1.05, 0.52], [0.32, 0.0, 0.16]);
    let bent = lens(1.35).with_distortion([-0.22, 0.05, 0.0005, -0.0003, 0.0]);
    // The tool's z points out of the hand; the camera sits behind the fingers and looks past them.
    let tool_from_camera = Isometry3::from_parts(
        Translation3::new(-0.075, 0.0, -0.10),
        UnitQuaternion::from_axis_angle(&Vector3::y_axis(), 0.42)
            * UnitQuaternion::from_axis_angle(&Vector3::z_axis(), std::f64::consts::FRAC_PI_2),
    );
    let wrist = Camera { intrinsics: bent, world_from_camera: scene.world_from_tool.cast::<f64>() * tool_from_camera };
    [front, side, wrist]
}

fn put(pieces: &mut Vec<Piece>, role: Role, geometry: Geometry, at: [f32; 3]) {
    let world_from_piece = Isometry3::from_parts(Translation3::from(Vector3::from(at)), UnitQuaternion::identity());
    pieces.push(Piece { geometry, world_from_piece, role });
}

fn block(half: [f32; 3]) -> Geometry {
    Geometry::Box { half_metres: half }
}

fn furniture(pieces: &mut Vec<Piece>) {
    put(pieces, Role::Table, block([0.55, 0.6, 0.02]), [0.33, 0.0, -0.02]);
    for (x, y) in [(-0.16, -0.54), (-0.16, 0.54), (0.82, -0.54), (0.82, 0.54)] {
        put(pieces, Role::Room, block([0.03, 0.03, 0.355]), [x, y, -0.395]);
    }
}

fn bin(pieces: &mut Vec<Piece>, [x, y]: [f32; 2]) {
    let (half, wall, height) = (0.09, 0.005, 0.035);
    put(pieces, Role::Target, block([half, half, 0.003]), [x, y, 0.003]);
    for side in [-1.0, 1.0] {
        put(pieces, Role::Target, block([wall, half, height]), [x + side * half, y, height]);
        put(pieces, Role::Target, block([half, wall, height]), [x, y + side * half, height]);
    }
}

fn door(pieces: &mut Vec<Piece>, [x, y]: [f32; 2], open_radians: f32) {
    let (half_width, half_height) = (0.10, 0.14);
    for side in [-1.0, 1.0] {
        put(
            pieces,
            Role::Fixture,
            block([0.02, 0.012, half_height + 0.02]),
            [x, y + side * (half_width + 0.014), half_height + 0.02],
        );
    }
    put(pieces, Role::Fixture, block([0.02, half_width + 0.026, 0.012]), [x, y, 2.0 * half_height + 0.03]);
    let hinge = Isometry3::from_parts(
        Translation3::new(x - 0.02, y - half_width, half_height + 0.01),
        UnitQuaternion::from_axis_angle(&Vector3::z_axis(), open_radians),
    );
    let leaf = hinge * Translation3::new(0.0, half_width, 0.0);
    pieces.push(Piece {
        geometry: block([0.008, half_width, half_height]),
        world_from_piece: leaf,
        role: Role::Fixture,
    });
    let handle = leaf * Translation3::new(-0.04, half_width - 0.03, 0.0);
    let bar = Geometry::Capsule { radius_metres: 0.008, half_length_metres: 0.04 };
    pieces.push(Piece { geometry: bar, world_from_piece: handle, role: Role::Handle });
    for end in [-0.035, 0.035] {
        let mount = handle * Translation3::new(0.018, 0.0, end);
        pieces.push(Piece { geometry: block([0.018, 0.005, 0.005]), world_from_piece: mount, role: Role::Handle });
    }
}

fn objects(pieces: &mut Vec<Piece>, [x, y]: [f32; 2]) {
    put(pieces, Role::Object(0), block([0.022, 0.022, 0.022]), [x, y, 0.022]);
    put(
        pieces,
        Role::Object(1),
        Geometry::Cylinder { radius_metres: 0.026, half_length_metres: 0.04 },
        [0.36, -0.2, 0.04],
    );
    put(pieces, Role::Object(2), Geometry::Sphere { radius_metres: 0.03 }, [0.56, 0.14, 0.03]);
}

/// An arm of capsules from the base at the origin to a hand over `tool`; returns where the tool is.
fn arm(pieces: &mut Vec<Piece>, tool: [f32; 3]) -> Isometry3<f32> {
    let tool = Vector3::from(tool);
    let wrist = tool + Vector3::new(0.0, 0.0, 0.17);
    let shoulder = Vector3::new(0.0, 0.0, 0.30);
    let elbow = elbow(shoulder, wrist, 0.34, 0.34);
    put(pieces, Role::Joint, Geometry::Cylinder { radius_metres: 0.075, half_length_metres: 0.03 }, [0.0, 0.0, 0.03]);
    link(pieces, Vector3::new(0.0, 0.0, 0.08), shoulder, 0.055);
    joint(pieces, shoulder, 0.062);
    link(pieces, shoulder, elbow, 0.046);
    joint(pieces, elbow, 0.054);
    link(pieces, elbow, wrist, 0.040);
    joint(pieces, wrist, 0.045);
    hand(pieces, tool)
}

fn hand(pieces: &mut Vec<Piece>, tool: Vector3<f32>) -> Isometry3<f32> {
    let mut at =
        |role, half: [f32; 3], offset: [f32; 3]| put(pieces, role, block(half), (tool + Vector3::from(offset)).into());
    at(Role::Link, [0.03, 0.055, 0.025], [0.0, 0.0, 0.105]);
    at(Role::Joint, [0.032, 0.032, 0.014], [0.0, 0.0, 0.14]);
    for side in [-1.0, 1.0] {
        at(Role::Finger, [0.011, 0.007, 0.045], [0.0, side * 0.033, 0.04]);
        at(Role::Joint, [0.009, 0.004, 0.014], [0.0, side * 0.026, 0.0]);
    }
    // Tool frame: z out of the hand, so down; x stays forward.
    let down = Rotation3::from_matrix_unchecked(Matrix3::new(1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0));
    Isometry3::from_parts(Translation3::from(tool), UnitQuaternion::from_rotation_matrix(&down))
}

/// Where two links of given lengths bend upwards between two points.
fn elbow(from: Vector3<f32>, to: Vector3<f32>, first: f32, second: f32) -> Vector3<f32> {
    let between = to - from;
    let reach = between.norm().min(first + second - 1e-3);
    let along = (first * first - second * second + reach * reach) / (2.0 * reach);
    let rise = (first * first - along * along).max(0.0).sqrt();
    let direction = between / between.norm();
    let aside = Vector3::new(-direction.z * direction.x, -direction.z * direction.y, 1.0 - direction.z * direction.z)
        .normalize();
    from + direction * along + aside * rise
}

fn joint(pieces: &mut Vec<Piece>, at: Vector3<f32>, radius: f32) {
    let geometry = Geometry::Cylinder { radius_metres: radius, half_length_metres: radius * 1.15 };
    let turn = UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f32::consts::FRAC_PI_2);
    let world_from_piece = Isometry3::from_parts(Translation3::from(at), turn);
    pieces.push(Piece { geometry, world_from_piece, role: Role::Joint });
}

fn link(pieces: &mut Vec<Piece>, from: Vector3<f32>, to: Vector3<f32>, radius: f32) {
    let between = to - from;
    let geometry = Geometry::Capsule { radius_metres: radius, half_length_metres: between.norm() / 2.0 };
    let turn = UnitQuaternion::rotation_between(&Vector3::z(), &between).unwrap_or_else(UnitQuaternion::identity);
    let world_from_piece = Isometry3::from_parts(Translation3::from((from + to) / 2.0), turn);
    pieces.push(Piece { geometry, world_from_piece, role: Role::Link });
}
