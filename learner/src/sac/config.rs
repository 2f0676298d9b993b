//! Figures of the actor-critic.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check_range};

/// How the actor-critic learns. The defaults are one set for every task and reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SacConfig {
    /// Units of each hidden layer; default 64.
    pub hidden: usize,
    /// Hidden layers; default 2.
    pub layers: usize,
    /// Critics; default 5.
    pub critics: usize,
    /// Of these, how many drawn at random have their least value taken for a target; default 2.
    pub subset: usize,
    /// Transitions of one update; default 128.
    pub batch: usize,
    /// Share of them that comes from demonstrations, while there are any; default 0.5.
    pub demonstration_share: f32,
    /// Steps that a critic's target looks ahead before it bootstraps, as far as the episode goes; default 3. More of them
    /// carry a reward further back at once, and count what was done on the way as the policy's own.
    pub look_ahead: usize,
    /// Step size of Adam, for everything; default 5e-4.
    pub learning_rate: f32,
    /// How much of its size each of the actor's parameters loses at a step, in step sizes (weight decay), 0 to 1; default
    /// 0.2. It is against learning demonstrations by heart.
    pub actor_decay: f32,
    /// How far the target critics come towards the critics at each update; default 0.005.
    pub target_rate: f32,
    /// What a unit of entropy is worth at first; default 0.0003, small beside a gold of 1.
    pub initial_temperature: f32,
    /// Entropy that the temperature keeps, for each number of an action; default -1.
    pub target_entropy: f32,
    /// Whether entropy counts in the critics' targets; default no: values stay what the reward says.
    pub entropy_backup: bool,
    /// The actor is updated at every so many updates of the critics; default 3.
    pub actor_every: usize,
    /// Updates of the critics before the first of the actor: critics that know demonstrations alone praise what nobody has
    /// tried. Default 600.
    pub actor_after: u64,
    /// Weight of the squared distance from demonstrated actions in the actor's loss; default 1, 0 switches it off.
    pub cloning_weight: f32,
    /// Updates of the warm start, which clones the demonstrations; default 8000, 0 for none.
    pub cloning_updates: usize,
    /// Whether a rollout that succeeded is remembered as a demonstration too, so that it is cloned and drawn as one
    /// (self-imitation, Oh et al. 2018); default yes.
    pub imitate_success: bool,
    /// Share of the policy's spread that is left when it is not to explore; default 1: the policy that was learnt. With less of it
    /// a policy comes to rest where nothing moves it any more, the middle alone, 0, most of all.
    pub settled_spread: f32,
    /// Transitions remembered of each kind; the oldest are forgotten. Default 50 000.
    pub capacity: usize,
}

impl Default for SacConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            layers: 2,
            critics: 5,
            subset: 2,
            batch: 128,
            demonstration_share: 0.5,
            look_ahead: 3,
            learning_rate: 5e-4,
            actor_decay: 0.2,
            target_rate: 0.005,
            initial_temperature: 0.0003,
            target_entropy: -1.0,
            entropy_backup: false,
            actor_every: 3,
            actor_after: 600,
            cloning_weight: 1.0,
            cloning_updates: 8000,
            imitate_success: true,
            settled_spread: 1.0,
            capacity: 50_000,
        }
    }
}

impl SacConfig {
    /// Every figure in its range.
    ///
    /// # Errors
    /// The first that is not, by name.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("hidden", self.hidden, 1, 4096, "give 1 to 4096"),
            ("layers", self.layers, 1, 8, "give 1 to 8"),
            ("critics", self.critics, 1, 64, "give 1 to 64"),
            ("subset", self.subset, 1, self.critics, "give 1 to as many as there are critics"),
            ("batch", self.batch, 2, 65_536, "give 2 to 65536"),
            ("look_ahead", self.look_ahead, 1, 1000, "give 1 to 1000"),
            ("actor_every", self.actor_every, 1, 1000, "give 1 to 1000"),
            ("cloning_updates", self.cloning_updates, 0, 10_000_000, "give 0 to 10000000"),
            ("capacity", self.capacity, 1, 100_000_000, "give 1 to 100000000"),
        ];
        for (key, value, low, high, mend) in counts {
            // Counts in range are exact.
            #[allow(clippy::cast_precision_loss)]
            check_range(key, value as f64, [low as f64, high as f64], mend)?;
        }
        let shares = [
            ("demonstration_share", self.demonstration_share, 0.0, 1.0, "give 0 to 1"),
            ("learning_rate", self.learning_rate, 1e-7, 0.5, "give 1e-7 to 0.5"),
            ("actor_decay", self.actor_decay, 0.0, 1.0, "give 0 to 1"),
            ("target_rate", self.target_rate, 9e-7, 1.0, "give 0.000001 to 1"),
            ("initial_temperature", self.initial_temperature, 9e-9, 100.0, "give 1e-8 to 100"),
            ("target_entropy", self.target_entropy, -20.0, 1.0, "give -20 to 1"),
            ("settled_spread", self.settled_spread, 0.0, 1.0, "give 0 to 1"),
            ("cloning_weight", self.cloning_weight, 0.0, 1e6, "give 0 or more"),
        ];
        for (key, value, low, high, mend) in shares {
            check_range(key, f64::from(value), [low, high], mend)?;
        }
        Ok(())
    }
}
