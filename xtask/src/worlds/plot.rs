//! The shares of the table as one drawing: a line for each cell, with the 95 % interval of each share.

use std::fmt::Write as _;

use super::sums::{ALL, Row};
use super::wilson::Share;

/// The share of right classes that was published for a general reward model (Robo-Dopamine, arXiv 2512.23703).
pub(super) const PUBLISHED_CLASS_ACCURACY: f64 = 0.928;

const LABELS: f64 = 188.0;
const PANEL: f64 = 190.0;
const BETWEEN: f64 = 28.0;
const LINE: f64 = 17.0;
const HEAD: f64 = 58.0;
const FOOT: f64 = 46.0;
const DOT: f64 = 3.2;
const MARKS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

const STYLE: &str = "\
text { font: 11.5px system-ui, sans-serif; fill: #1d2430; } .soft { fill: #59626f; } .head { font-weight: 600; } .paper { fill: #fff; }\
.grid { stroke: #e1e4e8; } .whisker { stroke: #1f5fb4; stroke-width: 1.6; } .dot { fill: #1f5fb4; }\
.published { stroke: #b3331f; stroke-width: 1.4; stroke-dasharray: 4 3; }\
@media (prefers-color-scheme: dark) { text { fill: #e4e7eb; } .soft { fill: #a0a9b5; } .paper { fill: #1b2027; } .grid { stroke: #353c46; }\
.whisker { stroke: #74aef5; } .dot { fill: #74aef5; } .published { stroke: #ff8d78; } }";

/// A share of a row, under its title.
type Panel = (&'static str, fn(&Row) -> Option<Share>);
const PANELS: [Panel; 4] = [
    ("failures seen (recall)", |row| row.failure_recall),
    ("failures called success", |row| row.false_success()),
    ("successes seen (recall)", |row| row.success_recall),
    ("completion class right", |row| row.class_accuracy),
];

/// One group of lines for each way to divide the episodes.
pub(super) fn svg(rows: &[Row], backbone: &str) -> String {
    let groups = groups(rows, backbone);
    let lines: usize = groups.iter().map(|(_, rows)| rows.len() + 1).sum();
    let width = LABELS + count(PANELS.len()) * (PANEL + BETWEEN);
    let bottom = HEAD + count(lines) * LINE;
    let height = bottom + FOOT;
    let episodes = groups.first().and_then(|(_, rows)| rows.first()).map_or(0, |row| row.episodes);
    let title = format!("{backbone}: shares of {episodes} simulated episodes with their 95 % intervals (Wilson)");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         role=\"img\" aria-label=\"{title}\">\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"
    );
    text(&mut svg, "head", "start", 8.0, 20.0, &title);
    for (panel, (title, _)) in PANELS.iter().enumerate() {
        draw_panel(&mut svg, panel, title, bottom);
    }
    let x = left(PANELS.len() - 1) + PANEL * PUBLISHED_CLASS_ACCURACY;
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(svg, "<line class=\"published\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{bottom}\"/>");
    text(
        &mut svg,
        "soft",
        "end",
        width - 8.0,
        bottom + 36.0,
        "dashed: 0.928, published for a general reward model (arXiv 2512.23703)",
    );
    text(
        &mut svg,
        "soft",
        "start",
        8.0,
        bottom + 36.0,
        "dot: share, from 0 to 1; line: its 95 % interval; n: episodes of the row",
    );
    let mut y = HEAD;
    for (name, rows) in groups {
        y += LINE;
        text(&mut svg, "head", "start", 8.0, y - 4.0, name);
        for row in rows {
            y += LINE;
            draw_row(&mut svg, row, y - LINE / 2.0);
        }
    }
    svg + "</svg>\n"
}

/// Titles, and the rows under each.
fn groups<'a>(rows: &'a [Row], backbone: &str) -> Vec<(&'static str, Vec<&'a Row>)> {
    let some = |wanted: fn(&Row) -> bool| {
        rows.iter().filter(|row| row.backbone == backbone && wanted(row)).collect::<Vec<_>>()
    };
    let groups = [
        ("all", some(|row| [&row.task, &row.level, &row.kind].iter().all(|name| *name == ALL))),
        ("by task", some(|row| row.task != ALL && row.level == ALL && row.kind == ALL)),
        ("by level of randomisation", some(|row| row.task == ALL && row.level != ALL && row.kind == ALL)),
        ("by task and level", some(|row| row.task != ALL && row.level != ALL && row.kind == ALL)),
        ("by what the expert was told", some(|row| row.task == ALL && row.level == ALL && row.kind != ALL)),
    ];
    groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

fn left(panel: usize) -> f64 {
    LABELS + count(panel) * (PANEL + BETWEEN)
}

fn draw_panel(svg: &mut String, panel: usize, title: &str, bottom: f64) {
    let left = left(panel);
    text(svg, "", "middle", left + PANEL / 2.0, HEAD - 14.0, title);
    for mark in MARKS {
        let x = left + PANEL * mark;
        let _ = writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{bottom}\"/>");
        text(svg, "soft", "middle", x, bottom + 15.0, &mark.to_string());
    }
}

fn draw_row(svg: &mut String, row: &Row, y: f64) {
    let names: Vec<&str> =
        [&row.task, &row.level, &row.kind].into_iter().map(String::as_str).filter(|name| *name != ALL).collect();
    let name = if names.is_empty() { ALL.to_owned() } else { names.join(", ").replace('_', " ") };
    text(svg, "", "start", 18.0, y + 4.0, &name);
    text(svg, "soft", "end", LABELS - 12.0, y + 4.0, &format!("n {}", row.episodes));
    for (panel, (_, share)) in PANELS.iter().enumerate() {
        let Some(share) = share(row) else { continue };
        let (x, (low, high)) = (|value: f64| left(panel) + PANEL * value, share.interval());
        let _ = writeln!(
            svg,
            "<line class=\"whisker\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><circle class=\"dot\" cx=\"{:.1}\" cy=\"{y:.1}\" \
             r=\"{DOT}\"><title>{} of {}: {:.3}, 95 % interval {low:.3} to {high:.3}</title></circle>",
            x(low),
            x(high),
            x(share.value()),
            share.some,
            share.of,
            share.value()
        );
    }
}

fn text(svg: &mut String, class: &str, anchor: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}

#[allow(clippy::cast_precision_loss, reason = "lines of a drawing")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::super::plan::SUCCESS;
    use super::super::sums::{rows, tests::outcome};
    use super::*;

    #[test]
    fn each_share_has_its_dot_and_its_interval_and_none_where_there_is_no_share() {
        let rows = rows("net", &[outcome("push", SUCCESS, true, false), outcome("push", "miss", false, true)]);
        let svg = svg(&rows, "net");
        // All, task, level, task and level: four shares each. Kinds: success has no failures, miss no successes.
        let dots = 4 * 4 + 2 + 3;
        assert_eq!((svg.matches("<circle").count(), svg.matches("class=\"whisker\"").count()), (dots, dots), "{svg}");
        assert!(svg.contains("1 of 1: 1.000, 95 % interval 0.207 to 1.000"), "{svg}");
        assert!(svg.contains("shares of 2 simulated episodes") && svg.ends_with("</svg>\n"));
        // The published share: 0.928 of 190 right of the fourth panel, which begins at 842.
        assert!(svg.contains("class=\"published\" x1=\"1018.3\""), "{svg}");
        assert!(!super::svg(&rows, "other").contains("<circle"), "another backbone's rows are not drawn");
    }
}
