//! Small pictures of a few moments, one row for each view, above a plot over time.

use std::fmt::Write as _;
use std::sync::Arc;

use striatum_frames::Image;

use super::axes::{Area, Axes};
use super::picture::data_uri;
use super::plot::words;
use crate::error::Result;

/// Between two pictures, and between two rows.
const GAP: f64 = 2.0;
/// A leader goes down so far before it turns to its time.
const LEADER_DROP: f64 = 4.0;

/// Pictures of some moments, small and encoded; what they were made from can be let go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Strip {
    secs: Vec<f64>,
    rows: Vec<Row>,
}

/// One view's pictures.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    view: String,
    /// Addresses that hold the pictures themselves; `None` where the view was not there.
    pictures: Vec<Option<String>>,
    /// Height over width.
    shape: f64,
}

impl Strip {
    /// From moments (seconds, one picture for each of `views`), made at most `width` pixels wide.
    ///
    /// # Errors
    /// When a picture cannot be encoded.
    pub(crate) fn new(
        moments: &[(f64, Vec<Option<Arc<Image>>>)],
        views: &[impl AsRef<str>],
        width: u32,
    ) -> Result<Self> {
        let row = |(index, view): (usize, &_)| {
            let images = || moments.iter().map(move |(_, images)| images.get(index).and_then(Option::as_ref));
            let shape = |image: &Arc<Image>| f64::from(image.height()) / f64::from(image.width());
            Ok(Row {
                view: AsRef::<str>::as_ref(view).to_owned(),
                shape: images().flatten().next().map_or(1.0, shape),
                pictures: images()
                    .map(|image| image.map(|image| data_uri(image, width)).transpose())
                    .collect::<Result<_>>()?,
            })
        };
        let rows = views.iter().enumerate().map(row).collect::<Result<_>>()?;
        Ok(Self { secs: moments.iter().map(|(secs, _)| *secs).collect(), rows })
    }

    /// Draws the rows from the top of the picture on, as wide as `area`; returns where they end.
    pub(crate) fn draw(&self, svg: &mut String, area: Area) -> f64 {
        let width = self.pitch(area) - GAP;
        let mut top = 0.0;
        for Row { view, pictures, shape } in &self.rows {
            let height = width * shape;
            words(svg, view.strip_prefix("cam_").unwrap_or(view), top + height / 2.0);
            for (moment, picture) in pictures.iter().enumerate() {
                let Some(picture) = picture else { continue };
                let x = self.x(moment, area);
                // Writing into a String cannot fail, here and below.
                let _ = writeln!(
                    svg,
                    "<image x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" href=\"{picture}\"/>"
                );
            }
            top += height + GAP;
        }
        top
    }

    /// From the middle of each column of pictures, which ends at `from`, to its time.
    pub(crate) fn draw_leaders(&self, svg: &mut String, axes: &Axes, from: f64) {
        let Area { top, bottom, .. } = axes.area;
        for (moment, secs) in self.secs.iter().enumerate() {
            let middle = self.x(moment, axes.area) + (self.pitch(axes.area) - GAP) / 2.0;
            let (turn, x) = (from + LEADER_DROP, axes.x(*secs));
            let _ = writeln!(
                svg,
                "<path class=\"leader\" d=\"M{middle:.1} {from:.1}V{turn:.1}L{x:.1} {top:.1}V{bottom:.1}\"/>"
            );
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a handful of pictures")]
    fn pitch(&self, area: Area) -> f64 {
        (area.right - area.left) / self.secs.len().max(1) as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "a handful of pictures")]
    fn x(&self, moment: usize, area: Area) -> f64 {
        area.left + self.pitch(area) * moment as f64 + GAP / 2.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const AREA: Area = Area { left: 50.0, right: 250.0, top: 100.0, bottom: 200.0 };

    #[test]
    fn every_picture_has_its_place_and_a_view_that_was_away_leaves_a_hole() {
        let image = Some(Arc::new(Image::filled(40, 20, [1, 2, 3])));
        let moments = [(0.0, vec![image.clone(), None]), (4.0, vec![image.clone(), image])];
        let strip = Strip::new(&moments, &["cam_high", "wrist"], 32).unwrap();
        let mut svg = String::new();
        // Two columns of 100, pictures of 98 by 49, and 2 between the rows.
        let end = strip.draw(&mut svg, AREA);
        assert!((end - 102.0).abs() < 1e-9, "{end}");
        assert_eq!(svg.matches("<image").count(), 3, "{svg}");
        assert!(svg.contains(">high<") && svg.contains(">wrist<"));
        assert!(svg.contains("<image x=\"151.0\" y=\"51.0\" width=\"98.0\" height=\"49.0\""), "{svg}");
        let mut leaders = String::new();
        strip.draw_leaders(&mut leaders, &Axes::new(AREA, 4.0, 0.0..=1.0), end);
        assert!(leaders.contains("M100.0 102.0V106.0L50.0 100.0V200.0"), "{leaders}");
        assert!(leaders.contains("L250.0 100.0"), "{leaders}");
    }
}
