//! What a person reads on the terminal.

/// The head line of a step, on stderr, so that what a command prints stays apart.
#[allow(clippy::print_stderr, reason = "the commands' own voice")]
pub(crate) fn step(text: &str) {
    eprintln!("== {text}");
}

/// An error, one line on stderr.
#[allow(clippy::print_stderr, reason = "the commands' own voice")]
pub(crate) fn error(text: &str) {
    eprintln!("xtask: {text}");
}

/// A line of a result, on stdout.
#[allow(clippy::print_stdout, reason = "the commands' own voice")]
pub(crate) fn result(text: &str) {
    println!("{text}");
}
