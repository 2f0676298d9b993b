//! Commands beside a running runtime.

use std::path::PathBuf;

use clap::Args;

use super::values::{positive, rate};

/// `striatum play`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PlayArgs {
    /// The episode.
    pub(in crate::cli) episode: PathBuf,
    /// Speed; 1 is the episode's own.
    #[arg(long, default_value_t = 1.0, value_parser = rate)]
    pub(in crate::cli) rate: f64,
    /// The robot's name in the keys.
    #[arg(long, default_value = "robot")]
    pub(in crate::cli) robot: String,
    /// Where the runtime listens [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(in crate::cli) connect: Option<String>,
    /// Views to publish; all if absent.
    #[arg(long, value_delimiter = ',')]
    pub(in crate::cli) views: Option<Vec<String>>,
    /// jpeg or rgb8.
    #[arg(long, default_value = "jpeg", value_parser = ["jpeg", "rgb8"])]
    pub(in crate::cli) encoding: String,
    /// JPEG quality.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(in crate::cli) quality: u8,
    /// Every n-th frame.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(in crate::cli) stride: usize,
}

/// `striatum watch`.
#[derive(Debug, Args)]
pub(in crate::cli) struct WatchArgs {
    /// One JSON object a line.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// The robot's name in the keys.
    #[arg(long, default_value = "robot")]
    pub(in crate::cli) robot: String,
    /// Where the runtime listens [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(in crate::cli) connect: Option<String>,
    /// Stop after this many rewards; 0 never.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) count: u64,
    /// Stop after this many seconds without a reward; 0 never.
    #[arg(long, default_value_t = 0.0)]
    pub(in crate::cli) idle_secs: f64,
}
