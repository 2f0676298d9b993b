//! Which runs.

use crate::worlds::catalogue::Task;

/// One learner's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) task: String,
    pub(super) reward: String,
    pub(super) seed: u32,
}

/// Seed by seed, so that a study that is cut off has as many seeds of everything as could be had.
pub(super) fn runs(tasks: &[Task], rewards: &[String], seeds: u32) -> Vec<Run> {
    let of_seed = |seed| {
        tasks.iter().flat_map(move |task| {
            rewards.iter().map(move |reward| Run { task: task.name.clone(), reward: reward.clone(), seed })
        })
    };
    (0..seeds).flat_map(of_seed).collect()
}
