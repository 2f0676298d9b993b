//! Light, noise, looks at random.

use super::*;
use crate::render::{Level, Samples, TableArea, contact_sheet, distractors, tabletop};

/// A table seen from above, with nothing or a ball on it.
fn table_with(pieces: &[Piece]) -> (Scene, Camera) {
    let mut all = vec![piece(Role::Table, Geometry::Box { half_metres: [0.5, 0.5, 0.02] }, [0.0, 0.0, -0.02])];
    all.extend_from_slice(pieces);
    (scene(all), Camera::looking_at(Intrinsics::pinhole(96, 96, 0.9), [0.0, 0.0, 1.0], [0.0; 3]))
}

#[test]
fn a_ball_casts_its_shadow_away_from_the_lamp() {
    let mut look = Look::standard();
    look.light.towards_lamp = [1.0, 0.0, 1.0];
    let (bare, camera) = table_with(&[]);
    let (with, _) = table_with(&[sphere(0.05, [0.0, 0.0, 0.15])]);
    let ((_, light), (renderer, dark)) = (draw(&bare, &camera, &look), draw(&with, &camera, &look));
    let around = |x: f64| {
        let [px, py] = camera.project([x, 0.0, 0.0]).unwrap();
        let at = |value: f64| (0..96).find(|&at| f64::from(at) > value - 0.5).unwrap();
        vec![[at(px), at(py)]]
    };
    let ratio = |x: f64| mean(&dark, &around(x))[1] / mean(&light, &around(x))[1];
    assert_eq!(renderer.piece_at(48, 48), Some(1));
    assert!(ratio(-0.15) < 0.75, "in the shadow: {}", ratio(-0.15));
    assert!(ratio(0.15) > 0.97, "on the lamp's side: {}", ratio(0.15));
}

#[test]
fn a_surface_does_not_shade_itself() {
    let (bare, camera) = table_with(&[]);
    let mut look = Look::standard();
    look.palette.table.texture = crate::render::Texture::Plain;
    for towards_lamp in [[0.0, 0.0, 1.0], [1.0, 0.3, 1.0], [-2.0, 1.0, 1.0]] {
        look.light.towards_lamp = towards_lamp;
        let (renderer, image) = draw(&bare, &camera, &look);
        let middle = pixels_of(&renderer, &camera, 0);
        let middle: Vec<_> =
            middle.into_iter().filter(|&[x, y]| (20..76).contains(&x) && (20..76).contains(&y)).collect();
        let darkest = middle.iter().map(|&pixel| mean(&image, &[pixel])[0]).fold(f64::INFINITY, f64::min);
        assert!(mean(&image, &middle)[0] - darkest < 25.0, "{towards_lamp:?}");
    }
}

#[test]
fn noise_is_as_strong_as_asked_and_new_in_every_frame() {
    let world = tabletop(96, 96, 0.5);
    let camera = &world.cameras[0];
    let (_, clean) = draw(&world.scene, camera, &Look { exposure: 0.8, ..Look::standard() });
    let look = Look { noise_levels: 4.0, exposure: 0.8, ..Look::standard() };
    let mut renderer = Renderer::new(96, 96).unwrap();
    let mut frame = |number| {
        let mut image = Image::filled(96, 96, [0; 3]);
        renderer.render(&world.scene, camera, &look, number, &mut image).unwrap();
        image
    };
    let (first, second, again) = (frame(1), frame(2), frame(1));
    assert_ne!(first.pixels(), second.pixels());
    assert_eq!(first.pixels(), again.pixels());
    let errors: Vec<f64> = (first.pixels().iter().zip(clean.pixels()))
        .filter(|(_, clean)| (30..225).contains(*clean))
        .map(|(noisy, clean)| f64::from(*noisy) - f64::from(*clean))
        .collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let spread = (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt();
    assert!(mean.abs() < 0.2 && (spread - 4.0).abs() < 0.2, "{mean} {spread}");
}

#[test]
fn smooth_edges_change_edges_only_and_lie_between() {
    let (world, camera) = (scene(vec![sphere(0.3, [1.0, 0.0, 0.0])]), ahead(64, 64));
    let mut renderer = Renderer::new(64, 64).unwrap();
    let mut draw = |samples| {
        let mut image = Image::filled(64, 64, [0; 3]);
        renderer.set_samples(samples);
        renderer.render(&world, &camera, &Look::standard(), 0, &mut image).unwrap();
        image
    };
    let (one, four) = (draw(Samples::One), draw(Samples::TwoByTwo));
    let changed = one.pixels().chunks(3).zip(four.pixels().chunks(3)).filter(|(one, four)| one != four).count();
    assert!((50..900).contains(&changed), "{changed}");
}

#[test]
fn objects_keep_their_colours_up_to_medium_and_are_told_apart_at_high() {
    let objects = |number| sphere_of(number, [0.0, f32::from(number) * 0.16 - 0.16, 0.05]);
    let (world, camera) = table_with(&[objects(0), objects(1), objects(2)]);
    for seed in 0..40 {
        for level in Level::ALL {
            let look = Look { noise_levels: 0.0, ..Look::randomised(seed, level) };
            let (renderer, image) = draw(&world, &camera, &look);
            let colour = |piece| mean(&image, &pixels_of(&renderer, &camera, piece));
            let colours = [colour(1), colour(2), colour(3), colour(0)];
            for (at, colour) in colours[..3].iter().enumerate() {
                let others = (0..3).filter(|&other| other != at).map(|other| colour[other]).fold(0.0, f64::max);
                assert!(
                    level == Level::High || colour[at] > others * 1.25,
                    "seed {seed} {level:?} object {at}: {colour:?}"
                );
                for other in &colours[at + 1..] {
                    let apart = colour.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                    assert!(apart > 25.0, "seed {seed} {level:?} object {at}: {colour:?} {other:?}");
                }
            }
        }
    }
}

fn sphere_of(number: u8, at: [f32; 3]) -> Piece {
    Piece { role: Role::Object(number), ..sphere(0.05, at) }
}

#[test]
fn no_look_is_so_dark_or_so_bright_that_nothing_is_seen() {
    let world = tabletop(64, 64, 0.4);
    for seed in 0..60 {
        for level in Level::ALL {
            let look = Look::randomised(seed, level);
            for camera in &world.cameras {
                let (_, image) = draw(&world.scene, camera, &look);
                let mean =
                    image.pixels().iter().map(|&part| f64::from(part)).sum::<f64>() / image.pixels().len() as f64;
                let white =
                    image.pixels().iter().filter(|&&part| part == 255).count() as f64 / image.pixels().len() as f64;
                assert!((35.0..235.0).contains(&mean) && white < 0.5, "seed {seed} {level:?}: {mean}, {white} white");
            }
        }
    }
}

#[test]
fn a_look_is_the_same_for_a_seed_and_differs_for_another() {
    for level in [Level::Low, Level::Medium, Level::High] {
        assert_eq!(Look::randomised(7, level), Look::randomised(7, level));
        assert_ne!(Look::randomised(7, level), Look { seed: 7, ..Look::randomised(8, level) });
    }
    assert_eq!(Look::randomised(7, Level::None), Look { seed: 7, ..Look::standard() });
    let area = TableArea::default();
    assert_ne!(distractors(1, Level::High, &area, &[]), distractors(2, Level::High, &area, &[]));
}

#[test]
fn jitter_moves_each_view_its_own_way_and_little() {
    let camera = ahead(64, 64);
    let look = Look::randomised(3, Level::High);
    let (a, b) = (look.jittered(&camera, 0), look.jittered(&camera, 1));
    assert_eq!(a, look.jittered(&camera, 0));
    assert_ne!(a, b);
    for moved in [a, b] {
        let offset = camera.world_from_camera.inverse() * moved.world_from_camera;
        assert!(offset.translation.vector.norm() < 0.012 * 6.0 && offset.rotation.angle() < 0.02 * 6.0);
        assert!(offset.translation.vector.norm() > 0.0 && offset.rotation.angle() > 0.0);
    }
    assert_eq!(Look::standard().jittered(&camera, 0).intrinsics, camera.intrinsics);
}

#[test]
fn a_sheet_holds_its_pictures_and_labels() {
    let (red, blue) = (Image::filled(20, 10, [200, 0, 0]), Image::filled(12, 14, [0, 0, 200]));
    let sheet = contact_sheet(&[&red, &blue, &red], 2, &[]).unwrap();
    let count = |image: &Image, rgb: [u8; 3]| image.pixels().chunks(3).filter(|pixel| *pixel == rgb).count();
    assert_eq!((count(&sheet, [200, 0, 0]), count(&sheet, [0, 0, 200])), (400, 168));
    let labelled = contact_sheet(&[&red, &blue], 5, &["ab", "a label far too long for its picture"]).unwrap();
    assert_eq!(count(&labelled, [200, 0, 0]), 200);
    assert!(count(&labelled, [235, 235, 225]) > 20);
    assert!(contact_sheet(&[], 2, &[]).is_err() && contact_sheet(&[&red], 0, &[]).is_err());
}
