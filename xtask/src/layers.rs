//! Which crate may depend on which: the arrows of ARCHITECTURE.md, checked.

use std::path::Path;

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::say;
use crate::workspace::Workspace;

/// A crate of ours and those of ours that it may depend on.
struct Rule {
    name: &'static str,
    may_use: &'static [&'static str],
}

/// The house: core <- frames, wire <- models, robots <- calibration, sim, learner <- node <- tests.
const RULES: &[Rule] = &[
    Rule { name: "striatum-core", may_use: &[] },
    Rule { name: "striatum-frames", may_use: &["striatum-core"] },
    Rule { name: "striatum-wire", may_use: &["striatum-core"] },
    Rule { name: "striatum-models", may_use: &["striatum-core", "striatum-frames"] },
    Rule { name: "striatum-robots", may_use: &["striatum-core"] },
    Rule { name: "striatum-calibration", may_use: &["striatum-core"] },
    Rule { name: "striatum-sim", may_use: &["striatum-core", "striatum-frames", "striatum-robots"] },
    Rule { name: "striatum-learner", may_use: &["striatum-core"] },
    Rule {
        name: "striatum",
        may_use: &[
            "striatum-core",
            "striatum-frames",
            "striatum-wire",
            "striatum-models",
            "striatum-robots",
            "striatum-calibration",
            "striatum-sim",
            "striatum-learner",
        ],
    },
    Rule {
        name: "striatum-tests",
        may_use: &[
            "striatum-core",
            "striatum-frames",
            "striatum-wire",
            "striatum-models",
            "striatum-robots",
            "striatum-calibration",
            "striatum-sim",
            "striatum-learner",
            "striatum",
        ],
    },
    Rule { name: "xtask", may_use: &[] },
];

/// What a crate of ours may use of ours in its tests and examples, beyond what it is built of.
const TRIALS: &[(&str, &str)] = &[("striatum-learner", "striatum-sim"), ("striatum-learner", "striatum-robots")];

/// Outside crates that belong to one room: nobody else may depend on them, but for tests.
const ONE_ROOM: &[(&str, &str)] = &[
    ("ort", "striatum-models"),
    ("zenoh", "striatum"),
    ("mcap", "striatum"),
    ("crossbeam-channel", "striatum"),
    ("rapier3d", "striatum-sim"),
];

/// Crates that must build without std; of these, `striatum-core` without an allocator too.
const NO_STD: &[&str] = &["striatum-core", "striatum-wire"];

/// One dependency of a crate of this workspace.
#[derive(Debug, Clone)]
struct Edge {
    from: String,
    to: String,
    /// Only for its tests.
    dev: bool,
}

/// Checks every crate.
///
/// # Errors
/// All that is wrong, the edges named.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let (members, edges) = read(workspace.metadata());
    let mut faults = check_edges(&members, &edges);
    for name in NO_STD {
        if let Some(folder) = folder(workspace.metadata(), name) {
            faults.extend(check_no_std(name, &folder.join("src")));
        }
    }
    for fault in &faults {
        say::error(fault);
    }
    if faults.is_empty() {
        say::step(&format!("layers: {} crates, all arrows run one way", members.len()));
        return Ok(());
    }
    let count = format!("{} found", faults.len());
    Err(Failure::new(
        "layers",
        count,
        "move the code to the room it belongs to (ARCHITECTURE.md), or change the rule there and in xtask/src/layers.rs",
    ))
}

fn read(metadata: &Value) -> (Vec<String>, Vec<Edge>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut members = Vec::new();
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let from = text(&package["name"]);
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let dev = dependency["kind"] == "dev";
            edges.push(Edge { from: from.clone(), to: text(&dependency["name"]), dev });
        }
        members.push(from);
    }
    (members, edges)
}

fn folder<'a>(metadata: &'a Value, name: &str) -> Option<&'a Path> {
    let packages = metadata["packages"].as_array()?;
    let package = packages.iter().find(|package| package["name"] == name)?;
    Path::new(package["manifest_path"].as_str()?).parent()
}

fn check_edges(members: &[String], edges: &[Edge]) -> Vec<String> {
    let mut faults: Vec<String> = members
        .iter()
        .filter(|member| !RULES.iter().any(|rule| rule.name == *member))
        .map(|member| format!("{member} has no place in the house: add it to RULES"))
        .collect();
    for Edge { from, to, dev } in edges {
        if members.contains(to) {
            let allowed = RULES.iter().any(|rule| rule.name == from && rule.may_use.contains(&to.as_str()));
            let tried = *dev && TRIALS.iter().any(|(name, used)| name == from && used == to);
            if !allowed && !tried {
                faults.push(format!("{from} -> {to} runs against the arrows"));
            }
        }
        let owner = ONE_ROOM.iter().find(|(name, _)| name == to).map(|(_, owner)| *owner);
        if let Some(owner) = owner.filter(|owner| owner != from && from != "striatum-tests" && !dev) {
            faults.push(format!("{from} -> {to}: only {owner} may know {to}"));
        }
    }
    faults
}

fn check_no_std(name: &str, sources: &Path) -> Vec<String> {
    let root = sources.join("lib.rs");
    let Ok(text) = std::fs::read_to_string(&root) else {
        return vec![format!("{name}: cannot read {}", root.display())];
    };
    let has_line = |wanted: &str| text.lines().any(|line| line.trim() == wanted);
    let mut faults = Vec::new();
    for wanted in ["#![no_std]", "#![forbid(unsafe_code)]"] {
        if !has_line(wanted) {
            faults.push(format!("{name}: {} lacks {wanted}", root.display()));
        }
    }
    for library in ["alloc", "std"] {
        let unwanted = format!("extern crate {library};");
        if has_line(&unwanted) && !text.contains(&format!("#[cfg(test)]\n{unwanted}")) {
            faults.push(format!("{name}: {} has {unwanted}", root.display()));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        Edge { from: from.to_owned(), to: to.to_owned(), dev: false }
    }

    fn members() -> Vec<String> {
        RULES.iter().map(|rule| rule.name.to_owned()).collect()
    }

    #[test]
    fn an_arrow_that_runs_back_is_named() {
        let faults =
            check_edges(&members(), &[edge("striatum", "striatum-core"), edge("striatum-core", "striatum-frames")]);
        assert_eq!(faults, ["striatum-core -> striatum-frames runs against the arrows"]);
    }

    #[test]
    fn a_test_dependency_may_not_run_back_either() {
        let back = Edge { dev: true, ..edge("striatum-models", "striatum") };
        assert_eq!(check_edges(&members(), &[back]).len(), 1);
    }

    /// The learner is tried in worlds and is not built of them.
    #[test]
    fn what_a_crate_is_tried_in_is_not_what_it_is_built_of() {
        let built = edge("striatum-learner", "striatum-sim");
        assert_eq!(check_edges(&members(), std::slice::from_ref(&built)).len(), 1);
        assert!(check_edges(&members(), &[Edge { dev: true, ..built }]).is_empty());
    }

    #[test]
    fn a_crate_of_one_room_is_kept_there() {
        assert!(check_edges(&members(), &[edge("striatum-models", "ort")]).is_empty());
        let faults = check_edges(&members(), &[edge("striatum", "ort")]);
        assert_eq!(faults, ["striatum -> ort: only striatum-models may know ort"]);
    }

    #[test]
    fn a_new_crate_must_be_given_a_place() {
        let faults = check_edges(&["striatum-new".to_owned()], &[]);
        assert!(faults[0].contains("striatum-new"), "{faults:?}");
    }

    #[test]
    fn no_rule_allows_a_cycle() {
        for rule in RULES {
            for below in rule.may_use {
                let back = RULES.iter().find(|other| other.name == *below).unwrap();
                assert!(!back.may_use.contains(&rule.name), "{} and {below}", rule.name);
            }
        }
    }

    #[test]
    fn std_in_the_core_is_found() {
        let folder = std::env::temp_dir().join(format!("striatum-layers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("lib.rs"), "#![no_std]\n#![forbid(unsafe_code)]\nextern crate alloc;\n").unwrap();
        let found = check_no_std("striatum-core", &folder);
        std::fs::write(folder.join("lib.rs"), "#![no_std]\n#![forbid(unsafe_code)]\n#[cfg(test)]\nextern crate std;\n")
            .unwrap();
        let clean = check_no_std("striatum-core", &folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(clean.is_empty(), "{clean:?}");
    }
}
