//! The whole page.

use std::fmt::Write as _;

use super::PageOptions;
use super::card::card;
use super::judged::Judged;
use super::learnt::Learnt;
use super::trained::{self, Trained};
use crate::error::Result;
use crate::eval::measures::quantile;
use crate::markup::{escape, header};

const STYLE: &str = include_str!("style.css");
/// The reward plots reach at least so far.
const LEAST_REWARD: f64 = 0.02;

/// The page: what was learnt, a table, how to read it, and a card for each episode, successes left and failures right.
///
/// # Errors
/// When a picture cannot be encoded.
pub(super) fn document(
    judged: &[Judged],
    learnt: &Learnt,
    trained: &[Trained],
    options: &PageOptions,
) -> Result<String> {
    let task = if learnt.task.is_empty() { "a task without a name" } else { &learnt.task };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Striatum: {task}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <p class=\"brand\">Striatum, a reward from cameras</p>\n<h1>{task}</h1>\n<p class=\"lead\">{}</p>\n",
        lead(judged),
        task = escape(task),
    );
    page.push_str("<div class=\"top\">\n");
    page.push_str(&what_was_learnt(learnt));
    page.push_str(&summary(judged));
    page.push_str("</div>\n");
    page.push_str(&trained::section(trained));
    page.push_str(&how_to_read(judged, options.gamma));
    let limit = reward_limit(judged);
    let mut cards = Vec::with_capacity(judged.len());
    for (number, row) in judged.iter().enumerate() {
        cards.push((row.succeeded, card(row, number + 1, &learnt.task, limit)?));
    }
    page.push_str(&columns(&cards));
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(
        page,
        "<footer>Made by <code>striatum page</code> {} from {}: one row for every {}, gamma {}. This file needs no network.</footer>\n\
         </body>\n</html>",
        env!("CARGO_PKG_VERSION"),
        count(judged.len(), "episode"),
        if options.stride == 1 { "frame".to_owned() } else { format!("{} frames", options.stride) },
        options.gamma
    );
    Ok(page)
}

/// The page in two sentences.
fn lead(judged: &[Judged]) -> String {
    let of = |outcome: Option<bool>| judged.iter().filter(|row| row.succeeded == outcome).count();
    let known = of(Some(true)) + of(Some(false));
    let right = judged.iter().filter(|row| row.verdict_right() == Some(true)).count();
    let mut lead = format!(
        "The reward was learnt from the demonstration below and then watched {}",
        count(judged.len(), "episode")
    );
    if known > 0 {
        let _ = write!(
            lead,
            ": {} and {}. It judged <strong>{right} of {known}</strong> rightly",
            count(of(Some(true)), "success"),
            count(of(Some(false)), "failure")
        );
    }
    lead + "."
}

fn count(number: usize, what: &str) -> String {
    match (number, what.ends_with('s')) {
        (1, _) => format!("1 {what}"),
        (_, true) => format!("{number} {what}es"),
        (_, false) => format!("{number} {what}s"),
    }
}

fn what_was_learnt(learnt: &Learnt) -> String {
    let mut text = "<section class=\"learnt\">\n<h2>Learnt from</h2>\n<dl>\n".to_owned();
    let truth = if learnt.annotated { "progress from annotated keyframes" } else { "progress taken as linear in time" };
    let facts = [
        ("bundle", learnt.bundle.clone()),
        (
            "demonstration",
            format!("{} of {}, {truth}", count(learnt.sets, "frame set"), count(learnt.views.len(), "view")),
        ),
        ("views", learnt.views.join(", ")),
        ("files", learnt.sources.join(", ")),
        ("backbone", format!("{}, frozen", learnt.backbone)),
    ];
    for (name, value) in facts {
        let _ = writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    text.push_str("</dl>\n<div class=\"references\">\n");
    for (name, pictures) in [("start", &learnt.start), ("goal", &learnt.goal)] {
        let images: String = pictures.iter().map(|picture| format!("<img alt=\"\" src=\"{picture}\">")).collect();
        let _ =
            writeln!(text, "<figure><div>{images}</div><figcaption>{name} of the demonstration</figcaption></figure>");
    }
    text + "</div>\n</section>\n"
}

fn summary(judged: &[Judged]) -> String {
    let mut table = "<section class=\"summary\">\n<h2>All episodes</h2>\n".to_owned();
    table.push_str(&header(&["episode", "truth", "runtime says", "", "MAE", "VOC+", "final progress", "mean ood"]));
    for (number, row) in judged.iter().enumerate() {
        let (class, mark) = match row.verdict_right() {
            Some(true) => ("right", "\u{2713} right"),
            Some(false) => ("wrong", "\u{2717} wrong"),
            None => ("", "-"),
        };
        let numbers: String = row.numbers().iter().map(|number| format!("<td>{number}</td>")).collect();
        let _ = writeln!(
            table,
            "<tr><td><a href=\"#episode-{}\">{}</a></td><td class=\"word\">{}</td><td class=\"word\">{}</td>\
             <td class=\"word {class}\">{mark}</td>{numbers}</tr>",
            number + 1,
            escape(&row.name),
            escape(&row.outcome()),
            row.verdict()
        );
    }
    table
        + "</table>\n<p class=\"note\">MAE: mean distance of estimated from true progress, 0 is best. VOC+: rank correlation of progress \
           and time, +1 for one that only rises; right for a success, while a failure should be lower. Success is what the \
           runtime's success estimate says at the end; of a bundle without one, a last progress above 0.8 and a last third above 0.6 in the mean. ood: how far the pictures are from the demonstration, above 1 is flagged.</p>\n\
           </section>\n"
}

fn how_to_read(judged: &[Judged], gamma: f64) -> String {
    let key = |class: &str, what: &str| {
        let shape = match class {
            "band" | "ood" => format!("<rect class=\"{class}\" x=\"1\" y=\"1\" width=\"26\" height=\"12\"/>"),
            "gain" => {
                "<path class=\"gain\" d=\"M3 13V3H13V13Z\"/><path class=\"loss\" d=\"M15 1V11H25V1Z\"/>".to_owned()
            }
            _ => format!("<polyline class=\"{class}\" points=\"1,7 27,7\"/>"),
        };
        format!("<span><svg class=\"key\" viewBox=\"0 0 28 14\">{shape}</svg>{what}</span>\n")
    };
    let mut keys = [
        key("truth", "true progress"),
        key("estimate", "estimated progress"),
        key("band", "&plusmn; one standard deviation"),
        key("ood", "flagged: unlike the demonstration"),
        key("gain", &format!("shaped reward of each step, &gamma;&Phi;(s&prime;) &minus; &Phi;(s), &gamma; = {gamma}; what is beyond the edge is cut")),
    ]
    .concat();
    if judged.iter().any(|row| row.live.is_some()) {
        keys += &key("live", "from the live run over zenoh, whose steps are of another length");
    }
    format!(
        "<section class=\"how\">\n<p>How to read a card: the pictures run from the first frame to the last, and below them, over the same \
         time, the blue line should follow the black one, rise to 1 only where the task gets done, and earn green reward for progress and \
         red for what is lost.</p>\n<div class=\"keys\">\n{keys}</div>\n</section>\n"
    )
}

/// Successes beside failures; below them what nobody knows the outcome of.
fn columns(cards: &[(Option<bool>, String)]) -> String {
    let of = |outcome: Option<bool>| -> Vec<&str> {
        cards.iter().filter(|card| card.0 == outcome).map(|card| card.1.as_str()).collect()
    };
    let (good, bad, unknown) = (of(Some(true)), of(Some(false)), of(None));
    let column = |class: &str, head: &str, cards: &[&str]| {
        let none = if cards.is_empty() { "<p class=\"note\">none</p>\n" } else { "" };
        format!("<section class=\"{class}\">\n<h2>{head}</h2>\n{none}{}</section>\n", cards.concat())
    };
    let mut text = String::new();
    if !(good.is_empty() && bad.is_empty()) {
        let (good, bad) = (column("good", "Successes", &good), column("bad", "Failures", &bad));
        let _ = write!(text, "<div class=\"columns\">\n{good}{bad}</div>\n");
    }
    if !unknown.is_empty() {
        let _ = write!(text, "<h2>Outcome not recorded</h2>\n<div class=\"columns\">\n{}</div>\n", unknown.concat());
    }
    text
}

/// What all but one in a hundred of the page's rewards are within, in round hundredths.
fn reward_limit(judged: &[Judged]) -> f64 {
    let offline = judged.iter().flat_map(|row| row.curve.shaping.iter().flatten());
    let live = judged.iter().filter_map(|row| row.live.as_ref()).flat_map(|live| live.reward.iter().flatten());
    let sizes: Vec<f64> = offline.chain(live).map(|reward| reward.abs()).collect();
    let limit = if sizes.is_empty() { LEAST_REWARD } else { quantile(&sizes, 0.99).max(LEAST_REWARD) };
    (limit * 100.0).ceil() / 100.0
}
