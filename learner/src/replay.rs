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

/// A memory of transitions.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    lens: [usize; 2],
    capacity: usize,
    next: usize,
    rows: Vec<f32>,
}

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
        Self { lens: [observation_len, action_len], capacity, next: 0, rows: Vec::new() }
    }

    fn row_len(&self) -> usize {
        2 * self.lens[0] + self.lens[1] + 4
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
        let numbers = [transition.reward, discount, before, after];
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

    /// Adds `count` transitions to a batch, drawn with replacement. There has to be one.
    pub(crate) fn draw(&self, count: usize, random: &mut Random, batch: &mut Batch) {
        let [observation, action] = self.lens;
        for _ in 0..count {
            let begin = random.below(self.len()) * self.row_len();
            let row = &self.rows[begin..begin + self.row_len()];
            let (before, row) = row.split_at(observation);
            let (done, row) = row.split_at(action);
            batch.observations.extend_from_slice(before);
            batch.actions.extend_from_slice(done);
            batch.rewards.push(row[0]);
            batch.discounts.push(row[1]);
            batch.potentials.push(row[2]);
            batch.next_potentials.push(row[3]);
            batch.next_observations.extend_from_slice(&row[4..]);
        }
    }

    /// Adds the `count` transitions that another memory was given last, in their order, as far as it still has them.
    pub(crate) fn add_last(&mut self, from: &Self, count: usize) {
        let row_len = self.row_len();
        let count = count.min(from.len());
        for back in (1..=count).rev() {
            // While a memory fills, the next place is the one behind its last row.
            let place = (from.next + from.capacity - back) % from.capacity;
            self.put(from.rows[place * row_len..(place + 1) * row_len].iter().copied());
        }
    }

    /// What was paid, oldest place first.
    #[cfg(test)]
    pub(crate) fn rewards(&self) -> Vec<f32> {
        let [observation, action] = self.lens;
        self.rows.chunks_exact(self.row_len()).map(|row| row[observation + action]).collect()
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.len(self.next);
        out.floats(&self.rows);
    }

    pub(crate) fn load(&mut self, from: &mut Reader<'_>) -> Result<()> {
        let (next, rows) = (from.len()?, from.floats()?);
        let whole = rows.len().is_multiple_of(self.row_len()) && rows.len() / self.row_len() <= self.capacity;
        if !whole || next >= self.capacity {
            return Err(Error::damaged("holds a memory of another size"));
        }
        (self.next, self.rows) = (next, rows);
        Ok(())
    }
}
