//! Stage latencies over the last thousand steps, without allocating.

use striatum_wire::Stage;

const KEPT: usize = 1024;

/// The last samples of one stage, nanoseconds.
#[derive(Clone)]
struct Window {
    samples: Vec<u64>,
    next: usize,
}

impl Window {
    fn put(&mut self, nanos: u64) {
        if self.samples.len() < KEPT {
            self.samples.push(nanos);
        } else {
            self.samples[self.next] = nanos;
            self.next = (self.next + 1) % KEPT;
        }
    }
}

/// Samples of every stage.
pub(crate) struct Latencies {
    windows: [Window; Stage::COUNT],
    sorted: Vec<u64>,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self {
            windows: std::array::from_fn(|_| Window { samples: Vec::with_capacity(KEPT), next: 0 }),
            sorted: Vec::with_capacity(KEPT),
        }
    }

    pub(crate) fn put(&mut self, stage: Stage, nanos: u64) {
        self.windows[stage.index()].put(nanos);
    }

    /// A quantile in \[0, 1\] of a stage; 0 where there is no sample.
    pub(crate) fn quantile(&mut self, stage: Stage, quantile: f64) -> u64 {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.windows[stage.index()].samples);
        self.sorted.sort_unstable();
        nearest_rank(&self.sorted, quantile)
    }
}

/// The nearest-rank quantile of sorted samples; 0 of none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank between 1 and the length"
)]
pub(crate) fn nearest_rank(sorted: &[u64], quantile: f64) -> u64 {
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_last_thousand() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.quantile(Stage::Encode, 0.5), 0);
        for nanos in 0..3000 {
            latencies.put(Stage::Encode, nanos);
        }
        assert_eq!(latencies.quantile(Stage::Encode, 0.0), 3000 - 1024);
        assert_eq!(latencies.quantile(Stage::Encode, 1.0), 2999);
        assert_eq!(nearest_rank(&[1, 2, 3, 4], 0.5), 2);
    }
}
