//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use striatum_core::Discount;
use striatum_frames::Transform;
use striatum_models::BackboneId;

/// Rewards for robots that learn: process-reward models from ONNX on the robot's own computer, fused over cameras, shaped so
/// that the best policy stays the best, published over zenoh.
#[derive(Debug, Parser)]
#[command(name = "striatum", version, arg_required_else_help = true)]
pub(super) struct Cli {
    /// Say more on stderr: -v for what happens, -vv for everything. RUST_LOG does the same, by module.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(super) verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fit a reward to one recorded demonstration and write it as a bundle.
    #[command(
        after_help = "Example:\n  striatum adapt demo/episode_001 --out tidy.bundle --views cam_high,cam_left_wrist,cam_right_wrist"
    )]
    Adapt(AdaptArgs),
    /// Score every frame of an episode into a table.
    #[command(
        after_help = "Examples:\n  striatum label demo/episode_002 --bundle tidy.bundle --out rewards.csv --stride 5\n  striatum label demo/episode_002 --bundle tidy.bundle --out rewards.parquet --transform reverse"
    )]
    Label(LabelArgs),
    /// Measure a bundle on episodes: order, error, drift, coverage.
    #[command(
        after_help = "Example:\n  striatum eval demo/episode_002 --bundle tidy.bundle --hacks --report report.html"
    )]
    Eval(EvalArgs),
    /// Run live: frames in, rewards out, recording if the configuration says so.
    #[command(
        after_help = "Example:\n  striatum run run.toml\nThe shortest run.toml is one line: bundle = \"tidy.bundle\". It listens on tcp/127.0.0.1:7447."
    )]
    Run {
        /// The configuration; every key is in docs/guide/configuration.md.
        config: PathBuf,
    },
    /// Publish an episode's frames over zenoh as a live robot would.
    #[command(after_help = "Example:\n  striatum play demo/episode_002 --rate 1.0")]
    Play(PlayArgs),
    /// Print rewards as they arrive, and every gap between them.
    #[command(after_help = "Examples:\n  striatum watch\n  striatum watch --json --count 100 > rewards.jsonl")]
    Watch(WatchArgs),
    /// Compute a recording's rewards again.
    #[command(
        after_help = "Examples:\n  striatum replay run.mcap --check\n  striatum replay run.mcap --bundle other.bundle"
    )]
    Replay {
        /// The recording.
        file: PathBuf,
        /// Fail unless every reward comes out the same, bit for bit (on another machine: within 1e-5).
        #[arg(long)]
        check: bool,
        /// Score with this bundle: another one, to say what would change, or the original where it lies elsewhere now.
        #[arg(long)]
        bundle: Option<PathBuf>,
        /// Where the episode lies now that the recording was made from.
        #[arg(long)]
        episode: Option<PathBuf>,
    },
    /// Measure latency and cost by stage.
    #[command(after_help = "Example:\n  striatum bench --bundle tidy.bundle --episode demo/episode_001 --json -")]
    Bench(BenchArgs),
    /// Say what works here and what does not, each with its mend.
    Doctor {
        /// Also check this bundle.
        #[arg(long)]
        bundle: Option<PathBuf>,
    },
    /// Backbones and the programs they need: what there is, fetching, looking inside, checking.
    #[command(
        subcommand,
        after_help = "Examples:\n  striatum models fetch all\n  striatum models inspect tidy.bundle/head.onnx"
    )]
    Models(ModelsCommand),
}

/// `striatum adapt`.
#[derive(Debug, Args)]
pub(super) struct AdaptArgs {
    /// Folders of <view>.mp4 (or <view>/ with numbered images) and annotated_keyframes.json.
    #[arg(required = true)]
    pub(super) episodes: Vec<PathBuf>,
    /// The bundle folder to write.
    #[arg(long)]
    pub(super) out: PathBuf,
    /// mobilenet_v2 or efficientnet_lite0.
    #[arg(long, default_value = "mobilenet_v2")]
    pub(super) backbone: BackboneId,
    /// Views in the bundle's order; all views by name if absent.
    #[arg(long, value_delimiter = ',')]
    pub(super) views: Option<Vec<String>>,
    /// Seed of everything drawn.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Use every n-th frame; chosen from the clip's length if absent.
    #[arg(long, value_parser = positive)]
    pub(super) stride: Option<usize>,
    /// What the task is, in words; goes into the bundle.
    #[arg(long, default_value = "")]
    pub(super) task: String,
    /// Threads of ONNX Runtime.
    #[arg(long, default_value_t = 2)]
    pub(super) threads: u16,
}

/// `striatum label`.
#[derive(Debug, Args)]
pub(super) struct LabelArgs {
    /// The episode.
    pub(super) episode: PathBuf,
    /// The bundle.
    #[arg(long)]
    pub(super) bundle: PathBuf,
    /// The table to write: .csv or .parquet.
    #[arg(long)]
    pub(super) out: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(super) stride: usize,
    /// Discount of the shaping column, in (0, 1].
    #[arg(long, default_value_t = 0.99, value_parser = discount)]
    pub(super) gamma: f64,
    /// Spoil the clip on purpose; can be repeated. reverse, freeze:FRAME, stall:FRAME, loop:A-B, swap:VIEW,VIEW, drop:VIEW,
    /// occlude:VIEW,FRACTION, brightness:X, blur:SIGMA, jpeg:QUALITY, shuffle:SEED, warp:SEED.
    #[arg(long = "transform")]
    pub(super) transforms: Vec<Transform>,
}

/// `striatum eval`.
#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// The episodes, with annotated_keyframes.json.
    #[arg(required = true)]
    pub(super) episodes: Vec<PathBuf>,
    /// The bundle.
    #[arg(long)]
    pub(super) bundle: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(super) stride: usize,
    /// Spoil the clip on purpose; can be repeated; as in label.
    #[arg(long = "transform")]
    pub(super) transforms: Vec<Transform>,
    /// Try to fool the reward with every transform there is.
    #[arg(long)]
    pub(super) hacks: bool,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Write a report that opens in a browser.
    #[arg(long)]
    pub(super) report: Option<PathBuf>,
}

/// `striatum play`.
#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// The episode.
    pub(super) episode: PathBuf,
    /// Speed; 1 is the episode's own.
    #[arg(long, default_value_t = 1.0, value_parser = rate)]
    pub(super) rate: f64,
    /// The robot's name in the keys.
    #[arg(long, default_value = "robot")]
    pub(super) robot: String,
    /// Where the runtime listens [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(super) connect: Option<String>,
    /// Views to publish; all if absent.
    #[arg(long, value_delimiter = ',')]
    pub(super) views: Option<Vec<String>>,
    /// jpeg or rgb8.
    #[arg(long, default_value = "jpeg", value_parser = ["jpeg", "rgb8"])]
    pub(super) encoding: String,
    /// JPEG quality.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) quality: u8,
    /// Every n-th frame.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(super) stride: usize,
}

/// `striatum watch`.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// One JSON object a line.
    #[arg(long)]
    pub(super) json: bool,
    /// The robot's name in the keys.
    #[arg(long, default_value = "robot")]
    pub(super) robot: String,
    /// Where the runtime listens [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(super) connect: Option<String>,
    /// Stop after this many rewards; 0 never.
    #[arg(long, default_value_t = 0)]
    pub(super) count: u64,
    /// Stop after this many seconds without a reward; 0 never.
    #[arg(long, default_value_t = 0.0)]
    pub(super) idle_secs: f64,
}

/// `striatum bench`.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The bundle.
    #[arg(long)]
    pub(super) bundle: PathBuf,
    /// The episode whose frames are used.
    #[arg(long)]
    pub(super) episode: PathBuf,
    /// Frame sets measured.
    #[arg(long, default_value_t = 200, value_parser = positive)]
    pub(super) steps: usize,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(super) stride: usize,
    /// Threads of ONNX Runtime.
    #[arg(long, default_value_t = 1)]
    pub(super) threads: u16,
    /// Decode while measuring, as a live run does; else all frames are decoded first.
    #[arg(long)]
    pub(super) overlap: bool,
    /// Record to a scratch file while measuring.
    #[arg(long)]
    pub(super) record: bool,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// `striatum models`.
#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// What can be had, and what is here.
    List,
    /// Fetch from the registry by name, check, unpack; does nothing the second time.
    Fetch {
        /// onnxruntime, ffmpeg, a backbone, or all.
        #[arg(default_value = "all")]
        what: String,
    },
    /// Inputs, outputs, operators and size of an ONNX file.
    Inspect {
        /// The file.
        file: PathBuf,
    },
    /// Hash everything in the cache; exit status 1 when something is wrong.
    Verify,
}

/// A count from 1 up.
fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "give a whole number from 1 up".to_owned())
}

/// A discount in (0, 1].
fn discount(text: &str) -> Result<f64, String> {
    let gamma = text.parse().map_err(|_| "give a number in (0, 1]".to_owned())?;
    Discount::new(gamma).map(Discount::get).map_err(|error| error.to_string())
}

/// A speed.
fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.01..=100.0).contains(rate))
        .ok_or_else(|| "give a speed in [0.01, 100]".to_owned())
}
