//! What a picture must be, whatever it shows.

mod appearance;
mod edges;
mod geometry;
mod golden;

use nalgebra::{Isometry3, Translation3, UnitQuaternion};
use striatum_frames::Image;
use striatum_robots::Intrinsics;

use super::{Camera, Look, Renderer};
use crate::scene::{Geometry, Piece, Role, Scene};

/// A piece at a place, upright.
fn piece(role: Role, geometry: Geometry, at: [f32; 3]) -> Piece {
    let world_from_piece = Isometry3::from_parts(Translation3::from(at), UnitQuaternion::identity());
    Piece { geometry, world_from_piece, role }
}

fn sphere(radius_metres: f32, at: [f32; 3]) -> Piece {
    piece(Role::Object(0), Geometry::Sphere { radius_metres }, at)
}

fn scene(pieces: Vec<Piece>) -> Scene {
    Scene { pieces, world_from_tool: Isometry3::identity() }
}

/// A camera at the world's origin that looks along +x.
fn ahead(width: u32, height: u32) -> Camera {
    Camera::looking_at(Intrinsics::pinhole(width, height, 1.0), [0.0; 3], [1.0, 0.0, 0.0])
}

/// A renderer that has drawn a scene, and the picture.
fn draw(scene: &Scene, camera: &Camera, look: &Look) -> (Renderer, Image) {
    let (width, height) = (camera.intrinsics.width, camera.intrinsics.height);
    let mut renderer = Renderer::new(width, height).unwrap();
    let mut image = Image::filled(width, height, [0; 3]);
    renderer.render(scene, camera, look, 0, &mut image).unwrap();
    (renderer, image)
}

/// The pixels whose middle shows a piece.
fn pixels_of(renderer: &Renderer, camera: &Camera, piece: usize) -> Vec<[u32; 2]> {
    let (width, height) = (camera.intrinsics.width, camera.intrinsics.height);
    let all = (0..height).flat_map(|y| (0..width).map(move |x| [x, y]));
    all.filter(|&[x, y]| renderer.piece_at(x, y) == Some(piece)).collect()
}

/// The mean colour of some pixels.
fn mean(image: &Image, pixels: &[[u32; 2]]) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for &[x, y] in pixels {
        let at = (y as usize * image.width() as usize + x as usize) * 3;
        for (sum, part) in sum.iter_mut().zip(&image.pixels()[at..at + 3]) {
            *sum += f64::from(*part);
        }
    }
    sum.map(|sum| sum / pixels.len() as f64)
}
