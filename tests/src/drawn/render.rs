//! From shapes to an image: background, shadows, faces, sensor.

use image::{Rgb, RgbImage};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::camera::Camera;
use super::canvas::{Canvas, Corner};
use super::geometry::{Cuboid, Pose, UP, Vec3, shade, vec3};
use super::motion::State;
use super::options::View;
use super::robot::PALM_HEIGHT;
use super::room;

/// Towards the lamp.
const LIGHT: Vec3 = vec3(-0.35, -0.30, 0.89);
const SHADOW: f32 = 0.66;
/// Faces are darker this near their edges, so that shapes stand out.
const EDGE_METRES: f32 = 0.0022;

/// The camera of a view at one time.
pub(super) fn camera(view: View, state: &State, size: (usize, usize)) -> Camera {
    match view {
        View::High => Camera::looking_at(vec3(0.02, -0.86, 0.80), vec3(0.02, 0.0, 0.02), UP, size, 56.0),
        View::Side => Camera::looking_at(vec3(1.05, -0.62, 0.46), vec3(0.06, 0.02, 0.06), UP, size, 54.0),
        View::Wrist => {
            let hand = Pose::upright(state.tip, state.yaw_radians);
            let eye = hand.to_world(vec3(0.0, -0.125, PALM_HEIGHT + 0.04));
            Camera::looking_at(eye, hand.to_world(vec3(0.0, 0.06, -0.06)), UP, size, 78.0)
        }
    }
}

/// The room as a camera sees it; kept for cameras that do not move.
pub(super) fn background(camera: &Camera) -> Canvas {
    let mut canvas = Canvas::new(camera.width, camera.height);
    room::paint(&mut canvas, camera);
    canvas
}

/// Draws shadows and shapes over a background.
pub(super) fn draw(canvas: &mut Canvas, camera: &Camera, shapes: &[Cuboid]) {
    let mut shadow = vec![false; canvas.colours.len()];
    for shape in shapes.iter().filter(|shape| shape.casts_shadow) {
        Canvas::mark(camera, &shadow_outline(camera, shape), &mut shadow);
    }
    for (index, colour) in canvas.colours.iter_mut().enumerate() {
        if shadow[index] && canvas.is_table[index] {
            *colour = shade(*colour, SHADOW);
        }
    }
    for shape in shapes {
        draw_cuboid(canvas, camera, shape);
    }
}

fn draw_cuboid(canvas: &mut Canvas, camera: &Camera, shape: &Cuboid) {
    let half = [shape.half.x, shape.half.y, shape.half.z];
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            let normal = shape.pose.axes[axis] * sign;
            let middle = shape.pose.origin + normal * half[axis];
            if (middle - camera.world_from_camera.origin).dot(normal) >= 0.0 {
                continue;
            }
            let (across, along) = ((axis + 1) % 3, (axis + 2) % 3);
            let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(u, v)| Corner {
                point: camera.world_from_camera.to_body(
                    middle + shape.pose.axes[across] * (u * half[across]) + shape.pose.axes[along] * (v * half[along]),
                ),
                surface: (u * half[across], v * half[along]),
            });
            let lit = shade(shape.colour, 0.52 + 0.50 * normal.dot(LIGHT).max(0.0));
            let edge = EDGE_METRES.min(half[across] / 4.0).min(half[along] / 4.0);
            canvas.fill(camera, &corners, |u, v| {
                let inside = (half[across] - u.abs()).min(half[along] - v.abs());
                if inside < edge { shade(lit, 0.68) } else { lit }
            });
        }
    }
}

/// The shape's shadow on the table top: the hull of its corners, moved along the light to z = 0.
fn shadow_outline(camera: &Camera, shape: &Cuboid) -> Vec<Corner> {
    let on_table: Vec<(f32, f32)> = shape
        .corners()
        .iter()
        .map(|corner| {
            let back = LIGHT * (corner.z.max(0.0) / LIGHT.z);
            (corner.x - back.x, corner.y - back.y)
        })
        .collect();
    hull(on_table)
        .into_iter()
        .map(|(x, y)| Corner { point: camera.world_from_camera.to_body(vec3(x, y, 0.0)), surface: (0.0, 0.0) })
        .collect()
}

/// Convex hull, monotone chain.
fn hull(mut points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turn = |o: (f32, f32), a: (f32, f32), b: (f32, f32)| (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0);
    let chain = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut kept: Vec<(f32, f32)> = Vec::new();
        for point in points {
            while let [.., before, last] = kept[..]
                && turn(before, last, point) <= 0.0
            {
                kept.pop();
            }
            kept.push(point);
        }
        kept.pop();
        kept
    };
    let mut outline = chain(&mut points.iter().copied());
    outline.extend(chain(&mut points.iter().rev().copied()));
    outline
}

/// Lens and sensor: darker corners, noise of its own for every frame of every view.
pub(super) fn develop(canvas: &Canvas, seed: u64, stream: u64, noise_levels: f32) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let mut random = vec![0_u8; canvas.colours.len() * 3];
    rng.fill_bytes(&mut random);
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let mut image = RgbImage::new(canvas.width as u32, canvas.height as u32);
    for (index, pixel) in image.pixels_mut().enumerate() {
        let x = (index % canvas.width) as f32 / width - 0.5;
        let y = (index / canvas.width) as f32 / height - 0.5;
        let lens = 1.06 - 0.42 * (x * x + y * y);
        let levels: [u8; 3] = std::array::from_fn(|channel| {
            let noise = (f32::from(random[index * 3 + channel]) / 127.5 - 1.0) * noise_levels;
            to_level(canvas.colours[index][channel] * lens * 255.0 + noise)
        });
        *pixel = Rgb(levels);
    }
    image
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "clamped to 0..=255 first")]
fn to_level(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
