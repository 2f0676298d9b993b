//! Developer commands. `cargo xtask demo` and `cargo xtask test` are all that a fresh machine needs.

mod ci;
mod columns;
mod cost;
mod demo;
mod episodes;
mod failure;
mod jobs;
mod layers;
mod process;
mod say;
mod setup;
mod study;
mod workspace;
mod worlds;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Result;
use workspace::Workspace;

/// Developer commands: everything is set up first, and nothing is fetched twice.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the program and fetch what it needs: ONNX Runtime, a video decoder, backbone weights.
    Setup,
    /// Set up, then the main job: adapt from one episode, judge others, run live, record, replay, draw a page.
    Demo {
        /// A real episode; without it an expert in a simulated world records some.
        #[arg(long, value_name = "DIR")]
        episode: Option<PathBuf>,
        /// Where to write; the folder `demo` in the build folder if not given.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Set up, then every test. What follows is passed on to `cargo test`.
    Test {
        /// For `cargo test`, for example `-p striatum-core` or a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
    /// Set up, then one reward of each simulated task before many other episodes; writes the table of how right it was.
    Worlds(worlds::Options),
    /// Set up, then what each way to a cheaper encoder saves and costs: one bundle for each, on the same clips.
    Cost(cost::Options),
    /// Set up, then learners on the simulated tasks with one reward or another: success against rollouts. Takes hours, and goes on
    /// where it was cut off.
    Study(study::Options),
    /// Check that dependencies between the crates run one way and that the core needs no std.
    Layers,
    /// What CI runs: format, lints, docs, layers, tests.
    Ci,
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup => setup::set_up(&workspace).map(|_| ()),
        Command::Demo { episode, out } => demo::demo(&workspace, episode.as_deref(), out),
        Command::Test { rest } => setup::test(&workspace, &rest),
        Command::Worlds(options) => worlds::worlds(&workspace, &options),
        Command::Cost(options) => cost::cost(&workspace, &options),
        Command::Study(options) => study::study(&workspace, &options),
        Command::Layers => layers::check(&workspace),
        Command::Ci => ci::run(&workspace),
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::error(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}
