//! A progress curve as SVG.

use std::fmt::Write as _;

use super::curve::Curve;
use super::measures::Z_90;
use crate::markup::{Area, Axes};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const AREA: Area = Area { left: 44.0, right: 710.0, top: 10.0, bottom: 230.0 };
const TIMES_Y: f64 = 250.0;

/// Progress with its 90 % interval against the truth, over playback time.
pub(crate) fn plot(curve: &Curve) -> String {
    let axes = Axes::new(AREA, curve.timestamp_secs.last().copied().unwrap_or_default(), 0.0..=1.0);
    let times = &curve.timestamp_secs;
    let edge = |sign: f64| -> Vec<f64> {
        curve.progress.iter().zip(&curve.std).map(|(mean, std)| (mean + sign * Z_90 * std).clamp(0.0, 1.0)).collect()
    };
    let band = axes.band(times, &edge(1.0), &edge(-1.0));
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Progress over time\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n"
    );
    axes.draw_values(&mut svg, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    axes.draw_times(&mut svg, TIMES_Y);
    // Writing into a String cannot fail.
    let _ = writeln!(svg, "<polygon class=\"band\" points=\"{band}\"/>");
    let _ = writeln!(svg, "<polyline class=\"truth\" points=\"{}\"/>", axes.points(times, &curve.truth).join(" "));
    let _ =
        writeln!(svg, "<polyline class=\"progress\" points=\"{}\"/>", axes.points(times, &curve.progress).join(" "));
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_point_and_none_is_outside() {
        let curve = Curve {
            timestamp_secs: vec![0.0, 1.0, 2.0],
            progress: vec![0.0, 0.5, 1.0],
            std: vec![0.1, 5.0, 0.1],
            truth: vec![0.0, 0.4, 0.9],
            ..Curve::default()
        };
        let svg = plot(&curve);
        assert!(svg.contains("class=\"progress\" points=\"44.0,230.0 377.0,120.0 710.0,10.0\""), "{svg}");
        let band = svg.lines().find(|line| line.contains("band")).unwrap_or_default();
        assert_eq!(band.matches(',').count(), 6);
        assert!(!svg.contains("NaN"));
        assert!(!plot(&Curve::default()).contains("NaN"), "a curve without rows is an empty plot");
    }
}
