//! How far progress and its interval can be believed.

use std::fmt::Write as _;

use super::super::reliability::Reliability;
use crate::markup::{Area, Axes, Shape, band, key, label, line, picture, words};

const SIZE: [f64; 2] = [360.0, 330.0];
const AREA: Area = Area { left: 52.0, right: 346.0, top: 10.0, bottom: 284.0 };
const TITLE_Y: f64 = 322.0;
const MARKS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const DOT: f64 = 3.0;

/// The section; it says so where no episode has a truth.
pub(super) fn section(reliability: Option<&Reliability>) -> String {
    let mut text = "<section>\n<h2>Calibration</h2>\n".to_owned();
    let Some(found) = reliability else {
        return text
            + "<p>No episode here has a truth that somebody wrote down (keyframes or truth.csv), so nothing can be said of it.</p>\n\
               </section>\n";
    };
    let of = match found.episodes {
        1 => "One clip is one sample, however long: nothing here says how the next one does.".to_owned(),
        several => format!(
            "{several} episodes, each of the same weight; what is drawn around a mean is the least and the greatest of them."
        ),
    };
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "<p>{of} Expected calibration error of the mean: <strong>{:.3}</strong> of the task (0 is right).</p>",
        found.ece
    );
    let spread = if found.episodes > 1 {
        key("spread", Shape::Line, "least to greatest of the episodes")
    } else {
        String::new()
    };
    let area =
        if found.episodes > 1 { key("band", Shape::Area, "least to greatest of the episodes") } else { String::new() };
    let right = key("limit", Shape::Line, "what would be right");
    let _ = writeln!(
        text,
        "<div class=\"pair\">\n<figure>{}<figcaption><strong>Reliability of progress.</strong> Rows in ten bins by what was said; a greater \
         dot is more rows.<div class=\"keys\">{}{spread}{right}</div></figcaption></figure>\n<figure>{}<figcaption><strong>Coverage of \
         intervals.</strong> Below the line intervals are too narrow, above it too wide.<div class=\"keys\">{}{area}{right}</div>\
         </figcaption></figure>\n</div>\n</section>",
        said_and_true(found),
        key("dot", Shape::Dot, "mean of a bin"),
        coverage(found),
        key("estimate", Shape::Line, "share of rows whose truth lies inside"),
    );
    text
}

fn axes(body: &mut String, across: &str, up: &str) -> Axes {
    let axes = Axes::new(AREA, 1.0, 0.0..=1.0);
    axes.draw_values(body, &MARKS);
    axes.draw_across(body, &MARKS);
    words(body, up, f64::midpoint(AREA.top, AREA.bottom));
    label(body, "middle", f64::midpoint(AREA.left, AREA.right), TITLE_Y, across);
    line(body, "limit", &axes, &[0.0, 1.0], &[0.0, 1.0]);
    axes
}

fn said_and_true(found: &Reliability) -> String {
    let mut body = String::new();
    let axes = axes(&mut body, "progress that was said", "progress that was true");
    let full = || found.bins.iter().filter_map(|bin| Some((bin, bin.said?, bin.truth?)));
    for (bin, said, _) in full() {
        if let (Some(least), Some(greatest), true) = (bin.least, bin.greatest, found.episodes > 1) {
            line(&mut body, "spread", &axes, &[said, said], &[least, greatest]);
        }
    }
    let (said, truth): (Vec<f64>, Vec<f64>) = full().map(|(_, said, truth)| (said, truth)).unzip();
    line(&mut body, "estimate", &axes, &said, &truth);
    for (bin, said, truth) in full() {
        let radius = DOT + 2.0 * DOT * bin.share.sqrt();
        let _ = writeln!(
            body,
            "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"/>",
            axes.x(said),
            axes.y(truth)
        );
    }
    let points = full().map(|(_, said, truth)| format!("{said:.2} was {truth:.2}")).collect::<Vec<_>>().join(", ");
    picture("plot", SIZE, &format!("Reliability: progress that was said and what was true: {points}"), &body)
}

fn coverage(found: &Reliability) -> String {
    let mut body = String::new();
    let axes = axes(&mut body, "level of the interval", "share of rows inside");
    let of = |value: fn(&super::super::reliability::LevelCoverage) -> f64| -> Vec<f64> {
        found.coverage.iter().map(value).collect()
    };
    let (nominal, mean) = (of(|level| level.nominal), of(|level| level.mean));
    if found.episodes > 1 {
        band(&mut body, "band", &axes, &nominal, [&of(|level| level.greatest), &of(|level| level.least)]);
    }
    line(&mut body, "estimate", &axes, &nominal, &mean);
    for (nominal, mean) in nominal.iter().zip(&mean) {
        let _ = writeln!(
            body,
            "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{DOT}\"/>",
            axes.x(*nominal),
            axes.y(*mean)
        );
    }
    let said = |level: &super::super::reliability::LevelCoverage| {
        format!("{:.0} % interval holds {:.0} %", 100.0 * level.nominal, 100.0 * level.mean)
    };
    let points = found.coverage.iter().map(said).collect::<Vec<_>>().join(", ");
    picture("plot", SIZE, &format!("Coverage of intervals by their level: {points}"), &body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::eval::curve::Curve;

    fn found(count: usize) -> Reliability {
        let curve =
            Curve { progress: vec![0.5; 4], truth: vec![0.5, 0.5, 0.7, 0.7], std: vec![0.1; 4], ..Curve::default() };
        let curves: Vec<(String, &Curve)> = (0..count).map(|index| (index.to_string(), &curve)).collect();
        Reliability::of(&curves).unwrap().unwrap()
    }

    #[test]
    fn points_lie_where_they_belong_and_spread_is_only_drawn_of_several() {
        let one = section(Some(&found(1)));
        // Said 0.5, true 0.6: 147 to the right of 52, 164.4 above 284; all rows in one bin.
        assert!(one.contains("cx=\"199.0\" cy=\"119.6\" r=\"9.0\""), "{one}");
        // 0.2 is 2 std: all rows from 99 % on, half of them below.
        assert!(one.contains("90 % interval holds 50 %") && one.contains("99 % interval holds 100 %"), "{one}");
        assert!(
            one.contains("One clip is one sample") && !one.contains("class=\"spread\"") && !one.contains("\"band\"")
        );
        let two = section(Some(&found(2)));
        assert!(two.contains("class=\"spread\"") && two.contains("class=\"band\""));
    }

    #[test]
    fn without_truth_nothing_is_drawn() {
        let none = section(None);
        assert!(!none.contains("<svg") && none.contains("somebody wrote down"));
    }
}
