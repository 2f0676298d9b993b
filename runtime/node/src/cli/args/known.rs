//! Commands about what there is: models and robots.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use striatum_models::{GenerativeManifest, Role, ScoreMeaning, Slot};

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
    /// Inputs, outputs, operators and size of an ONNX file; of a folder of a generative model also its layout, whether ONNX
    /// Runtime has what it needs, and memory.
    Inspect {
        /// The file or folder.
        file: PathBuf,
    },
    /// Make a bundle of a folder of an exported generative model: hash every file, write generative.toml.
    Seal(SealArgs),
    /// Ask a generative model's bundle once.
    Ask {
        /// The bundle.
        bundle: PathBuf,
        /// What the robot does, in words.
        #[arg(long)]
        task: String,
        /// Work out every answer, however unlikely.
        #[arg(long)]
        every_answer: bool,
        /// PNG or JPEG files, one for each slot of the prompt, in order.
        pictures: Vec<PathBuf>,
    },
    /// Ask a bundle what the weights were asked that it was exported from, and compare; exit status 1 where an expected answer is further away than --most.
    Compare {
        /// The bundle.
        bundle: PathBuf,
        /// What the original said: the file that models/scripts/original_scores.py wrote.
        original: PathBuf,
        /// Most that an expected answer may be off, percent.
        #[arg(long, default_value_t = 0.5)]
        most: f64,
    },
    /// Hash everything in the cache; exit status 1 when something is wrong.
    Verify,
}

/// `striatum models seal`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// The folder.
    folder: PathBuf,
    /// What the percentage means: relative-hop (a share of what remained, or of what was gained) or task-fraction (of the whole
    /// task). The prompt decides it.
    #[arg(long, value_enum)]
    score_meaning: Meaning,
    /// Licence and origin of the weights, in words.
    #[arg(long)]
    licence: String,
    /// Names of the views, the main camera first.
    #[arg(long, value_delimiter = ',', default_value = "cam_high,cam_left_wrist,cam_right_wrist")]
    views: Vec<String>,
    /// What goes into each slot of the prompt, as role:view; by default start and goal of the first view, then all views before
    /// and after.
    #[arg(long, value_delimiter = ',', value_parser = slot)]
    slots: Option<Vec<Slot>>,
    /// The file of the prompt in the folder.
    #[arg(long, default_value = "prompt_template.txt")]
    prompt: String,
    /// The form of an answer, {percent} being the number with its sign.
    #[arg(long, default_value = "<score>{percent}%</score>")]
    answer: String,
    /// Smaller pictures are enlarged to about this many pixels.
    #[arg(long, default_value_t = 12_544)]
    min_pixels: u64,
    /// Larger pictures are shrunk to at most this many pixels.
    #[arg(long, default_value_t = 76_800)]
    max_pixels: u64,
    /// Most tokens of reasons before the answer; 0 for a model that answers at once.
    #[arg(long, default_value_t = 0)]
    rationale_tokens: usize,
}

/// [`ScoreMeaning`] on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Meaning {
    RelativeHop,
    TaskFraction,
}

/// `role:view`.
fn slot(text: &str) -> Result<Slot, String> {
    let (role, view) = text.split_once(':').ok_or("give role:view, for example before:cam_high")?;
    let role = match role {
        "start" => Role::Start,
        "goal" => Role::Goal,
        "before" => Role::Before,
        "after" => Role::After,
        _ => return Err(format!("`{role}` is none of start, goal, before, after")),
    };
    Ok(Slot { role, view: view.to_owned() })
}

impl SealArgs {
    /// The folder, and its manifest still without files.
    pub(in crate::cli) fn manifest(self) -> (PathBuf, GenerativeManifest) {
        let manifest = GenerativeManifest {
            format_version: 1,
            score_meaning: match self.score_meaning {
                Meaning::RelativeHop => ScoreMeaning::RelativeHop,
                Meaning::TaskFraction => ScoreMeaning::TaskFraction,
            },
            slots: self.slots.unwrap_or_else(|| GenerativeManifest::usual_slots(&self.views)),
            prompt: self.prompt,
            answer: self.answer,
            min_pixels: self.min_pixels,
            max_pixels: self.max_pixels,
            rationale_tokens: self.rationale_tokens,
            licence: self.licence,
            views: self.views,
            file: Vec::new(),
        };
        (self.folder, manifest)
    }
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
