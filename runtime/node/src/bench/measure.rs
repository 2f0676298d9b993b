//! Samples, and what the operating system says of this process.

use std::path::Path;

use crate::error::{Error, Result};

/// Nanoseconds of every counted step, stage by stage.
#[derive(Default)]
pub(super) struct Samples {
    pub(super) receive: Vec<u64>,
    pub(super) decode: Vec<u64>,
    pub(super) synchronise: Vec<u64>,
    pub(super) preprocess: Vec<u64>,
    pub(super) encode: Vec<u64>,
    pub(super) score: Vec<u64>,
    pub(super) fuse_shape_wire: Vec<u64>,
    /// What is left of a step before it is published: frames handed in, states kept, the counting of allocations.
    pub(super) rest: Vec<u64>,
    pub(super) publish: Vec<u64>,
    pub(super) record: Vec<u64>,
    pub(super) step: Vec<u64>,
    pub(super) allocations: Vec<u64>,
    pub(super) images_encoded: u64,
    pub(super) images_reused: u64,
    /// CPU time of the whole run, decoding included, and the steps of the whole run, warm-up included.
    pub(super) cpu_secs: f64,
    pub(super) cpu_steps: u64,
    pub(super) wall_secs: f64,
}

/// CPU time of this process over all its threads, and of the decoders it has waited for, seconds; 0 where the system does
/// not say. Resolution 10 ms.
pub(super) fn cpu_secs() -> f64 {
    /// Linux counts in hundredths of a second for programs, on every architecture this runs on.
    const TICKS_PER_SEC: f64 = 100.0;
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    // Fields are counted after the name, which is in brackets and may hold spaces: utime, stime, cutime and cstime are the
    // 12th to 15th.
    let Some((_, rest)) = text.rsplit_once(')') else { return 0.0 };
    let ticks: f64 = rest.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_SEC
}

/// CPU time of the calling thread, nanoseconds; brought up to date at every tick of the scheduler, a few milliseconds.
///
/// # Errors
/// A system that does not say.
pub(super) fn thread_cpu_nanos() -> Result<u64> {
    let path = Path::new("/proc/thread-self/schedstat");
    let mend = "measure on Linux, with /proc mounted";
    let text = std::fs::read_to_string(path).map_err(|source| Error::file("read", path, source, mend))?;
    let first = text.split_whitespace().next().and_then(|field| field.parse().ok());
    first.ok_or_else(|| Error::input(path.display().to_string(), "does not begin with a number", mend))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_thread_that_waits_spends_nothing() {
        let before = thread_cpu_nanos().unwrap();
        let (sender, receiver) = crossbeam_channel::bounded::<()>(0);
        let busy = std::thread::Builder::new().name("busy".into()).spawn(move || {
            let start = thread_cpu_nanos().unwrap();
            let mut sum = 0_u64;
            while thread_cpu_nanos().unwrap() < start + 100_000_000 {
                sum = (0..100_000_u64).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
            }
            drop(sender);
            sum
        });
        let _ = receiver.recv();
        assert!(busy.unwrap().join().is_ok() && thread_cpu_nanos().unwrap() - before < 50_000_000);
    }

    #[test]
    fn cpu_time_rises_with_work() {
        let before = cpu_secs();
        let mut sum = 0u64;
        while cpu_secs() <= before {
            sum = (0..1_000_000u64).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        }
        assert!(cpu_secs() > before, "{sum}");
    }
}
