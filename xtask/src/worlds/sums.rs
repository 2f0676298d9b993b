//! What came of the episodes of a cell, of a task, of all.

use super::outcome::Outcome;
use super::plan::LEVELS;
use super::wilson::Share;

/// What stands in place of a task, level or kind where all of them are meant.
pub(super) const ALL: &str = "all";

/// Some episodes taken together. A share of none is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) backbone: String,
    pub(super) task: String,
    pub(super) level: String,
    pub(super) kind: String,
    /// The first and the last.
    pub(super) seeds: (u32, u32),
    pub(super) episodes: usize,
    /// Episodes that ended with the task done.
    pub(super) succeeded: usize,
    /// Mean over those that succeeded: an order that is right for a success is not for a failure.
    pub(super) voc_plus: Option<f64>,
    pub(super) mae: Option<f64>,
    pub(super) rmse: Option<f64>,
    pub(super) final_progress: Option<f64>,
    pub(super) final_truth: Option<f64>,
    pub(super) coverage_90: Option<f64>,
    /// Mean share of rows that were flagged as out of distribution.
    pub(super) ood_share: Option<f64>,
    /// Of those that failed, those that the verdict does not call a success.
    pub(super) failure_recall: Option<Share>,
    /// Of those that succeeded, those that the verdict calls one.
    pub(super) success_recall: Option<Share>,
    /// Those whose class is that of the true curve.
    pub(super) class_accuracy: Option<Share>,
    /// Those in which a success was seen anywhere that was none; not known of tables from before.
    pub(super) false_success_any: Option<Share>,
}

impl Row {
    /// Of those that failed, those that the verdict calls a success.
    pub(super) fn false_success(&self) -> Option<Share> {
        self.failure_recall.map(Share::others)
    }
}

/// Every cell, then the levels, kinds and whole of each task, then those of all tasks.
pub(super) fn rows(backbone: &str, outcomes: &[Outcome]) -> Vec<Row> {
    let tasks = distinct(outcomes.iter().map(|outcome| outcome.task.as_str()));
    let kinds = distinct(outcomes.iter().map(|outcome| outcome.kind.as_str()));
    let with_all = |names: &[&str]| names.iter().copied().chain([ALL]).map(str::to_owned).collect::<Vec<_>>();
    let (tasks, levels, kinds) = (with_all(&tasks), with_all(&LEVELS), with_all(&kinds));
    let mut rows = Vec::new();
    for task in &tasks {
        for kind in &kinds {
            for level in &levels {
                let in_all_tasks_only_sums = task == ALL && level != ALL && kind != ALL;
                let matches =
                    |outcome: &&Outcome| is(task, &outcome.task) && is(level, outcome.level) && is(kind, &outcome.kind);
                let chosen: Vec<&Outcome> = outcomes.iter().filter(matches).collect();
                if !chosen.is_empty() && !in_all_tasks_only_sums {
                    rows.push(row([backbone, task, level, kind], &chosen));
                }
            }
        }
    }
    rows
}

fn row([backbone, task, level, kind]: [&str; 4], chosen: &[&Outcome]) -> Row {
    let of = |value: fn(&Outcome) -> f64| mean(chosen.iter().map(|outcome| value(outcome)));
    let (succeeded, failed): (Vec<&Outcome>, Vec<&Outcome>) = chosen.iter().partition(|outcome| outcome.succeeded);
    let share = |some: &[&Outcome], is: fn(&Outcome) -> bool| Share::of(some, |outcome| is(outcome));
    let seeds = chosen.iter().map(|outcome| outcome.seed);
    Row {
        backbone: backbone.to_owned(),
        task: task.to_owned(),
        level: level.to_owned(),
        kind: kind.to_owned(),
        seeds: (seeds.clone().min().unwrap_or_default(), seeds.max().unwrap_or_default()),
        episodes: chosen.len(),
        succeeded: succeeded.len(),
        voc_plus: mean(succeeded.iter().map(|outcome| outcome.voc_plus)),
        mae: of(|outcome| outcome.mae),
        rmse: of(|outcome| outcome.rmse),
        final_progress: of(|outcome| outcome.final_progress),
        final_truth: of(|outcome| outcome.final_truth),
        coverage_90: of(|outcome| outcome.coverage_90),
        ood_share: of(|outcome| outcome.ood_share),
        failure_recall: share(&failed, |outcome| outcome.failure_detected),
        success_recall: share(&succeeded, |outcome| !outcome.failure_detected),
        class_accuracy: share(chosen, |outcome| outcome.class_right),
        false_success_any: share(chosen, |outcome| outcome.false_success_any),
    }
}

/// Is `name` meant?
fn is(wanted: &str, name: &str) -> bool {
    wanted == ALL || wanted == name
}

/// Each name once, in the order of their first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(in crate::worlds) fn outcome(task: &str, kind: &str, succeeded: bool, failure_detected: bool) -> Outcome {
        Outcome {
            task: task.to_owned(),
            level: "low",
            kind: kind.to_owned(),
            seed: 101,
            succeeded,
            voc_plus: if succeeded { 0.9 } else { -0.9 },
            mae: if succeeded { 0.1 } else { 0.3 },
            rmse: 0.2,
            final_progress: 0.5,
            final_truth: 0.5,
            coverage_90: 0.9,
            ood_share: 0.0,
            failure_detected,
            false_success_any: !succeeded && !failure_detected,
            class_right: succeeded != failure_detected,
        }
    }

    #[test]
    fn sums_are_of_what_they_say() {
        let outcomes = [
            outcome("push", "success", true, false),
            outcome("push", "success", true, true),
            outcome("push", "miss", false, true),
            outcome("door", "miss", false, false),
        ];
        let rows = rows("b", &outcomes);
        let find = |task: &str, level: &str, kind: &str| {
            rows.iter().find(|row| (row.task.as_str(), row.level.as_str(), row.kind.as_str()) == (task, level, kind))
        };
        let all = find("all", "all", "all").unwrap();
        assert_eq!((all.episodes, all.succeeded), (4, 2));
        let half = Some(Share { some: 1, of: 2 });
        assert_eq!((all.failure_recall, all.false_success(), all.success_recall), (half, half, half));
        assert_eq!((all.voc_plus, all.mae, all.class_accuracy), (Some(0.9), Some(0.2), Some(Share { some: 2, of: 4 })));
        let miss = find("door", "low", "miss").unwrap();
        assert_eq!(
            (miss.voc_plus, miss.success_recall, miss.failure_recall),
            (None, None, Some(Share { some: 0, of: 1 }))
        );
        assert!(find("door", "low", "success").is_none() && find("door", "none", "miss").is_none());
        assert_eq!(find("all", "all", "miss").unwrap().episodes, 2);
    }

    #[test]
    fn an_expert_that_was_to_fail_and_succeeded_counts_as_what_it_did() {
        let rows = rows("b", &[outcome("push", "stall", true, false)]);
        assert_eq!((rows[0].failure_recall, rows[0].success_recall), (None, Some(Share { some: 1, of: 1 })));
    }
}
