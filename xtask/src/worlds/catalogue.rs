//! The tasks and how each can fail, read from `striatum sim list`.

use crate::failure::{Failure, Result};

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) name: String,
    /// In words.
    pub(crate) words: String,
    pub(crate) failures: Vec<String>,
}

/// Reads lines of the form `push  push the block onto the disc; fails by miss, stall`.
///
/// # Errors
/// A line of another form.
pub(crate) fn read(text: &str) -> Result<Vec<Task>> {
    text.lines().map(task).collect()
}

fn task(line: &str) -> Result<Task> {
    let parts = line.split_once(char::is_whitespace).and_then(|(name, rest)| {
        let (words, failures) = rest.split_once("; fails by ")?;
        Some((name, words.trim(), failures))
    });
    let Some((name, words, failures)) = parts else {
        return Err(Failure::new("striatum sim list", format!("not a task: `{line}`"), "report this"));
    };
    let failures = failures.split(", ").map(|failure| failure.trim().to_owned()).collect();
    Ok(Task { name: name.to_owned(), words: words.to_owned(), failures })
}

/// Those that are named, in that order; all of them if none is.
///
/// # Errors
/// A name that is not in the list.
pub(crate) fn choose(all: Vec<Task>, names: &[String]) -> Result<Vec<Task>> {
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        all.iter().find(|task| task.name == *name).cloned().ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|task| task.name.as_str()).collect();
            Failure::new(
                format!("--tasks {name}"),
                "there is no such task",
                format!("give some of {}", known.join(",")),
            )
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LISTED: &str =
        "push        push the block onto the disc; fails by miss, stall\ndoor        open the door; fails by jam\n";

    #[test]
    fn the_programs_own_list_is_read() {
        let tasks = read(LISTED).unwrap();
        assert_eq!((tasks.len(), tasks[0].name.as_str(), tasks[1].words.as_str()), (2, "push", "open the door"));
        assert_eq!(tasks[0].failures, ["miss", "stall"]);
        assert!(read("something else\n").is_err());
    }

    #[test]
    fn named_tasks_are_chosen_and_wrong_names_refused_with_the_right_ones() {
        let all = read(LISTED).unwrap();
        assert_eq!(choose(all.clone(), &[]).unwrap(), all);
        assert_eq!(choose(all.clone(), &["door".to_owned()]).unwrap(), all[1..]);
        let message = choose(all, &["dor".to_owned()]).unwrap_err().to_string();
        assert!(message.contains("dor") && message.contains("push,door"), "{message}");
    }
}
