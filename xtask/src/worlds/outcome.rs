//! What came of one episode, from the JSON of `striatum eval`.

use std::path::Path;

use serde_json::Value;

use super::plan::Cell;
use super::provenance::{Judge, short};
use crate::failure::{Failure, Result};

/// The key of the program's SHA-256.
const PROGRAM: &str = "program_sha256";

/// One episode as it was judged. Keys and meanings are those of docs/guide/eval.md.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) task: String,
    pub(super) level: &'static str,
    pub(super) kind: String,
    pub(super) seed: u32,
    /// Whether the task was done at the end, whatever the expert was told.
    pub(super) succeeded: bool,
    pub(super) voc_plus: f64,
    pub(super) mae: f64,
    pub(super) rmse: f64,
    pub(super) final_progress: f64,
    pub(super) final_truth: f64,
    pub(super) coverage_90: f64,
    pub(super) ood_share: f64,
    pub(super) failure_detected: bool,
    /// Somewhere in it a success was seen that was none: true progress below 0.7.
    pub(super) false_success_any: bool,
    /// The class of the progress is that of the truth.
    pub(super) class_right: bool,
}

/// Adds to what `striatum eval` said which program said it.
///
/// # Errors
/// What it said is not a JSON object.
pub(super) fn signed(said: &str, program: &str) -> Result<String> {
    let odd = |why: &dyn std::fmt::Display| Failure::new("striatum eval --json -", why, "report this");
    let mut report: Value = serde_json::from_str(said).map_err(|e| odd(&e))?;
    let object = report.as_object_mut().ok_or_else(|| odd(&"not an object"))?;
    object.insert(PROGRAM.to_owned(), program.into());
    Ok(format!("{report:#}\n"))
}

/// The outcomes of a cell, in the order of its seeds.
///
/// # Errors
/// A file that cannot be read, that is not of this cell, or that another program or bundle has judged.
pub(super) fn read(json: &Path, cell: &Cell, judge: &Judge) -> Result<Vec<Outcome>> {
    let odd = |why: String| Failure::new(format!("reading {}", json.display()), why, "remove it and start again");
    let text = std::fs::read_to_string(json).map_err(|e| odd(e.to_string()))?;
    let report: Value = serde_json::from_str(&text).map_err(|e| odd(e.to_string()))?;
    for (key, what, wanted) in [(PROGRAM, "program", &judge.program), ("bundle_sha256", "bundle", &judge.bundle)] {
        let judged = report[key].as_str().unwrap_or("unknown");
        if judged != wanted {
            let why = format!("{what} {} judged it, this one is {}", short(judged), short(wanted));
            return Err(Failure::new(
                format!("reading {}", json.display()),
                why,
                "give another --out, or remove the file",
            ));
        }
    }
    let episodes = report["episodes"].as_array().map_or(&[][..], Vec::as_slice);
    if episodes.len() != cell.episodes as usize {
        return Err(odd(format!("{} episodes where {} were asked for", episodes.len(), cell.episodes)));
    }
    let of =
        |(seed, episode): (u32, &Value)| outcome(cell, seed, episode).ok_or_else(|| odd("a value is missing".into()));
    cell.seeds().zip(episodes).map(of).collect()
}

fn outcome(cell: &Cell, seed: u32, episode: &Value) -> Option<Outcome> {
    let number = |key: &str| episode[key].as_f64();
    Some(Outcome {
        task: cell.task.clone(),
        level: cell.level,
        kind: cell.kind.clone(),
        seed,
        succeeded: episode["succeeded"].as_bool()?,
        voc_plus: number("voc_plus")?,
        mae: number("mae")?,
        rmse: number("rmse")?,
        final_progress: number("final_progress")?,
        final_truth: number("final_truth")?,
        coverage_90: number("interval_coverage_90")?,
        ood_share: number("ood_share")?,
        failure_detected: episode["failure_detected"].as_bool()?,
        false_success_any: number("false_success_any")? > 0.0,
        class_right: episode["completion_class"].as_str()? == episode["true_completion_class"].as_str()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn cell() -> Cell {
        Cell { task: "push".into(), level: "low", kind: "miss".into(), first_seed: 7, episodes: 1 }
    }

    #[test]
    fn a_report_is_read_and_one_that_lacks_a_value_refused() {
        let mut episode = json!({
            "succeeded": false, "voc_plus": 0.5, "mae": 0.1, "rmse": 0.2, "final_progress": 0.4, "final_truth": 0.3,
            "interval_coverage_90": 0.9, "ood_share": 0.0, "failure_detected": true, "false_success_any": 0.1,
            "completion_class": "failure", "true_completion_class": "partial",
        });
        let read = outcome(&cell(), 7, &episode).unwrap();
        assert_eq!((read.seed, read.kind.as_str(), read.failure_detected, read.class_right), (7, "miss", true, false));
        assert!(read.false_success_any);
        episode["succeeded"] = Value::Null;
        assert_eq!(outcome(&cell(), 7, &episode), None);
    }

    #[test]
    fn what_another_program_or_bundle_said_is_refused_by_name() {
        let file = std::env::temp_dir().join(format!("striatum-outcome-{}.json", std::process::id()));
        let said = r#"{"bundle_sha256": "bundle", "episodes": []}"#;
        std::fs::write(&file, signed(said, "program").unwrap()).unwrap();
        let none = Cell { episodes: 0, ..cell() };
        let judge = |program: &str, bundle: &str| Judge { program: program.to_owned(), bundle: bundle.to_owned() };
        let as_by =
            |program: &str, bundle: &str| read(&file, &none, &judge(program, bundle)).map_err(|e| e.to_string());
        let (own, program, bundle) =
            (as_by("program", "bundle"), as_by("newer", "bundle"), as_by("program", "refitted"));
        std::fs::write(&file, said).unwrap();
        let unsigned = as_by("program", "bundle");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(own, Ok(Vec::new()));
        assert!(program.unwrap_err().contains("program program judged it, this one is newer"));
        assert!(bundle.unwrap_err().contains("bundle bundle judged it, this one is refitted"));
        assert!(unsigned.unwrap_err().contains("program unknown judged it"));
    }
}
