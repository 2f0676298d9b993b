//! Cameras inside things, things behind cameras, numbers that are none, sizes at the limits.

use super::*;
use crate::render::{RenderError, Samples, tabletop};

#[test]
fn what_is_behind_or_around_the_camera_is_not_seen() {
    let camera = ahead(64, 64);
    let wall = piece(Role::Fixture, Geometry::Box { half_metres: [0.1, 5.0, 5.0] }, [2.0, 0.0, 0.0]);
    let behind = sphere(0.5, [-1.0, 0.0, 0.0]);
    let around = [
        sphere(0.3, [0.0; 3]),
        piece(Role::Link, Geometry::Box { half_metres: [0.2; 3] }, [0.0; 3]),
        piece(Role::Link, Geometry::Cylinder { radius_metres: 0.2, half_length_metres: 0.1 }, [0.0; 3]),
        piece(Role::Link, Geometry::Capsule { radius_metres: 0.2, half_length_metres: 0.1 }, [0.05, 0.0, 0.0]),
    ];
    for inside in around {
        let (renderer, _) = draw(&scene(vec![behind, inside, wall]), &camera, &Look::standard());
        assert_eq!(pixels_of(&renderer, &camera, 2).len(), 64 * 64, "{inside:?}");
        assert_eq!(renderer.skipped(), 0);
    }
}

#[test]
fn a_finger_a_few_millimetres_ahead_is_drawn_and_one_within_the_near_plane_is_not() {
    let camera = ahead(64, 64);
    let finger = |x| piece(Role::Finger, Geometry::Box { half_metres: [0.005, 0.05, 0.05] }, [x, 0.0, 0.0]);
    let count = |x| {
        let (renderer, _) = draw(&scene(vec![finger(x)]), &camera, &Look::standard());
        pixels_of(&renderer, &camera, 0).len()
    };
    assert_eq!(count(0.011), 64 * 64);
    assert_eq!(count(0.007), 0);
}

#[test]
fn pieces_without_size_or_place_are_left_out_and_counted() {
    let camera = ahead(32, 32);
    let good = sphere(0.2, [1.0, 0.0, 0.0]);
    let mut nowhere = sphere(0.2, [1.0, 0.0, 0.0]);
    nowhere.world_from_piece.translation.vector.y = f32::NAN;
    let mut unturned = good;
    unturned.world_from_piece.rotation =
        nalgebra::UnitQuaternion::new_unchecked(nalgebra::Quaternion::new(f32::INFINITY, 0.0, 0.0, 0.0));
    let at = [0.5, 0.0, 0.0];
    let bad = [
        nowhere,
        unturned,
        sphere(0.0, at),
        sphere(-1.0, at),
        sphere(f32::INFINITY, at),
        piece(Role::Link, Geometry::Box { half_metres: [0.1, f32::NAN, 0.1] }, at),
        piece(Role::Link, Geometry::Cylinder { radius_metres: 0.1, half_length_metres: 0.0 }, at),
        piece(Role::Link, Geometry::Capsule { radius_metres: 0.1, half_length_metres: -0.1 }, at),
    ];
    let mut pieces = bad.to_vec();
    pieces.push(good);
    let (renderer, image) = draw(&scene(pieces), &camera, &Look::standard());
    let (alone, same) = draw(&scene(vec![good]), &camera, &Look::standard());
    assert_eq!((renderer.skipped(), alone.skipped()), (bad.len(), 0));
    assert_eq!(pixels_of(&renderer, &camera, bad.len()), pixels_of(&alone, &camera, 0));
    // The pattern begins elsewhere on another number's piece; plain pieces look the same.
    assert_eq!(image.pixels().len(), same.pixels().len());
}

#[test]
fn every_size_is_drawn_or_refused() {
    let world = tabletop(64, 64, 0.2).scene;
    for (width, height) in [(1, 1), (1, 40), (40, 1), (15, 16), (17, 33), (2048, 3), (2048, 2048)] {
        let (renderer, image) = draw(&world, &ahead(width, height), &Look::standard());
        assert!(image.pixels().iter().any(|&part| part > 0), "{width}x{height}");
        assert!(renderer.piece_at(width, 0).is_none() && renderer.depth_metres_at(0, height).is_none());
    }
    for (width, height) in [(0, 4), (4, 0), (2049, 4), (4, u32::MAX)] {
        assert!(matches!(Renderer::new(width, height), Err(RenderError::Size { .. })));
    }
}

#[test]
fn an_empty_scene_shows_the_room_and_no_room_shows_light() {
    let (renderer, image) = draw(&Scene::default(), &ahead(32, 32), &Look::standard());
    assert!(renderer.piece_at(3, 3).is_none());
    let first = &image.pixels()[..3];
    assert!(image.pixels().chunks(3).any(|pixel| pixel != first), "a room is not of one colour");
    let outside = Camera::looking_at(Intrinsics::pinhole(16, 16, 0.5), [100.0, 0.0, 0.0], [200.0, 0.0, 0.0]);
    let (_, image) = draw(&Scene::default(), &outside, &Look::standard());
    assert!(image.pixels().chunks(3).all(|pixel| pixel == &image.pixels()[..3]));
}

#[test]
fn wrong_sizes_and_numbers_are_refused_by_name() {
    let (mut renderer, mut image) = draw(&Scene::default(), &ahead(8, 8), &Look::standard());
    let mut refused = |camera: &Camera, look: &Look| {
        let message = renderer.render(&Scene::default(), camera, look, 0, &mut image).unwrap_err().to_string();
        assert!(!message.contains('\n'));
        message
    };
    let look = Look::standard();
    assert!(refused(&ahead(9, 8), &look).contains("the camera is 9x8"));
    let mut camera = ahead(8, 8);
    camera.intrinsics.fy = 0.0;
    assert!(refused(&camera, &look).contains("intrinsics.fy"));
    let mut camera = ahead(8, 8);
    camera.intrinsics.distortion[4] = f64::NAN;
    assert!(refused(&camera, &look).contains("intrinsics.distortion"));
    let mut camera = ahead(8, 8);
    camera.world_from_camera.translation.vector.z = f64::INFINITY;
    assert!(refused(&camera, &look).contains("camera.world_from_camera"));
    let camera = ahead(8, 8);
    assert!(refused(&camera, &Look { exposure: f32::NAN, ..look.clone() }).contains("look.exposure"));
    let mut dark = look.clone();
    dark.light.towards_lamp = [0.0; 3];
    assert!(refused(&camera, &dark).contains("look.light.towards_lamp"));
    let mut shrunk = look.clone();
    shrunk.palette.table.repeat_metres = 0.0;
    assert!(refused(&camera, &shrunk).contains("material.repeat_metres"));
    let mut small = Image::filled(4, 8, [0; 3]);
    let message = renderer.render(&Scene::default(), &camera, &look, 0, &mut small).unwrap_err().to_string();
    assert!(message.contains("the picture is 4x8"));
}

#[test]
fn a_renderer_forgets_what_it_drew_before() {
    let worlds = [tabletop(48, 48, 0.1), tabletop(48, 48, 0.9)];
    let look = Look::standard();
    let mut used = Renderer::new(48, 48).unwrap();
    // More lenses than are kept.
    for view in 0..20 {
        let camera =
            Camera { intrinsics: Intrinsics::pinhole(48, 48, 0.5 + 0.01 * f64::from(view)), ..worlds[0].cameras[0] };
        used.render(&worlds[0].scene, &camera, &look, 0, &mut Image::filled(48, 48, [0; 3])).unwrap();
    }
    for samples in [Samples::One, Samples::TwoByTwo] {
        used.set_samples(samples);
        for world in &worlds {
            for camera in &world.cameras {
                let mut fresh = Renderer::new(48, 48).unwrap();
                fresh.set_samples(samples);
                let (mut one, mut other) = (Image::filled(48, 48, [0; 3]), Image::filled(48, 48, [9; 3]));
                used.render(&world.scene, camera, &look, 5, &mut one).unwrap();
                fresh.render(&world.scene, camera, &look, 5, &mut other).unwrap();
                assert_eq!(one.pixels(), other.pixels());
            }
        }
    }
}
