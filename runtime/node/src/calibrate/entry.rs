//! What was found, as the bundle's manifest keeps it.

use striatum_calibration::MapChoice;
use striatum_models::{CalibrationEntry, CalibrationMade, Dropped, GoalEntry, LeftOutEntry, SourceFile};

use super::{Found, Success};
use crate::episode::Episode;
use crate::error::Result;
use crate::hash::hex;
use crate::pipeline::secs;

/// The manifest's section. No date and no path: the same episodes give the same bytes.
pub(super) fn of(found: &Found) -> Result<CalibrationEntry> {
    let calibration = &found.fitted.calibration;
    let source = |episode: &Episode| -> Result<SourceFile> {
        Ok(SourceFile { file: episode.name(), sha256: hex(&episode.sha256()?) })
    };
    Ok(CalibrationEntry {
        progress_in: calibration.mean.inputs().to_vec(),
        progress_out: calibration.mean.outputs().to_vec(),
        interval_multiplier: calibration.interval.multiplier(),
        interval_std_floor: calibration.interval.std_floor(),
        interval_guaranteed: found.fitted.multiplier.guaranteed,
        made: CalibrationMade {
            by: concat!("striatum ", env!("CARGO_PKG_VERSION")).to_owned(),
            stride: found.stride,
            models: found.models.clone(),
            map_error: match found.fitted.map {
                MapChoice::Isotonic { greatest_error, .. } => greatest_error,
                MapChoice::Identity { .. } | MapChoice::OneEpisode => 0.0,
            },
            left_out: found.left_out.as_ref().map(|held| LeftOutEntry {
                ece_before: held.before.ece,
                ece_after: held.after.ece,
                coverage_before: held.before.coverage,
                coverage_after: held.after.coverage,
            }),
            episodes: found.episodes.iter().map(source).collect::<Result<Vec<_>>>()?,
        },
        goal: found.success.as_ref().map(goal),
        success: Dropped,
    })
}

fn goal(Success { rule, threshold, .. }: &Success) -> GoalEntry {
    GoalEntry {
        share: threshold.share,
        held_secs: secs(rule.held_nanos()),
        window_secs: secs(rule.window_nanos()),
        negatives: threshold.negatives,
        false_successes: threshold.false_successes,
        rate_bound: threshold.rate_bound,
        confidence: threshold.confidence,
    }
}
