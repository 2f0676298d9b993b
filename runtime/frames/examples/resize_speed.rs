//! How long a resize takes on one thread: `cargo run --release -p striatum-frames --example resize_speed`.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use striatum_frames::{Image, Normalisation, Resizer};

const ROUNDS: usize = 400;

/// Median and 99th percentile in milliseconds.
fn measure(mut work: impl FnMut()) -> (f64, f64) {
    let mut millis: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    (millis[ROUNDS / 2], millis[ROUNDS * 99 / 100])
}

fn main() -> striatum_frames::Result<()> {
    let normalise = Normalisation::new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    println!("{:>11} -> 224x224 {:>12} {:>8} {:>8}", "from", "", "p50 ms", "p99 ms");
    for (width, height) in [(320, 240), (640, 480), (1280, 720), (1920, 1080), (224, 224), (128, 128)] {
        let noise = (0..width * height * 3).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let image = Image::new(width, height, noise)?;
        let mut resizer = Resizer::new(224, 224);
        let (mut bytes, mut planes) = (vec![0; resizer.output_len()], vec![0.0; resizer.output_len()]);
        resizer.resize(&image, &mut bytes)?;
        let size = format!("{width}x{height}");
        let (p50, p99) = measure(|| drop(resizer.resize(&image, &mut bytes)));
        println!("{size:>11} -> 224x224 {:>12} {p50:8.3} {p99:8.3}", "RGB8");
        let (p50, p99) = measure(|| drop(resizer.resize_to_planes(&image, &normalise, &mut planes)));
        println!("{size:>11} -> 224x224 {:>12} {p50:8.3} {p99:8.3}", "f32 planes");
    }
    Ok(())
}
