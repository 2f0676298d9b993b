//! One reward of each simulated task, learnt from one demonstration, before many other episodes: the table that later work is
//! to move.
//!
//! - `catalogue`: the tasks and how each can fail, as the program says it.
//! - `plan`: which episodes, of which levels, kinds and seeds.
//! - `play`: records, adapts and evaluates; what is there already is left alone.
//! - `outcome`: what came of one episode.
//! - `sums`: of a cell, a task, all.
//! - `provenance`: whose results lie in a folder.
//! - `wilson`: how well a share is known.
//! - `table`, `plot`: as CSV, for a terminal, as Markdown; as a drawing. `reread`: a table that was written before.

pub(crate) mod catalogue;
pub(crate) mod date;
mod outcome;
mod plan;
mod play;
mod plot;
pub(crate) mod provenance;
mod reread;
mod sums;
mod table;
mod wilson;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{jobs, process, say, setup};
use catalogue::Task;
use play::Stage;
use reread::Table;

/// What `cargo xtask worlds` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The tasks; all that `striatum sim list` knows if absent.
    #[arg(long, value_delimiter = ',')]
    tasks: Vec<String>,
    /// Episodes of each task, beside its demonstration.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    episodes: u32,
    /// Backbones, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "mobilenet_v2")]
    backbones: Vec<String>,
    /// Every how many frames a row is judged.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    stride: u32,
    /// How many things are done at a time; as many as there are processors if absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: Option<u32>,
    /// A program that was built before, to compare with; this checkout's own if not given.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Where to work, and to go on after a break; the folder `worlds` in the build folder if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also write the table into this machine's folder of benches/record.
    #[arg(long, value_name = "MACHINE")]
    record: Option<String>,
    /// Plays nothing: intervals and drawing of a table that was written before, beside it.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["tasks", "program", "out", "record", "keep"])]
    from: Option<PathBuf>,
    /// Keep the episodes when the table is written (a few hundred MB).
    #[arg(long)]
    keep: bool,
}

/// Records, adapts, evaluates, and writes the table.
///
/// # Errors
/// The first step that fails; what was done before it is kept, and not done again.
pub(crate) fn worlds(workspace: &Workspace, options: &Options) -> Result<()> {
    if let Some(csv) = &options.from {
        let table = reread::read(csv)?;
        table::terminal(&table.rows).iter().for_each(|line| say::result(line));
        said(&write_table(&table, csv)?);
        return Ok(());
    }
    let record = options.record.as_deref().map(|machine| record_folder(workspace, machine)).transpose()?;
    let begun = Instant::now();
    let striatum = options.program.clone().map_or_else(|| setup::set_up(workspace), Ok)?;
    let listed = process::quiet(std::process::Command::new(&striatum).args(["sim", "list"]))?;
    let tasks = catalogue::choose(catalogue::read(&listed)?, &options.tasks)?;
    let out = options.out.clone().unwrap_or_else(|| workspace.target().join("worlds"));
    let stage = Stage::new(striatum, &out, &options.backbones, options.stride, jobs::count(options.jobs))?;
    let rows = measure(&stage, &tasks, options)?;
    let program = provenance::short(stage.program()).to_owned();
    let table = Table { date: date::today(), stride: options.stride, program, rows };
    let mut written = vec![out.join("worlds.md")];
    write(&written[0], &table::markdown(&table.rows))?;
    written.extend(write_table(&table, &out.join("worlds.csv"))?);
    if let Some(folder) = record {
        written.extend(write_table(&table, &folder.join(format!("worlds-{}.csv", table.date)))?);
    }
    table::terminal(&table.rows).iter().for_each(|line| say::result(line));
    if !options.keep {
        stage.remove_episodes(&tasks, options.episodes)?;
    }
    say::result("");
    say::result(&format!("{:.0} s", begun.elapsed().as_secs_f64()));
    said(&written);
    Ok(())
}

/// Writes the table, and a drawing of each backbone beside it; returns what was written.
fn write_table(table: &Table, csv: &Path) -> Result<Vec<PathBuf>> {
    let mut written = vec![csv.to_owned()];
    write(csv, &table::csv(table))?;
    let mut backbones: Vec<&str> = table.rows.iter().map(|row| row.backbone.as_str()).collect();
    backbones.dedup();
    for backbone in backbones {
        let svg = csv.with_extension(format!("{backbone}.svg"));
        write(&svg, &plot::svg(&table.rows, backbone))?;
        written.push(svg);
    }
    Ok(written)
}

fn said(written: &[PathBuf]) {
    say::result("written:");
    written.iter().for_each(|path| say::result(&format!("  {}", path.display())));
}

/// All sums of all backbones.
fn measure(stage: &Stage, tasks: &[Task], options: &Options) -> Result<Vec<sums::Row>> {
    let mut rows = Vec::new();
    for backbone in &options.backbones {
        say::step(&format!("{backbone}: demonstrations and their bundles"));
        stage.learn(backbone, tasks)?;
        say::step(&format!("{backbone}: {} other episodes of each task", options.episodes));
        let outcomes = stage.judge(backbone, tasks, options.episodes)?;
        rows.extend(sums::rows(backbone, &outcomes));
    }
    Ok(rows)
}

/// A machine's folder; a wrong name should not cost half an hour.
pub(crate) fn record_folder(workspace: &Workspace, machine: &str) -> Result<PathBuf> {
    let records = workspace.root().join("benches").join("record");
    let folder = records.join(machine);
    if machine.contains(['/', '\\']) || !folder.is_dir() {
        let mend = format!("make the folder and say in {} what machine it is", records.join("README.md").display());
        return Err(Failure::new(format!("--record {machine}"), "there is no such machine", mend));
    }
    Ok(folder)
}

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text)
        .map_err(|e| Failure::new(format!("writing {}", path.display()), e, "give --out a folder that can be written"))
}
