//! The steps of the demo, each with its number and its time.

use std::time::{Duration, Instant};

use crate::failure::Result;
use crate::say;

/// Counts and times steps.
#[derive(Debug)]
pub(super) struct Steps {
    begun: Instant,
    total: usize,
    done: usize,
}

impl Steps {
    /// `total` steps are to come.
    pub(super) fn new(total: usize) -> Self {
        Self { begun: Instant::now(), total, done: 0 }
    }

    /// Says what is done, does it, and says how long it took.
    ///
    /// # Errors
    /// Those of `work`.
    pub(super) fn run<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        let number = format!("{}/{}", self.done, self.total);
        say::step(&format!("{number} {what}"));
        let begun = Instant::now();
        let outcome = work()?;
        say::step(&format!("{number} took {}", secs(begun.elapsed())));
        Ok(outcome)
    }

    /// Time since the first step began, in words.
    pub(super) fn elapsed(&self) -> String {
        secs(self.begun.elapsed())
    }
}

fn secs(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
