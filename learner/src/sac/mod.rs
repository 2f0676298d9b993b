//! Soft actor-critic (Haarnoja et al. 2018) with prior data as Ball et al. 2023 have it: half of each batch from
//! demonstrations, critics that are layer-normed and many, of which a random few say the target.

mod actor;
mod config;
mod critic;
mod save;
#[cfg(test)]
mod tests;

use actor::Actor;
pub use config::SacConfig;
use critic::Critic;

use crate::adam::Adam;
use crate::error::{Error, Result, check_range, check_row};
use crate::network::Tape;
use crate::random::Random;
use crate::replay::{Batch, Replay, Transition};

/// What an update came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses {
    /// Mean squared error of the critics.
    pub critic: f32,
    /// Mean value that the critics say of what was done.
    pub value: f32,
    /// Loss of the actor when it was last updated.
    pub actor: f32,
    /// Mean entropy of the policy then.
    pub entropy: f32,
    /// What a unit of entropy is worth.
    pub temperature: f32,
}

/// The learner.
///
/// ```
/// use striatum_learner::{Sac, SacConfig, Transition};
///
/// let mut sac = Sac::new(2, 1, SacConfig { hidden: 16, ..SacConfig::default() }, 7)?;
/// let (state, mut action) = ([0.1, -0.2], Vec::new());
/// sac.act(&state, true, &mut action)?;
/// sac.remember(Transition {
///     observation: &state,
///     action: &action,
///     reward: 1.0,
///     discount: 0.0,
///     next_observation: &state,
///     potentials: [0.0; 2],
/// })?;
/// assert!(sac.update()?.critic.is_finite());
/// # Ok::<(), striatum_learner::Error>(())
/// ```
pub struct Sac {
    config: SacConfig,
    lens: [usize; 2],
    actor: Actor,
    actor_steps: Adam,
    critics: Vec<Critic>,
    log_temperature: f32,
    temperature_steps: Adam,
    lived: Replay,
    demonstrated: Replay,
    /// Steps of its own since the rollout began.
    rollout_steps: usize,
    /// Of actions that explore, of those that do not, and of learning: so that none of them hangs on how often another was
    /// asked.
    exploring: Random,
    settled: Random,
    learning: Random,
    updates: u64,
    losses: Losses,
    scratch: Scratch,
}

/// Room that updates share.
#[derive(Default)]
struct Scratch {
    batch: Batch,
    tape: Tape,
    pairs: Vec<f32>,
    targets: Vec<f32>,
    by_out: Vec<f32>,
    by_actions: Vec<f32>,
    slopes: Vec<f32>,
}

impl Sac {
    /// A learner that knows nothing yet.
    ///
    /// # Errors
    /// A figure of the configuration, or a length, out of range.
    pub fn new(observation_len: usize, action_len: usize, config: SacConfig, seed: u64) -> Result<Self> {
        config.check()?;
        for (key, len) in [("observation_len", observation_len), ("action_len", action_len)] {
            // In range it is exact.
            #[allow(clippy::cast_precision_loss)]
            check_range(key, len as f64, [1.0, 65_536.0], "give 1 to 65536")?;
        }
        let mut random = Random::new(seed, 0);
        let sizes = |input: usize, output: usize| {
            let hidden = std::iter::repeat_n(config.hidden, config.layers);
            std::iter::once(input).chain(hidden).chain(std::iter::once(output)).collect::<Vec<_>>()
        };
        let actor = Actor::new(&sizes(observation_len, 2 * action_len), action_len, &mut random);
        let critic_sizes = sizes(observation_len + action_len, 1);
        let critics: Vec<_> = (0..config.critics).map(|_| Critic::new(&critic_sizes, &mut random)).collect();
        Ok(Self {
            lens: [observation_len, action_len],
            actor_steps: Adam::new(actor.network.params.len()),
            actor,
            critics,
            log_temperature: libm::logf(config.initial_temperature),
            temperature_steps: Adam::new(1),
            lived: Replay::new(observation_len, action_len, config.capacity),
            demonstrated: Replay::new(observation_len, action_len, config.capacity),
            rollout_steps: 0,
            exploring: Random::new(seed, 1),
            learning: Random::new(seed, 2),
            settled: Random::new(seed, 3),
            updates: 0,
            losses: Losses::default(),
            scratch: Scratch::default(),
            config,
        })
    }

    /// How it learns.
    #[must_use]
    pub fn config(&self) -> &SacConfig {
        &self.config
    }

    /// Updates made so far; those of the warm start are not among them.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// What it would do: drawn from its policy if it is to explore, else nearer to the middle of it, as the configuration
    /// says. Fills `out` anew.
    ///
    /// # Errors
    /// An observation of another length, or one that is not finite.
    pub fn act(&mut self, observation: &[f32], explore: bool, out: &mut Vec<f32>) -> Result<()> {
        check_row("observation", observation, self.lens[0])?;
        if explore {
            self.actor.draw(observation, &mut self.exploring);
        } else {
            self.actor.draw_near(observation, self.config.settled_spread, &mut self.settled);
        }
        out.clear();
        out.extend_from_slice(&self.actor.actions);
        Ok(())
    }

    /// Remembers a step of its own.
    ///
    /// # Errors
    /// A row of another length, a number that is not finite or out of range.
    pub fn remember(&mut self, transition: Transition<'_>) -> Result<()> {
        self.lived.add(&transition)?;
        self.rollout_steps += 1;
        Ok(())
    }

    /// A rollout begins: what was remembered before belongs to another.
    pub fn begin_rollout(&mut self) {
        self.rollout_steps = 0;
        self.lived.begin();
    }

    /// A rollout is over. One that succeeded shows how it is done as a demonstration does: its steps are remembered as such
    /// too, if the configuration says so.
    pub fn end_rollout(&mut self, succeeded: bool) {
        let steps = std::mem::take(&mut self.rollout_steps);
        if succeeded && self.config.imitate_success {
            self.demonstrated.add_last(&self.lived, steps);
        }
    }

    /// Remembers a demonstration, from its first step to its last.
    ///
    /// # Errors
    /// As [`Self::remember`]; what came before the step that was refused is kept.
    pub fn remember_demonstration<'a>(&mut self, steps: impl IntoIterator<Item = Transition<'a>>) -> Result<()> {
        let remembered = steps.into_iter().try_for_each(|step| self.demonstrated.add(&step));
        self.demonstrated.begin();
        remembered
    }

    /// Clones the demonstrations, as long as the configuration says, and says how far off it still is: the mean squared
    /// distance of an action.
    ///
    /// # Errors
    /// There is no demonstration, or the actor's numbers ran away.
    pub fn warm_start(&mut self) -> Result<f32> {
        if self.demonstrated.len() == 0 {
            let mend = "remember demonstrations first";
            return Err(Error::NotReady { what: "warm_start", why: "there is no demonstration", mend });
        }
        let mut loss = 0.0;
        for _ in 0..self.config.cloning_updates {
            let Scratch { batch, slopes, .. } = &mut self.scratch;
            batch.clear();
            self.demonstrated.draw(self.config.batch, 1, &mut self.learning, batch);
            zero(slopes, self.actor.network.params.len());
            loss = self.actor.clone_slope(&batch.observations, &batch.actions, 1.0, slopes);
            let (rate, decay) = (self.config.learning_rate, self.config.actor_decay);
            self.actor_steps.step_decayed(&mut self.actor.network.params, slopes, rate, decay);
        }
        self.check_finite("cloning loss", loss)?;
        Ok(loss)
    }

    /// One step of every critic, and, when it is its turn, of actor and temperature.
    ///
    /// # Errors
    /// Nothing has been remembered, or numbers ran away.
    pub fn update(&mut self) -> Result<Losses> {
        let demonstrated = self.draw_batch()?;
        self.find_targets();
        self.update_critics();
        self.check_finite("loss of the critics", self.losses.critic)?;
        self.updates += 1;
        if self.updates > self.config.actor_after && self.updates.is_multiple_of(self.config.actor_every as u64) {
            self.update_actor(demonstrated);
            self.check_finite("loss of the actor", self.losses.actor)?;
        }
        self.losses.temperature = libm::expf(self.log_temperature);
        Ok(self.losses)
    }

    fn check_finite(&self, what: &'static str, loss: f32) -> Result<()> {
        if loss.is_finite() { Ok(()) } else { Err(Error::Diverged { what, updates: self.updates }) }
    }

    /// A batch, demonstrations first; says how many they are.
    fn draw_batch(&mut self) -> Result<usize> {
        let whole = self.config.batch;
        // A share of a batch is small and not negative.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let share = (self.config.demonstration_share * whole as f32).round() as usize;
        let demonstrated = match (self.demonstrated.len(), self.lived.len()) {
            (0, 0) => {
                let mend = "remember transitions first";
                return Err(Error::NotReady { what: "update", why: "nothing has been remembered", mend });
            }
            (0, _) => 0,
            (_, 0) => whole,
            _ => share.min(whole),
        };
        let batch = &mut self.scratch.batch;
        batch.clear();
        let ahead = self.config.look_ahead;
        self.demonstrated.draw(demonstrated, ahead, &mut self.learning, batch);
        self.lived.draw(whole - demonstrated, ahead, &mut self.learning, batch);
        Ok(demonstrated)
    }

    /// What the critics ought to say: the reward, and what a few target critics drawn at random say at the least of what
    /// the policy does next.
    fn find_targets(&mut self) {
        let Scratch { batch, tape, pairs, targets, .. } = &mut self.scratch;
        self.actor.draw(&batch.next_observations, &mut self.learning);
        join(pairs, &batch.next_observations, &self.actor.actions, self.lens);
        targets.clear();
        targets.resize(batch.rewards.len(), f32::INFINITY);
        // The first of a shuffle are a draw without replacement.
        let mut order: Vec<usize> = (0..self.critics.len()).collect();
        for place in 0..self.config.subset {
            let other = place + self.learning.below(order.len() - place);
            order.swap(place, other);
            self.critics[order[place]].say_target(pairs, &batch.next_potentials, tape);
            for (target, value) in targets.iter_mut().zip(&tape.out) {
                *target = target.min(*value);
            }
        }
        let temperature = if self.config.entropy_backup { libm::expf(self.log_temperature) } else { 0.0 };
        let steps = batch.rewards.iter().zip(&batch.discounts).zip(&self.actor.log_densities);
        for (target, ((reward, discount), log_density)) in targets.iter_mut().zip(steps) {
            // Not a product with 0: what is not bootstrapped from is not looked at.
            let next = if *discount > 0.0 { discount * (*target - temperature * log_density) } else { 0.0 };
            *target = reward + next;
        }
    }

    fn update_critics(&mut self) {
        let Scratch { batch, tape, pairs, targets, by_out, slopes, .. } = &mut self.scratch;
        join(pairs, &batch.observations, &batch.actions, self.lens);
        let share = share_of(targets.len());
        let each = share_of(self.critics.len());
        (self.losses.critic, self.losses.value) = (0.0, 0.0);
        for critic in &mut self.critics {
            critic.say(pairs, &batch.potentials, tape);
            by_out.clear();
            for (value, target) in tape.out.iter().zip(targets.iter()) {
                let off = value - target;
                self.losses.critic += each * share * off * off;
                self.losses.value += each * share * value;
                by_out.push(share * off);
            }
            critic.step(&self.config, &batch.potentials, by_out, tape, slopes);
        }
    }

    fn update_actor(&mut self, demonstrated: usize) {
        let Scratch { batch, tape, pairs, by_out, by_actions, slopes, .. } = &mut self.scratch;
        let [observation_len, action_len] = self.lens;
        self.actor.draw(&batch.observations, &mut self.learning);
        join(pairs, &batch.observations, &self.actor.actions, self.lens);
        let count = batch.rewards.len();
        let share = share_of(count);
        let each = share_of(self.critics.len());
        zero(by_actions, self.actor.actions.len());
        let mut value = 0.0;
        for critic in &self.critics {
            critic.network.forward(pairs, tape);
            value += tape.out.iter().sum::<f32>() * share * each;
            by_out.clear();
            by_out.resize(count, -share * each);
            critic.network.backward(tape, by_out, None);
            let rows = tape.by_input().chunks_exact(observation_len + action_len);
            for (sum, row) in by_actions.chunks_exact_mut(action_len).zip(rows) {
                crate::product::add(sum, 1.0, &row[observation_len..]);
            }
        }
        let temperature = libm::expf(self.log_temperature);
        let log_density = self.actor.log_densities.iter().sum::<f32>() * share;
        zero(slopes, self.actor.network.params.len());
        self.actor.slope(temperature, by_actions, slopes);
        self.losses.actor = temperature * log_density - value;
        if self.config.cloning_weight > 0.0 && demonstrated > 0 {
            let (observations, actions) = (demonstrated * observation_len, demonstrated * action_len);
            let (observations, actions) = (&batch.observations[..observations], &batch.actions[..actions]);
            let weight = self.config.cloning_weight;
            self.losses.actor += weight * self.actor.clone_slope(observations, actions, weight, slopes);
        }
        self.losses.entropy = -log_density;
        let (rate, decay) = (self.config.learning_rate, self.config.actor_decay);
        self.actor_steps.step_decayed(&mut self.actor.network.params, slopes, rate, decay);
        // Entropy below its target makes it dearer.
        let slope = -(log_density + self.config.target_entropy * whole(action_len));
        let log_temperature = std::slice::from_mut(&mut self.log_temperature);
        self.temperature_steps.step(log_temperature, &[slope], self.config.learning_rate);
    }
}

/// Observations and actions, row by row.
fn join(pairs: &mut Vec<f32>, observations: &[f32], actions: &[f32], [observation, action]: [usize; 2]) {
    pairs.clear();
    for (observation, action) in observations.chunks_exact(observation).zip(actions.chunks_exact(action)) {
        pairs.extend_from_slice(observation);
        pairs.extend_from_slice(action);
    }
}

fn zero(values: &mut Vec<f32>, len: usize) {
    values.clear();
    values.resize(len, 0.0);
}

fn whole(count: usize) -> f32 {
    // Counts are far below 2^24.
    #[allow(clippy::cast_precision_loss)]
    let count = count as f32;
    count
}

fn share_of(count: usize) -> f32 {
    1.0 / whole(count.max(1))
}
