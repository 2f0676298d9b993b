//! How long three views take on one thread: `cargo run -p striatum-sim --example render_speed`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use striatum_frames::Image;
use striatum_sim::{Look, Renderer, Samples, tabletop};

const ROUNDS: usize = 300;

/// Least, median and 99th percentile in milliseconds.
fn measure(
    rounds: usize,
    mut work: impl FnMut(usize) -> Result<(), Box<dyn Error>>,
) -> Result<[f64; 3], Box<dyn Error>> {
    let mut millis = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let start = Instant::now();
        work(round)?;
        millis.push(start.elapsed().as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    Ok([millis[0], millis[rounds / 2], millis[rounds * 99 / 100]])
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:>9} {:>8} {:>6} {:>10} {:>8} {:>8} {:>8}",
        "size", "edges", "noise", "views", "least ms", "p50 ms", "p99 ms"
    );
    for (side, samples, noise) in [
        (224, Samples::One, 0.0),
        (224, Samples::TwoByTwo, 0.0),
        (224, Samples::TwoByTwo, 2.0),
        (128, Samples::TwoByTwo, 2.0),
        (640, Samples::TwoByTwo, 2.0),
    ] {
        let mut renderer = Renderer::new(side, side)?;
        renderer.set_samples(samples);
        let look = Look { noise_levels: noise, ..Look::standard() };
        let mut image = Image::filled(side, side, [0; 3]);
        // The scene moves from round to round, so the shadows are drawn again each time.
        let worlds: Vec<_> = (0..20).map(|step| tabletop(side, side, step as f32 / 20.0)).collect();
        let all = [&[0, 1, 2][..], &[0], &[1], &[2]];
        for views in &all[..if side == 224 { 4 } else { 1 }] {
            let [least, p50, p99] = measure(if side > 224 { ROUNDS / 10 } else { ROUNDS }, |round| {
                let world = &worlds[round % worlds.len()];
                for &view in *views {
                    renderer.render(&world.scene, &world.cameras[view], &look, round as u64, &mut image)?;
                }
                Ok(())
            })?;
            let size = format!("{side}x{side}");
            let (edges, views) = (format!("{samples:?}"), format!("{views:?}"));
            println!("{size:>9} {edges:>8} {noise:6.1} {views:>10} {least:8.2} {p50:8.2} {p99:8.2}");
        }
    }
    println!("{} pieces", tabletop(224, 224, 0.0).scene.pieces.len());
    Ok(())
}
