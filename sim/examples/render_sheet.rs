//! Draws the table-top from its three cameras: `cargo run -p striatum-sim --example render_sheet -- OUT.png`.
//! A level after the file (`low`, `medium`, `high`) draws six looks of that level, with distractors.
#![allow(clippy::print_stdout)]

use std::error::Error;

use striatum_frames::{Image, encode_png};
use striatum_sim::{KeepOut, Level, Look, Renderer, TABLETOP_CAMERAS, TableArea, contact_sheet, distractors, tabletop};

const SIDE: u32 = 224;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("no file was given; write: render_sheet OUT.png [LEVEL]")?;
    let level = match std::env::args().nth(2).as_deref() {
        None => Level::None,
        Some("low") => Level::Low,
        Some("medium") => Level::Medium,
        Some("high") => Level::High,
        Some(other) => return Err(format!("level `{other}` is unknown; levels are low, medium, high").into()),
    };
    let mut renderer = Renderer::new(SIDE, SIDE)?;
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for row in 0..if level == Level::None { 3 } else { 6 } {
        let closing = if level == Level::None { [0.0, 0.6, 1.0][row as usize] } else { 0.5 };
        let world = tabletop(SIDE, SIDE, closing);
        let mut scene = world.scene;
        let keep_out = |x_metres, y_metres, radius_metres| KeepOut { x_metres, y_metres, radius_metres };
        let free = [
            keep_out(0.46, -0.02, 0.1),
            keep_out(0.36, 0.3, 0.14),
            keep_out(0.36, -0.2, 0.08),
            keep_out(0.6, -0.34, 0.2),
        ];
        scene.pieces.extend(distractors(row, level, &TableArea::default(), &free));
        let look = Look::randomised(row, level);
        for ((view, camera), name) in (0_u64..).zip(&world.cameras).zip(TABLETOP_CAMERAS) {
            let mut image = Image::filled(SIDE, SIDE, [0; 3]);
            renderer.render(&scene, &look.jittered(camera, view), &look, row, &mut image)?;
            images.push(image);
            labels.push(if level == Level::None {
                format!("{name} closing {closing}")
            } else {
                format!("{name} {level:?} seed {row}")
            });
        }
    }
    let images: Vec<&Image> = images.iter().collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let columns = if level == Level::None { 3 } else { 6 };
    std::fs::write(&path, encode_png(&contact_sheet(&images, columns, &labels)?)?)?;
    println!("{path}: {} pieces", tabletop(SIDE, SIDE, 0.0).scene.pieces.len());
    Ok(())
}
