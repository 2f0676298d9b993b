//! What `striatum eval` says.

use std::fmt::Write as _;

use serde::Serialize;

use super::curve::Curve;
use super::hacks::HackReport;
use super::measures::{
    CompletionClass, Z_90, coverage, drift, kendall_tau_with_time, mae, mean, rmse, share, spearman_with_time,
};
use super::ran::Ran;
use super::reliability::Reliability;
use super::stages::{LatencyMs, StagesMs};
use crate::episode::{Episode, TruthSource};
use crate::load::EncoderUse;

/// Measures of one episode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EpisodeReport {
    /// The episode's folder name.
    pub episode: String,
    /// Frames of the clip.
    pub frames: usize,
    /// Rows that were scored.
    pub rows: usize,
    /// Where the truth comes from.
    pub truth: TruthSource,
    /// Spearman's correlation of progress and playback time.
    pub voc_plus: f64,
    /// The same with the clip played backwards: -1 is right, +1 means that it always says progress. `None` where it was not
    /// played so.
    pub voc_minus: Option<f64>,
    /// Mean absolute error.
    pub mae: f64,
    /// Root mean square error.
    pub rmse: f64,
    /// Kendall's tau-b of progress and playback time.
    pub kendall_tau: f64,
    /// Largest change of progress while one frame is shown for the clip's length; the worst of several frames.
    /// `None` where it was not played so.
    pub frozen_drift: Option<f64>,
    /// Share of rows whose truth lies in the central 90 % interval, the progress read as normal.
    pub interval_coverage_90: f64,
    /// How the curve as a whole is read.
    pub completion_class: CompletionClass,
    /// The runtime's own verdict that the episode did not succeed: the goal was not seen for long enough at its end. A model
    /// without a success estimate is judged by its completion class.
    pub failure_detected: bool,
    /// Whether the success estimate said success in any row, whatever it said later.
    pub success_seen: bool,
    /// In which row first, playback seconds.
    pub success_first_secs: Option<f64>,
    /// Share of rows that say success where the truth says that nothing is done.
    pub false_success_any: f64,
    /// The last progress.
    pub final_progress: f64,
    /// What is true in the last row.
    pub final_truth: f64,
    /// The class of the true curve.
    pub true_completion_class: CompletionClass,
    /// Whether the task was done at the clip's end; `None` where nobody wrote it down.
    pub succeeded: Option<bool>,
    /// Mean out-of-distribution score; 1 is the bundle's limit.
    pub ood_mean: f64,
    /// Share of rows that are flagged as out of distribution.
    pub ood_share: f64,
    /// Playbacks that should and should not change the verdict, with `--hacks`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hacks: Vec<HackReport>,
}

/// Measures of the whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EvalReport {
    /// SHA-256 of the bundle's manifest.
    pub bundle_sha256: String,
    /// The members that answered and how they were fused; `None` where the bundle answered as it does by itself.
    pub models: Option<String>,
    /// Every how many frames a row was made.
    pub stride: usize,
    /// What was done to every clip first.
    pub transforms: Vec<String>,
    /// What looked at the pictures.
    pub encoder: EncoderUse,
    /// One for each episode.
    pub episodes: Vec<EpisodeReport>,
    /// Images encoded for each frame set.
    pub encoder_calls_per_step: f64,
    /// Images of each frame set whose features were taken again.
    pub images_reused_per_step: f64,
    /// From the decoded frames in hand to the reward.
    pub latency_ms: LatencyMs,
    /// What its stages take of that.
    pub stages_ms: StagesMs,
    /// How far progress and its interval can be believed; `None` where no episode has a truth that somebody wrote down.
    pub calibration: Option<Reliability>,
    /// What was run.
    #[serde(rename = "run")]
    pub ran: Ran,
}

/// The playbacks that an [`EpisodeReport`] is made from.
pub(crate) struct Playbacks<'a> {
    pub(crate) forward: &'a Curve,
    pub(crate) backward: Option<&'a Curve>,
    pub(crate) frozen: &'a [Curve],
}

impl EpisodeReport {
    pub(crate) fn new(episode: &Episode, playbacks: &Playbacks<'_>) -> Self {
        let Curve { progress, std, truth, ood, flagged, .. } = playbacks.forward;
        let completion_class = CompletionClass::of(progress);
        Self {
            episode: episode.name(),
            frames: episode.frames(),
            rows: progress.len(),
            truth: episode.truth_source(),
            voc_plus: spearman_with_time(progress),
            voc_minus: playbacks.backward.map(|curve| spearman_with_time(&curve.progress)),
            mae: mae(progress, truth),
            rmse: rmse(progress, truth),
            kendall_tau: kendall_tau_with_time(progress),
            frozen_drift: playbacks.frozen.iter().map(|curve| drift(&curve.progress)).reduce(f64::max),
            interval_coverage_90: coverage(progress, truth, std, Z_90),
            completion_class,
            failure_detected: !playbacks.forward.succeeded(),
            success_seen: playbacks.forward.success.contains(&true),
            success_first_secs: playbacks.forward.first_success_secs(),
            false_success_any: playbacks.forward.false_success_share(),
            final_progress: playbacks.forward.last(),
            final_truth: truth.last().copied().unwrap_or_default(),
            true_completion_class: CompletionClass::of(truth),
            succeeded: episode.succeeded(),
            ood_mean: mean(ood),
            ood_share: share(flagged),
            hacks: Vec::new(),
        }
    }

    /// What the success estimate says, in words.
    pub(crate) fn success_words(&self) -> String {
        let end = if self.failure_detected { "lost again" } else { "to the end" };
        let seen = match self.success_first_secs {
            Some(secs) => format!("seen at {secs:.1} s, {end}"),
            None if self.failure_detected => "not seen".to_owned(),
            None => "by its class".to_owned(),
        };
        let falsely = 100.0 * self.false_success_any;
        if falsely > 0.0 { format!("{seen}; FALSE in {falsely:.1} % of rows") } else { seen }
    }
}

impl EvalReport {
    /// Puts episodes and the steps of their forward playbacks together.
    pub(crate) fn new(episodes: Vec<EpisodeReport>, forward: &[&Curve]) -> Self {
        let latencies: Vec<f64> = forward.iter().flat_map(|curve| curve.latency_ms.iter().copied()).collect();
        #[allow(clippy::cast_precision_loss, reason = "images and rows of a run are far below 2^53")]
        let per_step = |images: u64| images as f64 / latencies.len().max(1) as f64;
        Self {
            bundle_sha256: String::new(),
            models: None,
            stride: 1,
            transforms: Vec::new(),
            encoder: EncoderUse::default(),
            episodes,
            encoder_calls_per_step: per_step(forward.iter().map(|curve| curve.images_encoded).sum()),
            images_reused_per_step: per_step(forward.iter().map(|curve| curve.images_reused).sum()),
            latency_ms: LatencyMs::of(&latencies),
            stages_ms: StagesMs::of(forward),
            calibration: None,
            ran: Ran::default(),
        }
    }

    /// The report as one JSON object, indented.
    ///
    /// # Errors
    /// None that these fields can cause.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The report as a table for people.
    #[must_use]
    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{:<28} {:>7} {:>7} {:>6} {:>6} {:>7} {:>7} {:>7}  {:<8} {}\n",
            "episode", "VOC+", "VOC-", "MAE", "RMSE", "tau", "drift", "cov90", "class", "success"
        );
        for episode in &self.episodes {
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "{:<28} {:>7.4} {:>7} {:>6.4} {:>6.4} {:>7.4} {:>7} {:>7.3}  {:<8} {}",
                episode.episode,
                episode.voc_plus,
                or_dash(episode.voc_minus),
                episode.mae,
                episode.rmse,
                episode.kendall_tau,
                or_dash(episode.frozen_drift),
                episode.interval_coverage_90,
                episode.completion_class.name(),
                episode.success_words()
            );
        }
        for episode in self.episodes.iter().filter(|episode| !episode.hacks.is_empty()) {
            text.push_str(&hack_table(episode));
        }
        let LatencyMs { p50, p99, .. } = self.latency_ms;
        let _ = writeln!(
            text,
            "encoder calls per step {:.2}; step latency p50 {p50:.2} ms, p99 {p99:.2} ms",
            self.encoder_calls_per_step
        );
        text
    }
}

/// A number with four places; a dash for none.
pub(super) fn or_dash(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.4}"))
}

fn hack_table(episode: &EpisodeReport) -> String {
    let mut text = format!(
        "\n{:<40} {:>7} {:>6} {:>6} {:>6} {:>6} {:>7}  {:<8} {:<64} {}\n",
        format!("{}: attack", episode.episode),
        "VOC+",
        "MAE",
        "drift",
        "final",
        "ood",
        "flagged",
        "class",
        "what must hold",
        "verdict"
    );
    for hack in &episode.hacks {
        let _ = writeln!(
            text,
            "{:<40} {:>7} {:>6.4} {:>6} {:>6} {:>6.2} {:>6.0}%  {:<8} {:<64} {}",
            hack.transform,
            or_dash(hack.voc_plus),
            hack.mae,
            or_dash(hack.drift),
            hack.final_progress.map_or_else(|| "-".to_owned(), |last| format!("{last:.3}")),
            hack.ood_mean,
            100.0 * hack.ood_share,
            hack.completion_class.map_or("-", CompletionClass::name),
            hack.must.join("; "),
            hack.verdict()
        );
    }
    let right = episode.hacks.iter().filter(|hack| hack.verdict_right).count();
    let _ = writeln!(text, "{right} of {} right", episode.hacks.len());
    text.push('\n');
    text
}
