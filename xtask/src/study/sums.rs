//! Over the seeds of a task and a reward. A run is one sample, however many episodes it has.

use super::read::Outcome;

/// How many rollouts count as the end of training.
const LAST: usize = 20;
/// What counts as learnt.
const LEARNT: f64 = 0.95;
/// 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom; beyond, the normal one with its first correction.
const STUDENT: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const NORMAL: f64 = 1.96;

/// The quantile for `freedom` degrees of freedom. Cornish and Fisher's first term is within 0.004 from 11 on.
fn student(freedom: usize) -> f64 {
    let beyond = NORMAL + (NORMAL.powi(3) + NORMAL) / (4.0 * f64::from(count(freedom)));
    STUDENT.get(freedom.wrapping_sub(1)).copied().unwrap_or(beyond)
}

/// A mean over runs with its 95 % interval; none of fewer than two runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    pub(super) value: f64,
    pub(super) half: Option<f64>,
}

/// A task and a reward.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) task: String,
    pub(super) reward: String,
    pub(super) runs: usize,
    /// Share of successes of the trained policy.
    pub(super) trained: Mean,
    /// Share of successes among the last rollouts, exploration included.
    pub(super) last_rollouts: Mean,
    /// Rollouts after which evaluations of all runs together reach what counts as learnt for the first time.
    pub(super) learnt_after: Option<u32>,
    /// Last episodes of trained policies that failed and were believed, of how many.
    pub(super) hacked: u32,
    pub(super) judged: u32,
    pub(super) hours: f64,
}

/// One row for each task and reward, in the order of their first appearance.
pub(super) fn rows(outcomes: &[Outcome]) -> Vec<Row> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for outcome in outcomes {
        let group = (outcome.run.task.as_str(), outcome.run.arm.name());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups.sort_by_key(|(task, _)| outcomes.iter().position(|outcome| outcome.run.task == *task));
    groups.into_iter().map(|(task, reward)| row(task, reward, &of(outcomes, task, reward))).collect()
}

/// The runs of a task and a reward.
pub(super) fn of<'a>(outcomes: &'a [Outcome], task: &str, reward: &str) -> Vec<&'a Outcome> {
    outcomes.iter().filter(|outcome| outcome.run.task == task && outcome.run.arm.name() == reward).collect()
}

fn row(task: &str, reward: &str, runs: &[&Outcome]) -> Row {
    let trained = runs.iter().map(|run| share(run.summary.final_successes, run.summary.final_episodes));
    let last_rollouts = runs.iter().map(|run| {
        let all = &run.summary.successes;
        let last = &all[all.len().saturating_sub(LAST)..];
        share(count(last.iter().filter(|success| **success).count()), count(last.len()))
    });
    Row {
        task: task.to_owned(),
        reward: reward.to_owned(),
        runs: runs.len(),
        trained: mean(&trained.collect::<Vec<_>>()),
        last_rollouts: mean(&last_rollouts.collect::<Vec<_>>()),
        learnt_after: curve(runs).into_iter().find(|(_, mean)| mean.value >= LEARNT).map(|(rollouts, _)| rollouts),
        hacked: runs.iter().filter_map(|run| run.summary.hacked).sum(),
        judged: runs.iter().filter(|run| run.summary.hacked.is_some()).map(|run| run.summary.final_episodes).sum(),
        hours: runs.iter().map(|run| run.summary.wall_secs).sum::<f64>() / 3600.0,
    }
}

/// Success of evaluations against rollouts, over the runs; only where every run was evaluated.
pub(super) fn curve(runs: &[&Outcome]) -> Vec<(u32, Mean)> {
    let Some(first) = runs.first() else { return Vec::new() };
    let at = |rollouts: u32| {
        let found = |run: &&Outcome| run.summary.evaluations.iter().find(|row| row.0 == rollouts).copied();
        let rows: Option<Vec<f64>> = runs.iter().map(|run| found(run).map(|row| share(row.2, row.1))).collect();
        rows.map(|shares| (rollouts, mean(&shares)))
    };
    first.summary.evaluations.iter().filter_map(|&(rollouts, _, _)| at(rollouts)).collect()
}

/// A mean over independent runs, with Student's interval.
pub(super) fn mean(values: &[f64]) -> Mean {
    let n = f64::from(count(values.len()));
    let value = values.iter().sum::<f64>() / n.max(1.0);
    let half = (values.len() > 1).then(|| {
        let variance = values.iter().map(|one| (one - value).powi(2)).sum::<f64>() / (n - 1.0);
        student(values.len() - 1) * (variance / n).sqrt()
    });
    Mean { value, half }
}

fn share(some: u32, of: u32) -> f64 {
    f64::from(some) / f64::from(of.max(1))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::plan::{Arm, Run};
    use super::super::read::Summary;
    use super::*;

    fn arm(reward: &str) -> Arm {
        Arm { reward: reward.to_owned(), ablation: None }
    }

    pub(in crate::study) fn outcome(reward: &str, seed: u32, final_successes: u32) -> Outcome {
        Outcome {
            run: Run { task: "push".to_owned(), arm: arm(reward), seen_by: "push".to_owned(), seed },
            summary: Summary {
                successes: vec![false, true],
                evaluations: vec![(10, 10, 5), (20, 10, 10 - seed)],
                final_episodes: 20,
                final_successes,
                hacked: Some(1),
                wall_secs: 1800.0,
            },
        }
    }

    #[test]
    fn a_run_is_one_sample() {
        let outcomes = [outcome("shaped", 0, 20), outcome("sparse", 0, 4), outcome("shaped", 1, 18)];
        let rows = rows(&outcomes);
        assert_eq!(rows.iter().map(|row| row.reward.as_str()).collect::<Vec<_>>(), ["shaped", "sparse"]);
        let shaped = &rows[0];
        assert_eq!((shaped.runs, shaped.hacked, shaped.judged), (2, 2, 40));
        assert!((shaped.trained.value - 0.95).abs() < 1e-12 && (shaped.hours - 1.0).abs() < 1e-12);
        // Two values 0.1 apart: half of the interval is 12.706 times 0.05.
        assert!((shaped.trained.half.unwrap() - 12.706 * 0.05).abs() < 1e-9);
        assert_eq!((rows[1].trained.half, shaped.learnt_after), (None, Some(20)));
        assert!((shaped.last_rollouts.value - 0.5).abs() < 1e-12);
    }
}
