//! The picture of an episode: what the cameras saw, progress, and reward, over one time axis, as SVG.

use std::fmt::Write as _;

use super::judged::Judged;
use crate::episode::TruthSource;
use crate::error::Result;
use crate::eval::Curve;
use crate::markup::{Area, Axes, data_uri, escape};

/// Moments whose pictures are shown.
pub(super) const MOMENTS: usize = 8;
/// Width of a small picture, pixels; about one and a half times what it has on a screen.
const PICTURE_WIDTH: u32 = 112;

const WIDTH: f64 = 640.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 624.0;
/// Middle of the words beside a strip or a plot.
const WORDS_X: f64 = 13.0;
const PITCH: f64 = (RIGHT - LEFT) / MOMENTS as f64;
const PICTURE: f64 = PITCH - 2.0;
/// Between the pictures and the plot: room for lines from each picture to its time.
const LEADERS: f64 = 18.0;
const PROGRESS_HEIGHT: f64 = 170.0;
const GAP: f64 = 16.0;
const REWARD_HEIGHT: f64 = 62.0;
const TIMES: f64 = 18.0;

/// Draws an episode; `reward_limit` is the largest reward that the plot shows, the same for all episodes of a page.
///
/// # Errors
/// When a picture cannot be encoded.
pub(super) fn drawing(judged: &Judged, reward_limit: f64) -> Result<String> {
    let mut body = String::new();
    let strip = draw_strip(&mut body, judged)?;
    let length_secs = judged.curve.timestamp_secs.last().copied().unwrap_or_default();
    let area = |top: f64, height: f64| Area { left: LEFT, right: RIGHT, top, bottom: top + height };
    let progress = Axes::new(area(strip + LEADERS, PROGRESS_HEIGHT), length_secs, 0.0..=1.0);
    let reward_area = area(progress.area.bottom + GAP, REWARD_HEIGHT);
    let reward = Axes::new(reward_area, length_secs, -reward_limit..=reward_limit);
    draw_leaders(&mut body, &judged.curve, &progress, strip);
    draw_flags(&mut body, &judged.curve, &progress);
    draw_flags(&mut body, &judged.curve, &reward);
    draw_progress(&mut body, judged, &progress);
    draw_reward(&mut body, judged, &reward, reward_limit);
    let height = reward.area.bottom + TIMES;
    reward.draw_times(&mut body, height - 4.0);
    Ok(format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"Pictures, progress and reward over time\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n{body}</svg>\n"
    ))
}

/// A row of pictures for each view; returns where they end.
fn draw_strip(svg: &mut String, judged: &Judged) -> Result<f64> {
    let mut top = 0.0;
    for (view, name) in judged.views.iter().enumerate() {
        let images = judged.curve.pictures.iter().map(|(_, images)| images.get(view).and_then(Option::as_ref));
        let shape = images.clone().flatten().next();
        let height = shape.map_or(PICTURE, |image| PICTURE * f64::from(image.height()) / f64::from(image.width()));
        let short = name.strip_prefix("cam_").unwrap_or(name);
        words(svg, short, top + height / 2.0);
        for (moment, image) in images.enumerate() {
            let Some(image) = image else { continue };
            // Writing into a String cannot fail, here and below.
            let _ = writeln!(
                svg,
                "<image x=\"{:.1}\" y=\"{top:.1}\" width=\"{PICTURE:.1}\" height=\"{height:.1}\" href=\"{}\"/>",
                picture_x(moment),
                data_uri(image, PICTURE_WIDTH)?
            );
        }
        top += height + 2.0;
    }
    Ok(top)
}

#[allow(clippy::cast_precision_loss, reason = "a handful of pictures")]
fn picture_x(moment: usize) -> f64 {
    LEFT + PITCH * moment as f64 + (PITCH - PICTURE) / 2.0
}

/// From the middle of each column of pictures to its time.
fn draw_leaders(svg: &mut String, curve: &Curve, axes: &Axes, from: f64) {
    for (moment, (secs, _)) in curve.pictures.iter().enumerate() {
        let (middle, x, Area { top, bottom, .. }) = (picture_x(moment) + PICTURE / 2.0, axes.x(*secs), axes.area);
        let _ = writeln!(
            svg,
            "<path class=\"leader\" d=\"M{middle:.1} {from:.1}V{:.1}L{x:.1} {top:.1}V{bottom:.1}\"/>",
            from + 4.0
        );
    }
}

/// Behind the rows that were flagged as out of distribution.
fn draw_flags(svg: &mut String, curve: &Curve, axes: &Axes) {
    let times = &curve.timestamp_secs;
    let between = |a: usize, b: usize| match (times.get(a), times.get(b)) {
        (Some(a), Some(b)) => f64::midpoint(*a, *b),
        (Some(only), None) | (None, Some(only)) => *only,
        (None, None) => 0.0,
    };
    let mut row = 0;
    for run in curve.flagged.chunk_by(|a, b| a == b) {
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
            "<rect class=\"ood\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
    }
}

fn draw_progress(svg: &mut String, judged: &Judged, axes: &Axes) {
    let curve = &judged.curve;
    let times = &curve.timestamp_secs;
    axes.draw_values(svg, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    words(svg, "progress", f64::midpoint(axes.area.top, axes.area.bottom));
    let edge = |sign: f64| -> Vec<f64> {
        curve.progress.iter().zip(&curve.std).map(|(mean, std)| mean + sign * std).collect()
    };
    let _ = writeln!(svg, "<polygon class=\"band\" points=\"{}\"/>", axes.band(times, &edge(1.0), &edge(-1.0)));
    if judged.truth != TruthSource::LinearInTime {
        line(svg, "truth", axes, times, &curve.truth);
    }
    line(svg, "estimate", axes, times, &curve.progress);
    if let Some(live) = &judged.live {
        line(svg, "live", axes, &live.timestamp_secs, &live.progress);
    }
}

fn draw_reward(svg: &mut String, judged: &Judged, axes: &Axes, limit: f64) {
    axes.draw_values(svg, &[-limit, 0.0, limit]);
    words(svg, "reward", f64::midpoint(axes.area.top, axes.area.bottom));
    let (mut gains, mut losses) = (String::new(), String::new());
    let steps = judged.curve.timestamp_secs.windows(2).zip(judged.curve.shaping.iter().skip(1));
    for (ends, reward) in steps {
        let (&[from, to], Some(reward)) = (ends, reward) else { continue };
        let bars = if *reward >= 0.0 { &mut gains } else { &mut losses };
        let (zero, y) = (axes.y(0.0), axes.y(*reward));
        let _ = write!(bars, "M{:.1} {zero:.1}V{y:.1}H{:.1}V{zero:.1}Z", axes.x(from), axes.x(to));
    }
    let _ = writeln!(svg, "<path class=\"gain\" d=\"{gains}\"/>\n<path class=\"loss\" d=\"{losses}\"/>");
    if let Some(live) = &judged.live {
        let heard = live.timestamp_secs.iter().zip(&live.reward).filter_map(|(at, reward)| Some((*at, (*reward)?)));
        let (times, rewards): (Vec<f64>, Vec<f64>) = heard.unzip();
        line(svg, "live", axes, &times, &rewards);
    }
}

fn line(svg: &mut String, class: &str, axes: &Axes, times: &[f64], values: &[f64]) {
    let _ = writeln!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", axes.points(times, values).join(" "));
}

/// Words that stand on their end at the left edge, in the middle of a row.
fn words(svg: &mut String, text: &str, middle: f64) {
    let _ = writeln!(
        svg,
        "<text class=\"words\" text-anchor=\"middle\" transform=\"translate({WORDS_X} {middle:.1}) rotate(-90)\">{}</text>",
        escape(text)
    );
}
