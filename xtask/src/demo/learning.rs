//! The end of the demo: a robot that opens a door as it was shown once, on another door, learns to from a reward that comes
//! over the wire.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::steps::Steps;
use crate::failure::Result;
use crate::{episodes, process};

const TASK: &str = "door";
/// The task in words; the name of the bundle.
const WORDS: &str = "open the door";
/// What the reward is learnt from: a handful, so that other doors are no surprise to it.
const DEMONSTRATIONS: u32 = 5;
/// Of pictures, for camera and backbone: small, to save time.
const SIZE: &str = "160x160";
const INPUT_SIZE: &str = "160";
/// Path integrals make a step after every ten.
const ROLLOUTS: &str = "50";
/// Every how many frames the page has a row.
const PAGE_STRIDE: &str = "3";
/// Steps of the demo that this has.
pub(super) const STEPS: usize = 3;

/// Demonstrations, reward, learning; returns what was written: bundle, the run's folder, its page.
///
/// # Errors
/// What the program refuses, or a folder that cannot be written.
pub(super) fn learn(steps: &mut Steps, striatum: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let folder = out.join("learning");
    let worlds = folder.join("episodes");
    let shown: Vec<PathBuf> = (1..=DEMONSTRATIONS).map(|seed| worlds.join(format!("episode_{seed:03}"))).collect();
    let (bundle, run) = (folder.join("bundle"), folder.join("run"));
    // The demo begins anew each time, and removes nothing but what it made.
    shown.iter().try_for_each(|episode| episodes::remove(episode))?;
    if run.join("checkpoint.bin").is_file() {
        episodes::remove_folder(&run)?;
    }
    steps.run(
        &format!("sim, adapt: an expert of `{TASK}` at {DEMONSTRATIONS} doors, and a reward from that"),
        || {
            let mut command = Command::new(striatum);
            command.args(["sim", TASK, "--seed", "1", "--size", SIZE]).arg("--out").arg(&worlds);
            process::run(command.args(["--episodes", &DEMONSTRATIONS.to_string()]))?;
            let mut command = Command::new(striatum);
            command.arg("adapt").args(&shown).arg("--out").arg(&bundle);
            process::run(command.args(["--task", WORDS, "--input-size", INPUT_SIZE]))
        },
    )?;
    steps.run("train: one more door, a movement bent by what the reward says of each try", || {
        let mut command = Command::new(striatum);
        command.args(["train", TASK, "--learner", "pi2", "--rollouts", ROLLOUTS, "--size", SIZE]);
        process::run(command.arg("--bundle").arg(&bundle).arg("--out").arg(&run))
    })?;
    let page = out.join("learning.html");
    steps.run("page: success against rollouts, beside a demonstration", || {
        let mut command = Command::new(striatum);
        command.arg("page").args(shown.first()).arg("--bundle").arg(&bundle).arg("--run").arg(&run);
        process::output(command.args(["--stride", PAGE_STRIDE]).arg("--out").arg(&page)).map(|_| ())
    })?;
    Ok(vec![bundle, run, page])
}
