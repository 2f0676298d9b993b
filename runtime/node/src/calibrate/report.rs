//! What `striatum calibrate` says.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use striatum_calibration::{LEAST_EPISODES, MapChoice, Measures, WANTED_COVERAGE, measure};
use striatum_core::IntervalTable;

use super::{CalibrateOptions, Found, say, write_whole};
use crate::error::Result;
use crate::pipeline::secs;

/// Writes the JSON where it is asked for, and a table for people unless the JSON takes its place.
pub(super) fn write(
    found: &Found,
    hashes: &[String; 2],
    options: &CalibrateOptions,
    out: &mut dyn Write,
) -> Result<()> {
    for warning in warnings(found) {
        tracing::warn!("{warning}");
    }
    let json = json(found, hashes);
    match options.json.as_deref() {
        Some(path) if path == Path::new("-") => say(out, json),
        Some(path) => {
            write_whole(path, |file| writeln!(file, "{json}"))?;
            table(found, hashes, &options.bundle, out)
        }
        None => table(found, hashes, &options.bundle, out),
    }
}

/// What a reader of the numbers must know.
fn warnings(found: &Found) -> Vec<String> {
    let mut list = Vec::new();
    let episodes = found.fitted.multiplier.episodes;
    if episodes == 1 {
        list.push(
            "one clip is one sample: no map was fitted, and nothing says how the interval does elsewhere".to_owned(),
        );
    }
    if !found.fitted.multiplier.guaranteed {
        list.push(format!(
            "{episodes} of the {LEAST_EPISODES} episodes that a coverage of {:.0} % takes: the worst one was counted twice, and nothing is promised",
            WANTED_COVERAGE * 100.0
        ));
    }
    list
}

fn json(found: &Found, [before, after]: &[String; 2]) -> Value {
    let fitted = &found.fitted;
    let calibration = &fitted.calibration;
    let (kind, ratio, error) = match fitted.map {
        MapChoice::Isotonic { squared_error_ratio, greatest_error } => {
            ("isotonic", Some(squared_error_ratio), Some(greatest_error))
        }
        MapChoice::Identity { squared_error_ratio } => ("identity", Some(squared_error_ratio), None),
        MapChoice::OneEpisode => ("one_episode", None, None),
    };
    json!({
        "bundle_sha256_before": before,
        "bundle_sha256": after,
        "stride": found.stride,
        "episodes": found.episodes.iter().zip(&found.curves).map(|(episode, curve)| {
            let alone = measure(std::slice::from_ref(curve));
            json!({
                "episode": curve.name(),
                "rows": curve.rows(),
                "truth": episode.truth_source(),
                "mae": alone.mae,
                "coverage": alone.coverage,
            })
        }).collect::<Vec<_>>(),
        "map": {
            "kind": kind,
            "knots": calibration.mean.inputs().len(),
            "squared_error_ratio": ratio,
            "greatest_error": error,
        },
        "interval": {
            "multiplier": fitted.multiplier.value,
            "std_floor": calibration.interval.std_floor(),
            "guaranteed": fitted.multiplier.guaranteed,
        },
        "as_is": measures(&found.as_is),
        "left_out": found.left_out.as_ref().map(|held| {
            json!({ "before": measures(&held.before), "after": measures(&held.after) })
        }),
        "success": found.success.as_ref().map(|success| json!({
            "share": success.threshold.share,
            "held_secs": secs(success.rule.held_nanos()),
            "window_secs": secs(success.rule.window_nanos()),
            "negatives": success.threshold.negatives,
            "false_successes": success.threshold.false_successes,
            "rate_bound": success.threshold.rate_bound,
            "confidence": success.threshold.confidence,
            "positives": success.positives,
            "recalled": success.recalled,
            "early": success.early,
        })),
        "warnings": warnings(found),
    })
}

fn measures(of: &Measures) -> Value {
    let bins =
        of.bins.iter().map(|bin| json!({ "low": bin.low, "share": bin.share, "said": bin.said, "true": bin.truth }));
    json!({
        "ece": of.ece,
        "mae": of.mae,
        "coverage_90": of.coverage,
        "least_coverage_90": of.least_coverage,
        "interval_width_90": of.width,
        "bins": bins.collect::<Vec<_>>(),
    })
}

fn table(found: &Found, [before, after]: &[String; 2], bundle: &Path, out: &mut dyn Write) -> Result<()> {
    // Writing into a String cannot fail.
    let mut text = String::new();
    for curve in &found.curves {
        let alone = measure(std::slice::from_ref(curve));
        let _ = writeln!(
            text,
            "{:<28} {:>4} rows, MAE {:.3}, 90 % interval holds {:.3}",
            curve.name(),
            curve.rows(),
            alone.mae,
            alone.coverage
        );
    }
    let _ = writeln!(text, "\n{:<34} {:>7} {:>7} {:>7} {:>7} {:>7}", "", "ECE", "MAE", "cov90", "least", "width");
    let rows: Vec<(&str, &Measures)> = match &found.left_out {
        Some(held) => vec![("before", &held.before), ("after, each episode left out", &held.after)],
        None => vec![("before", &found.as_is)],
    };
    for (name, of) in rows {
        let Measures { ece, mae, coverage, least_coverage, width, .. } = of;
        let _ = writeln!(text, "{name:<34} {ece:>7.4} {mae:>7.4} {coverage:>7.3} {least_coverage:>7.3} {width:>7.3}");
    }
    let _ = writeln!(text, "\n{}\n{}", map_line(found), interval_line(found));
    if let Some(success) = &found.success {
        let of = &success.threshold;
        let _ = writeln!(
            text,
            "success: the goal is seen from a share of {:.4} on; at most {:.3} of failed episodes are ever called a success, with confidence {} ({} of {} were); {} of {} successes are, {} of them too early",
            of.share,
            of.rate_bound,
            of.confidence,
            of.false_successes,
            of.negatives,
            success.recalled,
            success.positives,
            success.early
        );
    }
    let _ = write!(text, "{}: {}", bundle.display(), hash_line(before, after));
    say(out, text)
}

fn hash_line(before: &str, after: &str) -> String {
    if before == after {
        return "the tables are those that were there; its hash stays".to_owned();
    }
    format!("its hash was {before}, it is {after}")
}

fn map_line(found: &Found) -> String {
    match found.fitted.map {
        MapChoice::Isotonic { squared_error_ratio, greatest_error } => format!(
            "map: isotonic, {} knots within {greatest_error:.4} of the regression; squared error on episodes left out {squared_error_ratio:.2} of what it was",
            found.fitted.calibration.mean.inputs().len()
        ),
        MapChoice::Identity { squared_error_ratio } => format!(
            "map: none, on episodes left out it is not clearly better (squared error {squared_error_ratio:.2} of what it is without)"
        ),
        MapChoice::OneEpisode => "map: none, with one episode there is none to judge it by".to_owned(),
    }
}

fn interval_line(found: &Found) -> String {
    let multiplier = &found.fitted.multiplier;
    let worth = if multiplier.guaranteed { "holds on average over episodes like these" } else { "nothing is promised" };
    format!(
        "90 % interval: {:.3} std to each side (a normal distribution has {:.3}); {worth}",
        multiplier.value,
        IntervalTable::Z_90
    )
}
