//! Demonstrations, bundles, runs: by the program, and only what is not there yet.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::plan::{NO_ADAPTATION, Run};
use crate::failure::{Failure, Result};
use crate::process;
use crate::worlds::catalogue::Task;

/// Of the pictures. At 160x160 a reward from one demonstration of `pick_place` was far too high in half of the states that an
/// early learner came to.
const SIZE: &str = "224x224";
/// Of the encoder: what the cost table shows as cheaper at no loss of truth.
const PRECISION: &str = "int8";

/// Where things are: `OUT/TASK/{shown/EPISODE, bundle-of-N, ROLLOUTS-rollouts-DEMONSTRATIONS-demonstrations-reward-of-N/REWARD or ABLATION/seed-N}`, so
/// that runs of other settings are other runs.
#[derive(Debug)]
pub(super) struct Stage {
    striatum: PathBuf,
    out: PathBuf,
    rollouts: u32,
    demonstrations: u32,
    shown: u32,
}

impl Stage {
    /// `demonstrations` of a learner, and as many `shown` to the reward.
    pub(super) fn new(striatum: PathBuf, out: PathBuf, rollouts: u32, demonstrations: u32, shown: u32) -> Self {
        Self { striatum, out, rollouts, demonstrations, shown }
    }

    /// Rollouts of each run.
    pub(super) fn rollouts(&self) -> u32 {
        self.rollouts
    }

    /// Demonstrations of the task (seeds 1 and up: none of the episodes that learners see), and the reward learnt from them.
    ///
    /// # Errors
    /// What the program refuses.
    pub(super) fn adapt(&self, task: &Task) -> Result<()> {
        let bundle = self.bundle(&task.name);
        if bundle.join("manifest.toml").is_file() {
            return Ok(());
        }
        let mut command = Command::new(&self.striatum);
        command.arg("adapt");
        for seed in 1..=self.shown {
            command.arg(self.demonstration(&task.name, seed)?);
        }
        command.arg("--out").arg(&bundle).args(["--precision", PRECISION]);
        command.args(["--task", &task.words, "--threads", "1"]);
        process::quiet(&mut command).map(|_| ())
    }

    /// The episode of this seed, recorded if it is not there yet.
    fn demonstration(&self, task: &str, seed: u32) -> Result<PathBuf> {
        let folder = self.out.join(task).join("shown");
        let episode = folder.join(format!("episode_{seed:03}"));
        if !episode.is_dir() {
            let mut command = Command::new(&self.striatum);
            command.args(["sim", task, "--episodes", "1", "--seed", &seed.to_string(), "--size", SIZE]);
            command.arg("--out").arg(&folder);
            process::quiet(&mut command)?;
        }
        Ok(episode)
    }

    /// One run, from where it stands to its end.
    ///
    /// # Errors
    /// What the program refuses.
    pub(super) fn train(&self, run: &Run) -> Result<()> {
        let folder = self.folder(run);
        if is_done(&folder) {
            return Ok(());
        }
        let mut command = Command::new(&self.striatum);
        command.arg("train");
        if folder.join("checkpoint.bin").is_file() {
            command.arg("--resume");
        } else {
            make(&folder)?;
            command.arg(&run.task).arg("--bundle").arg(self.bundle(&run.seen_by));
            command.args(["--reward", &run.arm.reward, "--seed", &run.seed.to_string()]);
            if let Some(ablation) = run.arm.ablation.as_ref().filter(|name| *name != NO_ADAPTATION) {
                command.args(["--ablation", ablation]);
            }
            command.args(["--size", SIZE, "--rollouts", &self.rollouts.to_string()]);
            command.args(["--demonstrations", &self.demonstrations.to_string()]);
        }
        command.arg("--out").arg(&folder);
        process::quiet(&mut command).map(|_| ())
    }

    pub(super) fn folder(&self, run: &Run) -> PathBuf {
        let settings =
            format!("{}-rollouts-{}-demonstrations-reward-of-{}", self.rollouts, self.demonstrations, self.shown);
        self.out.join(&run.task).join(settings).join(run.arm.name()).join(format!("seed-{}", run.seed))
    }

    fn bundle(&self, task: &str) -> PathBuf {
        self.out.join(task).join(format!("bundle-of-{}", self.shown))
    }
}

/// The last file that a run writes.
pub(super) fn is_done(folder: &Path) -> bool {
    folder.join("summary.json").is_file()
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::new(format!("making {}", folder.display()), e, "give --out a folder that can be written"))
}
