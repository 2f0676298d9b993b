//! Success against rollouts: one drawing for each task, a line with its 95 % interval for each reward.

use std::fmt::Write as _;

use super::read::Outcome;
use super::sums::{Mean, curve, of, rows};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 540.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 330.0;
const MARKS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Told apart by people who see few colours too (after Paul Tol's bright scheme).
const COLOURS: [&str; 7] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777"];

/// The drawing of one task.
pub(super) fn svg(outcomes: &[Outcome], task: &str, rollouts: u32) -> String {
    let title = format!("{task}: success of evaluations against rollouts, mean over seeds and its 95 % interval");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>text {{ font: 12px system-ui, sans-serif; fill: #1d2430; }}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"24\">{title}</text>\n"
    );
    for mark in MARKS {
        let y = y(mark);
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(svg, "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#e1e4e8\"/>");
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>", LEFT - 8.0, y + 4.0);
        let (x, at) = (LEFT + (RIGHT - LEFT) * mark, (f64::from(rollouts) * mark).round());
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{at}</text>", BOTTOM + 18.0);
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">rollouts</text>",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 38.0
    );
    let of_task: Vec<_> = rows(outcomes).into_iter().filter(|row| row.task == task).collect();
    for (place, row) in (0_u32..).zip(&of_task) {
        let colour = COLOURS[place as usize % COLOURS.len()];
        draw(&mut svg, &curve(&of(outcomes, task, &row.reward)), rollouts, colour);
        let y = TOP + 8.0 + 20.0 * f64::from(place);
        let x = RIGHT + 16.0;
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"3\"/>",
            x + 18.0
        );
        let name = row.reward.replace('_', " ");
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{name} ({})</text>", x + 24.0, y + 4.0, row.runs);
    }
    svg + "</svg>\n"
}

fn draw(svg: &mut String, curve: &[(u32, Mean)], rollouts: u32, colour: &str) {
    let x = |at: u32| LEFT + (RIGHT - LEFT) * f64::from(at) / f64::from(rollouts.max(1));
    let points = |value: &dyn Fn(&Mean) -> f64| {
        curve.iter().map(|(at, mean)| format!("{:.1},{:.1}", x(*at), y(value(mean)))).collect::<Vec<_>>()
    };
    let mut around = points(&|mean| mean.value + mean.half.unwrap_or(0.0));
    around.extend(points(&|mean| mean.value - mean.half.unwrap_or(0.0)).into_iter().rev());
    let _ = writeln!(svg, "<polygon points=\"{}\" fill=\"{colour}\" opacity=\"0.15\"/>", around.join(" "));
    let line = points(&|mean| mean.value).join(" ");
    let _ = writeln!(svg, "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
}

fn y(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::sums::tests::outcome;
    use super::*;

    #[test]
    fn each_reward_of_the_task_has_its_line() {
        let outcomes = [outcome("shaped", 0, 20), outcome("sparse", 0, 4)];
        let drawn = svg(&outcomes, "push", 20);
        assert_eq!((drawn.matches("<polyline").count(), drawn.matches("<polygon").count()), (2, 2), "{drawn}");
        // After 20 rollouts, of seed 0, all succeeded.
        assert!(drawn.contains("540.0,44.0") && drawn.contains("shaped (1)"), "{drawn}");
        assert!(!svg(&outcomes, "door", 20).contains("<polyline"));
    }
}
