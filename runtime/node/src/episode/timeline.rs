//! One clock for views of different length and frame rate.

/// Which frame of each view is shown at each frame of the clip.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timeline {
    /// Capture time of each frame, seconds from the first; the first view's own.
    pub(crate) stamps_secs: Vec<f64>,
    /// The first view's median frame period.
    pub(crate) period_secs: f64,
    /// For each view: its frame at each frame of the clip; `None` where that is the same number.
    maps: Vec<Option<Vec<usize>>>,
}

impl Timeline {
    /// Lines up views by capture time: the clip runs over the time that all views cover, at the first view's frames, and
    /// each other view shows its nearest frame. `views` holds each view's rising stamps in seconds from its first frame.
    pub(crate) fn new(views: &[&[f64]], fallback_period_secs: f64) -> Self {
        let first = views.first().copied().unwrap_or_default();
        let period_secs = median_gap(first).unwrap_or(fallback_period_secs);
        // A view's last frame is shown until its period is over; half of the first view's is enough to be nearest.
        let end = views.iter().filter_map(|stamps| stamps.last()).fold(f64::INFINITY, |end, &last| end.min(last));
        let frames = first.partition_point(|&stamp| stamp <= end + 0.5 * period_secs);
        let stamps_secs = first[..frames].to_vec();
        let maps = views.iter().map(|stamps| map_view(&stamps_secs, stamps)).collect();
        Self { stamps_secs, period_secs, maps }
    }

    /// The frame of view `view` that is shown at `frame` of the clip.
    pub(crate) fn view_frame(&self, view: usize, frame: usize) -> usize {
        match self.maps.get(view) {
            Some(Some(map)) => map.get(frame).copied().unwrap_or(frame),
            _ => frame,
        }
    }
}

fn map_view(clip: &[f64], view: &[f64]) -> Option<Vec<usize>> {
    let map: Vec<usize> = clip.iter().map(|&at| nearest(view, at)).collect();
    let same = map.iter().enumerate().all(|(frame, &shown)| frame == shown);
    (!same).then_some(map)
}

/// Index of the stamp nearest to `at`; the earlier one when two are equally near.
fn nearest(stamps: &[f64], at: f64) -> usize {
    let after = stamps.partition_point(|&stamp| stamp < at);
    if after == 0 {
        return 0;
    }
    if after >= stamps.len() {
        return stamps.len() - 1;
    }
    if stamps[after] - at < at - stamps[after - 1] { after } else { after - 1 }
}

/// Median distance of two neighbours; `None` for fewer than two frames.
pub(crate) fn median_gap(stamps: &[f64]) -> Option<f64> {
    let mut gaps: Vec<f64> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied().filter(|&gap| gap > 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, clippy::cast_precision_loss)]
    use super::*;

    fn at_rate(fps: f64, frames: usize) -> Vec<f64> {
        (0..frames).map(|frame| frame as f64 / fps).collect()
    }

    #[test]
    fn equal_views_show_equal_frames() {
        let (a, b) = (at_rate(30.0, 100), at_rate(30.0, 100));
        let line = Timeline::new(&[&a, &b], 1.0);
        assert_eq!(line.stamps_secs.len(), 100);
        assert!((0..100).all(|frame| line.view_frame(1, frame) == frame));
    }

    #[test]
    fn half_the_rate_shows_each_frame_twice() {
        let (a, b) = (at_rate(30.0, 100), at_rate(15.0, 50));
        let line = Timeline::new(&[&a, &b], 1.0);
        assert_eq!(line.stamps_secs.len(), 99, "the slower view ends at 49 / 15 s = frame 98 of the faster");
        assert_eq!((line.view_frame(1, 0), line.view_frame(1, 2), line.view_frame(1, 98)), (0, 1, 49));
        assert_eq!(line.view_frame(1, 1), 0, "half-way, the earlier frame is shown");
    }

    #[test]
    fn a_shorter_view_ends_the_clip() {
        let (a, b) = (at_rate(30.0, 100), at_rate(30.0, 70));
        assert_eq!(Timeline::new(&[&a, &b], 1.0).stamps_secs.len(), 70);
        assert_eq!(Timeline::new(&[&b, &a], 1.0).stamps_secs.len(), 70);
    }

    #[test]
    fn one_frame_has_the_fallback_period() {
        let one = at_rate(30.0, 1);
        let line = Timeline::new(&[&one], 0.2);
        assert_eq!((line.period_secs, line.stamps_secs.len()), (0.2, 1));
    }
}
