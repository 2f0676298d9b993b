//! One episode's card.

use std::fmt::Write as _;

use super::drawing::drawing;
use super::judged::Judged;
use crate::error::Result;
use crate::markup::escape;

/// The card; `task` is what the bundle calls the task, for episodes that do not say it themselves.
///
/// # Errors
/// When a picture cannot be encoded.
pub(super) fn card(judged: &Judged, number: usize, task: &str, reward_limit: f64) -> Result<String> {
    let mut card = format!("<article id=\"episode-{number}\" class=\"card\">\n<header>\n");
    let own = judged.about.as_ref().and_then(|about| about.instruction.as_deref());
    let title = own.or(Some(task)).filter(|title| !title.is_empty()).unwrap_or(&judged.name);
    let note = judged.about.as_ref().map(|about| format!(", {}", about.note())).filter(|note| note.len() > 2);
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(
        card,
        "<div><h3>{}</h3><p class=\"note\">{}{}</p></div>\n<div class=\"chips\">{}{}</div>\n</header>",
        escape(title),
        escape(&judged.name),
        escape(&note.unwrap_or_default()),
        truth_chip(judged),
        verdict_chip(judged)
    );
    card.push_str(&drawing(judged, reward_limit)?);
    let [mae, voc_plus, last, ood] = judged.numbers();
    let number = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{value}</dd></div>");
    let _ = writeln!(
        card,
        "<dl class=\"numbers\">{}{}{}{}</dl>\n</article>",
        number("error (MAE)", &mae),
        number("order (VOC+)", &voc_plus),
        number("final progress", &last),
        number("mean ood", &ood)
    );
    Ok(card)
}

fn truth_chip(judged: &Judged) -> String {
    let class = match judged.succeeded {
        Some(true) => "good",
        Some(false) => "bad",
        None => "unknown",
    };
    format!("<span class=\"chip {class}\"><small>truth</small>{}</span>", escape(&judged.outcome()))
}

/// What the runtime says, and whether it is right.
pub(super) fn verdict_chip(judged: &Judged) -> String {
    let (class, mark) = match judged.verdict_right() {
        Some(true) => ("right", "\u{2713} "),
        Some(false) => ("wrong", "\u{2717} "),
        None => ("unknown", ""),
    };
    format!("<span class=\"chip {class}\"><small>runtime says</small>{mark}{}</span>", judged.verdict())
}
