//! Random numbers that are the same for a seed on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of random numbers from a seed. It uses only operations that IEEE 754 rounds exactly.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in 0 to `count` - 1; the bias of 2^-64 x `count` is far below what a clip could show.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * count as u128;
        (wide >> 64) as usize
    }

    /// Uniform in \[`from`, `to`).
    pub(super) fn uniform(&mut self, from: f64, to: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        from + (to - from) * unit
    }

    /// 2 to a power uniform in \[-2, 2): log-uniform in \[0.25, 4).
    pub(super) fn speed(&mut self) -> f64 {
        let bits = self.0.next_u64();
        let mut speed = [0.25, 0.5, 1.0, 2.0][(bits & 3) as usize];
        // 2^fraction from the fraction's bits, highest first: the product of 2^(1/2), 2^(1/4), ... where the bit is set.
        let mut root = 2.0_f64;
        for bit in 0..30 {
            root = root.sqrt();
            if bits >> (63 - bit) & 1 == 1 {
                speed *= root;
            }
        }
        speed
    }
}
