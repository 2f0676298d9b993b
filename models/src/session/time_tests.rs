//! How long a backbone takes for one to three pictures: printed, not judged.

use std::path::PathBuf;
use std::time::Instant;

use super::{Encoder, OrtModel, SessionConfig};
use crate::test_files::{session, with_runtime};

/// Times the backbone in the file that `STRIATUM_ENCODER` names, run as `STRIATUM_TEST_SESSION` says, and prints how far its
/// features are from those of the processor.
#[test]
#[ignore = "needs a backbone, which `cargo xtask setup` writes"]
#[allow(clippy::print_stderr)] // its numbers are what it is for
fn time_of_an_encoder() {
    let Some(path) = std::env::var_os("STRIATUM_ENCODER").map(PathBuf::from) else {
        eprintln!("SKIPPED: STRIATUM_ENCODER names no backbone");
        return;
    };
    with_runtime(|| {
        let open = |config: &SessionConfig| {
            let model = OrtModel::from_path(&path, config).unwrap();
            let mut encoder = Encoder::with_output(model, 3, 224, "features").unwrap();
            for slot in 0..3 {
                for (index, value) in encoder.input_mut(slot).unwrap().iter_mut().enumerate() {
                    *value = libm::sinf(index as f32 * 0.01 * (slot + 1) as f32);
                }
            }
            encoder
        };
        let mut encoder = open(&session());
        for count in 1..=3 {
            for _ in 0..20 {
                encoder.run(count).unwrap();
            }
            let mut millis: Vec<f64> = Vec::new();
            for _ in 0..300 {
                let begun = Instant::now();
                encoder.run(count).unwrap();
                millis.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            millis.sort_by(f64::total_cmp);
            eprintln!("{count} pictures: p50 {:.3} ms, p99 {:.3} ms", millis[150], millis[297]);
        }
        let got = encoder.run(3).unwrap().to_vec();
        let mut plain = open(&SessionConfig::default());
        let wanted = plain.run(3).unwrap();
        let scale = wanted.iter().map(|value| value.abs()).fold(0.0, f32::max);
        let apart = got.iter().zip(wanted).map(|(got, wanted)| (got - wanted).abs()).fold(0.0, f32::max);
        eprintln!("features: largest {scale:.3}, apart from the processor's by at most {apart:.1e}");
        assert!(apart <= 0.01 * scale);
    });
}
