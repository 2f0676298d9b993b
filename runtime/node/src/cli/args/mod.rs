//! The command line, as clap reads it.
//!
//! - `rewards`: adapt, label, eval, page, bench: on recorded episodes.
//! - `fits`: calibrate, steps: more that is learnt from them.
//! - `live`: play, watch: beside a runtime.
//! - `known`: models, robots: what there is.
//! - `sim`: simulated worlds; `train`: learning in them.
//! - `values`: numbers that several of them read.

mod fits;
mod known;
mod live;
mod rewards;
#[cfg(feature = "sim")]
mod sim;
#[cfg(feature = "sim")]
mod train;
mod values;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(super) use self::fits::{CalibrateArgs, StepsArgs};
pub(super) use self::known::{ModelsCommand, RobotsCommand};
pub(super) use self::live::{PlayArgs, WatchArgs};
pub(super) use self::rewards::{AdaptArgs, BenchArgs, EvalArgs, LabelArgs, MemberArgs, PageArgs};
#[cfg(feature = "sim")]
pub(super) use self::sim::SimArgs;
#[cfg(feature = "sim")]
pub(super) use self::train::TrainArgs;

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
        /// End when standard input ends: for a program that starts a runtime of its own.
        #[arg(long)]
        until_stdin_ends: bool,
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
    /// Say again how far each frame set of a recording was, by what its teacher said later; into a new file.
    #[command(after_help = "Example:\n  striatum relabel run.mcap --out run.relabelled.parquet")]
    Relabel {
        /// The recording of a run with a teacher. It stays as it is.
        file: PathBuf,
        /// The table to write, .csv or .parquet; a name that is free.
        #[arg(long)]
        out: PathBuf,
        /// Most that progress is changed by, in (0, 0.25].
        #[arg(long, default_value_t = 0.25)]
        most_shift: f64,
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
    /// Backbones, generative models and the programs they need: what there is, fetching, looking inside, checking.
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
        after_help = "Examples:\n  striatum sim pick_place --episodes 5 --out episodes\n  striatum sim tidy --episodes 2 --out failed --failure drop --randomise low\n  striatum sim push --serve --expert\n  striatum sim push --serve --expert --fault latency=0.05~0.02 --fault cam_wrist:drop=0.1,freeze=2@5\n  striatum sim list"
    )]
    Sim(SimArgs),
    /// Learn a task in a simulated world, with rewards that come over zenoh alone.
    #[cfg(feature = "sim")]
    #[command(
        after_help = "Examples:\n  striatum train push --bundle push.bundle --out push-run\n  striatum train push --bundle push.bundle --reward sparse --seed 1 --out push-sparse\n  striatum train --out push-run --resume"
    )]
    Train(TrainArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> bool {
        Cli::try_parse_from(line.split(' ')).is_err()
    }

    #[test]
    fn options_that_would_do_nothing_are_refused() {
        let calibrate = "striatum calibrate a --bundle b";
        assert!(!refused(calibrate) && !refused(&format!("{calibrate} --false-success 0.05 --confidence 0.9")));
        assert!(refused(&format!("{calibrate} --confidence 0.9")) && refused(&format!("{calibrate} --persist 2/3")));
    }

    #[test]
    fn features_are_taken_again_only_where_that_was_asked_for() {
        let eval = "striatum eval a --bundle b";
        assert!(!refused(&format!("{eval} --reuse-unchanged 2 --reuse-secs 0.5")));
        assert!(refused(&format!("{eval} --reuse-secs 0.5")));
        assert!(
            !refused("striatum adapt a --out b --input-size 192")
                && refused("striatum adapt a --out b --input-size 100")
        );
    }

    #[cfg(feature = "sim")]
    #[test]
    fn what_only_a_served_world_has_is_refused_of_a_recorded_one() {
        let record = "striatum sim push --episodes 1 --out x";
        assert!(!refused(record) && !refused("striatum sim push --serve --expert --rate 2 --fault drop=0.1"));
        for option in ["--fault drop=0.1", "--expert", "--rate 2", "--listen tcp/127.0.0.1:1", "--encoding rgb8"] {
            assert!(refused(&format!("{record} {option}")), "{option}");
        }
    }
}
