//! The picture of an episode: what the cameras saw, progress, and reward, over one time axis, as SVG.

use std::fmt::Write as _;

use super::judged::Judged;
use crate::episode::TruthSource;
use crate::error::Result;
use crate::markup::{Area, Axes, Strip, band, line, shade, words};

/// Moments whose pictures are shown.
pub(super) const MOMENTS: usize = 8;
/// Width of a small picture, pixels; about one and a half times what it has on a screen.
const PICTURE_WIDTH: u32 = 112;

const WIDTH: f64 = 640.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 624.0;
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
    let strip = Strip::new(&judged.curve.pictures, &judged.views, PICTURE_WIDTH)?;
    let strip_end = strip.draw(&mut body, Area { left: LEFT, right: RIGHT, top: 0.0, bottom: 0.0 });
    let length_secs = judged.curve.timestamp_secs.last().copied().unwrap_or_default();
    let area = |top: f64, height: f64| Area { left: LEFT, right: RIGHT, top, bottom: top + height };
    let progress = Axes::new(area(strip_end + LEADERS, PROGRESS_HEIGHT), length_secs, 0.0..=1.0);
    let reward_area = area(progress.area.bottom + GAP, REWARD_HEIGHT);
    let reward = Axes::new(reward_area, length_secs, -reward_limit..=reward_limit);
    strip.draw_leaders(&mut body, &progress, strip_end);
    for axes in [&progress, &reward] {
        shade(&mut body, "ood", axes, &judged.curve.timestamp_secs, &judged.curve.flagged);
    }
    draw_progress(&mut body, judged, &progress);
    draw_reward(&mut body, judged, &reward, reward_limit);
    let height = reward.area.bottom + TIMES;
    reward.draw_times(&mut body, height - 4.0);
    Ok(format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"Pictures, progress and reward over time\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n{body}</svg>\n"
    ))
}

fn draw_progress(svg: &mut String, judged: &Judged, axes: &Axes) {
    let curve = &judged.curve;
    let times = &curve.timestamp_secs;
    axes.draw_values(svg, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    words(svg, "progress", f64::midpoint(axes.area.top, axes.area.bottom));
    let edge = |sign: f64| -> Vec<f64> {
        curve.progress.iter().zip(&curve.std).map(|(mean, std)| mean + sign * std).collect()
    };
    band(svg, "band", axes, times, [&edge(1.0), &edge(-1.0)]);
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
        // Writing into a String cannot fail, here and below.
        let _ = write!(bars, "M{:.1} {zero:.1}V{y:.1}H{:.1}V{zero:.1}Z", axes.x(from), axes.x(to));
    }
    let _ = writeln!(svg, "<path class=\"gain\" d=\"{gains}\"/>\n<path class=\"loss\" d=\"{losses}\"/>");
    if let Some(live) = &judged.live {
        let heard = live.timestamp_secs.iter().zip(&live.reward).filter_map(|(at, reward)| Some((*at, (*reward)?)));
        let (times, rewards): (Vec<f64>, Vec<f64>) = heard.unzip();
        line(svg, "live", axes, &times, &rewards);
    }
}
