//! Running other programs.

use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};

/// The program and its first argument, for error lines.
pub(crate) fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    if let Some(first) = command.get_args().next() {
        name.push(' ');
        name.push_str(&first.to_string_lossy());
    }
    name
}

/// Runs a command with this process's terminal and waits for it.
///
/// # Errors
/// It cannot be started, or its status is not 0; what it printed is above.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|e| cannot_start(command, &e))?;
    if status.success() { Ok(()) } else { Err(failed(command, &status.to_string())) }
}

/// Runs a command and returns its standard output; its standard error goes to the terminal.
///
/// # Errors
/// As [`run`], and output that is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|e| cannot_start(command, &e))?;
    if !output.status.success() {
        return Err(failed(command, &output.status.to_string()));
    }
    String::from_utf8(output.stdout).map_err(|e| failed(command, &e.to_string()))
}

/// Runs a command whose words nobody needs, and returns its standard output.
///
/// # Errors
/// As [`output`]; the last line that it said on standard error is in the failure.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|e| cannot_start(command, &e))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
        let why = last.unwrap_or_else(|| output.status.to_string());
        return Err(Failure::new(name(command), why, "mend that and start again"));
    }
    String::from_utf8(output.stdout).map_err(|e| failed(command, &e.to_string()))
}

pub(crate) fn cannot_start(command: &Command, why: &std::io::Error) -> Failure {
    Failure::new(name(command), format!("cannot start: {why}"), "check that it is installed and on PATH")
}

fn failed(command: &Command, why: &str) -> Failure {
    Failure::new(name(command), why, "its own message is above")
}
