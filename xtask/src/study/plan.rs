//! Which runs.

use crate::failure::{Failure, Result};
use crate::worlds::catalogue::Task;

/// The ablation that `striatum train` does not know: a bundle that was adapted for another task.
pub(super) const NO_ADAPTATION: &str = "no_adaptation";

/// What a learner is given: a reward of `striatum train`, or `shaped` with one of its ablations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arm {
    pub(super) reward: String,
    pub(super) ablation: Option<String>,
}

impl Arm {
    /// Its name in tables and folders.
    pub(super) fn name(&self) -> &str {
        self.ablation.as_ref().unwrap_or(&self.reward)
    }
}

/// One learner's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) task: String,
    pub(super) arm: Arm,
    /// The task whose bundle gives the reward.
    pub(super) seen_by: String,
    pub(super) seed: u32,
}

/// Rewards, then ablations.
///
/// # Errors
/// A name that is there twice: both would have one folder.
pub(super) fn arms(rewards: &[String], ablations: &[String]) -> Result<Vec<Arm>> {
    let names: Vec<&String> = rewards.iter().chain(ablations).collect();
    if let Some(twice) = names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name)) {
        return Err(Failure::new("--rewards, --ablations", format!("{twice} is there twice"), "name it once"));
    }
    let plain = rewards.iter().map(|reward| Arm { reward: reward.clone(), ablation: None });
    let ablated = ablations.iter().map(|name| Arm { reward: "shaped".to_owned(), ablation: Some(name.clone()) });
    Ok(plain.chain(ablated).collect())
}

/// Seed by seed, so that a study that is cut off has as many seeds of everything as could be had. `all` are the tasks that
/// there are, also those that are not learnt.
///
/// # Errors
/// There is no other task.
pub(super) fn runs(tasks: &[Task], all: &[Task], arms: &[Arm], seeds: u32) -> Result<Vec<Run>> {
    let of_seed = |seed| tasks.iter().flat_map(move |task| arms.iter().map(move |arm| run(task, all, arm, seed)));
    (0..seeds).flat_map(of_seed).collect()
}

fn run(task: &Task, all: &[Task], arm: &Arm, seed: u32) -> Result<Run> {
    let seen_by = match arm.ablation.as_deref() {
        Some(NO_ADAPTATION) => next(task, all)?,
        _ => task,
    };
    Ok(Run { task: task.name.clone(), arm: arm.clone(), seen_by: seen_by.name.clone(), seed })
}

/// The task after this one, round and round.
fn next<'a>(task: &Task, all: &'a [Task]) -> Result<&'a Task> {
    let after = all.iter().cycle().skip_while(|other| other.name != task.name).nth(1);
    after
        .filter(|other| other.name != task.name)
        .ok_or_else(|| Failure::new(NO_ADAPTATION, "there is no other task to have a bundle of", "leave it out"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn task(name: &str) -> Task {
        Task { name: name.to_owned(), words: String::new(), failures: Vec::new() }
    }

    #[test]
    fn what_was_not_adapted_looks_by_the_bundle_of_the_task_after() {
        let all = [task("push"), task("tidy"), task("door")];
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert!(arms(&names(&["sparse", "shaped"]), &names(&["shaped"])).is_err());
        let arms = arms(&names(&["sparse"]), &names(&[NO_ADAPTATION, "wrong_end"])).unwrap();
        assert_eq!(arms.iter().map(Arm::name).collect::<Vec<_>>(), ["sparse", NO_ADAPTATION, "wrong_end"]);
        let planned = runs(&all[2..], &all, &arms, 2).unwrap();
        let seen_by: Vec<&str> = planned.iter().map(|run| run.seen_by.as_str()).collect();
        assert_eq!(seen_by, ["door", "push", "door", "door", "push", "door"]);
        assert_eq!(planned.iter().map(|run| run.seed).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1]);
        assert!(runs(&all[..1], &all[..1], &arms, 1).is_err());
    }
}
