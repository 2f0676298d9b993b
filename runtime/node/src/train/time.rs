//! The time of a run. In lock-step it is simulated and stands still while anybody computes; in real time it is the wall's, and a
//! world that is not served in time goes on all the same.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use striatum_core::StampNanos;

use crate::clock;

/// What the learner's process does with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Choosing an action, and remembering what came of it.
    Policy,
    /// Moving the world.
    Physics,
    /// Drawing the world and sending its pictures.
    Pictures,
    /// Gradient steps.
    Learning,
    /// Waiting for a reward that had not come when they were done.
    Reward,
    /// Waiting for the next period.
    Idle,
}

impl Part {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Policy, "policy"),
        (Self::Physics, "physics"),
        (Self::Pictures, "pictures"),
        (Self::Learning, "learning"),
        (Self::Reward, "reward"),
        (Self::Idle, "idle"),
    ];
}

/// What was measured of steps by the wall's clock: not the same twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Seconds of each of [`Part::ALL`], within episodes.
    pub(crate) spent_secs: [f64; 6],
    /// From one control period's beginning to the next; in real time alone.
    pub(crate) periods_micros: Vec<u32>,
}

impl Measured {
    /// Adds what was measured since.
    pub(crate) fn add(&mut self, more: &Self) {
        self.spent_secs.iter_mut().zip(more.spent_secs).for_each(|(sum, secs)| *sum += secs);
        self.periods_micros.extend(&more.periods_micros);
    }

    /// A part's share of the time within episodes.
    pub(crate) fn share(&self, part: Part) -> f64 {
        let all: f64 = self.spent_secs.iter().sum();
        if all > 0.0 { self.spent_secs[part as usize] / all } else { 0.0 }
    }

    /// The period that this share of them does not exceed, milliseconds; none without any. 1 for the longest.
    pub(crate) fn period_millis(&self, share: f64) -> Option<f64> {
        let mut sorted = self.periods_micros.clone();
        sorted.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among them")]
        let place = (share * sorted.len() as f64).ceil().max(1.0) as usize - 1;
        sorted.get(place.min(sorted.len().saturating_sub(1))).map(|micros| f64::from(*micros) / 1e3)
    }
}

/// A run's time, and what was measured in it.
#[derive(Debug)]
pub(crate) struct Time {
    simulated_nanos: u64,
    /// When the last period began and its stamp; none in lock-step.
    wall: Option<Tick>,
    since_nanos: u64,
    pub(crate) measured: Measured,
}

#[derive(Clone, Copy, Debug)]
struct Tick {
    due_nanos: u64,
    began_nanos: u64,
    stamp: StampNanos,
}

impl Tick {
    fn now() -> Self {
        let now = clock::monotonic_nanos();
        Self { due_nanos: now, began_nanos: now, stamp: clock::wall() }
    }
}

impl Time {
    /// Where every run in lock-step begins: a fixed moment, so that the same seed gives the same stamps.
    const START_NANOS: u64 = 1_000_000_000_000_000_000;

    /// Goes on after so much simulated time.
    pub(crate) fn new(simulated_nanos: u64, real_time: bool) -> Self {
        Self {
            simulated_nanos,
            wall: real_time.then(Tick::now),
            since_nanos: clock::monotonic_nanos(),
            measured: Measured::default(),
        }
    }

    /// Simulated time so far.
    pub(crate) fn simulated_nanos(&self) -> u64 {
        self.simulated_nanos
    }

    /// Of the state that the world is in now.
    pub(crate) fn stamp(&self) -> StampNanos {
        match self.wall {
            Some(tick) => tick.stamp,
            None => StampNanos(Self::START_NANOS.saturating_add(self.simulated_nanos)),
        }
    }

    /// So long between two episodes, which nobody measures.
    pub(crate) fn rest(&mut self, nanos: u64) {
        self.simulated_nanos = self.simulated_nanos.saturating_add(nanos);
        if self.wall.is_some() {
            std::thread::sleep(Duration::from_nanos(nanos));
            self.wall = Some(Tick::now());
        }
    }

    /// The first period of an episode begins.
    pub(crate) fn begin(&mut self) {
        self.since_nanos = clock::monotonic_nanos();
        if let Some(tick) = &mut self.wall {
            // The world has stood still since its first picture, so that one's stamp stays.
            (tick.due_nanos, tick.began_nanos) = (self.since_nanos, self.since_nanos);
        }
    }

    /// A control period is over: in real time, waits until it is. One that took longer puts off those after it.
    pub(crate) fn pass(&mut self, nanos: u64) {
        self.simulated_nanos = self.simulated_nanos.saturating_add(nanos);
        if let Some(last) = self.wall {
            let due_nanos = last.due_nanos.saturating_add(nanos);
            let early = due_nanos.saturating_sub(clock::monotonic_nanos());
            std::thread::sleep(Duration::from_nanos(early));
            let now = Tick::now();
            let micros = (now.began_nanos - last.began_nanos) / 1000;
            self.measured.periods_micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
            // In time: the next is due as if this one had begun to the nanosecond.
            self.wall = Some(if early > 0 { Tick { due_nanos, ..now } } else { now });
        }
        self.lap(Part::Idle);
    }

    /// What was done since the last lap was this.
    pub(crate) fn lap(&mut self, part: Part) {
        let now = clock::monotonic_nanos();
        self.measured.spent_secs[part as usize] += (now - self.since_nanos) as f64 / 1e9;
        self.since_nanos = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_lock_step_time_is_what_has_passed_and_nobody_waits() {
        let mut time = Time::new(5, false);
        let first = time.stamp();
        time.rest(1_000_000_000_000);
        time.pass(200);
        assert_eq!(time.stamp().0 - first.0, 1_000_000_000_200);
        assert_eq!((time.simulated_nanos(), time.measured.periods_micros.len()), (1_000_000_000_205, 0));
    }

    #[test]
    fn in_real_time_a_period_is_waited_for_and_one_that_was_missed_is_not_caught_up() {
        const PERIOD: u64 = 20_000_000;
        let mut time = Time::new(0, true);
        time.begin();
        let first = time.stamp();
        time.pass(PERIOD);
        std::thread::sleep(Duration::from_nanos(3 * PERIOD));
        time.lap(Part::Learning);
        time.pass(PERIOD);
        time.pass(PERIOD);
        let periods = &time.measured.periods_micros;
        assert!(periods[0] >= 20_000 && periods[1] >= 60_000, "{periods:?}");
        assert!(periods[2] >= 20_000, "not made shorter to catch up: {periods:?}");
        assert_ne!(time.stamp(), first, "stamps are the wall's");
        assert_eq!(time.simulated_nanos(), 3 * PERIOD);
        let secs = |part: Part| time.measured.spent_secs[part as usize];
        assert!(secs(Part::Learning) >= 0.06 && secs(Part::Idle) >= 0.04, "{:?}", time.measured);
        assert!(secs(Part::Physics).abs() < f64::EPSILON, "{:?}", time.measured);
    }

    #[test]
    fn shares_of_periods_are_read_off_in_order() {
        let measured = Measured { periods_micros: (1..=200).rev().map(|n| n * 1000).collect(), ..Measured::default() };
        assert_eq!(measured.period_millis(0.5), Some(100.0));
        assert_eq!(measured.period_millis(0.99), Some(198.0));
        assert_eq!(measured.period_millis(1.0), Some(200.0));
        assert_eq!(Measured::default().period_millis(0.5), None);
    }
}
