//! Things are drawn where they are.

use nalgebra::{Isometry3, Point3, Quaternion, Translation3, UnitQuaternion};
use proptest::prelude::*;

use super::*;
use crate::render::tabletop;

const SIDE: u32 = 120;

fn any_camera() -> impl Strategy<Value = Camera> {
    let eye = prop::array::uniform3(-2.0..2.0_f64);
    let turn = prop::array::uniform4(-1.0..1.0_f64);
    let k = prop_oneof![
        Just([0.0; 5]),
        (-0.3..0.2_f64, -0.05..0.1_f64, -0.003..0.003_f64, -0.003..0.003_f64, -0.02..0.02_f64)
            .prop_map(|(k1, k2, p1, p2, k3)| [k1, k2, p1, p2, k3])
    ];
    (eye, turn, k, 0.6..1.5_f64, 0.9..1.1_f64).prop_filter_map(
        "no turn",
        |(eye, [w, x, y, z], distortion, view, aspect)| {
            let turn = UnitQuaternion::try_new(Quaternion::new(w, x, y, z), 0.1)?;
            let mut intrinsics = Intrinsics::pinhole(SIDE, SIDE, view).with_distortion(distortion);
            intrinsics.fy *= aspect;
            intrinsics.cx += 3.3;
            Some(Camera { intrinsics, world_from_camera: Isometry3::from_parts(Translation3::from(eye), turn) })
        },
    )
}

fn any_geometry() -> impl Strategy<Value = Geometry> {
    let size = || 0.01..0.3_f32;
    prop_oneof![
        prop::array::uniform3(size()).prop_map(|half_metres| Geometry::Box { half_metres }),
        (size(), size())
            .prop_map(|(radius_metres, half_length_metres)| Geometry::Cylinder { radius_metres, half_length_metres }),
        (size(), 0.0..0.3_f32)
            .prop_map(|(radius_metres, half_length_metres)| Geometry::Capsule { radius_metres, half_length_metres }),
        size().prop_map(|radius_metres| Geometry::Sphere { radius_metres }),
    ]
}

fn any_piece() -> impl Strategy<Value = Piece> {
    let turn = prop::array::uniform4(-1.0..1.0_f32);
    (any_geometry(), prop::array::uniform3(-1.5..1.5_f32), turn).prop_filter_map(
        "no turn",
        |(geometry, at, [w, x, y, z])| {
            let turn = UnitQuaternion::try_new(Quaternion::new(w, x, y, z), 0.1)?;
            Some(Piece {
                geometry,
                world_from_piece: Isometry3::from_parts(Translation3::from(at), turn),
                role: Role::Link,
            })
        },
    )
}

/// The distance from a piece's surface, negative inside; exact outside of it.
fn distance(piece: &Piece, world: [f64; 3]) -> f64 {
    let local = piece.world_from_piece.cast::<f64>().inverse_transform_point(&Point3::from(world));
    let outside = |x: f64, y: f64| x.max(y).min(0.0) + x.max(0.0).hypot(y.max(0.0));
    match piece.geometry {
        Geometry::Box { half_metres } => {
            let [x, y, z] = [0, 1, 2].map(|axis| local[axis].abs() - f64::from(half_metres[axis]));
            x.max(y).max(z).min(0.0) + x.max(0.0).hypot(y.max(0.0)).hypot(z.max(0.0))
        }
        Geometry::Cylinder { radius_metres, half_length_metres } => {
            outside(local.x.hypot(local.y) - f64::from(radius_metres), local.z.abs() - f64::from(half_length_metres))
        }
        Geometry::Capsule { radius_metres, half_length_metres } => {
            let beyond = (local.z.abs() - f64::from(half_length_metres)).max(0.0);
            local.x.hypot(local.y).hypot(beyond) - f64::from(radius_metres)
        }
        Geometry::Sphere { radius_metres } => local.coords.norm() - f64::from(radius_metres),
    }
}

/// The point that a pixel's depth stands for, found by walking in the plane one metre ahead until it projects to the pixel.
fn point_at(camera: &Camera, [x, y]: [u32; 2], depth: f64) -> [f64; 3] {
    let lens = &camera.intrinsics;
    let wanted = [f64::from(x), f64::from(y)];
    let mut plane = [(wanted[0] - lens.cx) / lens.fx, (wanted[1] - lens.cy) / lens.fy];
    let world = |plane: [f64; 2]| {
        let point = camera.world_from_camera * Point3::new(plane[0] * depth, plane[1] * depth, depth);
        [point.x, point.y, point.z]
    };
    for _ in 0..200 {
        let Some(pixel) = camera.project(world(plane)) else { break };
        plane[0] += 0.6 * (wanted[0] - pixel[0]) / lens.fx;
        plane[1] += 0.6 * (wanted[1] - pixel[1]) / lens.fy;
    }
    world(plane)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_small_sphere_is_drawn_where_its_middle_projects(camera in any_camera(), x in -0.6..0.6_f64, y in -0.6..0.6_f64, depth in 0.1..4.0_f64) {
        let point = camera.world_from_camera * Point3::new(x * depth, y * depth, depth);
        let point = [point.x, point.y, point.z];
        let Some([px, py]) = camera.project(point) else { return Err(TestCaseError::reject("not seen")) };
        let inside = |at: f64| (8.0..f64::from(SIDE) - 9.0).contains(&at);
        prop_assume!(inside(px) && inside(py));
        // Three pixels large.
        let radius = 3.0 * depth / camera.intrinsics.fx;
        let world = scene(vec![sphere(radius as f32, point.map(|part| part as f32))]);
        let (renderer, _) = draw(&world, &camera, &Look::standard());
        let pixels = pixels_of(&renderer, &camera, 0);
        prop_assert!(pixels.len() >= 4, "{} pixels at {px} {py}", pixels.len());
        let mean = |axis: usize| pixels.iter().map(|pixel| f64::from(pixel[axis])).sum::<f64>() / pixels.len() as f64;
        prop_assert!((mean(0) - px).abs() < 1.0 && (mean(1) - py).abs() < 1.0, "{} {} is not {px} {py}", mean(0), mean(1));
        // Seen from one radius nearer than its middle, in the middle of the picture; never farther than it.
        let nearest = pixels.iter().filter_map(|&[x, y]| renderer.depth_metres_at(x, y)).fold(f32::INFINITY, f32::min);
        prop_assert!(f64::from(nearest) < depth && f64::from(nearest) > depth - 2.0 * radius);
    }

    #[test]
    fn depths_lie_on_the_nearest_surface(camera in any_camera(), pieces in prop::collection::vec(any_piece(), 1..12)) {
        let world = scene(pieces);
        let (renderer, _) = draw(&world, &camera, &Look::standard());
        let eye = camera.world_from_camera.translation.vector;
        for y in (0..SIDE).step_by(7) {
            for x in (0..SIDE).step_by(7) {
                let Some(seen) = renderer.piece_at(x, y) else { continue };
                let depth = f64::from(renderer.depth_metres_at(x, y).unwrap());
                let point = point_at(&camera, [x, y], depth);
                prop_assert!(distance(&world.pieces[seen], point).abs() < 2e-4, "pixel {x} {y}: {:?}", world.pieces[seen]);
                // Nothing that the camera stands outside of may lie in between.
                for piece in world.pieces.iter().filter(|piece| distance(piece, eye.into()) > 0.02) {
                    for part in 1..20 {
                        let part = f64::from(part) / 20.0;
                        let between = [0, 1, 2].map(|axis| eye[axis] + (point[axis] - eye[axis]) * part);
                        prop_assert!(distance(piece, between) > -2e-4, "pixel {x} {y}: {piece:?} is hidden");
                    }
                }
            }
        }
    }

    #[test]
    fn a_smaller_picture_is_a_part_of_a_larger_one(camera in any_camera(), pieces in prop::collection::vec(any_piece(), 1..20), width in 1..70_u32, height in 1..70_u32) {
        let world = scene(pieces);
        let (whole, _) = draw(&world, &camera, &Look::standard());
        let mut part = camera;
        (part.intrinsics.width, part.intrinsics.height) = (width, height);
        let (cut, _) = draw(&world, &part, &Look::standard());
        for y in 0..height {
            for x in 0..width {
                prop_assert_eq!(cut.piece_at(x, y), whole.piece_at(x, y));
                prop_assert_eq!(cut.depth_metres_at(x, y), whole.depth_metres_at(x, y));
            }
        }
    }
}

#[test]
fn every_camera_of_the_tabletop_sees_the_objects() {
    let world = tabletop(224, 224, 0.3);
    let object = world.scene.pieces.iter().position(|piece| piece.role == Role::Object(0)).unwrap();
    let at: [f32; 3] = world.scene.pieces[object].world_from_piece.translation.vector.into();
    for camera in &world.cameras {
        let (renderer, image) = draw(&world.scene, camera, &Look::standard());
        let pixels = pixels_of(&renderer, camera, object);
        assert!(pixels.len() > 20, "{} pixels", pixels.len());
        let [px, py] = camera.project(at.map(f64::from)).unwrap();
        let near = |&[x, y]: &[u32; 2]| (f64::from(x) - px).hypot(f64::from(y) - py) < 40.0;
        assert!(pixels.iter().all(near));
        let [red, green, blue] = mean(&image, &pixels);
        assert!(red > 2.0 * green && red > 2.0 * blue, "{red} {green} {blue}");
    }
}
