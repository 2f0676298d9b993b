#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use striatum_frames::{Encoding, ImageLimits, decode};

use super::net::Layer;
use super::*;
use crate::backbone::layers::Conv;
use crate::test_files::{shared, weights, with_runtime};
use crate::testkit::Noise;
use crate::{Encoder, OrtModel, inspect};

fn pictures() -> Option<Vec<Image>> {
    let folder = shared("fixtures/backbones")?.join("images");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file| decode(&std::fs::read(file).unwrap(), Encoding::Png, &ImageLimits::default()).unwrap();
    Some(files.iter().map(read).collect())
}

fn made(id: BackboneId, size: InputSize, weights: &[u8], pictures: &[Image]) -> Vec<u8> {
    let mut calibrator = Int8Calibrator::new(id, weights, (size, 2), &SessionConfig::default()).unwrap();
    pictures.iter().for_each(|picture| calibrator.look(picture).unwrap());
    calibrator.finish().unwrap()
}

fn features(id: BackboneId, onnx: &[u8], size: InputSize, pictures: &[Image]) -> Vec<Vec<f32>> {
    let model = OrtModel::from_bytes(onnx, id.name(), &SessionConfig::default()).unwrap();
    let mut encoder = Encoder::with_output(model, 1, size.pixels(), "grid").unwrap();
    let mut resizer = Resizer::new(size.get(), size.get());
    let mut of = |picture: &Image| {
        resizer.resize_to_planes(picture, &id.normalisation(), encoder.input_mut(0).unwrap()).unwrap();
        encoder.run(1).unwrap().to_vec()
    };
    pictures.iter().map(&mut of).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn eight_bits_see_what_32_see() {
    let Some(pictures) = pictures() else { return };
    with_runtime(|| {
        for id in BackboneId::ALL {
            let Some(weights) = weights(id) else { return };
            for size in [InputSize::TRAINED, InputSize::new(160).unwrap()] {
                let onnx = made(id, size, &weights, &pictures);
                assert_eq!(onnx, made(id, size, &weights, &pictures), "the same pictures, the same bytes");
                let options = crate::BuildOptions { image_size: size, grid: Some(2), logits: false };
                let plain = crate::build_onnx(id, &weights, &options).unwrap();
                assert!(onnx.len() * 2 < plain.len(), "{} {}", onnx.len(), plain.len());
                let all = features(id, &onnx, size, &pictures);
                for (seen, wanted) in all.iter().zip(features(id, &plain, size, &pictures)) {
                    assert!(cosine(seen, &wanted) > 0.95, "{id} {size}: {}", cosine(seen, &wanted));
                }
            }
        }
    });
}

#[test]
fn only_the_blocks_in_the_middle_are_in_eight_bits() {
    let (Some(pictures), Some(weights)) = (pictures(), weights(BackboneId::MobilenetV2)) else { return };
    with_runtime(|| {
        let onnx = made(BackboneId::MobilenetV2, InputSize::TRAINED, &weights, &pictures[..1]);
        let summary = inspect(&onnx, "int8").unwrap();
        // 52 convolutions: stem, 2 and 3 of the first blocks and the last stay; each of the others has a weight and a bias in
        // integers and an output that is rounded, and so has each of the 10 sums and the first map.
        let rounded = 52 - 7;
        assert_eq!(summary.operators["Conv"], 52);
        assert_eq!(summary.operators["QuantizeLinear"], rounded + 10 + 1);
        assert!(summary.custom_domains.is_empty());
        assert!(summary.metadata.contains(&("striatum.precision".to_owned(), "int8".to_owned())));
    });
}

#[test]
fn without_a_picture_nothing_is_written() {
    let Some(weights) = weights(BackboneId::MobilenetV2) else { return };
    with_runtime(|| {
        let size = InputSize::TRAINED;
        let config = SessionConfig::default();
        let calibrator = Int8Calibrator::new(BackboneId::MobilenetV2, &weights, (size, 2), &config).unwrap();
        assert!(calibrator.finish().unwrap_err().to_string().contains("no picture"));
        let grid = Int8Calibrator::new(BackboneId::MobilenetV2, &weights, (size, 8), &config);
        assert!(grid.unwrap_err().to_string().starts_with("grid: "));
    });
}

fn layer(channels_in: usize, channels_out: usize, depthwise: bool, noise: &mut Noise) -> Layer {
    let conv = Conv {
        weight: String::new(),
        norm: String::new(),
        channels_in,
        channels_out,
        kernel: 1,
        stride: 1,
        depthwise,
        act: false,
    };
    let width = if depthwise { 1 } else { channels_in };
    Layer {
        name: String::new(),
        shape: [channels_out, width, 1, 1],
        weight: noise.floats(channels_out * width, 1.0),
        bias: noise.floats(channels_out, 1.0),
        conv,
    }
}

/// A layer of 1 x 1 kernels at one place.
fn apply(layer: &Layer, input: &[f32]) -> Vec<f32> {
    let width = layer.shape[1];
    let rows = layer.weight.chunks_exact(width).zip(&layer.bias).enumerate();
    rows.map(|(channel, (weights, bias))| {
        let seen = if layer.conv.depthwise { &input[channel..=channel] } else { input };
        weights.iter().zip(seen).map(|(w, v)| w * v).sum::<f32>() + bias
    })
    .collect()
}

proptest! {
    #[test]
    fn what_is_scaled_and_unscaled_says_the_same(seed in any::<u64>(), depthwise in any::<bool>()) {
        let mut noise = Noise::new(seed);
        let mut first = layer(3, 5, false, &mut noise);
        let mut second = layer(5, if depthwise { 5 } else { 4 }, depthwise, &mut noise);
        let input = noise.floats(3, 1.0);
        let before = apply(&second, &apply(&first, &input));
        let scales: Vec<f32> = noise.floats(5, 2.0).iter().map(|v| v.abs() + 0.1).collect();
        first.scale_out(&scales);
        second.unscale_in(&scales);
        for (a, b) in apply(&second, &apply(&first, &input)).iter().zip(&before) {
            prop_assert!((a - b).abs() < 1e-4 * (1.0 + b.abs()), "{a} {b}");
        }
    }
}
