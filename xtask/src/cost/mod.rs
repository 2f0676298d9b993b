//! What a cheaper encoder saves and what it costs in truth: one demonstration, every setting, on one table.
//!
//! - `setting`: smaller pictures, 8 bits, features that are taken again, and several of them.
//! - `row`: what was measured of one setting on one group of clips.
//! - `table`: as CSV and for a terminal.

mod row;
mod setting;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::worlds::{date, record_folder, write};
use crate::{process, say, setup};
use row::{Row, Truth};
use setting::Setting;

/// What `cargo xtask cost` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The episode that every bundle is adapted to; the CPU time is measured on its frames.
    #[arg(required = true)]
    demonstration: PathBuf,
    /// Other episodes of the same task and views.
    others: Vec<PathBuf>,
    /// Backbones, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "mobilenet_v2")]
    backbones: Vec<String>,
    /// Settings by name, the plain one always first; all if absent.
    #[arg(long, value_delimiter = ',')]
    settings: Vec<String>,
    /// Every how many frames a row is made.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    stride: u32,
    /// Frame sets that the CPU time is measured on.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// A program that was built before; this checkout's own if not given.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Where to work, and to go on after a break; the folder `cost` in the build folder if not given. Give each program and each
    /// demonstration a folder of its own.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also write the table into this machine's folder of benches/record.
    #[arg(long, value_name = "MACHINE")]
    record: Option<String>,
}

/// Adapts, measures, evaluates, and writes the table.
///
/// # Errors
/// The first step that fails; what was done before it is kept, and not done again.
pub(crate) fn cost(workspace: &Workspace, options: &Options) -> Result<()> {
    let settings = setting::choose(&options.settings)?;
    let record = options.record.as_deref().map(|machine| record_folder(workspace, machine)).transpose()?;
    let striatum = options.program.clone().map_or_else(|| setup::set_up(workspace), Ok)?;
    let out = options.out.clone().unwrap_or_else(|| workspace.target().join("cost"));
    let mut rows = Vec::new();
    for backbone in &options.backbones {
        let stage = Stage { striatum: &striatum, folder: out.join(backbone), backbone, options };
        for setting in &settings {
            say::step(&format!("{backbone}: {}", setting.name()));
            rows.extend(stage.measure(setting)?);
        }
    }
    let date = date::today();
    let csv = table::csv(&rows, &date, options.stride);
    let mut written = vec![out.join("cost.csv")];
    written.extend(record.map(|folder| folder.join(format!("cost-{date}.csv"))));
    written.iter().try_for_each(|path| write(path, &csv))?;
    table::terminal(&rows).iter().for_each(|line| say::result(line));
    written.iter().for_each(|path| say::result(&format!("written: {}", path.display())));
    Ok(())
}

/// One backbone's bundles and reports: `OUT/BACKBONE/bundle-SIZE[-int8]`, `OUT/BACKBONE/SETTING-{own,others,bench}.json`.
struct Stage<'a> {
    striatum: &'a Path,
    folder: PathBuf,
    backbone: &'a str,
    options: &'a Options,
}

impl Stage<'_> {
    fn measure(&self, setting: &Setting) -> Result<Vec<Row>> {
        let bundle = self.bundle(setting)?;
        let plain = self.bundle(&Setting::PLAIN)?;
        let steps = self.options.steps.to_string();
        let bench = self.report(setting, "bench", |command| {
            command.arg("bench").arg("--bundle").arg(&bundle).arg("--episode").arg(&self.options.demonstration);
            command
                .args(["--steps", &steps, "--stride", &self.options.stride.to_string()])
                .arg("--against")
                .arg(&plain);
        })?;
        let cpu_ratio = bench["against"]["cpu_ratio"].as_f64().ok_or_else(|| odd("bench", "no cpu_ratio"))?;
        let own = std::slice::from_ref(&self.options.demonstration);
        let groups = [("own", own), ("others", &self.options.others)];
        let there = groups.into_iter().filter(|(_, episodes)| !episodes.is_empty());
        there
            .map(|(clips, episodes)| {
                let report = self.report(setting, clips, |command| {
                    command.arg("eval").args(episodes).arg("--bundle").arg(&bundle);
                    command.args(["--playbacks", "forward", "--stride", &self.options.stride.to_string()]);
                })?;
                let truth = Truth::of(&report).ok_or_else(|| odd("eval", "a measure is missing"))?;
                Ok(Row { backbone: self.backbone.to_owned(), setting: setting.name(), clips, cpu_ratio, truth })
            })
            .collect()
    }

    /// A setting's bundle, adapted if it is not there.
    fn bundle(&self, setting: &Setting) -> Result<PathBuf> {
        let bundle = self.folder.join(format!("bundle-{}", setting.backbone()));
        if !bundle.join("manifest.toml").is_file() {
            std::fs::create_dir_all(&self.folder)
                .map_err(|e| Failure::new(format!("making {}", self.folder.display()), e, "give another --out"))?;
            let mut command = Command::new(self.striatum);
            command.arg("adapt").arg(&self.options.demonstration).arg("--out").arg(&bundle);
            command.args(["--backbone", self.backbone]).args(setting.adapt_arguments());
            process::quiet(&mut command)?;
        }
        Ok(bundle)
    }

    /// A command's JSON, made if it is not there.
    fn report(&self, setting: &Setting, what: &str, arguments: impl FnOnce(&mut Command)) -> Result<Value> {
        let path = self.folder.join(format!("{}-{what}.json", setting.name()));
        if !path.is_file() {
            let mut command = Command::new(self.striatum);
            arguments(&mut command);
            command.args(setting.arguments()).arg("--json").arg(&path);
            process::quiet(&mut command)?;
        }
        let again = |e: &dyn std::fmt::Display| {
            Failure::new(format!("reading {}", path.display()), e, "remove it and start again")
        };
        let text = std::fs::read_to_string(&path).map_err(|e| again(&e))?;
        serde_json::from_str(&text).map_err(|e| again(&e))
    }
}

fn odd(what: &str, why: &str) -> Failure {
    Failure::new(format!("the report of striatum {what}"), why, "remove --out and start again")
}
