//! Draws the table-top from its three cameras: `cargo run -p striatum-sim --example render_sheet -- OUT.png`.
#![allow(clippy::print_stdout)]

use std::error::Error;

use striatum_frames::{Image, encode_png};
use striatum_sim::{Look, Renderer, TABLETOP_CAMERAS, contact_sheet, tabletop};

const SIDE: u32 = 224;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("no file was given; write: render_sheet OUT.png")?;
    let mut renderer = Renderer::new(SIDE, SIDE)?;
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for closing in [0.0, 0.6, 1.0] {
        let world = tabletop(SIDE, SIDE, closing);
        for (camera, name) in world.cameras.iter().zip(TABLETOP_CAMERAS) {
            let mut image = Image::filled(SIDE, SIDE, [0; 3]);
            renderer.render(&world.scene, camera, &Look::standard(), 0, &mut image)?;
            images.push(image);
            labels.push(format!("{name} closing {closing}"));
        }
    }
    let images: Vec<&Image> = images.iter().collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    std::fs::write(&path, encode_png(&contact_sheet(&images, 3, &labels)?)?)?;
    println!("{path}: {} pieces", tabletop(SIDE, SIDE, 0.0).scene.pieces.len());
    Ok(())
}
