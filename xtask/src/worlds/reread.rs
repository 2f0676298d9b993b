//! A table that was written before.

use std::path::Path;
use std::str::FromStr;

use super::sums::Row;
use super::wilson::Share;
use crate::failure::{Failure, Result};

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub(super) date: String,
    pub(super) stride: u32,
    /// First letters of the program's SHA-256; empty where the table is from before it was written down.
    pub(super) program: String,
    pub(super) rows: Vec<Row>,
}

/// Reads a table.
///
/// # Errors
/// A file that cannot be read, or is no such table, by line and column.
pub(super) fn read(path: &Path) -> Result<Table> {
    let mend = "give a file that `cargo xtask worlds` wrote";
    let text =
        std::fs::read_to_string(path).map_err(|e| Failure::new(format!("reading {}", path.display()), e, mend))?;
    parse(&text).map_err(|why| Failure::new(format!("reading {}", path.display()), why, mend))
}

fn parse(text: &str) -> std::result::Result<Table, String> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let line = |(index, line): (usize, &str)| {
        let cells = Cells { head: &head, cells: line.split(',').collect() };
        row(&cells).map_err(|why| format!("line {}: {why}", index + 2))
    };
    let rows = lines.enumerate().map(line).collect::<std::result::Result<Vec<_>, _>>()?;
    let Some(Line { date, stride, program, .. }) = rows.first() else { return Err("it has no rows".to_owned()) };
    let (date, stride, program) = (date.clone(), *stride, program.clone());
    Ok(Table { date, stride, program, rows: rows.into_iter().map(|line| line.row).collect() })
}

struct Line {
    date: String,
    stride: u32,
    program: String,
    row: Row,
}

/// The cells of a line, by the names of their columns.
struct Cells<'a> {
    head: &'a [&'a str],
    cells: Vec<&'a str>,
}

impl Cells<'_> {
    fn text(&self, name: &str) -> std::result::Result<&str, String> {
        let at = self.head.iter().position(|head| *head == name);
        at.and_then(|at| self.cells.get(at).copied()).ok_or_else(|| format!("there is no {name}"))
    }

    fn value<T: FromStr>(&self, name: &str) -> std::result::Result<T, String> {
        let text = self.text(name)?;
        text.parse().map_err(|_| format!("{name} is `{text}`"))
    }

    /// A number, or none.
    fn number(&self, name: &str) -> std::result::Result<Option<f64>, String> {
        if self.text(name)?.is_empty() { Ok(None) } else { self.value(name).map(Some) }
    }

    /// How many of `of` the share in a column is.
    fn share(&self, name: &str, of: usize) -> std::result::Result<Option<Share>, String> {
        let Some(value) = self.number(name)? else { return Ok(None) };
        let of = u32::try_from(of).map_err(|_| "too many episodes".to_owned())?;
        // Four places tell shares of up to thousands of episodes apart.
        let some = (0..=of).find(|some| (f64::from(*some) / f64::from(of.max(1)) - value).abs() <= 1e-4);
        some.map(|some| Some(Share { some, of })).ok_or_else(|| format!("{name} is {value}, which is no share of {of}"))
    }
}

fn row(cells: &Cells<'_>) -> std::result::Result<Line, String> {
    let (episodes, succeeded): (usize, usize) = (cells.value("episodes")?, cells.value("succeeded")?);
    let failed = episodes.checked_sub(succeeded).ok_or("more succeeded than there are")?;
    let word = |name: &str| cells.text(name).map(str::to_owned);
    let row = Row {
        backbone: word("backbone")?,
        task: word("task")?,
        level: word("level")?,
        kind: word("kind")?,
        seeds: (cells.value("first_seed")?, cells.value("last_seed")?),
        episodes,
        succeeded,
        voc_plus: cells.number("voc_plus")?,
        mae: cells.number("mae")?,
        rmse: cells.number("rmse")?,
        final_progress: cells.number("final_progress")?,
        final_truth: cells.number("final_truth")?,
        coverage_90: cells.number("coverage_90")?,
        ood_share: cells.number("ood_share")?,
        failure_recall: cells.share("failure_recall", failed)?,
        success_recall: cells.share("success_recall", succeeded)?,
        class_accuracy: cells.share("class_accuracy", episodes)?,
        false_success_any: match cells.text("false_success_any") {
            Ok(_) => cells.share("false_success_any", episodes)?,
            Err(_) => None,
        },
    };
    let program = word("program").unwrap_or_default();
    Ok(Line { date: word("date")?, stride: cells.value("stride")?, program, row })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::plan::SUCCESS;
    use super::super::sums::{rows, tests::outcome};
    use super::super::table::csv;
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let outcomes = [
            outcome("push", SUCCESS, true, false),
            outcome("push", SUCCESS, true, true),
            outcome("push", "miss", false, true),
        ];
        let table = Table {
            date: "2026-11-24".into(),
            stride: 3,
            program: "0123456789ab".into(),
            rows: rows("net", &outcomes),
        };
        let text = csv(&table);
        let mut read = parse(&text).unwrap();
        // Means have four places in a file.
        assert_eq!(csv(&read), text);
        assert_eq!(read.rows[0].success_recall, Some(Share { some: 1, of: 2 }));
        // A table from before intervals has the columns up to class_accuracy only.
        let columns = text.lines().next().unwrap().split(',').position(|name| name == "class_accuracy").unwrap() + 1;
        let old: Vec<String> =
            text.lines().map(|line| line.split(',').take(columns).collect::<Vec<_>>().join(",")).collect();
        read.program.clear();
        read.rows.iter_mut().for_each(|row| row.false_success_any = None);
        assert_eq!(parse(&old.join("\n")).unwrap(), read);
    }

    #[test]
    fn what_is_no_such_table_is_refused_by_line() {
        let text = csv(&Table {
            date: "d".into(),
            stride: 3,
            program: String::new(),
            rows: rows("net", &[outcome("push", SUCCESS, true, false)]),
        });
        for (from, to, said) in [("1.0000", "0.3000", "no share of 1"), (",3,", ",three,", "stride is `three`")] {
            let why = parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(why.contains("line 2") && why.contains(said), "{why}");
        }
        assert!(parse("").is_err() && parse("a,b\n1,2\n").unwrap_err().contains("there is no"));
    }
}
