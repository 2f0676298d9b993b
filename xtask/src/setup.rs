//! Building the program and letting it fetch what it needs; the tests.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::Result;
use crate::workspace::Workspace;
use crate::{process, say};

/// Builds `striatum`, fetches what it needs, and returns where the program is. Quick and silent the second time.
///
/// # Errors
/// The build or the fetching fails; the program's own line says how to mend it.
pub(crate) fn set_up(workspace: &Workspace) -> Result<PathBuf> {
    say::step("set-up: building striatum (minutes the first time)");
    process::run(workspace.cargo().args(["build", "--package", "striatum"]))?;
    let striatum = workspace.program("striatum");
    say::step("set-up: ONNX Runtime, video decoder, backbones");
    process::run(Command::new(&striatum).args(["models", "fetch", "all"]))?;
    Ok(striatum)
}

/// Sets up and runs every test, or those that `rest` selects.
///
/// # Errors
/// Set-up or a test fails.
pub(crate) fn test(workspace: &Workspace, rest: &[OsString]) -> Result<()> {
    set_up(workspace)?;
    say::step("tests");
    let mut command = workspace.cargo();
    command.arg("test");
    if !selects_packages(rest) {
        command.arg("--workspace");
    }
    process::run(command.args(rest))
}

fn selects_packages(rest: &[OsString]) -> bool {
    rest.iter().take_while(|word| *word != "--").any(|word| {
        word == "-p" || word.to_str().is_some_and(|word| word.starts_with("--package") || word == "--workspace")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_workspace_unless_packages_are_named() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(selects_packages(&words("-p striatum-core")));
        assert!(selects_packages(&words("--package=striatum-core hop")));
        assert!(!selects_packages(&words("hop -- --nocapture -p")));
        assert!(!selects_packages(&[]));
    }
}
