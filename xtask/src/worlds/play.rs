//! Records, adapts and evaluates with the program. What is there already is left alone, so a run that was cut off goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::catalogue::Task;
use super::outcome::{self, Outcome};
use super::plan::{self, Cell};
use super::provenance::{Judge, claim, sha256_of};
use crate::failure::{Failure, Result};
use crate::{episodes, jobs, process};

/// The folder of what was recorded.
const EPISODES: &str = "episodes";

/// Where things are, and how they are done.
///
/// `OUT/episodes/TASK/{demonstration, LEVEL/KIND}/episode_SEED`, `OUT/BACKBONE/TASK/bundle`,
/// `OUT/BACKBONE/TASK/stride-N/LEVEL-KIND-SEED-EPISODES.json`.
#[derive(Debug)]
pub(super) struct Stage {
    striatum: PathBuf,
    /// Its SHA-256.
    program: String,
    out: PathBuf,
    stride: u32,
    jobs: usize,
}

impl Stage {
    /// A stage in `out`, which becomes this program's.
    ///
    /// # Errors
    /// A program that cannot be read, or a folder with another program's results.
    pub(super) fn new(striatum: PathBuf, out: &Path, backbones: &[String], stride: u32, jobs: usize) -> Result<Self> {
        let program = sha256_of(&striatum)?;
        let used: Vec<&str> = std::iter::once(EPISODES).chain(backbones.iter().map(String::as_str)).collect();
        claim(out, &program, &used)?;
        Ok(Self { striatum, program, out: out.to_owned(), stride, jobs })
    }

    /// The program's SHA-256.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// A demonstration and a bundle for each task.
    ///
    /// # Errors
    /// What the program refuses.
    pub(super) fn learn(&self, backbone: &str, tasks: &[Task]) -> Result<()> {
        self.each(tasks, |task| {
            let bundle = self.bundle(backbone, &task.name);
            if bundle.join("manifest.toml").is_file() {
                return Ok(());
            }
            let folder = self.episodes(&task.name).join("demonstration");
            let demonstration =
                self.record(&task.name, plan::DEMONSTRATION_LEVEL, None, plan::DEMONSTRATION_SEED, &folder)?;
            // What was judged with another bundle is not this one's.
            let place = self.out.join(backbone).join(&task.name);
            episodes::remove_folder(&place)?;
            std::fs::create_dir_all(&place).map_err(|e| cannot_make(&place, e))?;
            let mut command = Command::new(&self.striatum);
            command.arg("adapt").arg(&demonstration).arg("--out").arg(&bundle);
            command.args(["--backbone", backbone, "--task", &task.words, "--threads", "1"]);
            process::quiet(&mut command).map(|_| ())
        })
        .map(|_| ())
    }

    /// The outcomes of `episodes` other episodes of each task.
    ///
    /// # Errors
    /// What the program refuses.
    pub(super) fn judge(&self, backbone: &str, tasks: &[Task], episodes: u32) -> Result<Vec<Outcome>> {
        let cells: Vec<Cell> = tasks.iter().flat_map(|task| plan::cells(task, episodes)).collect();
        Ok(self.each(&cells, |cell| self.judge_cell(backbone, cell))?.concat())
    }

    /// Removes the recorded episodes and nothing else.
    ///
    /// # Errors
    /// An episode that cannot be removed.
    pub(super) fn remove_episodes(&self, tasks: &[Task], episodes: u32) -> Result<()> {
        for cell in tasks.iter().flat_map(|task| plan::cells(task, episodes)) {
            let folder = self.cell_folder(&cell);
            cell.seeds().try_for_each(|seed| episodes::remove(&episode(&folder, seed)))?;
        }
        Ok(())
    }

    fn judge_cell(&self, backbone: &str, cell: &Cell) -> Result<Vec<Outcome>> {
        let name = format!("{}-{}-{}-{}.json", cell.level, cell.kind, cell.first_seed, cell.episodes);
        let folder = self.out.join(backbone).join(&cell.task).join(format!("stride-{}", self.stride));
        let json = folder.join(name);
        if !json.is_file() {
            let recorded = cell
                .seeds()
                .map(|seed| self.record(&cell.task, cell.level, cell.failure(), seed, &self.cell_folder(cell)))
                .collect::<Result<Vec<_>>>()?;
            std::fs::create_dir_all(&folder).map_err(|e| cannot_make(&folder, e))?;
            let mut command = Command::new(&self.striatum);
            command.arg("eval").args(&recorded).arg("--bundle").arg(self.bundle(backbone, &cell.task));
            command.args(["--playbacks", "forward", "--stride", &self.stride.to_string(), "--json", "-"]);
            write_whole(&json, &outcome::signed(&process::quiet(&mut command)?, &self.program)?)?;
        }
        let bundle = sha256_of(&self.bundle(backbone, &cell.task).join("manifest.toml"))?;
        outcome::read(&json, cell, &Judge { program: self.program.clone(), bundle })
    }

    /// Records one episode, if it is not there.
    fn record(&self, task: &str, level: &str, failure: Option<&str>, seed: u32, folder: &Path) -> Result<PathBuf> {
        let place = episode(folder, seed);
        if place.is_dir() {
            return Ok(place);
        }
        let mut command = Command::new(&self.striatum);
        command.args(["sim", task, "--episodes", "1", "--seed", &seed.to_string(), "--randomise", level]);
        command.arg("--out").arg(folder);
        if let Some(failure) = failure {
            command.args(["--failure", failure]);
        }
        process::quiet(&mut command)?;
        Ok(place)
    }

    fn episodes(&self, task: &str) -> PathBuf {
        self.out.join(EPISODES).join(task)
    }

    fn cell_folder(&self, cell: &Cell) -> PathBuf {
        self.episodes(&cell.task).join(cell.level).join(&cell.kind)
    }

    fn bundle(&self, backbone: &str, task: &str) -> PathBuf {
        self.out.join(backbone).join(task).join("bundle")
    }

    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
        jobs::each(self.jobs, 10, things, work)
    }
}

/// As `striatum sim` names it.
fn episode(folder: &Path, seed: u32) -> PathBuf {
    folder.join(format!("episode_{seed:03}"))
}

/// A result is there as a whole or not at all: a run that is cut off here must not leave half of one behind.
fn write_whole(file: &Path, text: &str) -> Result<()> {
    let part = file.with_extension("part");
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, file))
        .map_err(|e| Failure::new(format!("writing {}", file.display()), e, "give --out a folder that can be written"))
}

fn cannot_make(folder: &Path, why: std::io::Error) -> Failure {
    Failure::new(format!("making {}", folder.display()), why, "give --out a folder that can be written")
}
