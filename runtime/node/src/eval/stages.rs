//! Where the time of a step goes.

use serde::Serialize;

use super::curve::Curve;
use super::measures::quantile;

/// Middle and tail of a stage's time, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct LatencyMs {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl LatencyMs {
    /// Of these times; NaN for none.
    pub(crate) fn of(times_ms: &[f64]) -> Self {
        Self { p50: quantile(times_ms, 0.5), p90: quantile(times_ms, 0.9), p99: quantile(times_ms, 0.99) }
    }
}

/// The stages of a step; names as in `striatum bench`, but that nothing is written to the wire here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct StagesMs {
    /// Lining up the last view of a set.
    pub synchronise: LatencyMs,
    /// Resizing and normalising.
    pub preprocess: LatencyMs,
    /// The encoder, one run for all views.
    pub encode: LatencyMs,
    /// Heads.
    pub score: LatencyMs,
    /// Fusing, potential, shaping.
    pub fuse_shape: LatencyMs,
}

impl StagesMs {
    /// Of all rows of the forward playbacks.
    pub(crate) fn of(forward: &[&Curve]) -> Self {
        let stage = |nanos: fn(&crate::pipeline::StepTimings) -> u64| {
            let times: Vec<f64> =
                forward.iter().flat_map(|curve| &curve.stages).map(|row| millis(nanos(row))).collect();
            LatencyMs::of(&times)
        };
        Self {
            synchronise: stage(|row| row.synchronise),
            preprocess: stage(|row| row.preprocess),
            encode: stage(|row| row.encode),
            score: stage(|row| row.score),
            fuse_shape: stage(|row| row.fuse_shape),
        }
    }

    /// By name, in the order of the road.
    pub(crate) fn named(&self) -> [(&'static str, LatencyMs); 5] {
        [
            ("synchronise", self.synchronise),
            ("preprocess", self.preprocess),
            ("encode", self.encode),
            ("score", self.score),
            ("fuse_shape", self.fuse_shape),
        ]
    }
}

#[allow(clippy::cast_precision_loss, reason = "a step takes far less than 2^53 ns")]
fn millis(nanos: u64) -> f64 {
    nanos as f64 * 1e-6
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use super::*;
    use crate::pipeline::StepTimings;

    #[test]
    fn each_stage_has_its_own_times_over_all_episodes() {
        let row = |encode| StepTimings { encode, score: 500_000, ..StepTimings::default() };
        let curve = |times: &[u64]| Curve { stages: times.iter().map(|&time| row(time)).collect(), ..Curve::default() };
        let stages = StagesMs::of(&[&curve(&[1_000_000, 2_000_000]), &curve(&[3_000_000])]);
        assert_eq!((stages.encode.p50, stages.score.p99, stages.fuse_shape.p90), (2.0, 0.5, 0.0));
        assert!((stages.encode.p90 - 2.8).abs() < 1e-12);
        assert_eq!(stages.named().map(|(name, _)| name)[2], "encode");
    }
}
