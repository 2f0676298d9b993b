//! Commands that learn from episodes beside `adapt`: calibration tables, and steps without labels.

use std::path::PathBuf;

use clap::Args;
use striatum_models::BackboneId;

use super::rewards::MemberArgs;
use super::values::{positive, share, threads};

/// `striatum calibrate`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CalibrateArgs {
    /// Episodes that the bundle was not adapted to, with truth.csv or annotated_keyframes.json.
    #[arg(required = true)]
    pub(in crate::cli) episodes: Vec<PathBuf>,
    /// The bundle; its manifest is replaced.
    #[arg(long)]
    pub(in crate::cli) bundle: PathBuf,
    /// Its models.
    #[command(flatten)]
    pub(in crate::cli) models: MemberArgs,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(in crate::cli) stride: usize,
    /// Also choose from which share of belief on the goal is seen, so that at most this share of failed episodes is ever called a
    /// success, in (0, 1).
    #[arg(long, value_name = "RATE", value_parser = share)]
    pub(in crate::cli) false_success: Option<f64>,
    /// With --false-success: how sure of that share, in (0, 1).
    #[arg(long, default_value_t = 0.95, value_parser = share, requires = "false_success")]
    pub(in crate::cli) confidence: f64,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(in crate::cli) json: Option<PathBuf>,
}

/// `striatum steps`.
#[derive(Debug, Args)]
pub(in crate::cli) struct StepsArgs {
    /// The episodes, all of one task; annotated_keyframes.json in them is only compared with.
    #[arg(required = true)]
    pub(in crate::cli) episodes: Vec<PathBuf>,
    /// mobilenet_v2 or efficientnet_lite0.
    #[arg(long, default_value = "mobilenet_v2")]
    pub(in crate::cli) backbone: BackboneId,
    /// Views; all views by name if absent.
    #[arg(long, value_delimiter = ',')]
    pub(in crate::cli) views: Option<Vec<String>>,
    /// How many steps the task has; chosen from the demonstrations if absent.
    #[arg(long, value_parser = positive)]
    pub(in crate::cli) steps: Option<usize>,
    /// How many of the episodes, from the first, the reward is fitted to; the others only judge it.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(in crate::cli) demonstrations: usize,
    /// Use every n-th frame; chosen from each clip's length if absent.
    #[arg(long, value_parser = positive)]
    pub(in crate::cli) stride: Option<usize>,
    /// Write the report as JSON; - is standard output.
    #[arg(long)]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Threads of ONNX Runtime, 1 to 256.
    #[arg(long, default_value_t = 2, value_parser = threads())]
    pub(in crate::cli) threads: u16,
}
