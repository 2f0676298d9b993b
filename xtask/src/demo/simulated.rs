//! The demo without a robot: an expert in a simulated world shows the task once, and the reward that is learnt from that
//! watches others who succeed and fail; then a learner that has nothing but such a reward.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::live::{self, Play};
use super::steps::Steps;
use super::{learning, offline};
use crate::failure::{Failure, Result};
use crate::{process, say};

const TASK: &str = "pick_place";
/// The task in words; the name of the bundle and of the page.
const WORDS: &str = "put the cube into the bin";
/// How much light, surfaces, cameras and things on the table differ from episode to episode.
const RANDOMISE: &str = "low";
/// Live episodes are played so many times faster, to save time.
const RATE: u32 = 2;
/// Every how many frames the page has a row.
const PAGE_STRIDE: &str = "3";

/// Episodes of one kind, in a folder of their own.
#[derive(Debug)]
struct Kind {
    folder: &'static str,
    /// What the terminal says.
    words: &'static str,
    failure: Option<&'static str>,
    /// Of the first; each later one has the next.
    seed: u32,
    episodes: u32,
}

const EXPERT: Kind = Kind { folder: "expert", words: "the one demonstration", failure: None, seed: 1, episodes: 1 };
const OTHERS: [Kind; 4] = [
    Kind { folder: "good", words: "two that succeed", failure: None, seed: 2, episodes: 2 },
    Kind { folder: "drop", words: "one that drops the cube", failure: Some("drop"), seed: 4, episodes: 1 },
    Kind { folder: "miss", words: "one that misses the cube", failure: Some("miss"), seed: 5, episodes: 1 },
    Kind { folder: "stall", words: "one that stops half-way", failure: Some("stall"), seed: 6, episodes: 1 },
];

/// Runs everything; returns what was written.
pub(super) fn demo(striatum: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let mut steps = Steps::new(8 + learning::STEPS);
    let worlds = out.join("episodes");
    let expert = steps
        .run(&format!("sim: an expert of `{TASK}` records {}", EXPERT.words), || record(striatum, &EXPERT, &worlds))?;
    let expert = only(&expert)?;
    let bundle =
        steps.run("adapt: a reward from that demonstration", || offline::adapt(striatum, &expert, WORDS, out))?;
    let kinds: Vec<&str> = OTHERS.iter().map(|kind| kind.words).collect();
    let others = steps.run(&format!("sim: new episodes, {}", kinds.join(", ")), || {
        OTHERS.iter().map(|kind| record(striatum, kind, &worlds)).collect::<Result<Vec<_>>>()
    })?;
    let good = only(&others[0])?;
    let failed = only(&others[1])?;
    let labels = steps.run("label: progress and reward of a new success as a table", || {
        offline::label(striatum, &good, &bundle, out)
    })?;
    let plays = [Play::new(&good, RATE, out), Play::new(&failed, RATE, out)];
    let live = steps.run(
        &format!("live: a success and a failure, sent as a robot sends them, at {RATE} times their speed"),
        || live::run(striatum, &bundle, &plays, out),
    )?;
    let replay = steps
        .run("replay: the same rewards from the recording, bit for bit", || live::replay(striatum, &live.recording))?;
    let page = out.join("page.html");
    let all = others.concat();
    let table = steps.run("page: all new episodes side by side", || page_of(striatum, &all, &bundle, &plays, &page))?;
    steps.run("what came of it", || {
        say::result("");
        table.lines().for_each(say::result);
        say::result("");
        say::result(&format!("live: {} rewards received; replay: {replay}", live.rewards()));
        Ok(())
    })?;
    let learnt = learning::learn(&mut steps, striatum, out)?;
    say::result(&format!(
        "all of this took {}; open {} and learning.html beside it in a browser",
        steps.elapsed(),
        page.display()
    ));
    Ok([vec![worlds, bundle, labels], live.files, vec![page], learnt].concat())
}

/// `striatum sim`; returns the episodes.
fn record(striatum: &Path, kind: &Kind, worlds: &Path) -> Result<Vec<PathBuf>> {
    let folder = worlds.join(kind.folder);
    let episodes: Vec<PathBuf> =
        (kind.seed..).take(kind.episodes as usize).map(|seed| folder.join(format!("episode_{seed:03}"))).collect();
    episodes.iter().try_for_each(|episode| crate::episodes::remove(episode))?;
    let mut command = Command::new(striatum);
    command.args(["sim", TASK, "--randomise", RANDOMISE, "--seed", &kind.seed.to_string()]);
    command.args(["--episodes", &kind.episodes.to_string()]).arg("--out").arg(&folder);
    if let Some(failure) = kind.failure {
        command.args(["--failure", failure]);
    }
    process::run(&mut command)?;
    Ok(episodes)
}

/// The first of the episodes.
fn only(episodes: &[PathBuf]) -> Result<PathBuf> {
    episodes
        .first()
        .cloned()
        .ok_or_else(|| Failure::new("the demo", "a kind of episode without episodes", "report this"))
}

/// `striatum page`; returns the table that it prints.
fn page_of(striatum: &Path, episodes: &[PathBuf], bundle: &Path, plays: &[Play], page: &Path) -> Result<String> {
    let mut command = Command::new(striatum);
    command.arg("page").args(episodes).arg("--bundle").arg(bundle).arg("--out").arg(page);
    command.args(["--stride", PAGE_STRIDE, "--live-rate", &RATE.to_string()]);
    for play in plays {
        command.arg("--live").arg(format!("{}={}", play.name(), play.rewards.display()));
    }
    process::output(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_episodes_have_one_name() {
        let mut seeds: Vec<u32> =
            OTHERS.iter().chain([&EXPERT]).flat_map(|kind| kind.seed..kind.seed + kind.episodes).collect();
        seeds.sort_unstable();
        assert!(seeds.windows(2).all(|pair| pair[0] != pair[1]), "{seeds:?}");
    }
}
