//! Does a policy learn faster from the reward that came over the wire? Tasks, rewards and seeds, each a run of `striatum train`.
//!
//! - `plan`: which runs; `play`: demonstrations, bundles and the runs themselves, resumed where they were cut off.
//! - `read`: what a run wrote; `sums`: over the seeds of a task and a reward.
//! - `table`, `plot`: as CSV, for a terminal; as drawings.

mod plan;
mod play;
mod plot;
mod read;
mod sums;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use crate::failure::Result;
use crate::workspace::Workspace;
use crate::worlds::{catalogue, date, provenance, record_folder, write};
use crate::{jobs, process, say, setup};

/// What `cargo xtask study` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The tasks; all that `striatum sim list` knows if absent.
    #[arg(long, value_delimiter = ',')]
    tasks: Vec<String>,
    /// The rewards that are compared; `striatum train --help` says which there are.
    #[arg(long, value_delimiter = ',', default_value = "sparse,shaped")]
    rewards: Vec<String>,
    /// Ablations of `shaped` to compare besides: those of `striatum train --ablation`, and no_adaptation (the bundle of another
    /// task).
    #[arg(long, value_delimiter = ',')]
    ablations: Vec<String>,
    /// Runs of each task and reward or ablation, seeds 0 and up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// Rollouts of each run.
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rollouts: u32,
    /// Demonstrations that each learner is given.
    #[arg(long, default_value_t = 20)]
    demonstrations: u32,
    /// Demonstrations that the reward is adapted from, recorded with pictures.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    reward_demonstrations: u32,
    /// Runs at a time; each is two processes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: Option<u32>,
    /// A program that was built before, to go on with; this checkout's own if not given.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Where to work, and to go on after a break; the folder `study` in the build folder if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also write the tables and drawings into this machine's folder of benches/record.
    #[arg(long, value_name = "MACHINE")]
    record: Option<String>,
    /// Only sum up the runs that are done.
    #[arg(long)]
    sum: bool,
}

/// Runs what has not been run, then sums up.
///
/// # Errors
/// The first step that fails; what was done before it is kept, and not done again.
pub(crate) fn study(workspace: &Workspace, options: &Options) -> Result<()> {
    let record = options.record.as_deref().map(|machine| record_folder(workspace, machine)).transpose()?;
    let striatum = options.program.clone().map_or_else(|| setup::set_up(workspace), Ok)?;
    let listed = process::quiet(std::process::Command::new(&striatum).args(["sim", "list"]))?;
    let all = catalogue::read(&listed)?;
    let tasks = catalogue::choose(all.clone(), &options.tasks)?;
    let out = options.out.clone().unwrap_or_else(|| workspace.target().join("study"));
    let arms = plan::arms(&options.rewards, &options.ablations)?;
    let runs = plan::runs(&tasks, &all, &arms, options.seeds)?;
    let folders: Vec<&str> = runs.iter().flat_map(|run| [run.task.as_str(), run.seen_by.as_str()]).collect();
    provenance::claim(&out, &provenance::sha256_of(&striatum)?, &folders)?;
    let stage = play::Stage::new(
        striatum,
        out.clone(),
        options.rollouts,
        options.demonstrations,
        options.reward_demonstrations,
    );
    let begun = Instant::now();
    if !options.sum {
        say::step(&format!("{} runs of {} rollouts", runs.len(), options.rollouts));
        let jobs = jobs::count(options.jobs);
        let looks = |task: &&catalogue::Task| runs.iter().any(|run| run.seen_by == task.name);
        let seen_by: Vec<_> = all.iter().filter(looks).collect();
        jobs::each(jobs, 1, &seen_by, |task| stage.adapt(task))?;
        jobs::each(jobs, 1, &runs, |run| stage.train(run))?;
    }
    let mut folders = vec![out];
    folders.extend(record);
    sum_up(&stage, &tasks, &runs, &folders)?;
    say::result(&format!("{:.0} s this time", begun.elapsed().as_secs_f64()));
    Ok(())
}

/// The runs that are done, as tables and drawings in each folder.
fn sum_up(stage: &play::Stage, tasks: &[catalogue::Task], runs: &[plan::Run], folders: &[PathBuf]) -> Result<()> {
    let results = runs
        .iter()
        .filter_map(|run| read::read(&stage.folder(run), run, stage.rollouts()).transpose())
        .collect::<Result<Vec<_>>>()?;
    let rows = sums::rows(&results);
    table::terminal(&rows).iter().for_each(|line| say::result(line));
    for folder in folders {
        let name = format!("study-{}", date::today());
        write(&folder.join(format!("{name}.csv")), &table::csv(&rows))?;
        write(&folder.join(format!("{name}-curves.csv")), &table::curves_csv(&results))?;
        for task in tasks {
            write(
                &folder.join(format!("{name}-{}.svg", task.name)),
                &plot::svg(&results, &task.name, stage.rollouts()),
            )?;
        }
        say::result(&format!("written: {}", folder.join(name).display()));
    }
    Ok(())
}
