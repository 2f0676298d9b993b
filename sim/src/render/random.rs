//! Random numbers that are the same for a seed on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of random numbers from a seed. It uses only operations that IEEE 754 rounds exactly.
#[derive(Clone, Debug)]
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of several streams of a seed: what is drawn from one does not move the others.
    pub(super) fn stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in \[0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in \[`from`, `to`).
    pub(super) fn uniform(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit() as f32
    }

    /// Uniform in 0 to `count` - 1.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * count as u128;
        (wide >> 64) as usize
    }

    /// Mean 0, standard deviation 1: the sum of twelve uniform numbers less 6, which never goes beyond 6.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}
