//! Commands on recorded episodes: a bundle from one, and what it says about others.

use std::path::PathBuf;

use clap::Args;
use striatum_frames::Transform;
use striatum_models::{BackboneId, InputSize, Member, MemberRuleName, Precision};

use super::values::{ReuseArgs, discount, positive, rate, threads};
use crate::eval::PlaybackSet;
use crate::page::LiveFile;

/// Which of a bundle's models answer.
#[derive(Debug, Args)]
pub(in crate::cli) struct MemberArgs {
    /// The bundle's models that answer, the first one first: grm, absolute, perceptual. Default: what the bundle does by itself.
    #[arg(long, value_delimiter = ',')]
    pub(in crate::cli) members: Vec<Member>,
    /// With --members: how several are fused: first, inverse_variance, consistency or reliability.
    #[arg(long, default_value = MemberRuleName::default().name(), requires = "members")]
    pub(in crate::cli) member_fusion: MemberRuleName,
}

/// `striatum adapt`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AdaptArgs {
    /// Folders of <view>.mp4 (or <view>/ with numbered images) and annotated_keyframes.json.
    #[arg(required = true)]
    pub(in crate::cli) episodes: Vec<PathBuf>,
    /// The bundle folder to write.
    #[arg(long)]
    pub(in crate::cli) out: PathBuf,
    /// mobilenet_v2 or efficientnet_lite0.
    #[arg(long, default_value = "mobilenet_v2")]
    pub(in crate::cli) backbone: BackboneId,
    /// Side of the pictures that the backbone gets, pixels: 160, 192 or 224. Smaller is cheaper and sees less.
    #[arg(long, default_value_t)]
    pub(in crate::cli) input_size: InputSize,
    /// In how many bits the backbone computes: fp32 or int8, which is calibrated from the episodes and lies in the bundle.
    #[arg(long, default_value_t)]
    pub(in crate::cli) precision: Precision,
    /// Views in the bundle's order; all views by name if absent.
    #[arg(long, value_delimiter = ',')]
    pub(in crate::cli) views: Option<Vec<String>>,
    /// Seed of everything drawn.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    /// Use every n-th frame; chosen from the clip's length if absent.
    #[arg(long, value_parser = positive)]
    pub(in crate::cli) stride: Option<usize>,
    /// What the task is, in words; goes into the bundle.
    #[arg(long, default_value = "")]
    pub(in crate::cli) task: String,
    /// Threads of ONNX Runtime, 1 to 256.
    #[arg(long, default_value_t = 2, value_parser = threads())]
    pub(in crate::cli) threads: u16,
}

/// `striatum label`.
#[derive(Debug, Args)]
pub(in crate::cli) struct LabelArgs {
    /// The episode.
    pub(in crate::cli) episode: PathBuf,
    /// The bundle.
    #[arg(long)]
    pub(in crate::cli) bundle: PathBuf,
    /// Its models.
    #[command(flatten)]
    pub(in crate::cli) models: MemberArgs,
    /// The table to write: .csv or .parquet.
    #[arg(long)]
    pub(in crate::cli) out: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(in crate::cli) stride: usize,
    /// Discount of the shaping column, in (0, 1].
    #[arg(long, default_value_t = 0.99, value_parser = discount)]
    pub(in crate::cli) gamma: f64,
    /// Spoil the clip on purpose; can be repeated. reverse, freeze:FRAME, stall:FRAME, loop:A-B, swap:VIEW,VIEW, drop:VIEW,
    /// occlude:VIEW,FRACTION, brightness:X, blur:SIGMA, jpeg:QUALITY, shuffle:SEED, warp:SEED.
    #[arg(long = "transform")]
    pub(in crate::cli) transforms: Vec<Transform>,
    /// Which pictures are encoded.
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
}

/// `striatum eval`.
#[derive(Debug, Args)]
pub(in crate::cli) struct EvalArgs {
    /// The episodes, with annotated_keyframes.json.
    #[arg(required = true)]
    pub(in crate::cli) episodes: Vec<PathBuf>,
    /// The bundle.
    #[arg(long)]
    pub(in crate::cli) bundle: PathBuf,
    /// Its models.
    #[command(flatten)]
    pub(in crate::cli) models: MemberArgs,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(in crate::cli) stride: usize,
    /// Spoil the clip on purpose; can be repeated; as in label.
    #[arg(long = "transform")]
    pub(in crate::cli) transforms: Vec<Transform>,
    /// Which pictures are encoded.
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
    /// Try to fool the reward with every transform there is.
    #[arg(long)]
    pub(in crate::cli) hacks: bool,
    /// With --hacks: an episode of another task, to be played as if it were this one.
    #[arg(long, value_name = "EPISODE", requires = "hacks")]
    pub(in crate::cli) other: Option<PathBuf>,
    /// How often each episode is played: with forward only, VOC- and drift are null.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) playbacks: PlaybackSet,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Write a report that opens in a browser.
    #[arg(long)]
    pub(in crate::cli) report: Option<PathBuf>,
}

/// `striatum page`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PageArgs {
    /// The episodes; truth.csv or annotated_keyframes.json in them say what is true.
    #[arg(required = true)]
    pub(in crate::cli) episodes: Vec<PathBuf>,
    /// The bundle.
    #[arg(long)]
    pub(in crate::cli) bundle: PathBuf,
    /// Its models.
    #[command(flatten)]
    pub(in crate::cli) models: MemberArgs,
    /// The HTML file to write.
    #[arg(long)]
    pub(in crate::cli) out: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 2, value_parser = positive)]
    pub(in crate::cli) stride: usize,
    /// Discount of the shaped reward, in (0, 1].
    #[arg(long, default_value_t = 0.99, value_parser = discount)]
    pub(in crate::cli) gamma: f64,
    /// What `striatum watch --json` heard while this episode was played live; can be repeated.
    #[arg(long, value_name = "EPISODE=FILE")]
    pub(in crate::cli) live: Vec<LiveFile>,
    /// A finished run of `striatum train` with this bundle; can be repeated.
    #[arg(long = "run", value_name = "DIR")]
    pub(in crate::cli) runs: Vec<PathBuf>,
    /// The --rate it was played at.
    #[arg(long, default_value_t = 1.0, value_parser = rate)]
    pub(in crate::cli) live_rate: f64,
}

/// `striatum bench`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BenchArgs {
    /// The bundle.
    #[arg(long)]
    pub(in crate::cli) bundle: PathBuf,
    /// Its models.
    #[command(flatten)]
    pub(in crate::cli) models: MemberArgs,
    /// The episode whose frames are used.
    #[arg(long)]
    pub(in crate::cli) episode: PathBuf,
    /// Frame sets measured.
    #[arg(long, default_value_t = 200, value_parser = positive)]
    pub(in crate::cli) steps: usize,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(in crate::cli) stride: usize,
    /// Threads of ONNX Runtime, 1 to 256.
    #[arg(long, default_value_t = 1, value_parser = threads())]
    pub(in crate::cli) threads: u16,
    /// The execution provider that runs the backbone; the processor takes what it does not.
    #[arg(long, default_value = "cpu", value_parser = ["cpu", "cuda", "tensorrt"])]
    pub(in crate::cli) provider: String,
    /// Decode while measuring, as a live run does; else all frames are decoded first.
    #[arg(long)]
    pub(in crate::cli) overlap: bool,
    /// Which pictures are encoded.
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
    /// Also score each frame set with this bundle, all of whose pictures are encoded, in turn: the cost of one beside the other.
    #[arg(long, value_name = "BUNDLE")]
    pub(in crate::cli) against: Option<PathBuf>,
    /// Record to a scratch file while measuring.
    #[arg(long)]
    pub(in crate::cli) record: bool,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(in crate::cli) json: Option<PathBuf>,
}
