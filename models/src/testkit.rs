//! What this crate's tests share: numbers from a seed, and a stand-in for a backbone.
#![allow(clippy::unwrap_used)]

use crate::{Attribute, Dim, ElementType, GraphBuilder};

/// Roughly normal numbers from a seed.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn floats(&mut self, count: usize, scale: f64) -> Vec<f32> {
        (0..count).map(|_| (self.normal() * scale) as f32).collect()
    }
}

/// A stand-in for a backbone: one random convolution of 16x16 images, squashed, pooled to a 2x2 grid of 6 channels.
pub(crate) fn tiny_backbone() -> Vec<u8> {
    let mut noise = Noise::new(77);
    let mut graph = GraphBuilder::new("tiny");
    graph.input("images", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), Dim::Fixed(16), Dim::Fixed(16)]);
    graph.floats("kernel", &[6, 3, 4, 4], &noise.floats(6 * 48, 0.3));
    graph.floats("offset", &[6], &noise.floats(6, 0.3));
    let ints = |name: &str, values: &[i64]| Attribute::ints(name, values);
    graph.node("Conv", &["images", "kernel", "offset"], &["map"], [ints("strides", &[2, 2]), ints("pads", &[1; 4])]);
    graph.node("Tanh", &["map"], &["squashed"], []);
    graph.node("AveragePool", &["squashed"], &["cells"], [ints("kernel_shape", &[4, 4]), ints("strides", &[4, 4])]);
    graph.node("Flatten", &["cells"], &["features"], [Attribute::int("axis", 1)]);
    graph.output("features", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(24)]);
    graph.build().unwrap()
}
