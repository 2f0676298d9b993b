//! The table as CSV, for a terminal, as Markdown.

use std::fmt::Write as _;

use super::plan::SUCCESS;
use super::plot::PUBLISHED_CLASS_ACCURACY;
use super::reread::Table;
use super::sums::{ALL, Row};
use super::wilson::Share;

/// Names of the numbers, and where they are.
type Column = (&'static str, fn(&Row) -> Option<f64>);
const NUMBERS: [Column; 7] = [
    ("voc_plus", |row| row.voc_plus),
    ("mae", |row| row.mae),
    ("rmse", |row| row.rmse),
    ("final_progress", |row| row.final_progress),
    ("final_truth", |row| row.final_truth),
    ("coverage_90", |row| row.coverage_90),
    ("ood_share", |row| row.ood_share),
];
/// Names of the shares, and where they are.
type ShareColumn = (&'static str, fn(&Row) -> Option<Share>);
const SHARES: [ShareColumn; 5] = [
    ("failure_recall", |row| row.failure_recall),
    ("false_success_rate", |row| row.false_success()),
    ("success_recall", |row| row.success_recall),
    ("class_accuracy", |row| row.class_accuracy),
    ("false_success_any", |row| row.false_success_any),
];
/// Cells that a person is shown, from the worst on.
const WORST: usize = 8;
/// A mean of fewer episodes says little; such cells are not among the worst.
const ENOUGH_EPISODES: usize = 2;

/// All rows; empty where there is no value. The ends of the shares' 95 % intervals and the program come last.
pub(super) fn csv(table: &Table) -> String {
    let names =
        NUMBERS.iter().map(|(name, _)| (*name).to_owned()).chain(SHARES.iter().map(|(name, _)| (*name).to_owned()));
    let ends = SHARES.iter().flat_map(|(name, _)| [format!("{name}_low"), format!("{name}_high")]);
    let names: Vec<String> = names.chain(ends).collect();
    let mut text = format!(
        "date,backbone,stride,task,level,kind,first_seed,last_seed,episodes,succeeded,{},program\n",
        names.join(",")
    );
    let Table { date, stride, program, rows } = table;
    for row in rows {
        let Row { backbone, task, level, kind, seeds: (first, last), episodes, succeeded, .. } = row;
        let shares = SHARES.map(|(_, share)| share(row));
        let values =
            NUMBERS.map(|(_, number)| number(row)).into_iter().chain(shares.map(|share| share.map(Share::value)));
        let ends = shares.into_iter().flat_map(|share| {
            let ends = share.map(Share::interval);
            [ends.map(|(low, _)| low), ends.map(|(_, high)| high)]
        });
        // Writing into a String cannot fail.
        let _ = write!(text, "{date},{backbone},{stride},{task},{level},{kind},{first},{last},{episodes},{succeeded}");
        for value in values.chain(ends) {
            let _ = write!(text, ",{}", value.map_or_else(String::new, |value| format!("{value:.4}")));
        }
        let _ = writeln!(text, ",{program}");
    }
    text
}

/// Each backbone's class accuracy beside the published one, and what its failures come to, in a sentence.
pub(super) fn closing(rows: &[Row]) -> Vec<String> {
    let all = rows.iter().filter(|row| [&row.task, &row.level, &row.kind].iter().all(|name| *name == ALL));
    let sentence = |row: &Row| {
        let said = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), with_interval);
        let than = row.class_accuracy.map(Share::interval).map_or("not known beside", |(low, high)| {
            if high < PUBLISHED_CLASS_ACCURACY {
                "below"
            } else if low > PUBLISHED_CLASS_ACCURACY {
                "above"
            } else {
                "not told apart from"
            }
        });
        format!(
            "{}: failures seen {}, called success {}; completion class right {}, {than} the published {PUBLISHED_CLASS_ACCURACY}",
            row.backbone,
            said(row.failure_recall),
            said(row.false_success()),
            said(row.class_accuracy)
        )
    };
    all.map(sentence).collect()
}

/// A share and its 95 % interval.
fn with_interval(share: Share) -> String {
    let (low, high) = share.interval();
    format!("{:.3} ({low:.2}-{high:.2})", share.value())
}

/// Tasks, levels and kinds, and the worst cells, in columns.
pub(super) fn terminal(rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    for (title, rows) in views(rows) {
        let table: Vec<Vec<String>> = std::iter::once(head()).chain(rows.into_iter().map(cells)).collect();
        lines.extend([String::new(), title]);
        lines.extend(crate::columns::align(&table));
    }
    lines.push(String::new());
    lines.extend(closing(rows));
    lines
}

/// The same as Markdown.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for (title, rows) in views(rows) {
        let _ = write!(text, "{title}\n\n| {} |\n|{}\n", head().join(" | "), "---|".repeat(head().len()));
        for row in rows {
            let _ = writeln!(text, "| {} |", cells(row).join(" | "));
        }
        text.push('\n');
    }
    closing(rows).iter().for_each(|line| {
        let _ = writeln!(text, "{line}");
    });
    text
}

/// The parts that a person is shown, with their titles.
fn views(rows: &[Row]) -> Vec<(String, Vec<&Row>)> {
    let mut backbones: Vec<&str> = rows.iter().map(|row| row.backbone.as_str()).collect();
    backbones.dedup();
    let mut views = Vec::new();
    for backbone in backbones {
        let of: Vec<&Row> = rows.iter().filter(|row| row.backbone == backbone).collect();
        let some = |wanted: fn(&Row) -> bool| of.iter().copied().filter(|row| wanted(row)).collect::<Vec<_>>();
        views.push((format!("{backbone}: by task"), some(|row| row.level == ALL && row.kind == ALL)));
        views.push((format!("{backbone}: by level"), some(|row| row.task == ALL && row.level != ALL)));
        views
            .push((format!("{backbone}: by kind"), some(|row| row.task == ALL && row.kind != ALL && row.level == ALL)));
        let level_of_task = some(|row| row.task != ALL && row.level != ALL && row.kind == SUCCESS);
        views.push((format!("{backbone}: successes, by task and level"), level_of_task));
        views.push((format!("{backbone}: the greatest errors of all cells"), worst(&of)));
    }
    views
}

/// The cells with the greatest mean absolute error.
fn worst<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let is_cell = |row: &&&Row| ![&row.task, &row.level, &row.kind].iter().any(|name| *name == ALL);
    let mut cells: Vec<&Row> =
        rows.iter().filter(is_cell).filter(|row| row.episodes >= ENOUGH_EPISODES).copied().collect();
    cells.sort_by(|a, b| b.mae.unwrap_or_default().total_cmp(&a.mae.unwrap_or_default()));
    cells.truncate(WORST);
    cells
}

fn head() -> Vec<String> {
    let names =
        ["task", "level", "kind", "episodes", "VOC+", "MAE", "RMSE", "final", "true final", "cov90", "ood share"];
    let shares = ["failure recall", "false success", "success recall", "class accuracy", "false success anywhere"];
    names.iter().chain(&shares).map(|&name| name.to_owned()).collect()
}

fn cells(row: &Row) -> Vec<String> {
    let words = [row.task.clone(), row.level.clone(), row.kind.clone(), row.episodes.to_string()];
    let number = |(_, number): &Column| number(row).map_or_else(|| "-".to_owned(), |number| format!("{number:.3}"));
    let share = |(_, share): &ShareColumn| share(row).map_or_else(|| "-".to_owned(), with_interval);
    words.into_iter().chain(NUMBERS.iter().map(number)).chain(SHARES.iter().map(share)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sums::{rows, tests::outcome};
    use super::*;

    fn table() -> Vec<Row> {
        rows("net", &[outcome("push", SUCCESS, true, false), outcome("push", "miss", false, true)])
    }

    #[test]
    fn csv_has_a_cell_for_each_column_and_nothing_where_there_is_no_value() {
        let table = Table { date: "2026-11-24".into(), stride: 3, program: "0123456789ab".into(), rows: table() };
        let csv = csv(&table);
        let lines: Vec<&str> = csv.lines().collect();
        let columns = lines[0].split(',').count();
        assert!(lines.iter().all(|line| line.split(',').count() == columns), "{csv}");
        let cell = "2026-11-24,net,3,push,low,miss,101,101,1,0,,0.3000,0.2000,0.5000,0.5000,0.9000,0.0000,1.0000,0.0000,,1.0000,0.0000,\
                    0.2065,1.0000,0.0000,0.7935,,,0.2065,1.0000,0.0000,0.7935,0123456789ab";
        assert!(lines.contains(&cell), "{csv}");
    }

    #[test]
    fn the_published_accuracy_is_compared_with_the_interval_and_not_with_the_share() {
        let all = |right: usize, wrong: usize| {
            let episodes: Vec<_> =
                (0..right + wrong).map(|index| outcome("push", SUCCESS, true, index >= right)).collect();
            closing(&rows("net", &episodes)).concat()
        };
        assert!(all(40, 10).contains("0.800 (0.67-0.89), below the published 0.928"), "{}", all(40, 10));
        assert!(all(10, 0).contains("not told apart"), "ten of ten say little: {}", all(10, 0));
        assert!(all(100, 0).contains("above"), "{}", all(100, 0));
    }

    #[test]
    fn a_person_is_shown_each_part_with_as_many_cells_as_heads() {
        let markdown = markdown(&table());
        assert_eq!(markdown.matches("net: ").count(), 6, "five parts and a sentence");
        let heads = head().len();
        assert!(
            markdown.lines().filter(|line| line.starts_with("| ")).all(|line| line.matches(" | ").count() == heads - 1)
        );
        assert_eq!(cells(&table()[0]).len(), heads);
        assert!(terminal(&table()).iter().any(|line| line.starts_with("task ")));
    }
}
