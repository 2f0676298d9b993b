//! An episode's figure.

use std::fmt::Write as _;

use super::super::Curves;
use super::super::curve::Curve;
use super::super::measures::{Z_90, quantile};
use super::super::report::EpisodeReport;
use crate::episode::TruthSource;
use crate::markup::{Area, Axes, Shape, band, key, label, line, picture, shade, words};

/// Width of a small picture, pixels; about one and a half times what it has on a screen.
pub(crate) const PICTURE_WIDTH: u32 = 128;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 746.0;
/// Between the pictures and the plot: room for lines from each picture to its time.
const LEADERS: f64 = 20.0;
const PROGRESS_HEIGHT: f64 = 200.0;
const SMALL_HEIGHT: f64 = 64.0;
const GAP: f64 = 18.0;
/// Room for the labels of the time axis.
const TIMES: f64 = 20.0;
/// The out-of-distribution plot reaches at least and at most so far; its limit is 1.
const OOD_RANGE: (f64, f64) = (2.0, 5.0);

/// Pictures, progress, success estimate and out-of-distribution score over playback time.
pub(super) fn figure(report: &EpisodeReport, curves: &Curves, goal_share: f64) -> String {
    let curve = &curves.forward;
    let mut body = String::new();
    let strip_end = curves.strip.draw(&mut body, Area { left: LEFT, right: RIGHT, top: 0.0, bottom: 0.0 });
    let length_secs = curve.timestamp_secs.last().copied().unwrap_or_default();
    let area = |top: f64, height: f64| Area { left: LEFT, right: RIGHT, top, bottom: top + height };
    let progress = Axes::new(area(strip_end + LEADERS, PROGRESS_HEIGHT), length_secs, 0.0..=1.0);
    curves.strip.draw_leaders(&mut body, &progress, strip_end);
    draw_progress(&mut body, curve, &progress);
    let mut end = progress.area.bottom;
    let has_goal = curve.goal.iter().any(Option::is_some);
    if has_goal {
        let goal = Axes::new(area(end + GAP, SMALL_HEIGHT), length_secs, 0.0..=1.0);
        draw_goal(&mut body, curve, &goal, goal_share);
        end = goal.area.bottom;
    }
    // Not `clamp`, which passes on what is no number: the quantile of no rows.
    let highest = quantile(&curve.ood, 0.98).max(OOD_RANGE.0).min(OOD_RANGE.1).ceil();
    let ood = Axes::new(area(end + GAP, SMALL_HEIGHT), length_secs, 0.0..=highest);
    draw_ood(&mut body, curve, &ood, highest);
    let times_y = ood.area.bottom + TIMES;
    ood.draw_times(&mut body, times_y - 4.0);
    label(&mut body, "middle", f64::midpoint(LEFT, RIGHT), times_y + 12.0, "playback time, seconds");
    let svg = picture("wide", [WIDTH, times_y + 18.0], &alt(report, curve), &body);
    format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", legend(report, has_goal, highest))
}

fn draw_progress(svg: &mut String, curve: &Curve, axes: &Axes) {
    let times = &curve.timestamp_secs;
    axes.draw_values(svg, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    words(svg, "progress", f64::midpoint(axes.area.top, axes.area.bottom));
    let edge = |sign: f64| -> Vec<f64> {
        curve.progress.iter().zip(&curve.std).map(|(mean, std)| (mean + sign * Z_90 * std).clamp(0.0, 1.0)).collect()
    };
    band(svg, "band", axes, times, [&edge(1.0), &edge(-1.0)]);
    line(svg, "truth", axes, times, &curve.truth);
    line(svg, "estimate", axes, times, &curve.progress);
}

/// The share of belief on the goal, and where it counts as success.
fn draw_goal(svg: &mut String, curve: &Curve, axes: &Axes, goal_share: f64) {
    axes.draw_values(svg, &[0.0, 1.0]);
    words(svg, "goal seen", f64::midpoint(axes.area.top, axes.area.bottom));
    shade(svg, "yes", axes, &curve.timestamp_secs, &curve.success);
    limit(svg, axes, goal_share);
    let known = curve.timestamp_secs.iter().zip(&curve.goal).filter_map(|(at, goal)| Some((*at, (*goal)?)));
    let (times, goals): (Vec<f64>, Vec<f64>) = known.unzip();
    line(svg, "goal", axes, &times, &goals);
}

fn draw_ood(svg: &mut String, curve: &Curve, axes: &Axes, highest: f64) {
    axes.draw_values(svg, &[0.0, 1.0, highest]);
    words(svg, "unlike", f64::midpoint(axes.area.top, axes.area.bottom));
    shade(svg, "ood", axes, &curve.timestamp_secs, &curve.flagged);
    limit(svg, axes, 1.0);
    line(svg, "score", axes, &curve.timestamp_secs, &curve.ood);
}

/// A dotted line across.
fn limit(svg: &mut String, axes: &Axes, value: f64) {
    let (y, Area { left, right, .. }) = (axes.y(value), axes.area);
    // Writing into a String cannot fail.
    let _ = writeln!(svg, "<polyline class=\"limit\" points=\"{left:.1},{y:.1} {right:.1},{y:.1}\"/>");
}

fn legend(report: &EpisodeReport, has_goal: bool, highest: f64) -> String {
    let truth = match report.truth {
        TruthSource::Recorded => "true progress, as the simulator recorded it",
        TruthSource::Keyframes => "true progress, from annotated keyframes",
        TruthSource::LinearInTime => "the clock: nobody wrote down what is true",
    };
    let mut keys = [
        key("estimate", Shape::Line, "progress, share of the task"),
        key("band", Shape::Area, "its 90 % interval"),
        key("truth", Shape::Line, truth),
    ]
    .concat();
    if has_goal {
        keys += &key("goal", Shape::Line, "goal seen: share of belief on the goal (dotted: from here on it counts)");
        keys += &key("yes", Shape::Area, "the runtime says success");
    }
    keys += &key(
        "score",
        Shape::Line,
        &format!("unlike the demonstration: out-of-distribution score (dotted: its limit; drawn up to {highest})"),
    );
    keys += &key("ood", Shape::Area, "flagged");
    let none = if has_goal { "" } else { "<p class=\"note\">This bundle has no success estimate of its own.</p>\n" };
    format!("<div class=\"keys\">{keys}</div>\n{none}")
}

/// The figure in words.
fn alt(report: &EpisodeReport, curve: &Curve) -> String {
    let first = |values: &[f64]| values.first().copied().unwrap_or_default();
    format!(
        "{}: pictures of each view, and below them over {:.1} s the estimated progress, from {:.2} to {:.2}, with its 90 % interval, \
         the true progress, from {:.2} to {:.2}, the success estimate, and the out-of-distribution score, {:.2} in the mean",
        report.episode,
        curve.timestamp_secs.last().copied().unwrap_or_default(),
        first(&curve.progress),
        curve.last(),
        first(&curve.truth),
        report.final_truth,
        report.ood_mean
    )
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::markup::Strip;

    pub(in crate::eval::html) fn curve() -> Curve {
        Curve {
            timestamp_secs: vec![0.0, 1.0, 2.0],
            progress: vec![0.0, 0.5, 1.0],
            std: vec![0.1, 5.0, 0.1],
            truth: vec![0.0, 0.4, 0.9],
            ood: vec![0.5, 1.5, 9.0],
            flagged: vec![false, true, true],
            goal: vec![Some(0.0), None, Some(0.75)],
            success: vec![false, false, true],
            captured: [0, 1, 2].map(|secs| striatum_core::StampNanos(secs * 1_000_000_000)).to_vec(),
            not_done: vec![true, true, false],
            ..Curve::default()
        }
    }

    fn drawn(curve: Curve) -> String {
        let report = super::super::tests::report("a <b>");
        figure(&report, &Curves { forward: curve, attacks: Vec::new(), strip: Strip::default() }, 0.3)
    }

    #[test]
    fn every_row_is_a_point_and_none_is_outside() {
        let svg = drawn(curve());
        // Progress lies between 20 and 220, across from 58 to 746.
        assert!(svg.contains("class=\"estimate\" points=\"58.0,220.0 402.0,120.0 746.0,20.0\""), "{svg}");
        let band = svg.lines().find(|line| line.contains("polygon class=\"band\"")).unwrap();
        assert_eq!(band.matches(',').count(), 6);
        assert!(band.contains("402.0,20.0") && band.contains("402.0,220.0"), "an interval ends at 0 and 1: {band}");
        // The goal between 238 and 302: a row without an estimate is no point.
        assert!(svg.contains("class=\"goal\" points=\"58.0,302.0 746.0,254.0\""), "{svg}");
        assert!(svg.contains("class=\"limit\" points=\"58.0,282.8 746.0,282.8\""), "the share of 0.3: {svg}");
        // The score between 320 and 384, up to 5: what is above is at the edge.
        assert!(svg.contains("class=\"score\" points=\"58.0,377.6 402.0,364.8 746.0,320.0\""), "{svg}");
        assert!(svg.contains("a &lt;b&gt;") && !svg.contains("NaN"));
    }

    #[test]
    fn a_model_without_a_success_estimate_has_no_plot_of_it() {
        let svg = drawn(Curve { goal: vec![None; 3], ..curve() });
        assert!(!svg.contains("class=\"goal\"") && svg.contains("no success estimate"));
        let empty = drawn(Curve::default());
        assert!(!empty.contains("NaN"), "a curve without rows is an empty plot: {empty}");
    }
}
