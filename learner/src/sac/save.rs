//! The learner as bytes: whatever the next step depends on.

use super::{Sac, SacConfig};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::store::{Reader, Writer};

const HEAD: &[u8; 8] = b"STRSAC\0\x05";

impl Sac {
    /// Everything, so that a learner that is loaded goes on as this one would: to the bit.
    ///
    /// # Errors
    /// The configuration cannot be written, which it always can once it was checked.
    pub fn save(&self) -> Result<Vec<u8>> {
        let mut out = Writer::new(HEAD);
        let config = serde_json::to_vec(&self.config);
        out.bytes(&config.map_err(|error| Error::damaged(format!("its configuration cannot be written: {error}")))?);
        self.lens.iter().for_each(|len| out.len(*len));
        out.u64(self.updates);
        let losses = &self.losses;
        for value in
            [losses.critic, losses.value, losses.actor, losses.entropy, losses.temperature, self.log_temperature]
        {
            out.f32(value);
        }
        self.exploring.save(&mut out);
        self.settled.save(&mut out);
        self.learning.save(&mut out);
        out.floats(&self.actor.network.params);
        self.actor_steps.save(&mut out);
        self.temperature_steps.save(&mut out);
        for critic in &self.critics {
            critic.save(&mut out);
        }
        self.lived.save(&mut out);
        self.demonstrated.save(&mut out);
        out.len(self.rollout_steps);
        Ok(out.finish())
    }

    /// A learner that was saved.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the bytes are not exactly what was saved.
    pub fn load(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes, HEAD)?;
        let config: SacConfig = serde_json::from_slice(from.bytes()?)
            .map_err(|error| Error::damaged(format!("its configuration cannot be read: {error}")))?;
        let lens = [from.len()?, from.len()?];
        let mut this = Self::new(lens[0], lens[1], config, 0)?;
        this.updates = from.u64()?;
        let losses = &mut this.losses;
        for value in [
            &mut losses.critic,
            &mut losses.value,
            &mut losses.actor,
            &mut losses.entropy,
            &mut losses.temperature,
            &mut this.log_temperature,
        ] {
            *value = from.f32()?;
        }
        this.exploring = Random::load(&mut from)?;
        this.settled = Random::load(&mut from)?;
        this.learning = Random::load(&mut from)?;
        from.floats_into(&mut this.actor.network.params)?;
        this.actor_steps.load(&mut from)?;
        this.temperature_steps.load(&mut from)?;
        for critic in &mut this.critics {
            critic.load(&mut from)?;
        }
        this.lived.load(&mut from)?;
        this.demonstrated.load(&mut from)?;
        this.rollout_steps = from.len()?;
        from.finish()?;
        Ok(this)
    }
}
