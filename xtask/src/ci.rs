//! The same script that CI runs.

use std::process::Command;

use crate::failure::Result;
use crate::process;
use crate::workspace::Workspace;

/// Runs `.ci/run` with this build folder.
///
/// # Errors
/// A step fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let script = workspace.root().join(".ci").join("run");
    process::run(Command::new("bash").arg(script).env("CARGO_TARGET_DIR", workspace.target()))
}
