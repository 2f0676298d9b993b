//! A progress curve as SVG.

use std::fmt::Write as _;

use super::curve::Curve;
use super::measures::Z_90;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 30.0;
const TIME_TICKS: u32 = 6;

/// Progress with its 90 % interval against the truth, over playback time.
pub(crate) fn plot(curve: &Curve) -> String {
    let axes = Axes { length_secs: curve.timestamp_secs.last().copied().filter(|&secs| secs > 0.0).unwrap_or(1.0) };
    let times = &curve.timestamp_secs;
    let edge = |sign: f64| -> Vec<f64> {
        curve.progress.iter().zip(&curve.std).map(|(mean, std)| (mean + sign * Z_90 * std).clamp(0.0, 1.0)).collect()
    };
    let mut band = axes.points(times, &edge(1.0));
    let lower = axes.points(times, &edge(-1.0));
    band.extend(lower.into_iter().rev());
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Progress over time\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n"
    );
    axes.draw(&mut svg);
    // Writing into a String cannot fail.
    let _ = writeln!(svg, "<polygon class=\"band\" points=\"{}\"/>", band.join(" "));
    let _ = writeln!(svg, "<polyline class=\"truth\" points=\"{}\"/>", axes.points(times, &curve.truth).join(" "));
    let _ =
        writeln!(svg, "<polyline class=\"progress\" points=\"{}\"/>", axes.points(times, &curve.progress).join(" "));
    svg.push_str("</svg>\n");
    svg
}

struct Axes {
    length_secs: f64,
}

impl Axes {
    fn x(&self, secs: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * secs / self.length_secs
    }

    fn y(value: f64) -> f64 {
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value.clamp(0.0, 1.0))
    }

    fn points(&self, times: &[f64], values: &[f64]) -> Vec<String> {
        times.iter().zip(values).map(|(&at, &value)| format!("{:.1},{:.1}", self.x(at), Self::y(value))).collect()
    }

    fn draw(&self, svg: &mut String) {
        for value in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let (y, right) = (Self::y(value), WIDTH - RIGHT);
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>");
            let (x, y) = (LEFT - 6.0, y + 4.0);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{value}</text>");
        }
        for tick in 0..=TIME_TICKS {
            let secs = self.length_secs * f64::from(tick) / f64::from(TIME_TICKS);
            let (x, y) = (self.x(secs), HEIGHT - 10.0);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{secs:.1} s</text>");
        }
    }
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
