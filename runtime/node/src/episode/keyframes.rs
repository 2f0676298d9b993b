//! Keyframes: where the subtasks of a demonstration begin and end, and the true progress they define.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// The file's name inside an episode folder.
pub(crate) const FILE_NAME: &str = "annotated_keyframes.json";

/// One subtask: the frames it starts and ends at.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub(crate) struct Segment {
    /// First frame of the subtask.
    pub start_frame_id: f64,
    /// Frame at which the subtask is done.
    pub end_frame_id: f64,
}

/// The subtasks of one episode, in order, with true progress: each of the N segments is worth 1/N, linear in time inside
/// it; 0 before the first, 1 after the last, constant in a gap between two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Keyframes {
    segments: Vec<Segment>,
    /// (frame, progress) at each corner of the curve, frames rising.
    knots: Vec<(f64, f64)>,
}

impl Keyframes {
    /// Reads and checks a keyframe file for a clip of `frames` frames.
    ///
    /// # Errors
    /// When the file cannot be read, is not a list of segments, or [`Keyframes::new`] refuses it.
    pub(crate) fn read(path: &Path, frames: usize) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, "check the file's permissions"))?;
        let place = path.display().to_string();
        let segments: Vec<Segment> = serde_json::from_str(&text).map_err(|e| {
            Error::input(
                place.clone(),
                format!("not a list of keyframe segments ({e})"),
                "write a JSON list of objects with start_frame_id and end_frame_id",
            )
        })?;
        Self::new(segments, frames, &place)
    }

    /// Checks segments for a clip of `frames` frames; `place` names them in errors.
    ///
    /// # Errors
    /// When there is no segment, or one is empty, overlaps the one before it or reaches beyond the clip.
    pub(crate) fn new(segments: Vec<Segment>, frames: usize, place: &str) -> Result<Self> {
        let refuse = |what: String, mend: &str| Err(Error::input(place, what, mend));
        if segments.is_empty() {
            return refuse("no segments".to_owned(), "annotate at least one, or remove the file for a linear truth");
        }
        #[allow(clippy::cast_precision_loss, reason = "frame and segment counts are far below 2^53")]
        let (total, length) = (segments.len() as f64, frames as f64);
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(segments.len() * 2);
        let mut done = 0.0;
        for (index, segment) in segments.iter().enumerate() {
            let (start, end) = (segment.start_frame_id, segment.end_frame_id);
            if end <= start {
                return refuse(
                    format!("segment {index} ({start} to {end}) is empty"),
                    "give it an end after its start",
                );
            }
            if start < 0.0 || end > length {
                let what = format!("segment {index} ({start} to {end}) reaches beyond the clip of {frames} frames");
                return refuse(what, "check that the annotations belong to this episode");
            }
            match knots.last() {
                Some(&(last, _)) if start < last => {
                    let what = format!("segment {index} starts at {start}, before the one before it ends at {last}");
                    return refuse(what, "make the segments follow one another");
                }
                Some(&(last, _)) if start <= last => {}
                _ => knots.push((start, done / total)),
            }
            done += 1.0;
            knots.push((end, done / total));
        }
        Ok(Self { segments, knots })
    }

    /// The segments, in order.
    #[must_use]
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment that `frame` lies in; in a gap the one before it, before the first the first.
    #[must_use]
    pub(crate) fn segment_at(&self, frame: f64) -> usize {
        self.segments.partition_point(|segment| segment.start_frame_id <= frame).saturating_sub(1)
    }

    /// True progress in \[0, 1\] at `frame`.
    #[must_use]
    pub(crate) fn truth(&self, frame: f64) -> f64 {
        let after = self.knots.partition_point(|&(at, _)| at <= frame);
        let Some(&(to, high)) = self.knots.get(after) else { return 1.0 };
        let Some(&(from, low)) = after.checked_sub(1).and_then(|before| self.knots.get(before)) else { return 0.0 };
        low + (high - low) * (frame - from) / (to - from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
    use super::*;

    fn segments(pairs: &[(f64, f64)]) -> Vec<Segment> {
        pairs.iter().map(|&(start_frame_id, end_frame_id)| Segment { start_frame_id, end_frame_id }).collect()
    }

    #[test]
    fn truth_is_linear_inside_and_flat_outside_and_in_gaps() {
        let two = Keyframes::new(segments(&[(10.0, 20.0), (20.0, 40.0)]), 60, "test").unwrap();
        for (frame, want) in
            [(0.0, 0.0), (10.0, 0.0), (15.0, 0.25), (20.0, 0.5), (30.0, 0.75), (40.0, 1.0), (50.0, 1.0)]
        {
            assert_eq!(two.truth(frame), want, "at {frame}");
        }
        let gap = Keyframes::new(segments(&[(0.0, 10.0), (20.0, 30.0)]), 30, "test").unwrap();
        for (frame, want) in [(5.0, 0.25), (10.0, 0.5), (15.0, 0.5), (20.0, 0.5), (25.0, 0.75)] {
            assert_eq!(gap.truth(frame), want, "in the gap at {frame}");
        }
        for (frame, want) in [(0.0, 0), (9.0, 0), (15.0, 0), (20.0, 1), (30.0, 1)] {
            assert_eq!(gap.segment_at(frame), want, "segment at {frame}");
        }
    }

    #[test]
    fn bad_segments_are_refused_with_their_number() {
        let refusal = |pairs: &[(f64, f64)]| Keyframes::new(segments(pairs), 100, "keys.json").unwrap_err().to_string();
        assert!(refusal(&[]).contains("no segments"));
        assert!(refusal(&[(5.0, 5.0)]).contains("segment 0 (5 to 5) is empty"));
        assert!(refusal(&[(0.0, 10.0), (9.0, 12.0)]).contains("segment 1 starts at 9"));
        assert!(refusal(&[(0.0, 101.0)]).contains("beyond the clip of 100 frames"));
        assert!(refusal(&[(-1.0, 4.0)]).contains("beyond the clip"));
    }

    #[test]
    fn files_that_are_not_keyframes_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for text in ["", "{}", "[{\"start_frame_id\": 1}]", "[1, 2]"] {
            std::fs::write(&path, text).unwrap();
            let message = Keyframes::read(&path, 10).unwrap_err().to_string();
            assert!(message.contains(FILE_NAME) && message.contains("not a list of keyframe segments"), "{message}");
        }
        std::fs::write(&path, "[{\"anotation\": \"x\", \"start_frame_id\": 1, \"end_frame_id\": 3}]").unwrap();
        assert_eq!(Keyframes::read(&path, 10).unwrap().truth(2.0), 0.5);
    }
}
