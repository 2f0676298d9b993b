//! What was measured of one setting on one group of clips.

use serde_json::Value;

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) backbone: String,
    pub(super) setting: String,
    /// `own`: the demonstration itself; `others`.
    pub(super) clips: &'static str,
    /// CPU time of scoring over that of the plain setting, frame set by frame set in turn.
    pub(super) cpu_ratio: f64,
    pub(super) truth: Truth,
}

/// Means over the clips; keys and meanings are those of docs/guide/eval.md.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Truth {
    pub(super) episodes: usize,
    pub(super) images_encoded: f64,
    pub(super) images_reused: f64,
    pub(super) mae: f64,
    pub(super) voc_plus: f64,
    pub(super) ood_share: f64,
}

impl Truth {
    /// From the JSON of `striatum eval`; `None` where a measure is missing.
    pub(super) fn of(report: &Value) -> Option<Self> {
        let episodes = report["episodes"].as_array()?;
        let mean = |key: &str| -> Option<f64> {
            let values: Option<Vec<f64>> = episodes.iter().map(|episode| episode[key].as_f64()).collect();
            Some(values?.iter().sum::<f64>() / episodes.len() as f64)
        };
        Some(Self {
            episodes: episodes.len(),
            images_encoded: report["encoder_calls_per_step"].as_f64()?,
            images_reused: report["images_reused_per_step"].as_f64()?,
            mae: mean("mae")?,
            voc_plus: mean("voc_plus")?,
            ood_share: mean("ood_share")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use serde_json::json;

    #[test]
    fn means_are_taken_and_a_missing_measure_is_no_zero() {
        let episode = |mae: f64| json!({ "mae": mae, "voc_plus": 0.9, "ood_share": 0.0 });
        let mut report = json!({
            "episodes": [episode(0.1), episode(0.3)], "encoder_calls_per_step": 2.0, "images_reused_per_step": 1.0,
        });
        let truth = Truth::of(&report).unwrap();
        assert_eq!((truth.episodes, truth.mae, truth.images_reused), (2, 0.2, 1.0));
        report["episodes"][1]["mae"] = Value::Null;
        assert_eq!(Truth::of(&report), None);
    }
}
