//! Several things at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::failure::Result;
use crate::say;

/// As many as were asked for, or as there are processors.
pub(crate) fn count(asked: Option<u32>) -> usize {
    let there = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    asked.map_or(there, |jobs| jobs as usize)
}

/// Does `work` for each of `things`, `jobs` at a time, and says how it gets on after every `every`; answers in their order. After a
/// failure nothing new is begun.
///
/// # Errors
/// The first failure.
pub(crate) fn each<T: Sync, R: Send>(
    jobs: usize,
    every: usize,
    things: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, done, begun) = (AtomicUsize::new(0), AtomicUsize::new(0), Instant::now());
    let answers: Vec<Mutex<Option<Result<R>>>> = things.iter().map(|_| Mutex::new(None)).collect();
    let one_after_the_other = || {
        while let Some((thing, slot)) = take(&next, things, &answers) {
            let answer = work(thing);
            if answer.is_err() {
                next.store(things.len(), Ordering::Relaxed);
            }
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(answer);
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(every) || done == things.len() {
                say::step(&format!("{done}/{} after {:.0} s", things.len(), begun.elapsed().as_secs_f64()));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(one_after_the_other);
        }
        one_after_the_other();
    });
    let answers: Vec<Result<R>> = answers.into_iter().filter_map(|slot| slot.into_inner().ok().flatten()).collect();
    answers.into_iter().collect()
}

/// The next thing that nobody has taken, and the place of its answer.
fn take<'a, T, S>(next: &AtomicUsize, things: &'a [T], slots: &'a [S]) -> Option<(&'a T, &'a S)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((things.get(index)?, slots.get(index)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn answers_come_in_order_and_a_failure_is_the_answer() {
        for jobs in [1, 3] {
            let things: Vec<usize> = (0..25).collect();
            assert_eq!(each(jobs, 10, &things, |&thing| Ok(thing * 2)).unwrap()[24], 48);
            let failing = |&thing: &usize| if thing == 7 { Err(Failure::new("seven", "no", "")) } else { Ok(thing) };
            assert!(each(jobs, 10, &things, failing).unwrap_err().to_string().contains("seven"));
        }
    }
}
