//! Simulated worlds.

use std::path::PathBuf;

use clap::Args;

use super::values::{positive, rate};
use crate::sim::FaultOption;

/// `striatum sim`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SimArgs {
    /// push, pick_place, tidy, door or peg; `list` says what each is and how it can fail.
    pub(in crate::cli) task: String,
    /// Record this many episodes.
    #[arg(long, value_parser = positive, requires = "out", conflicts_with = "serve")]
    pub(in crate::cli) episodes: Option<usize>,
    /// The folder that the episodes are written into.
    #[arg(long)]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Have the expert fail like this: drop, miss, jam, stall, wrong_object or undo.
    #[arg(long)]
    pub(in crate::cli) failure: Option<String>,
    /// Seed of the first episode; each later one has the next.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    /// How much light, surfaces, cameras and things on the table differ from episode to episode: none, low, medium, high.
    #[arg(long, default_value = "none", value_parser = ["none", "low", "medium", "high"])]
    pub(in crate::cli) randomise: String,
    /// A robot's name, or the path of its TOML file.
    #[arg(long, default_value = "panda")]
    pub(in crate::cli) arm: String,
    /// Views in order; the robot's cameras if absent.
    #[arg(long, value_delimiter = ',')]
    pub(in crate::cli) views: Option<Vec<String>>,
    /// Frames a second, from 1 to 60.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(in crate::cli) fps: u32,
    /// Size of the pictures, WIDTHxHEIGHT.
    #[arg(long, default_value = "224x224", value_parser = size)]
    pub(in crate::cli) size: (u32, u32),
    /// Write numbered JPEGs instead of videos.
    #[arg(long)]
    pub(in crate::cli) images: bool,
    /// Serve the world over zenoh as a robot would be: frames and joint state out, actions in.
    #[arg(long)]
    pub(in crate::cli) serve: bool,
    /// With --serve: the expert drives the world itself, episode after episode, until a client resets it.
    #[arg(long, requires = "serve", conflicts_with = "episodes")]
    pub(in crate::cli) expert: bool,
    /// With --serve: simulated seconds in a second, as far as this computer can.
    #[arg(long, default_value_t = 1.0, value_parser = rate, requires = "serve", conflicts_with = "episodes")]
    pub(in crate::cli) rate: f64,
    /// With --serve: jpeg or rgb8.
    #[arg(long, default_value = "jpeg", value_parser = ["jpeg", "rgb8"], requires = "serve", conflicts_with = "episodes")]
    pub(in crate::cli) encoding: String,
    /// With --serve: what goes wrong with every camera, or with one; can be repeated. latency=MEAN~JITTER, drop=SHARE, skew=SECS,
    /// freeze=SECS@START, freeze=SECS~CHANCE, with commas between; times in seconds.
    #[arg(long = "fault", value_name = "[VIEW:]FAULT,...", requires = "serve", conflicts_with = "episodes")]
    pub(in crate::cli) faults: Vec<FaultOption>,
    /// With --serve: where learners reach the world [default: tcp/127.0.0.1:7448].
    #[arg(long, requires = "serve", conflicts_with = "episodes")]
    pub(in crate::cli) listen: Option<String>,
    /// The robot's name in the keys, with --serve.
    #[arg(long, default_value = "robot")]
    pub(in crate::cli) robot: String,
    /// Where the runtime listens, with --serve [default: tcp/127.0.0.1:7447].
    #[arg(long)]
    pub(in crate::cli) connect: Option<String>,
}

/// WIDTHxHEIGHT.
pub(super) fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides
        .filter(|(width, height)| (16..=2048).contains(width) && (16..=2048).contains(height))
        .ok_or_else(|| "give WIDTHxHEIGHT with sides from 16 to 2048, for example 224x224".to_owned())
}
