//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use striatum_core::Discount;
use striatum_frames::Transform;
use striatum_models::BackboneId;

use crate::eval::PlaybackSet;
use crate::page::LiveFile;

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
    /// Fit calibration tables to episodes whose truth is known, and write them into the bundle.
    #[command(
        after_help = "Example:\n  striatum calibrate demo/episode_002 demo/episode_003 demo/episode_004 --bundle tidy.bundle\nThe bundle's hash changes. One clip is one sample: nine episodes or more promise a coverage."
    )]
    Calibrate(CalibrateArgs),
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
    /// Find the steps of a task without labels, and fit a reward to them.
    #[command(
        after_help = "Examples:\n  striatum steps demo/episode_001 demo/episode_002\n  striatum steps demo/episode_001 --steps 4 --views cam_high --json steps.json"
    )]
    Steps(StepsArgs),
    /// Draw episodes and what a bundle says of them into one page: pictures, progress, reward, verdicts.
    #[command(
        after_help = "Examples:\n  striatum page good/episode_002 drop/episode_004 --bundle tidy.bundle --out report.html\n  striatum page episode_002 --bundle tidy.bundle --out report.html --live episode_002=rewards.jsonl"
    )]
    Page(PageArgs),
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
    /// Robots as data: which are known, what one is, whether a description of your own holds together.
    #[command(subcommand, after_help = "Examples:\n  striatum robots show panda\n  striatum robots check my_arm.toml")]
    Robots(RobotsCommand),
    /// Simulated worlds whose true progress is known: recorded as episodes, or served as a robot would be.
    #[cfg(feature = "sim")]
    #[command(
        after_help = "Examples:\n  striatum sim pick_place --episodes 5 --out episodes\n  striatum sim tidy --episodes 2 --out failed --failure drop --randomise low\n  striatum sim push --serve --expert\n  striatum sim list"
    )]
    Sim(SimArgs),
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

/// `striatum calibrate`.
#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Episodes that the bundle was not adapted to, with truth.csv or annotated_keyframes.json.
    #[arg(required = true)]
    pub(super) episodes: Vec<PathBuf>,
    /// The bundle; its manifest is replaced.
    #[arg(long)]
    pub(super) bundle: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub(super) stride: usize,
    /// Also choose a success threshold that at most this share of failed episodes pass, in (0, 1).
    #[arg(long, value_name = "RATE", value_parser = share)]
    pub(super) false_success: Option<f64>,
    /// With --false-success: how sure of that share, in (0, 1).
    #[arg(long, default_value_t = 0.95, value_parser = share)]
    pub(super) confidence: f64,
    /// With --false-success: rows that must be above the threshold, of so many in a row.
    #[arg(long, default_value = "3/5", value_name = "FRAMES/OF", value_parser = persistence)]
    pub(super) persist: (usize, usize),
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
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
    /// With --hacks: an episode of another task, to be played as if it were this one.
    #[arg(long, value_name = "EPISODE", requires = "hacks")]
    pub(super) other: Option<PathBuf>,
    /// How often each episode is played: with forward only, VOC- and drift are null.
    #[arg(long, value_enum, default_value_t)]
    pub(super) playbacks: PlaybackSet,
    /// Write the measures as JSON; - is standard output.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Write a report that opens in a browser.
    #[arg(long)]
    pub(super) report: Option<PathBuf>,
}

/// `striatum steps`.
#[derive(Debug, Args)]
pub(super) struct StepsArgs {
    /// The episodes, all of one task; annotated_keyframes.json in them is only compared with.
    #[arg(required = true)]
    pub(super) episodes: Vec<PathBuf>,
    /// mobilenet_v2 or efficientnet_lite0.
    #[arg(long, default_value = "mobilenet_v2")]
    pub(super) backbone: BackboneId,
    /// Views; all views by name if absent.
    #[arg(long, value_delimiter = ',')]
    pub(super) views: Option<Vec<String>>,
    /// How many steps the task has; chosen from the demonstrations if absent.
    #[arg(long, value_parser = positive)]
    pub(super) steps: Option<usize>,
    /// How many of the episodes, from the first, the reward is fitted to; the others only judge it.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub(super) demonstrations: usize,
    /// Use every n-th frame; chosen from each clip's length if absent.
    #[arg(long, value_parser = positive)]
    pub(super) stride: Option<usize>,
    /// Write the report as JSON; - is standard output.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Threads of ONNX Runtime.
    #[arg(long, default_value_t = 2)]
    pub(super) threads: u16,
}

/// `striatum page`.
#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// The episodes; truth.csv or annotated_keyframes.json in them say what is true.
    #[arg(required = true)]
    pub(super) episodes: Vec<PathBuf>,
    /// The bundle.
    #[arg(long)]
    pub(super) bundle: PathBuf,
    /// The HTML file to write.
    #[arg(long)]
    pub(super) out: PathBuf,
    /// Every n-th frame.
    #[arg(long, default_value_t = 2, value_parser = positive)]
    pub(super) stride: usize,
    /// Discount of the shaped reward, in (0, 1].
    #[arg(long, default_value_t = 0.99, value_parser = discount)]
    pub(super) gamma: f64,
    /// What `striatum watch --json` heard while this episode was played live; can be repeated.
    #[arg(long, value_name = "EPISODE=FILE")]
    pub(super) live: Vec<LiveFile>,
    /// The --rate it was played at.
    #[arg(long, default_value_t = 1.0, value_parser = rate)]
    pub(super) live_rate: f64,
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

/// `striatum robots`.
#[derive(Debug, Subcommand)]
pub(super) enum RobotsCommand {
    /// The robots that come with the program.
    List,
    /// Joints with their limits, cameras, topics.
    Show {
        /// A robot's name, or the path of its TOML file.
        robot: String,
    },
    /// What will not work, or not well; exit status 1 when something will not work.
    Check {
        /// A robot's name, or the path of its TOML file.
        robot: String,
    },
}

/// `striatum sim`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub(super) struct SimArgs {
    /// push, pick_place, tidy, door or peg; `list` says what each is and how it can fail.
    pub(super) task: String,
    /// Record this many episodes.
    #[arg(long, value_parser = positive, requires = "out", conflicts_with = "serve")]
    pub(super) episodes: Option<usize>,
    /// The folder that the episodes are written into.
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// Have the expert fail like this: drop, miss, jam, stall, wrong_object or undo.
    #[arg(long)]
    pub(super) failure: Option<String>,
    /// Seed of the first episode; each later one has the next.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// How much light, surfaces, cameras and things on the table differ from episode to episode: none, low, medium, high.
    #[arg(long, default_value = "none", value_parser = ["none", "low", "medium", "high"])]
    pub(super) randomise: String,
    /// A robot's name, or the path of its TOML file.
    #[arg(long, default_value = "panda")]
    pub(super) arm: String,
    /// Views in order; the robot's cameras if absent.
    #[arg(long, value_delimiter = ',')]
    pub(super) views: Option<Vec<String>>,
    /// Frames a second, from 1 to 60.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(super) fps: u32,
    /// Size of the pictures, WIDTHxHEIGHT.
    #[arg(long, default_value = "224x224", value_parser = size)]
    pub(super) size: (u32, u32),
    /// Write numbered JPEGs instead of videos.
    #[arg(long)]
    pub(super) images: bool,
    /// Serve the world over zenoh as a robot would be: frames and joint state out, actions in.
    #[arg(long)]
    pub(super) serve: bool,
    /// With --serve: the expert drives the world itself, episode after episode, until a client resets it.
    #[arg(long, requires = "serve")]
    pub(super) expert: bool,
    /// With --serve: simulated seconds in a second, as far as this computer can.
    #[arg(long, default_value_t = 1.0, value_parser = rate, requires = "serve")]
    pub(super) rate: f64,
    /// With --serve: jpeg or rgb8.
    #[arg(long, default_value = "jpeg", value_parser = ["jpeg", "rgb8"], requires = "serve")]
    pub(super) encoding: String,
    /// With --serve: where learners reach the world [default: tcp/127.0.0.1:7448].
    #[arg(long, requires = "serve")]
    pub(super) listen: Option<String>,
    /// The robot's name in the keys, with --serve.
    #[arg(long, default_value = "robot")]
    pub(super) robot: String,
    /// Where the runtime listens, with --serve [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(super) connect: Option<String>,
}

/// WIDTHxHEIGHT.
#[cfg(feature = "sim")]
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides
        .filter(|(width, height)| (16..=2048).contains(width) && (16..=2048).contains(height))
        .ok_or_else(|| "give WIDTHxHEIGHT with sides from 16 to 2048, for example 224x224".to_owned())
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

/// A share above 0 and below 1.
fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| "give a share above 0 and below 1, for example 0.05".to_owned())
}

/// FRAMES/OF.
fn persistence(text: &str) -> Result<(usize, usize), String> {
    text.split_once('/')
        .and_then(|(frames, of)| Some((frames.parse().ok()?, of.parse().ok()?)))
        .filter(|(frames, of)| (1..=*of).contains(frames))
        .ok_or_else(|| "give FRAMES/OF with at least 1 of at least as many, for example 3/5".to_owned())
}

/// A speed.
fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.01..=100.0).contains(rate))
        .ok_or_else(|| "give a speed in [0.01, 100]".to_owned())
}
