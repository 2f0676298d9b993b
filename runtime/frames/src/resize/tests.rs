//! Bit equality with a slow reference and with Pillow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, clippy::print_stderr)]

use std::path::PathBuf;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::codec::{Encoding, ImageLimits, decode};

/// The algorithm straight from its description, one line of samples at a time, with nothing clever.
fn reference_line(samples: &[u8], target: usize) -> Vec<u8> {
    let scale = samples.len() as f64 / target as f64;
    let f = if scale > 1.0 { scale } else { 1.0 };
    let mut out = Vec::new();
    for i in 0..target {
        let c = (i as f64 + 0.5) * scale;
        let start = ((c - f + 0.5) as i64).max(0);
        let end = ((c + f + 0.5) as i64).min(samples.len() as i64);
        let triangle = |x: i64| (1.0 - ((x as f64 - c + 0.5) * (1.0 / f)).abs()).max(0.0);
        let total: f64 = (start..end).map(triangle).sum();
        let mut sum = 1_i64 << 21;
        for x in start..end {
            let weight = (triangle(x) / total * 4_194_304.0).round() as i64;
            sum += weight * i64::from(samples[x as usize]);
        }
        out.push((sum >> 22).clamp(0, 255) as u8);
    }
    out
}

fn reference(image: &Image, width: usize, height: usize) -> Vec<u8> {
    let (source_width, source_height) = (image.width() as usize, image.height() as usize);
    let mut narrowed = vec![0; width * source_height * 3];
    for y in 0..source_height {
        for c in 0..3 {
            let line: Vec<u8> = (0..source_width).map(|x| image.pixels()[(y * source_width + x) * 3 + c]).collect();
            for (x, value) in reference_line(&line, width).into_iter().enumerate() {
                narrowed[(y * width + x) * 3 + c] = value;
            }
        }
    }
    let mut out = vec![0; width * height * 3];
    for at in 0..width * 3 {
        let line: Vec<u8> = (0..source_height).map(|y| narrowed[y * width * 3 + at]).collect();
        for (y, value) in reference_line(&line, height).into_iter().enumerate() {
            out[y * width * 3 + at] = value;
        }
    }
    out
}

/// Noise of high contrast, where rounding shows most.
fn noise(width: u32, height: u32, seed: u64) -> Image {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 60 {
            0..4 => 0,
            4..8 => 255,
            _ => (state >> 40) as u8,
        }
    };
    Image::new(width, height, (0..width * height * 3).map(|_| next()).collect()).unwrap()
}

fn resized(resizer: &mut Resizer, image: &Image) -> Vec<u8> {
    let mut out = vec![0; resizer.output_len()];
    resizer.resize(image, &mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_the_slow_reference_bit_for_bit(
        source in (1_u32..400, 1_u32..60), target in (1_u32..150, 1_u32..40), seed: u64,
    ) {
        let image = noise(source.0, source.1, seed);
        let wanted = reference(&image, target.0 as usize, target.1 as usize);
        prop_assert_eq!(resized(&mut Resizer::new(target.0, target.1), &image), &wanted[..]);
        prop_assert_eq!(resized(&mut Resizer::portable(target.0, target.1), &image), wanted);
    }

    /// Buffers and plans left by other sizes must not show through.
    #[test]
    fn one_resizer_serves_many_sizes(sizes in prop::collection::vec((1_u32..70, 1_u32..70), 1..24), seed: u64) {
        let mut shared = Resizer::new(19, 23);
        for &(width, height) in sizes.iter().chain(&sizes) {
            let image = noise(width, height, seed);
            prop_assert_eq!(resized(&mut shared, &image), resized(&mut Resizer::new(19, 23), &image));
        }
    }
}

/// The sizes of cameras, on this machine's road and on any processor's.
#[test]
fn sizes_of_cameras_equal_the_slow_reference_on_both_roads() {
    for (width, target) in [(640, 224), (1280, 224), (1920, 224), (4096, 512), (64, 224), (63, 9)] {
        let image = noise(width, 5, u64::from(width));
        let wanted = reference(&image, target, 3);
        let target = target as u32;
        assert!(resized(&mut Resizer::new(target, 3), &image) == wanted, "{width} to {target}");
        assert!(resized(&mut Resizer::portable(target, 3), &image) == wanted, "{width} to {target}, portable");
    }
    #[cfg(target_arch = "x86_64")]
    if super::vnni::Blocks::new(&Axis::new(640, 224)).is_none() {
        eprintln!("SKIPPED: this processor has no AVX-512 VBMI and VNNI; both roads are the portable one");
    }
}

#[test]
fn extreme_shrinking_stays_white() {
    // Thousands of taps, each rounded: their sum may pass one, the result must not wrap.
    let image = Image::filled(4096, 3, [255, 254, 0]);
    assert_eq!(resized(&mut Resizer::new(1, 1), &image), reference(&image, 1, 1));
    let image = Image::filled(3001, 2, [255, 255, 255]);
    assert!(resized(&mut Resizer::new(7, 1), &image).iter().all(|&value| value == 255));
}

#[test]
fn the_same_size_changes_nothing() {
    let image = noise(61, 47, 5);
    assert_eq!(resized(&mut Resizer::new(61, 47), &image), image.pixels());
}

#[test]
fn planes_are_the_normalised_bytes() {
    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let (image, mut resizer) = (noise(90, 70, 3), Resizer::new(31, 17));
    let bytes = resized(&mut resizer, &image);
    let mut planes = vec![f32::NAN; resizer.output_len()];
    resizer.resize_to_planes(&image, &Normalisation::new(mean, std), &mut planes).unwrap();
    for (at, &byte) in bytes.iter().enumerate() {
        let (pixel, channel) = (at / 3, at % 3);
        let wanted = (f64::from(byte) / 255.0 - f64::from(mean[channel])) / f64::from(std[channel]);
        let got = f64::from(planes[channel * 31 * 17 + pixel]);
        assert!((got - wanted).abs() < 3e-7, "{byte} became {got}, not {wanted}");
    }
}

#[test]
fn an_output_of_the_wrong_length_is_refused() {
    let (image, mut resizer) = (noise(4, 4, 1), Resizer::new(2, 2));
    assert!(matches!(resizer.resize(&image, &mut [0; 11]), Err(Error::OutputLength { got: 11, needed: 12, .. })));
    let normalise = Normalisation::new([0.5; 3], [0.5; 3]);
    assert!(resizer.resize_to_planes(&image, &normalise, &mut [0.0; 13]).is_err());
}

/// The shared test data's folder, or `None` (said aloud) where it is not; in CI it must be there.
fn shared(folder: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var("STRIATUM_SHARED").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(root).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there; set STRIATUM_SHARED", path.display());
    eprintln!("SKIPPED: {} is not there; set STRIATUM_SHARED to test against the golden images", path.display());
    None
}

/// Images that Pillow 11.3 resized: equal to the last bit, and so is the hash that was written down beside them.
#[test]
fn equals_pillow_on_the_golden_images() {
    let Some(folder) = shared("fixtures/backbones") else { return };
    let golden = std::fs::read_to_string(folder.join("golden.json")).unwrap();
    let mut checked = 0;
    for entry in golden.split("\"file\": \"").skip(1) {
        let Some((name, rest)) = entry.split_once('"') else { continue };
        let Some((_, rest)) = rest.split_once("\"resized_rgb8_sha256\": \"") else { continue };
        let load = |folder_name: &str| {
            let bytes = std::fs::read(folder.join(folder_name).join(name)).unwrap();
            decode(&bytes, Encoding::Png, &ImageLimits::default()).unwrap()
        };
        let got = resized(&mut Resizer::new(224, 224), &load("images"));
        assert!(got == load("images_224").pixels(), "{name} differs from Pillow's");
        let hash: String = Sha256::digest(&got).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, rest[..64], "{name}");
        checked += 1;
    }
    assert_eq!(checked, 4, "golden.json has four images");
}
