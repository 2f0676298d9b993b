//! Success against rollouts, drawn: the share of the last 20 rollouts, and what evaluations without exploration found.

use std::fmt::Write as _;

use super::ledger::{Ledger, share};
use super::settings::Settings;
use crate::markup::{self, Area, Axes};

const WINDOW: usize = 20;
const SIZE: [f64; 2] = [720.0, 320.0];
const AREA: Area = Area { left: 60.0, right: 700.0, top: 40.0, bottom: 270.0 };
const STYLE: &str = "<style>text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}.rollouts{fill:none;stroke:#4477aa;stroke-width:2}\
    .evaluation{fill:#cc6677}.background{fill:#fff}</style>\n";

/// The drawing of one run.
pub(super) fn svg(settings: &Settings, ledger: &Ledger) -> String {
    let axes = Axes::new(AREA, f64::from(settings.rollouts), 0.0..=1.0);
    let mut body = String::from(STYLE);
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(body, "<rect class=\"background\" width=\"{}\" height=\"{}\"/>", SIZE[0], SIZE[1]);
    axes.draw_values(&mut body, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    axes.draw_across(&mut body, &marks(settings.rollouts));
    let (across, shares) = moving(ledger);
    markup::line(&mut body, "rollouts", &axes, &across, &shares);
    for row in &ledger.evaluations {
        let y = axes.y(f64::from(row.successes) / f64::from(row.episodes.max(1)));
        let x = axes.x(f64::from(row.rollouts));
        let _ = writeln!(body, "<circle class=\"evaluation\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
    }
    markup::words(&mut body, "success", f64::midpoint(AREA.top, AREA.bottom));
    markup::label(&mut body, "middle", f64::midpoint(AREA.left, AREA.right), AREA.bottom + 34.0, "rollouts");
    let title = format!(
        "{}, reward {}, seed {}: blue the last {WINDOW} rollouts, red evaluations",
        settings.task,
        settings.reward_in_words(),
        settings.seed
    );
    markup::label(&mut body, "start", AREA.left, AREA.top - 16.0, &title);
    markup::picture("curve", SIZE, &title, &body)
}

/// Share of successes among the last rollouts, at each.
fn moving(ledger: &Ledger) -> (Vec<f64>, Vec<f64>) {
    let successes: Vec<bool> = ledger.rollouts.iter().map(|row| row.told.success).collect();
    let at = |end: usize| {
        let last = &successes[end.saturating_sub(WINDOW)..end];
        (end as f64, share(last.iter().filter(|success| **success).count(), last.len()))
    };
    (1..=successes.len()).map(at).unzip()
}

/// Round numbers of rollouts, at most eleven.
fn marks(rollouts: u32) -> Vec<f64> {
    let steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
    let step = steps.into_iter().find(|step| rollouts / step <= 10).unwrap_or(rollouts.max(1));
    (0..=rollouts / step).map(|mark| f64::from(mark * step)).collect()
}
