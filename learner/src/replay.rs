//! What was lived through: transitions in rows, the oldest overwritten when there is no room.

use crate::error::{Error, Result, check_row};
use crate::random::Random;
use crate::store::{Reader, Writer};

/// One step of a learner.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// The state before.
    pub observation: &'a [f32],
    /// What was done, numbers in [-1, 1].
    pub action: &'a [f32],
    /// What it was paid.
    pub reward: f32,
    /// `gamma^k`, or 0 when the learner does not go on from the next state: it was terminal.
    pub discount: f32,
    /// The state after.
    pub next_observation: &'a [f32],
    /// Phi of the state before, and of that after: what the reward was shaped by; 0 where nothing was. Critics see them, the
    /// policy does not.
    pub potentials: [f32; 2],
}

/// A memory of transitions, each of which knows whether it goes on from the one before.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    lens: [usize; 2],
    capacity: usize,
    next: usize,
    /// The next transition does not go on from the last one.
    anew: bool,
    rows: Vec<f32>,
}

/// What a row has beside observations and action, in this order.
const REWARD: usize = 0;
const DISCOUNT: usize = 1;
const BEFORE: usize = 2;
const AFTER: usize = 3;
/// Not 0 where an episode begins.
const FIRST: usize = 4;
const NUMBERS: usize = 5;

/// Transitions drawn at random, each part in rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) observations: Vec<f32>,
    pub(crate) actions: Vec<f32>,
    pub(crate) rewards: Vec<f32>,
    pub(crate) discounts: Vec<f32>,
    pub(crate) next_observations: Vec<f32>,
    pub(crate) potentials: Vec<f32>,
    pub(crate) next_potentials: Vec<f32>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.observations.clear();
        self.actions.clear();
        self.rewards.clear();
        self.discounts.clear();
        self.next_observations.clear();
        self.potentials.clear();
        self.next_potentials.clear();
    }
}

impl Replay {
    pub(crate) fn new(observation_len: usize, action_len: usize, capacity: usize) -> Self {
        Self { lens: [observation_len, action_len], capacity, next: 0, anew: true, rows: Vec::new() }
    }

    fn row_len(&self) -> usize {
        2 * self.lens[0] + self.lens[1] + NUMBERS
    }

    /// Where a row's numbers begin.
    fn numbers_at(&self) -> usize {
        self.lens[0] + self.lens[1]
    }

    fn row(&self, place: usize) -> &[f32] {
        &self.rows[place * self.row_len()..(place + 1) * self.row_len()]
    }

    /// What is added next belongs to another episode than what was added last.
    pub(crate) fn begin(&mut self) {
        self.anew = true;
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() / self.row_len()
    }

    pub(crate) fn add(&mut self, transition: &Transition<'_>) -> Result<()> {
        check_row("observation", transition.observation, self.lens[0])?;
        check_row("next_observation", transition.next_observation, self.lens[0])?;
        check_row("action", transition.action, self.lens[1])?;
        if let Some(index) = transition.action.iter().position(|value| value.abs() > 1.0) {
            let value = transition.action[index];
            return Err(Error::Number { what: "action", index, value, mend: "give numbers in [-1, 1]" });
        }
        check_row("reward", &[transition.reward], 1)?;
        check_row("potentials", &transition.potentials, 2)?;
        let discount = transition.discount;
        if !(0.0..=1.0).contains(&discount) {
            let mend = "give gamma^k, or 0 after a terminal step";
            return Err(Error::Number { what: "discount", index: 0, value: discount, mend });
        }
        let [before, after] = transition.potentials;
        let first = f32::from(u8::from(std::mem::take(&mut self.anew)));
        let numbers = [transition.reward, discount, before, after, first];
        let parts = [transition.observation, transition.action, &numbers, transition.next_observation];
        self.put(parts.into_iter().flatten().copied());
        Ok(())
    }

    /// A row that was checked, in the place of the oldest when there is no other.
    fn put(&mut self, row: impl Iterator<Item = f32>) {
        if self.len() < self.capacity {
            self.rows.extend(row);
        } else {
            let row_len = self.row_len();
            let old = &mut self.rows[self.next * row_len..(self.next + 1) * row_len];
            old.iter_mut().zip(row).for_each(|(old, new)| *old = new);
        }
        self.next = (self.next + 1) % self.capacity;
    }

    /// Adds `count` transitions to a batch, drawn with replacement, each of which looks as many as `ahead` steps ahead.
    /// There has to be one.
    pub(crate) fn draw(&self, count: usize, ahead: usize, random: &mut Random, batch: &mut Batch) {
        for _ in 0..count {
            self.look_ahead(random.below(self.len()), ahead, batch);
        }
    }

    /// Adds the transition from the state at `place` to the one `ahead` steps later, or to the last of its episode: what was
    /// paid on the way, discounted, and what is left of the discount there.
    fn look_ahead(&self, place: usize, ahead: usize, batch: &mut Batch) {
        let [observation, _] = self.lens;
        let numbers_at = self.numbers_at();
        let first = self.row(place);
        let [mut reward, mut discount] = [first[numbers_at + REWARD], first[numbers_at + DISCOUNT]];
        let mut last = place;
        for _ in 1..ahead {
            let Some(next) = self.after(last) else { break };
            let numbers = &self.row(next)[numbers_at..];
            // Not a product with 0: what comes after a terminal step is not looked at.
            if discount <= 0.0 || numbers[FIRST] != 0.0 {
                break;
            }
            reward += discount * numbers[REWARD];
            discount *= numbers[DISCOUNT];
            last = next;
        }
        let last = &self.row(last)[numbers_at..];
        batch.observations.extend_from_slice(&first[..observation]);
        batch.actions.extend_from_slice(&first[observation..numbers_at]);
        batch.rewards.push(reward);
        batch.discounts.push(discount);
        batch.potentials.push(first[numbers_at + BEFORE]);
        batch.next_potentials.push(last[AFTER]);
        batch.next_observations.extend_from_slice(&last[NUMBERS..]);
    }

    /// The place of what was added after this one, unless this is the newest.
    fn after(&self, place: usize) -> Option<usize> {
        let after = (place + 1) % self.capacity;
        (after != self.next).then_some(after)
    }

    /// Adds the `count` transitions that another memory was given last as an episode of their own, in their order, as far as
    /// it still has them.
    pub(crate) fn add_last(&mut self, from: &Self, count: usize) {
        let count = count.min(from.len());
        let first_at = self.numbers_at() + FIRST;
        for back in (1..=count).rev() {
            // While a memory fills, the next place is the one behind its last row.
            let mut row = from.row((from.next + from.capacity - back) % from.capacity).to_vec();
            row[first_at] = f32::from(u8::from(back == count));
            self.put(row.into_iter());
        }
        self.begin();
    }

    /// What was paid, oldest place first.
    #[cfg(test)]
    pub(crate) fn rewards(&self) -> Vec<f32> {
        let at = self.numbers_at() + REWARD;
        self.rows.chunks_exact(self.row_len()).map(|row| row[at]).collect()
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.len(self.next);
        out.len(usize::from(self.anew));
        out.floats(&self.rows);
    }

    pub(crate) fn load(&mut self, from: &mut Reader<'_>) -> Result<()> {
        let (next, anew, rows) = (from.len()?, from.len()? != 0, from.floats()?);
        let whole = rows.len().is_multiple_of(self.row_len()) && rows.len() / self.row_len() <= self.capacity;
        if !whole || next >= self.capacity {
            return Err(Error::damaged("holds a memory of another size"));
        }
        (self.next, self.anew, self.rows) = (next, anew, rows);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    // Small whole numbers and sums in one order: exact.
    #![allow(clippy::unwrap_used, clippy::float_cmp, clippy::cast_precision_loss)]

    use proptest::prelude::*;

    use super::*;

    /// Episodes whose states are numbered through, so that a drawn one says where it comes from.
    fn lived(lens: &[usize], terminal: bool, capacity: usize) -> (Replay, Vec<Vec<[f32; 2]>>) {
        let (mut replay, mut state) = (Replay::new(1, 1, capacity), 0_u8);
        let mut episodes = Vec::new();
        for len in lens {
            replay.begin();
            let mut episode = Vec::new();
            for step in 1..=*len {
                let [reward, discount] = [
                    f32::from(state % 5),
                    if terminal && step == *len { 0.0 } else { 0.5 + f32::from(state % 3) / 8.0 },
                ];
                let [before, after] = [f32::from(state), f32::from(state + 1)];
                replay
                    .add(&Transition {
                        observation: &[before],
                        action: &[before / 256.0],
                        reward,
                        discount,
                        next_observation: &[after],
                        potentials: [10.0 + before, 10.0 + after],
                    })
                    .unwrap();
                episode.push([reward, discount]);
                state += 1;
            }
            // The state that an episode ends in is none that the next one begins in.
            state += 1;
            episodes.push(episode);
        }
        (replay, episodes)
    }

    proptest! {
        /// What is drawn is the sum that it stands for, never goes over the end of an episode, and never into what was forgotten.
        #[test]
        fn looking_ahead_sums_what_was_paid_on_the_way(
            lens in prop::collection::vec(1_usize..9, 1..8),
            ahead in 1_usize..12,
            terminal in any::<bool>(),
            capacity in 1_usize..40,
            copied in any::<bool>(),
        ) {
            let (mut replay, episodes) = lived(&lens, terminal, capacity);
            if copied {
                // An episode that is copied behind another is the same to those who look ahead.
                let mut other = Replay::new(1, 1, 64);
                other.add_last(&replay, lens[lens.len() - 1]);
                other.add_last(&replay, lens[lens.len() - 1]);
                replay = other;
            }
            let mut batch = Batch::default();
            replay.draw(64, ahead, &mut Random::new(1, 0), &mut batch);
            let firsts: Vec<usize> = lens.iter().scan(0, |at, len| { let first = *at; *at += len + 1; Some(first) }).collect();
            for (row, &state) in batch.observations.iter().enumerate() {
                let (episode, first) = firsts.iter().enumerate().rev().find(|(_, first)| **first as f32 <= state).unwrap();
                let step = (0..9).find(|step| (first + step) as f32 == state).unwrap();
                let (mut reward, mut discount, mut went) = (0.0, 1.0, 0);
                for [paid, left] in episodes[episode].iter().skip(step).take(ahead) {
                    reward += discount * paid;
                    discount *= left;
                    went += 1;
                }
                prop_assert_eq!(batch.rewards[row], reward);
                prop_assert_eq!(batch.discounts[row], discount);
                prop_assert_eq!(batch.next_observations[row], state + went as f32);
                prop_assert_eq!(batch.potentials[row], 10.0 + state);
                prop_assert_eq!(batch.next_potentials[row], 10.0 + state + went as f32);
                prop_assert_eq!(batch.actions[row], state / 256.0);
            }
        }
    }
}
