//! Commands about what there is: models and robots.

use std::path::PathBuf;

use clap::Subcommand;

/// `striatum models`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ModelsCommand {
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
pub(in crate::cli) enum RobotsCommand {
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
