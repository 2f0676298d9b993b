//! Keyframes of an episode whose truth is known: where each phase ends for good.

/// What is true at a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TrueFrame {
    pub(crate) timestamp_secs: f64,
    pub(crate) progress: f64,
    pub(crate) phase: usize,
    pub(crate) success: bool,
}

/// A phase and the frames that it starts and ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) phase: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The segments of an episode that succeeds; none of one that does not, which no annotator could cut.
///
/// A phase ends at the first frame from which on no frame is in it or in an earlier one; the last ends with success. A phase
/// that no frame is left for is passed over.
pub(crate) fn segments(frames: &[TrueFrame], phases: usize) -> Vec<Segment> {
    let Some(failing) = frames.iter().rposition(|frame| !frame.success).map(|last| last + 1) else { return Vec::new() };
    if failing >= frames.len() {
        return Vec::new();
    }
    let mut segments = Vec::new();
    let mut start = 0;
    for phase in 0..phases {
        let end = if phase + 1 == phases {
            failing
        } else {
            frames[..failing].iter().rposition(|frame| frame.phase <= phase).map_or(0, |last| last + 1)
        };
        if end > start {
            segments.push(Segment { phase, start, end });
            start = end;
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(phases: &[usize], success_from: usize) -> Vec<TrueFrame> {
        let frame = |(at, &phase): (usize, &usize)| TrueFrame {
            timestamp_secs: at as f64 * 0.1,
            progress: 0.0,
            phase,
            success: at >= success_from,
        };
        phases.iter().enumerate().map(frame).collect()
    }

    #[test]
    fn a_phase_ends_where_it_is_left_for_good() {
        // The second phase is lost once and won again.
        let frames = frames(&[0, 0, 1, 0, 1, 1, 2, 2, 2, 2], 8);
        let at = |phase, start, end| Segment { phase, start, end };
        assert_eq!(segments(&frames, 3), [at(0, 0, 4), at(1, 4, 6), at(2, 6, 8)]);
    }

    #[test]
    fn an_episode_without_success_at_its_end_has_none() {
        assert!(segments(&frames(&[0, 1, 2, 2], 9), 3).is_empty());
        let mut undone = frames(&[0, 1, 2, 2, 1], 2);
        undone[4].success = false;
        assert!(segments(&undone, 3).is_empty());
        assert!(segments(&[], 3).is_empty());
    }

    #[test]
    fn a_phase_that_no_frame_shows_is_passed_over() {
        let frames = frames(&[0, 2, 2, 2], 3);
        let phases: Vec<_> = segments(&frames, 3).iter().map(|segment| segment.phase).collect();
        assert_eq!(phases, [0, 2]);
    }
}
