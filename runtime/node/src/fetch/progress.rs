//! A bar on a terminal, nothing on a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that counts bytes on standard error; it draws nothing where that is not a terminal.
pub(super) fn bytes_bar(label: &str, total_bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total_bytes), ProgressDrawTarget::stderr());
    // The template is constant: if it were wrong, the default bar is still a bar.
    if let Ok(style) = ProgressStyle::with_template("{prefix:<34} {bar:30} {bytes:>10}/{total_bytes:<10} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(label.to_owned());
    bar
}

/// A spinner for work without a known end.
pub(super) fn spinner(message: String) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_message(message);
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}
