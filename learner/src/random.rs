//! The one source of chance: a ChaCha stream whose place can be saved.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::error::Result;
use crate::store::{Reader, Writer};

/// Numbers from a seed, the same on every machine.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    stream: u64,
    rng: ChaCha8Rng,
}

impl Random {
    /// `stream` separates users of one seed.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { seed, stream, rng }
    }

    /// Even in (0, 1).
    pub fn unit(&mut self) -> f32 {
        // 23 bits and a half: never 0, never 1, and exact in an f32.
        #[allow(clippy::cast_precision_loss)]
        let unit = ((self.rng.next_u32() >> 9) as f32 + 0.5) / (1_u32 << 23) as f32;
        unit
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller 1958; the second of each pair is not used, so that
    /// the place in the stream is all there is to save).
    pub fn normal(&mut self) -> f32 {
        let (radius, turn) = (self.unit(), self.unit());
        libm::sqrtf(-2.0 * libm::logf(radius)) * libm::cosf(std::f32::consts::TAU * turn)
    }

    /// Even among 0 to `count` - 1.
    pub fn below(&mut self, count: usize) -> usize {
        let pick = self.rng.next_u64() % (count.max(1) as u64);
        usize::try_from(pick).unwrap_or(0)
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.u64(self.seed);
        out.u64(self.stream);
        let place = self.rng.get_word_pos().to_le_bytes();
        let (low, high) = place.split_at(8);
        for half in [low, high] {
            out.u64(half.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)));
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self> {
        let mut this = Self::new(from.u64()?, 0);
        this.stream = from.u64()?;
        this.rng.set_stream(this.stream);
        let (low, high) = (from.u64()?, from.u64()?);
        this.rng.set_word_pos(u128::from(high) << 64 | u128::from(low));
        Ok(this)
    }
}
