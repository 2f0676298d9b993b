//! A bar on a terminal, nothing on a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error that counts `total` rows of `what`.
pub(crate) fn rows_bar(what: &str, total: usize) -> ProgressBar {
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    // The template is constant: if it were wrong, the default bar is still a bar.
    if let Ok(style) = ProgressStyle::with_template("{prefix:<28} {bar:30} {pos:>6}/{len:<6} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(what.to_owned());
    bar
}
