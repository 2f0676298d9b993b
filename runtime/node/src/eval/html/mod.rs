//! The report: one HTML file that needs nothing else.
//!
//! - `episode`: an episode's pictures, progress, success estimate and out-of-distribution score, over one time axis.
//! - `attacks`: the attacks on it, each with a small curve.
//! - `calibration`, `latency`, `ran`: of the whole run.

mod attacks;
mod calibration;
mod episode;
mod latency;
mod ran;

use std::fmt::Write as _;

use super::Curves;
use super::report::{EvalReport, or_dash};
use crate::markup::{escape, header};

pub(crate) use episode::PICTURE_WIDTH;

const STYLE: &str = include_str!("style.css");

/// The whole page. From `goal_share` of belief on the goal counts as seen.
pub(crate) fn page(report: &EvalReport, curves: &[Curves], goal_share: f64) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Striatum: evaluation</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<h1>Evaluation of a reward bundle</h1>\n{}",
        lead(report)
    );
    page.push_str(&measures(report));
    for (report, curves) in report.episodes.iter().zip(curves) {
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(page, "<section>\n<h2>{}</h2>", escape(&report.episode));
        page.push_str(&episode::figure(report, curves, goal_share));
        if !report.hacks.is_empty() {
            page.push_str(&attacks::table(report, &curves.attacks));
        }
        page.push_str("</section>\n");
    }
    page.push_str(&calibration::section(report.calibration.as_ref()));
    page.push_str(&latency::section(report));
    page.push_str(&ran::section(report));
    page.push_str("</body>\n</html>\n");
    page
}

/// The page in two sentences.
fn lead(report: &EvalReport) -> String {
    let episodes = match report.episodes.len() {
        1 => "one episode".to_owned(),
        several => format!("{several} episodes"),
    };
    let task =
        report.ran.task.as_deref().map_or_else(String::new, |task| format!(", \u{201c}{}\u{201d},", escape(task)));
    let mut lead = format!(
        "<p>What bundle <code>{}</code>{task} says of {episodes}, beside what is true",
        escape(report.bundle_sha256.get(..12).unwrap_or(&report.bundle_sha256))
    );
    let hacks = || report.episodes.iter().flat_map(|episode| &episode.hacks);
    if hacks().next().is_some() {
        let held = hacks().filter(|hack| hack.verdict_right).count();
        let _ =
            write!(lead, ". Of the attacks on it, <strong>{held} of {}</strong> left what must hold", hacks().count());
    }
    lead + ".</p>\n"
}

fn measures(report: &EvalReport) -> String {
    let mut text = "<section>\n<h2>Measures</h2>\n<div class=\"scroll\">".to_owned();
    text.push_str(&header(&[
        "episode",
        "VOC+",
        "VOC-",
        "MAE",
        "RMSE",
        "Kendall tau",
        "frozen drift",
        "90 % interval holds",
        "flagged",
        "class",
        "verdict",
        "true outcome",
        "attacks withstood",
    ]));
    for row in &report.episodes {
        let numbers =
            [Some(row.voc_plus), row.voc_minus, Some(row.mae), Some(row.rmse), Some(row.kendall_tau), row.frozen_drift];
        let numbers: String = numbers.into_iter().map(|number| format!("<td>{}</td>", or_dash(number))).collect();
        let outcome = row.succeeded.map_or("not recorded", said);
        let verdict = format!("{}<small>{}</small>", said(!row.failure_detected), escape(&row.success_words()));
        let is_right = row.succeeded.map(|succeeded| succeeded != row.failure_detected);
        let class = is_right.map_or("", |right| if right { " class=\"right\"" } else { " class=\"wrong\"" });
        let held = row.hacks.iter().filter(|hack| hack.verdict_right).count();
        let held = if row.hacks.is_empty() { "-".to_owned() } else { format!("{held} of {}", row.hacks.len()) };
        let _ = writeln!(
            text,
            "<tr><td>{}</td>{numbers}<td>{:.1} %</td><td>{:.0} %</td><td>{}</td><td{class}>{verdict}</td><td>{outcome}</td>\
             <td>{held}</td></tr>",
            escape(&row.episode),
            100.0 * row.interval_coverage_90,
            100.0 * row.ood_share,
            row.completion_class.name()
        );
    }
    text + "</table></div>\n<p class=\"note\">VOC+ is the rank correlation of progress and time; a clock without a camera reaches 0.99, so \
            read it beside the error (MAE, RMSE; 0 is right), VOC- (the clip backwards; -1 is right) and the drift on a frozen picture \
            (0 is right). Class is read off the curve as a whole, the verdict is the runtime's own success estimate at the end. \
            Flagged: rows unlike the demonstration.</p>\n</section>\n"
}

/// An outcome in a word.
fn said(success: bool) -> &'static str {
    if success { "success" } else { "failure" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::TruthSource;
    use crate::eval::measures::CompletionClass;
    use crate::eval::report::EpisodeReport;

    /// An episode of which nothing matters but its name.
    pub(super) fn report(name: &str) -> EpisodeReport {
        EpisodeReport {
            episode: name.to_owned(),
            frames: 3,
            rows: 3,
            truth: TruthSource::Recorded,
            voc_plus: 1.0,
            voc_minus: None,
            mae: 0.1,
            rmse: 0.1,
            kendall_tau: 1.0,
            frozen_drift: None,
            interval_coverage_90: 1.0,
            completion_class: CompletionClass::Success,
            failure_detected: true,
            success_seen: false,
            success_first_secs: None,
            false_success_any: 0.0,
            final_progress: 1.0,
            final_truth: 0.9,
            true_completion_class: CompletionClass::Success,
            succeeded: Some(true),
            ood_mean: 0.2,
            ood_share: 0.0,
            hacks: Vec::new(),
        }
    }

    #[test]
    fn a_wrong_verdict_is_marked_and_names_stay_text() {
        let report = EvalReport::new(vec![report("a <b>")], &[]);
        let table = measures(&report);
        assert!(
            table.contains("a &lt;b&gt;")
                && table.contains("<td class=\"wrong\">failure<small>not seen</small></td><td>success</td>"),
            "{table}"
        );
        let page = page(&report, &[], 0.5);
        assert_eq!(page.matches("<section>").count(), page.matches("</section>").count());
    }
}
