//! Samples to numbers.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use striatum_models::Provider;

use super::BenchOptions;
use super::against::Paired;
use super::measure::Samples;
use super::rig::Rig;
use crate::cli::say;
use crate::error::Result;
use crate::live::nearest_rank;

/// One JSON object with everything that was measured.
pub(super) fn report(options: &BenchOptions, samples: &Samples, mut floor: Vec<u64>, rig: &Rig) -> Value {
    floor.sort_unstable();
    let steps = samples.step.len();
    let median = |values: &[u64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        nearest_rank(&sorted, 0.5) as f64
    };
    let mut allocations = samples.allocations.clone();
    allocations.sort_unstable();
    let step = median(&samples.step);
    json!({
        "bundle": options.bundle.display().to_string(),
        "episode": options.episode.display().to_string(),
        "views": rig.views(),
        "encoder": rig.encoder(),
        "stride": options.stride,
        "threads": options.session.intra_op_threads,
        "providers": options.session.providers.iter().map(Provider::name).collect::<Vec<_>>(),
        "recording": options.record,
        "decoding_overlaps": options.overlap,
        "onnxruntime": striatum_models::runtime_version().unwrap_or_default(),
        "steps": steps,
        "stages_ms": {
            "receive": quantiles(&samples.receive),
            "decode": quantiles(&samples.decode),
            "synchronise": quantiles(&samples.synchronise),
            "preprocess": quantiles(&samples.preprocess),
            "encode": quantiles(&samples.encode),
            "score": quantiles(&samples.score),
            "fuse_shape_wire": quantiles(&samples.fuse_shape_wire),
            "rest": quantiles(&samples.rest),
            "publish": quantiles(&samples.publish),
            "record": quantiles(&samples.record),
            "step": quantiles(&samples.step),
        },
        "latency_ms": { "p50": step / 1e6, "p99": quantiles(&samples.step)["p99"] },
        "session_floor_ms": quantiles(&floor),
        "step_over_floor": step / nearest_rank(&floor, 0.5) as f64,
        "step_over_encode": step / median(&samples.encode),
        "encoder_calls_per_step": samples.images_encoded as f64 / steps as f64,
        "images_reused_per_step": samples.images_reused as f64 / steps as f64,
        "allocations_per_step": { "p50": nearest_rank(&allocations, 0.5), "max": allocations.last() },
        "cpu_ms_per_step": samples.cpu_secs * 1e3 / samples.cpu_steps as f64,
        "throughput_steps_per_s": steps as f64 / samples.wall_secs,
    })
}

/// What the two cost: milliseconds of CPU time a frame set, and this bundle's over the other's.
pub(super) fn against(other: &Path, paired: &Paired) -> Value {
    let of = |which: usize| paired.nanos.iter().map(|pair| pair[which]).collect::<Vec<u64>>();
    json!({
        "bundle": other.display().to_string(),
        "encoder": paired.encoder,
        "steps": paired.nanos.len(),
        "score_cpu_ms": quantiles(&of(0)),
        "their_score_cpu_ms": quantiles(&of(1)),
        "cpu_ratio": paired.ratio(),
    })
}

/// Milliseconds; null where a stage was not run.
fn quantiles(samples: &[u64]) -> Value {
    if samples.is_empty() {
        return Value::Null;
    }
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let ms = |quantile| nearest_rank(&sorted, quantile) as f64 / 1e6;
    json!({ "p50": ms(0.5), "p99": ms(0.99), "p999": ms(0.999), "max": ms(1.0) })
}

/// The same for people.
pub(super) fn table(report: &Value, out: &mut dyn Write) -> Result<()> {
    say(out, format_args!("{:<18}{:>10}{:>10}{:>10}", "stage, ms", "p50", "p99", "p99.9"))?;
    if let Some(stages) = report["stages_ms"].as_object() {
        for name in [
            "receive",
            "decode",
            "synchronise",
            "preprocess",
            "encode",
            "score",
            "fuse_shape_wire",
            "rest",
            "publish",
            "record",
            "step",
        ] {
            let Some(stage) = stages.get(name).filter(|stage| !stage.is_null()) else { continue };
            let cell = |key: &str| stage[key].as_f64().unwrap_or(0.0);
            say(out, format_args!("{name:<18}{:>10.4}{:>10.4}{:>10.4}", cell("p50"), cell("p99"), cell("p999")))?;
        }
    }
    say(out, format_args!("encoder alone     {:>10.4}", report["session_floor_ms"]["p50"].as_f64().unwrap_or(0.0)))?;
    for key in [
        "step_over_floor",
        "step_over_encode",
        "encoder_calls_per_step",
        "images_reused_per_step",
        "cpu_ms_per_step",
        "throughput_steps_per_s",
    ] {
        say(out, format_args!("{key:<28}{:.3}", report[key].as_f64().unwrap_or(0.0)))?;
    }
    if let Some(ratio) = report["against"]["cpu_ratio"].as_f64() {
        say(out, format_args!("{:<28}{ratio:.3}", "cpu_ratio against"))?;
    }
    say(
        out,
        format_args!(
            "allocations_per_step        p50 {}, max {}",
            report["allocations_per_step"]["p50"], report["allocations_per_step"]["max"]
        ),
    )
}
