//! An episode that was scored, and what that comes to.

use super::Entry;
use super::about::About;
use super::live::LiveCurve;
use crate::episode::TruthSource;
use crate::eval::Curve;
use crate::eval::measures::{CompletionClass, mae, mean, spearman_with_time};

/// One episode of the page.
pub(crate) struct Judged {
    pub(crate) name: String,
    pub(crate) views: Vec<String>,
    pub(crate) about: Option<About>,
    pub(crate) live: Option<LiveCurve>,
    pub(crate) curve: Curve,
    pub(crate) truth: TruthSource,
    /// What is true; `None` where nobody wrote it down.
    pub(crate) succeeded: Option<bool>,
    /// The runtime's verdict: the success estimate at the end.
    pub(crate) judged_success: bool,
    /// From the curve as a whole (Robo-Dopamine, arXiv 2512.23703, Eq 58).
    pub(crate) class: CompletionClass,
    /// Against the truth; `None` where there is none but the clock.
    pub(crate) mae: Option<f64>,
    pub(crate) voc_plus: f64,
    pub(crate) final_progress: f64,
    pub(crate) ood_mean: f64,
}

impl Judged {
    pub(super) fn new(entry: Entry, curve: Curve) -> Self {
        let Entry { name, episode, about, live } = entry;
        let truth = episode.truth_source();
        Self {
            name,
            views: episode.views().into_iter().map(str::to_owned).collect(),
            about,
            live,
            truth,
            succeeded: episode.succeeded(),
            judged_success: curve.succeeded(),
            class: CompletionClass::of(&curve.progress),
            mae: (truth != TruthSource::LinearInTime).then(|| mae(&curve.progress, &curve.truth)),
            voc_plus: spearman_with_time(&curve.progress),
            final_progress: curve.last(),
            ood_mean: mean(&curve.ood),
            curve,
        }
    }

    /// How the expert was told to fail.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.about.as_ref()?.failure.as_deref()
    }

    /// What is true, in words.
    pub(crate) fn outcome(&self) -> String {
        match (self.succeeded, self.failure()) {
            (Some(true), _) => "success".to_owned(),
            (Some(false), Some(how)) => format!("failure: {}", how.replace('_', " ")),
            (Some(false), None) => "failure".to_owned(),
            (None, _) => "not recorded".to_owned(),
        }
    }

    /// What the runtime says, in words: at the end, and whether it saw a success before that.
    pub(crate) fn verdict(&self) -> String {
        match (self.judged_success, self.curve.first_success_secs(), self.class) {
            (true, _, _) => "success".to_owned(),
            (false, Some(secs), _) => format!("failure (seen at {secs:.1} s)"),
            (false, None, CompletionClass::Partial) => "failure (partial)".to_owned(),
            (false, None, CompletionClass::Success | CompletionClass::Failure) => "failure".to_owned(),
        }
    }

    /// Is the runtime's verdict the right one? `None` where nobody knows.
    pub(crate) fn verdict_right(&self) -> Option<bool> {
        self.succeeded.map(|succeeded| succeeded == self.judged_success)
    }

    /// The numbers of the tables: MAE, VOC+, last progress, mean out-of-distribution score.
    pub(crate) fn numbers(&self) -> [String; 4] {
        [
            self.mae.map_or_else(|| "-".to_owned(), |mae| format!("{mae:.3}")),
            format!("{:+.2}", self.voc_plus),
            format!("{:.2}", self.final_progress),
            format!("{:.2}", self.ood_mean),
        ]
    }
}

/// Lines for a terminal.
pub(super) fn table(judged: &[Judged]) -> Vec<String> {
    let width = judged.iter().map(|row| row.name.chars().count()).max().unwrap_or_default().max("episode".len());
    let line = |cells: [&str; 8]| {
        let [name, truth, verdict, right, mae, voc, last, ood] = cells;
        format!("{name:<width$}  {truth:<22} {verdict:<23} {right:<6} {mae:>6} {voc:>6} {last:>6} {ood:>6}")
    };
    let mut lines = vec![line(["episode", "truth", "verdict", "right", "MAE", "VOC+", "final", "ood"])];
    for row in judged {
        let right = row.verdict_right().map_or("-", |right| if right { "yes" } else { "NO" });
        let [mae, voc, last, ood] = row.numbers();
        lines.push(line([&row.name, &row.outcome(), &row.verdict(), right, &mae, &voc, &last, &ood]));
    }
    lines
}
