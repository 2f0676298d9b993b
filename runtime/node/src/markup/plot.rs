//! Lines, shades and words in a plot, as SVG.

use std::fmt::Write as _;

use super::axes::{Area, Axes};
use super::text::escape;

/// Middle of the words beside a row of pictures or a plot.
const WORDS_X: f64 = 13.0;

/// A line through all points.
pub(crate) fn line(svg: &mut String, class: &str, axes: &Axes, across: &[f64], values: &[f64]) {
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", axes.points(across, values).join(" "));
}

/// What lies between two curves.
pub(crate) fn band(svg: &mut String, class: &str, axes: &Axes, across: &[f64], [upper, lower]: [&[f64]; 2]) {
    let _ = writeln!(svg, "<polygon class=\"{class}\" points=\"{}\"/>", axes.band(across, upper, lower));
}

/// A rectangle from top to bottom behind each run of rows that are flagged.
pub(crate) fn shade(svg: &mut String, class: &str, axes: &Axes, times: &[f64], flags: &[bool]) {
    let between = |a: usize, b: usize| match (times.get(a), times.get(b)) {
        (Some(a), Some(b)) => f64::midpoint(*a, *b),
        (Some(only), None) | (None, Some(only)) => *only,
        (None, None) => 0.0,
    };
    let mut row = 0;
    for run in flags.chunk_by(|a, b| a == b) {
        let (first, after) = (row, row + run.len());
        row = after;
        if run.first() != Some(&true) {
            continue;
        }
        let from = axes.x(between(first.saturating_sub(1), first));
        let to = axes.x(between(after - 1, after));
        let Area { top, bottom, .. } = axes.area;
        let (width, height) = ((to - from).max(1.0), bottom - top);
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
    }
}

/// Words that stand on their end at the left edge, in the middle of a row.
pub(crate) fn words(svg: &mut String, text: &str, middle: f64) {
    let _ = writeln!(
        svg,
        "<text class=\"words\" text-anchor=\"middle\" transform=\"translate({WORDS_X} {middle:.1}) rotate(-90)\">{}</text>",
        escape(text)
    );
}

/// Words at a place; `anchor` is SVG's `start`, `middle` or `end`.
pub(crate) fn label(svg: &mut String, anchor: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escape(text));
}

/// A drawing of this size that says what it shows to those who cannot see it.
pub(crate) fn picture(class: &str, [width, height]: [f64; 2], alt: &str, body: &str) -> String {
    let alt = escape(alt);
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{alt}\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title>{alt}</title>\n{body}</svg>\n"
    )
}

/// What a shape of the class `class` means, for the line below a plot.
pub(crate) fn key(class: &str, shape: Shape, what: &str) -> String {
    let shape = match shape {
        Shape::Line => format!("<polyline class=\"{class}\" points=\"1,7 27,7\"/>"),
        Shape::Area => format!("<rect class=\"{class}\" x=\"1\" y=\"1\" width=\"26\" height=\"12\"/>"),
        Shape::Dot => format!("<circle class=\"{class}\" cx=\"14\" cy=\"7\" r=\"4\"/>"),
    };
    format!("<span><svg class=\"key\" viewBox=\"0 0 28 14\" aria-hidden=\"true\">{shape}</svg>{what}</span>\n")
}

/// What a [`key`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Line,
    Area,
    Dot,
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { left: 0.0, right: 100.0, top: 0.0, bottom: 50.0 };

    #[test]
    fn a_shade_reaches_half_way_to_the_rows_beside_it() {
        let axes = Axes::new(AREA, 10.0, 0.0..=1.0);
        let times = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0];
        let mut svg = String::new();
        shade(&mut svg, "ood", &axes, &times, &[true, false, false, true, true, false]);
        let rects: Vec<&str> = svg.lines().collect();
        assert_eq!(rects.len(), 2, "{svg}");
        assert!(rects[0].contains("x=\"0.0\" y=\"0.0\" width=\"10.0\" height=\"50.0\""), "{svg}");
        assert!(rects[1].contains("x=\"50.0\" y=\"0.0\" width=\"40.0\""), "{svg}");
    }

    #[test]
    fn names_from_outside_stay_text() {
        let mut svg = String::new();
        label(&mut svg, "end", 1.0, 2.0, "a<b");
        words(&mut svg, "c&d", 9.0);
        svg.push_str(&picture("plot", [10.0, 20.0], "\"x\" over time", ""));
        assert!(
            svg.contains("a&lt;b") && svg.contains("c&amp;d") && svg.contains("aria-label=\"&quot;x&quot; over time\"")
        );
    }
}
