//! The axes of a plot over playback time, as SVG.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// Seconds between two marks of the time axis.
const TIME_STEPS_SECS: [f64; 11] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];
const MOST_TIME_MARKS: f64 = 9.0;
/// From the left edge to the labels of values, and from a line to the middle of its label.
const LABEL_GAP: f64 = 6.0;
const LABEL_DROP: f64 = 4.0;
const LABEL_BELOW: f64 = 15.0;

/// Where a plot lies, in units of its picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// From seconds and values to places in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axes {
    pub(crate) area: Area,
    length_secs: f64,
    lowest: f64,
    highest: f64,
}

impl Axes {
    /// Time from 0 to `length_secs` across, `values` upwards; a clip of no length is drawn as one of a second.
    pub(crate) fn new(area: Area, length_secs: f64, values: RangeInclusive<f64>) -> Self {
        let length_secs = if length_secs > 0.0 { length_secs } else { 1.0 };
        Self { area, length_secs, lowest: *values.start(), highest: *values.end() }
    }

    pub(crate) fn x(&self, secs: f64) -> f64 {
        self.area.left + (self.area.right - self.area.left) * (secs / self.length_secs).clamp(0.0, 1.0)
    }

    /// What lies outside is drawn at the edge.
    pub(crate) fn y(&self, value: f64) -> f64 {
        let share = (value.clamp(self.lowest, self.highest) - self.lowest) / (self.highest - self.lowest);
        self.area.bottom - (self.area.bottom - self.area.top) * share
    }

    /// Points as SVG's polylines take them.
    pub(crate) fn points(&self, times: &[f64], values: &[f64]) -> Vec<String> {
        times.iter().zip(values).map(|(&at, &value)| format!("{:.1},{:.1}", self.x(at), self.y(value))).collect()
    }

    /// The points around a band between two curves.
    pub(crate) fn band(&self, times: &[f64], upper: &[f64], lower: &[f64]) -> String {
        let mut points = self.points(times, upper);
        points.extend(self.points(times, lower).into_iter().rev());
        points.join(" ")
    }

    /// A line and a label for each of these values.
    pub(crate) fn draw_values(&self, svg: &mut String, values: &[f64]) {
        for &value in values {
            let (y, Area { left, right, .. }) = (self.y(value), self.area);
            // Writing into a String cannot fail, here and below.
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>");
            let (x, y) = (left - LABEL_GAP, y + LABEL_DROP);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{value}</text>");
        }
    }

    /// A line and a label below for each of these values across.
    pub(crate) fn draw_across(&self, svg: &mut String, values: &[f64]) {
        let Area { top, bottom, .. } = self.area;
        for &value in values {
            let (x, y) = (self.x(value), bottom + LABEL_BELOW);
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>");
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{value}</text>");
        }
    }

    /// Labels of the time at the height `y`.
    pub(crate) fn draw_times(&self, svg: &mut String, y: f64) {
        for secs in self.time_marks() {
            let x = self.x(secs);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{secs} s</text>");
        }
    }

    /// Round times, few enough to be read.
    fn time_marks(&self) -> Vec<f64> {
        let wanted = self.length_secs / MOST_TIME_MARKS;
        let fits = TIME_STEPS_SECS.iter().copied().find(|&step| step >= wanted);
        let step = fits.unwrap_or_else(|| (wanted / 60.0).ceil() * 60.0);
        let marks = (0_u32..).map(|mark| (f64::from(mark) * step * 10.0).round() / 10.0);
        marks.take_while(|&secs| secs <= self.length_secs).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use super::*;

    const AREA: Area = Area { left: 10.0, right: 110.0, top: 0.0, bottom: 50.0 };

    #[test]
    fn places_are_inside_the_area_whatever_the_values() {
        let axes = Axes::new(AREA, 4.0, -1.0..=1.0);
        assert_eq!(
            axes.points(&[0.0, 2.0, 4.0, 9.0], &[-1.0, 0.0, 1.0, 7.0]),
            ["10.0,50.0", "60.0,25.0", "110.0,0.0", "110.0,0.0"]
        );
        let empty = Axes::new(AREA, 0.0, 0.0..=1.0);
        assert_eq!((empty.x(0.0), empty.x(0.5)), (10.0, 60.0));
    }

    #[test]
    fn times_are_round_and_few() {
        let marks = |secs: f64| Axes::new(AREA, secs, 0.0..=1.0).time_marks();
        assert_eq!(marks(10.6), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(marks(0.6), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        assert_eq!(marks(40.0), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0]);
        assert!((2..=10).contains(&marks(5000.0).len()));
    }
}
