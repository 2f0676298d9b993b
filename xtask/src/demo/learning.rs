//! The end of the demo: a robot that opens a door as it was shown once, on another door, learns to from a reward that comes
//! over the wire.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::steps::Steps;
use crate::failure::{Failure, Result};
use crate::process;

const TASK: &str = "door";
/// The task in words; the name of the bundle.
const WORDS: &str = "open the door";
/// Of pictures, for camera and backbone: small, to save time.
const SIZE: &str = "160x160";
const INPUT_SIZE: &str = "160";
/// Path integrals make a step after every ten.
const ROLLOUTS: &str = "50";
/// Steps of the demo that this has.
pub(super) const STEPS: usize = 3;

/// Demonstration, reward, learning; returns what was written: bundle, the run's folder, its page.
///
/// # Errors
/// What the program refuses, or a folder that cannot be written.
pub(super) fn learn(steps: &mut Steps, striatum: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let folder = out.join("learning");
    clear(&folder)?;
    let bundle =
        steps.run(&format!("sim, adapt: an expert of `{TASK}` shows it once, and a reward from that"), || {
            let worlds = folder.join("episodes");
            let mut command = Command::new(striatum);
            command.args(["sim", TASK, "--episodes", "1", "--seed", "1", "--size", SIZE]).arg("--out").arg(&worlds);
            process::run(&mut command)?;
            let bundle = folder.join("bundle");
            let mut command = Command::new(striatum);
            command.arg("adapt").arg(worlds.join("episode_001")).arg("--out").arg(&bundle);
            process::run(command.args(["--task", WORDS, "--input-size", INPUT_SIZE]))?;
            Ok(bundle)
        })?;
    let run = folder.join("run");
    steps.run("train: another door, the same movements bent by what the reward says of each try", || {
        let mut command = Command::new(striatum);
        command.args(["train", TASK, "--learner", "pi2", "--rollouts", ROLLOUTS, "--size", SIZE]);
        process::run(command.arg("--bundle").arg(&bundle).arg("--out").arg(&run))
    })?;
    let page = out.join("learning.html");
    steps.run("page: success against rollouts", || {
        let mut command = Command::new(striatum);
        process::run(command.arg("page").arg("--run").arg(&run).arg("--out").arg(&page))
    })?;
    Ok(vec![bundle, run, page])
}

/// A run is begun once, and the demo begins anew each time.
fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::new(
            format!("removing {}", folder.display()),
            error,
            "remove it by hand, or give another --out",
        )),
        _ => Ok(()),
    }
}
