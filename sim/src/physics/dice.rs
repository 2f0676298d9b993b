//! The one source of chance in a world: a ChaCha stream from a seed.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Numbers from a seed, the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// `stream` separates users of one seed: the start of an episode, an expert.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Even in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        // 53 bits: every one of them is a value of an f64.
        #[allow(clippy::cast_precision_loss)]
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        low + (high - low) * unit
    }

    /// Even among 0 to `count` - 1.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let pick = self.0.next_u64() % (count.max(1) as u64);
        usize::try_from(pick).unwrap_or(0)
    }
}
