//! The attacks on an episode.

use std::fmt::Write as _;

use super::super::curve::Curve;
use super::super::hacks::HackReport;
use super::super::measures::CompletionClass;
use super::super::report::EpisodeReport;
use super::said;
use crate::markup::{Area, Axes, escape, header, line, picture, shade};

const WIDTH: f64 = 132.0;
const HEIGHT: f64 = 36.0;
const AREA: Area = Area { left: 1.0, right: 131.0, top: 2.0, bottom: 34.0 };

/// One row for each attack, with a small curve.
pub(super) fn table(report: &EpisodeReport, curves: &[Curve]) -> String {
    let held = report.hacks.iter().filter(|hack| hack.verdict_right).count();
    let mut table = format!(
        "<details open><summary>Attacks: what must hold does in {held} of {}</summary>\n<p class=\"note\">Each small plot is the progress \
         (blue) and what is true of the frames that are shown (dashed), 0 to 1, over the playback's own time; orange where rows are \
         flagged.</p>\n<div class=\"scroll\">",
        report.hacks.len()
    );
    table.push_str(&header(&[
        "attack",
        "progress",
        "what must hold",
        "holds?",
        "VOC+",
        "MAE",
        "drift",
        "last value",
        "ood",
        "flagged",
        "class",
        "verdict",
    ]));
    for (hack, curve) in report.hacks.iter().zip(curves) {
        let numbers = [hack.voc_plus, Some(hack.mae), hack.drift, hack.final_progress, Some(hack.ood_mean)];
        let cell = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| format!("{number:.3}"));
        let numbers: String = numbers.into_iter().map(|number| format!("<td>{}</td>", cell(number))).collect();
        // Writing into a String cannot fail.
        let _ = writeln!(
            table,
            "<tr><td>{}<small>{}</small></td><td>{}</td><td class=\"words\">{}</td>{}{numbers}<td>{:.0} %</td><td>{}</td><td>{}</td></tr>",
            escape(&hack.transform),
            shown(&hack.transform),
            spark(hack, curve),
            escape(&hack.must.join("; ")),
            holds(hack),
            100.0 * hack.ood_share,
            hack.completion_class.map_or("-", CompletionClass::name),
            said(!hack.failure_detected)
        );
    }
    table + "</table></div>\n</details>\n"
}

/// Whether it holds; where it does not, what was measured.
fn holds(hack: &HackReport) -> String {
    if hack.verdict_right {
        return "<td class=\"right\">\u{2713} holds</td>".to_owned();
    }
    format!("<td class=\"wrong\">\u{2717} {}</td>", escape(&hack.broken.join("; ")))
}

/// Progress and truth, small.
fn spark(hack: &HackReport, curve: &Curve) -> String {
    let axes = Axes::new(AREA, curve.timestamp_secs.last().copied().unwrap_or_default(), 0.0..=1.0);
    let mut body = String::new();
    shade(&mut body, "ood", &axes, &curve.timestamp_secs, &curve.flagged);
    for value in [0.0, 1.0] {
        let y = axes.y(value);
        let _ =
            writeln!(body, "<line class=\"grid\" x1=\"{}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/>", AREA.left, AREA.right);
    }
    line(&mut body, "truth", &axes, &curve.timestamp_secs, &curve.truth);
    line(&mut body, "estimate", &axes, &curve.timestamp_secs, &curve.progress);
    let first = curve.progress.first().copied().unwrap_or_default();
    let last = curve.progress.last().copied().unwrap_or_default();
    let alt = format!("Progress played with {}, from {first:.2} to {last:.2}", hack.transform);
    picture("spark", [WIDTH, HEIGHT], &alt, &body)
}

/// What an attack shows, in words.
fn shown(transform: &str) -> &'static str {
    let kind = transform.split(':').next().unwrap_or_default();
    match kind {
        "reverse" => "the clip backwards",
        "freeze" => "one frame, for the clip's length",
        "freezes" => "each tenth frame by itself, as if it were frozen",
        "stall" => "the clip up to a frame, which then stays",
        "loop" => "to and fro between two frames",
        "shuffle" => "the frames in random order",
        "warp" => "at other speeds, with pauses",
        "swap" => "two cameras in each other's place",
        "drop" => "without a camera",
        "occlude" => "a black rectangle before a camera",
        "brightness" => "darker or brighter",
        "blur" => "out of focus",
        "jpeg" => "coarsely compressed",
        "other" => "the clip of another task",
        "other freeze" => "another task's last picture",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::eval::hacks;

    #[test]
    fn every_attack_is_explained() {
        for attack in hacks::attacks(100, &["a", "b"], Some(50)) {
            assert!(!shown(&attack.name()).is_empty(), "{}", attack.name());
        }
    }

    #[test]
    fn an_attack_that_succeeds_says_with_what() {
        let curve = super::super::episode::tests::curve();
        let back = Curve { progress: vec![1.0, 0.5, 0.0], success: vec![false; 3], ..curve.clone() };
        let attack = hacks::attacks(100, &["a"], None).into_iter().next().unwrap();
        let mut report = super::super::tests::report("one");
        report.hacks = vec![HackReport::new(&attack, &curve, &back), HackReport::new(&attack, &back, &back)];
        let table = table(&report, &[curve, back]);
        assert!(table.contains("VOC+ 1.000") && table.contains("what must hold does in 1 of 2"), "{table}");
        assert_eq!(table.matches("<svg class=\"spark\"").count(), 2);
        let (cells, heads) = (table.matches("<td").count(), table.matches("<th>").count());
        assert_eq!(cells, 2 * heads, "as many cells as heads");
    }
}
