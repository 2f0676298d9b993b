//! Policy improvement with path integrals (Theodorou et al. 2010), of whole rollouts: actions by time, moved off a
//! demonstration by a few smooth bumps whose heights are learnt from what rollouts cost.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, check_range, check_row};
use crate::random::Random;
use crate::store::{Reader, Writer};

const HEAD: &[u8; 8] = b"STRPI2\0\x02";

/// How path integrals learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pi2Config {
    /// Rollouts between two steps; default 10.
    pub rollouts: usize,
    /// Bumps along the time of an episode, for each number of an action; default 10.
    pub bumps: usize,
    /// Standard deviation of a bump's height at first; default 0.3.
    pub noise: f32,
    /// What is left of it after each step; default 0.95.
    pub noise_decay: f32,
    /// How much more the best rollout counts than the worst: the exponent between them; default 10.
    pub sharpness: f32,
}

impl Default for Pi2Config {
    fn default() -> Self {
        Self { rollouts: 10, bumps: 10, noise: 0.3, noise_decay: 0.95, sharpness: 10.0 }
    }
}

impl Pi2Config {
    /// Every figure in its range.
    ///
    /// # Errors
    /// The first that is not, by name.
    pub fn check(&self) -> Result<()> {
        for (key, value, low, high, mend) in [
            ("rollouts", self.rollouts, 2, 10_000, "give 2 to 10000"),
            ("bumps", self.bumps, 1, 1000, "give 1 to 1000"),
        ] {
            // Counts in range are exact.
            #[allow(clippy::cast_precision_loss)]
            check_range(key, value as f64, [f64::from(low), f64::from(high)], mend)?;
        }
        check_range("noise", f64::from(self.noise), [9e-7, 10.0], "give 0.000001 to 10")?;
        check_range("noise_decay", f64::from(self.noise_decay), [0.0099, 1.0], "give 0.01 to 1")?;
        check_range("sharpness", f64::from(self.sharpness), [0.0099, 1000.0], "give 0.01 to 1000")
    }
}

/// The learner. Of each step: `rollouts` times [`Self::propose`] and [`Self::hear`] what it cost; the last one makes the step.
pub struct Pi2 {
    config: Pi2Config,
    action_len: usize,
    /// Demonstrated actions, in rows.
    demonstration: Vec<f32>,
    /// Heights of bumps, for each number of an action in turn.
    heights: Vec<f32>,
    /// What was added to the heights in each rollout since the last step.
    tried: Vec<f32>,
    /// What those cost that are over.
    costs: Vec<f32>,
    noise: f32,
    steps: u64,
    random: Random,
}

impl Pi2 {
    /// A learner that does what was demonstrated: `demonstration` has actions in rows of `action_len`.
    ///
    /// # Errors
    /// A configuration out of range, no whole rows, or a number that is not finite.
    pub fn new(demonstration: &[f32], action_len: usize, config: Pi2Config, seed: u64) -> Result<Self> {
        config.check()?;
        if action_len == 0 || demonstration.is_empty() || !demonstration.len().is_multiple_of(action_len) {
            return Err(Error::Len {
                what: "demonstration",
                given: demonstration.len(),
                wanted: demonstration.len().div_ceil(action_len.max(1)).max(1) * action_len.max(1),
            });
        }
        check_row("demonstration", demonstration, demonstration.len())?;
        Ok(Self {
            action_len,
            demonstration: demonstration.to_vec(),
            heights: vec![0.0; config.bumps * action_len],
            tried: Vec::new(),
            costs: Vec::new(),
            noise: config.noise,
            steps: 0,
            random: Random::new(seed, 0),
            config,
        })
    }

    /// Steps of learning so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Actions of a rollout to try, in rows, each number in [-1, 1]. Until its cost is heard it is the same rollout: one that
    /// was lost is tried again.
    pub fn propose(&mut self, out: &mut Vec<f32>) {
        let first = self.costs.len() * self.heights.len();
        if self.tried.len() == first {
            for _ in 0..self.heights.len() {
                let off = self.noise * self.random.normal();
                self.tried.push(off);
            }
        }
        let heights: Vec<f32> =
            self.heights.iter().zip(&self.tried[first..]).map(|(height, off)| height + off).collect();
        self.actions(&heights, out);
    }

    /// Actions as they are learnt now, in rows.
    pub fn best(&self, out: &mut Vec<f32>) {
        self.actions(&self.heights, out);
    }

    /// What the rollout that was proposed last cost. The last of a step makes it; says whether it did.
    ///
    /// # Errors
    /// Nothing was proposed, or a cost that is not finite.
    pub fn hear(&mut self, cost: f32) -> Result<bool> {
        if self.tried.len() == self.costs.len() * self.heights.len() {
            let mend = "propose a rollout first";
            return Err(Error::NotReady { what: "hear", why: "no rollout was proposed", mend });
        }
        check_row("cost", &[cost], 1)?;
        self.costs.push(cost);
        let whole = self.costs.len() == self.config.rollouts;
        if whole {
            self.learn();
        }
        Ok(whole)
    }

    /// A step from what each rollout cost: the mean of what was tried, a cheap rollout counting for more (the paper's
    /// equation 38, of a rollout's whole cost).
    fn learn(&mut self) {
        let costs = std::mem::take(&mut self.costs);
        let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
        let most = costs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // Rollouts that cost the same count the same.
        let range = (most - least).max(f32::MIN_POSITIVE);
        let weights: Vec<f32> =
            costs.iter().map(|cost| libm::expf(-self.config.sharpness * ((cost - least) / range))).collect();
        let whole: f32 = weights.iter().sum();
        for (weight, tried) in weights.iter().zip(self.tried.chunks_exact(self.heights.len())) {
            crate::product::add(&mut self.heights, weight / whole, tried);
        }
        self.tried.clear();
        self.noise *= self.config.noise_decay;
        self.steps += 1;
    }

    /// The demonstration, moved by bumps of these heights.
    fn actions(&self, heights: &[f32], out: &mut Vec<f32>) {
        out.clear();
        let steps = self.demonstration.len() / self.action_len;
        for (step, action) in self.demonstration.chunks_exact(self.action_len).enumerate() {
            let shares = self.shares(step, steps);
            for (value, heights) in action.iter().zip(heights.chunks_exact(self.config.bumps)) {
                out.push((value + crate::product::dot(&shares, heights)).clamp(-1.0, 1.0));
            }
        }
    }

    /// How much of each bump there is at a step; they sum to 1.
    fn shares(&self, step: usize, steps: usize) -> Vec<f32> {
        let bumps = self.config.bumps;
        // Counts are far below 2^24.
        #[allow(clippy::cast_precision_loss)]
        let place = |index: usize, count: usize| (index as f32 + 0.5) / count as f32;
        let now = place(step, steps);
        let near = |bump: usize| {
            let off = (now - place(bump, bumps)) / place(0, bumps) / 1.5;
            libm::expf(-0.5 * off * off)
        };
        let shares: Vec<f32> = (0..bumps).map(near).collect();
        let whole: f32 = shares.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        shares.iter().map(|share| share / whole).collect()
    }

    /// Everything, so that a learner that is loaded goes on as this one would: to the bit.
    ///
    /// # Errors
    /// The configuration cannot be written, which it always can once it was checked.
    pub fn save(&self) -> Result<Vec<u8>> {
        let mut out = Writer::new(HEAD);
        let config = serde_json::to_vec(&self.config);
        out.bytes(&config.map_err(|error| Error::damaged(format!("its configuration cannot be written: {error}")))?);
        out.len(self.action_len);
        out.floats(&self.demonstration);
        out.floats(&self.heights);
        out.floats(&self.tried);
        out.floats(&self.costs);
        out.f32(self.noise);
        out.u64(self.steps);
        self.random.save(&mut out);
        Ok(out.finish())
    }

    /// A learner that was saved.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the bytes are not exactly what was saved.
    pub fn load(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes, HEAD)?;
        let config: Pi2Config = serde_json::from_slice(from.bytes()?)
            .map_err(|error| Error::damaged(format!("its configuration cannot be read: {error}")))?;
        let action_len = from.len()?;
        let mut this = Self::new(&from.floats()?, action_len, config, 0)?;
        from.floats_into(&mut this.heights)?;
        (this.tried, this.costs) = (from.floats()?, from.floats()?);
        let (tried, over, each) = (this.tried.len(), this.costs.len(), this.heights.len());
        // One more than are over may be under way.
        if (tried != over * each && tried != (over + 1) * each) || over >= this.config.rollouts {
            return Err(Error::damaged("holds rollouts of another size"));
        }
        this.noise = from.f32()?;
        this.steps = from.u64()?;
        this.random = Random::load(&mut from)?;
        from.finish()?;
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Pi2, Pi2Config};
    use crate::error::Error;

    /// A point that actions push along is to end at 0.5 after having been at -0.5 half-way.
    fn cost(actions: &[f32]) -> f32 {
        let half = actions.len() / 2;
        let at = |steps: &[f32]| 0.1 * steps.iter().sum::<f32>();
        (at(&actions[..half]) + 0.5).abs() + (at(actions) - 0.5).abs()
    }

    fn learn(pi2: &mut Pi2, steps: u64) {
        let mut actions = Vec::new();
        let before = pi2.steps();
        for _ in 0..steps * 10 {
            pi2.propose(&mut actions);
            pi2.hear(cost(&actions)).unwrap();
        }
        assert_eq!(pi2.steps(), before + steps);
    }

    #[test]
    fn it_learns_to_reach_by_way_of_a_point() {
        let mut pi2 = Pi2::new(&[0.0; 20], 1, Pi2Config::default(), 2).unwrap();
        let mut actions = Vec::new();
        pi2.best(&mut actions);
        assert!(cost(&actions) > 0.99);
        learn(&mut pi2, 25);
        pi2.best(&mut actions);
        assert!(cost(&actions) < 0.15, "{}", cost(&actions));
    }

    #[test]
    fn a_loaded_learner_goes_on_to_the_bit() {
        let mut whole = Pi2::new(&[0.1; 20], 2, Pi2Config::default(), 2).unwrap();
        learn(&mut whole, 2);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        whole.propose(&mut a);
        whole.hear(0.5).unwrap();
        whole.propose(&mut a);
        let bytes = whole.save().unwrap();
        let mut loaded = Pi2::load(&bytes).unwrap();
        loaded.propose(&mut b);
        assert_eq!(a, b, "the one that is under way");
        for pi2 in [&mut whole, &mut loaded] {
            pi2.hear(0.25).unwrap();
        }
        whole.propose(&mut a);
        loaded.propose(&mut b);
        assert_eq!(a, b);
        assert_eq!(whole.save().unwrap(), loaded.save().unwrap());
        for at in 0..bytes.len() {
            assert!(matches!(Pi2::load(&bytes[..at]), Err(Error::Damaged { .. })), "cut at {at}");
        }
    }

    #[test]
    fn the_cheapest_rollout_counts_most_and_equal_ones_count_the_same() {
        let config = Pi2Config { rollouts: 2, bumps: 1, sharpness: 1000.0, ..Pi2Config::default() };
        let mut pi2 = Pi2::new(&[0.0; 3], 1, config.clone(), 5).unwrap();
        let (mut first, mut second, mut best) = (Vec::new(), Vec::new(), Vec::new());
        pi2.propose(&mut first);
        assert!(!pi2.hear(3.0).unwrap());
        pi2.propose(&mut second);
        assert!(pi2.hear(1.0).unwrap());
        pi2.best(&mut best);
        assert_eq!(best, second);
        let mut even = Pi2::new(&[0.0; 3], 1, config, 5).unwrap();
        for out in [&mut first, &mut second] {
            even.propose(out);
            even.hear(1.0).unwrap();
        }
        even.best(&mut best);
        assert!((best[0] - (first[0] + second[0]) / 2.0).abs() < 1e-6, "{best:?}");
    }

    #[test]
    fn calls_out_of_turn_are_refused() {
        let mut pi2 = Pi2::new(&[0.0; 4], 2, Pi2Config { rollouts: 2, ..Pi2Config::default() }, 0).unwrap();
        assert!(matches!(pi2.hear(1.0), Err(Error::NotReady { .. })));
        let (mut first, mut again) = (Vec::new(), Vec::new());
        pi2.propose(&mut first);
        assert!(pi2.hear(f32::NAN).is_err());
        pi2.propose(&mut again);
        assert_eq!(first, again, "a rollout that was lost is tried again");
        assert!(!pi2.hear(1.0).unwrap());
        assert!(matches!(pi2.hear(1.0), Err(Error::NotReady { .. })));
        assert!(Pi2::new(&[0.0; 3], 2, Pi2Config::default(), 0).is_err(), "no whole rows");
        assert!(Pi2::new(&[], 2, Pi2Config::default(), 0).is_err());
        assert!(Pi2::new(&[0.0; 4], 2, Pi2Config { noise: f32::NAN, ..Pi2Config::default() }, 0).is_err());
    }
}
