//! The study as CSV and for a terminal.

use std::fmt::Write as _;

use super::read::Outcome;
use super::sums::{Mean, Row, curve, of};
use crate::columns::align;

/// One line for each task and reward.
pub(super) fn csv(rows: &[Row]) -> String {
    let mut csv = String::from(
        "task,reward,runs,trained,trained_half_95,last_rollouts,last_rollouts_half_95,learnt_after_rollouts,hacked,judged,hours\n",
    );
    for row in rows {
        let Row { task, reward, runs, trained, last_rollouts, learnt_after, hacked, judged, hours } = row;
        let after = learnt_after.map_or_else(String::new, |rollouts| rollouts.to_string());
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(
            csv,
            "{task},{reward},{runs},{:.4},{},{:.4},{},{after},{hacked},{judged},{hours:.3}",
            trained.value,
            half(trained),
            last_rollouts.value,
            half(last_rollouts)
        );
    }
    csv
}

/// One line for each evaluation of each task and reward.
pub(super) fn curves_csv(outcomes: &[Outcome]) -> String {
    let mut csv = String::from("task,reward,runs,rollouts,success,half_95\n");
    for row in super::sums::rows(outcomes) {
        for (rollouts, mean) in curve(&of(outcomes, &row.task, &row.reward)) {
            let _ =
                writeln!(csv, "{},{},{},{rollouts},{:.4},{}", row.task, row.reward, row.runs, mean.value, half(&mean));
        }
    }
    csv
}

/// For a person.
pub(super) fn terminal(rows: &[Row]) -> Vec<String> {
    let head = ["task", "reward", "runs", "trained", "last 20 rollouts", "95 % after", "fooled", "hours"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    table.extend(rows.iter().map(|row| {
        vec![
            row.task.clone(),
            row.reward.clone(),
            row.runs.to_string(),
            said(&row.trained),
            said(&row.last_rollouts),
            row.learnt_after.map_or_else(|| "-".to_owned(), |rollouts| format!("{rollouts} rollouts")),
            if row.judged > 0 { format!("{}/{}", row.hacked, row.judged) } else { "-".to_owned() },
            format!("{:.2}", row.hours),
        ]
    }));
    align(&table)
}

fn said(mean: &Mean) -> String {
    let half = mean.half.map_or_else(String::new, |half| format!(" +- {:.0}", 100.0 * half));
    format!("{:.0}{half} %", 100.0 * mean.value)
}

fn half(mean: &Mean) -> String {
    mean.half.map_or_else(String::new, |half| format!("{half:.4}"))
}
