//! The cable of a camera with faults: frames go in when they are captured and come out when they arrive, or never.
//!
//! Knows no clock and no network: it is told the time, and gives bytes back.

use std::collections::VecDeque;

use striatum_core::StampNanos;
use striatum_frames::Image;
use striatum_sim::{CameraFaults, FaultStream, LastFrame};

use crate::error::{Error, Result};

/// Frames that may be on their way: what is more is lost, as in a cable's own buffers.
const WAITING: usize = 64;
/// Quality of the JPEGs, as `striatum play` has it.
const JPEG_QUALITY: u8 = 90;

/// A picture as it travels.
#[derive(Clone, Debug)]
pub(super) enum Picture {
    Jpeg(Vec<u8>),
    Raw(Image),
}

impl Picture {
    /// # Errors
    /// A picture that cannot be encoded.
    pub(super) fn new(image: &Image, jpeg: bool) -> Result<Self> {
        if jpeg {
            return Ok(Self::Jpeg(striatum_frames::encode_jpeg(image, JPEG_QUALITY)?));
        }
        Ok(Self::Raw(image.clone()))
    }

    /// The bytes of its message.
    ///
    /// # Errors
    /// A stamp beyond what ROS 2 can say.
    pub(super) fn message(&self, view: &str, stamp: StampNanos) -> Result<Vec<u8>> {
        match self {
            Self::Jpeg(jpeg) => crate::net::jpeg_message(jpeg, view, stamp),
            Self::Raw(image) => crate::net::raw_message(image, view, stamp),
        }
    }
}

/// What became of a camera's frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CableTally {
    pub(super) captured: u64,
    pub(super) arrived: u64,
    /// Lost by chance.
    pub(super) dropped: u64,
    /// Lost because too many were on their way.
    pub(super) crowded_out: u64,
    /// Of those that were sent, how many showed an older picture.
    pub(super) frozen: u64,
    pub(super) longest_nanos: u64,
}

/// One camera's.
pub(super) struct Cable {
    stream: FaultStream,
    last: LastFrame<Picture>,
    /// When each is due (by the monotonic clock), and its message.
    waiting: VecDeque<(u64, Vec<u8>)>,
    tally: CableTally,
}

impl Cable {
    /// `number` is the camera's: each has chances of its own.
    ///
    /// # Errors
    /// A fault out of range.
    pub(super) fn new(faults: CameraFaults, seed: u64, number: u64) -> Result<Self> {
        // The odd constant is 2^64 over the golden ratio: seeds that follow each other stay apart.
        let seed = seed ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let stream = FaultStream::new(faults, seed).map_err(|error| Error::from(striatum_sim::Error::from(error)))?;
        Ok(Self {
            stream,
            last: LastFrame::new(),
            waiting: VecDeque::with_capacity(WAITING),
            tally: CableTally::default(),
        })
    }

    /// Takes a frame in that is captured now: at `stamp` by the wall clock, `now_nanos` by the monotonic one.
    ///
    /// # Errors
    /// A picture that cannot be encoded, or a stamp that cannot be said.
    pub(super) fn take(
        &mut self,
        view: &str,
        stamp: StampNanos,
        now_nanos: u64,
        picture: impl FnOnce() -> Result<Picture>,
    ) -> Result<()> {
        let fate = self.stream.apply(stamp.0);
        self.tally.captured += 1;
        if fate.dropped {
            self.tally.dropped += 1;
            return Ok(());
        }
        if self.waiting.len() >= WAITING {
            self.tally.crowded_out += 1;
            return Ok(());
        }
        let fresh = picture()?;
        let Some(shown) = self.last.arriving(&fate, || fresh) else { return Ok(()) };
        let message = shown.message(view, StampNanos(fate.stamp_nanos))?;
        let late_nanos = fate.deliver_at_nanos.saturating_sub(stamp.0);
        self.tally.frozen += u64::from(fate.repeat_previous);
        self.tally.longest_nanos = self.tally.longest_nanos.max(late_nanos);
        self.waiting.push_back((now_nanos.saturating_add(late_nanos), message));
        Ok(())
    }

    /// The next message that has arrived by now.
    pub(super) fn arrived(&mut self, now_nanos: u64) -> Option<Vec<u8>> {
        if self.due_nanos()? > now_nanos {
            return None;
        }
        let (_, message) = self.waiting.pop_front()?;
        self.tally.arrived += 1;
        Some(message)
    }

    /// When the next one arrives.
    pub(super) fn due_nanos(&self) -> Option<u64> {
        self.waiting.front().map(|(due, _)| *due)
    }

    pub(super) fn tally(&self) -> CableTally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use striatum_wire::{ImageKind, ImageMessage};

    use super::*;

    const START: u64 = 1_700_000_000_000_000_000;
    const PERIOD: u64 = 100_000_000;

    fn picture(number: u8) -> Result<Picture> {
        Picture::new(&Image::filled(2, 2, [number; 3]), false)
    }

    /// Stamp and first grey level.
    fn read(message: &[u8]) -> (u64, u8) {
        match ImageMessage::decode(ImageKind::Raw, message).unwrap() {
            ImageMessage::Raw(image) => (image.stamp_nanos.0, image.data[0]),
            ImageMessage::Compressed(_) => unreachable!("it was sent raw"),
        }
    }

    /// What has arrived after each of `count` frames; the monotonic clock began elsewhere.
    fn run(faults: CameraFaults, count: u8) -> (Vec<Vec<(u64, u8)>>, Cable) {
        let mut cable = Cable::new(faults, 3, 0).unwrap();
        let moments = (0..count).map(|number| {
            let now = u64::from(number) * PERIOD;
            cable.take("cam", StampNanos(START + now), now, || picture(number)).unwrap();
            std::iter::from_fn(|| cable.arrived(now)).map(|message| read(&message)).collect()
        });
        (moments.collect(), cable)
    }

    #[test]
    fn late_frames_come_late_with_the_stamp_of_their_capture() {
        let (moments, cable) = run(CameraFaults { latency_mean_secs: 0.25, ..CameraFaults::default() }, 6);
        let want: Vec<Vec<_>> = (0..6)
            .map(|at: u64| at.checked_sub(3).map(|at| (START + at * PERIOD, at as u8)).into_iter().collect())
            .collect();
        assert_eq!(moments, want);
        assert_eq!(cable.due_nanos(), Some(3 * PERIOD + 250_000_000));
        let tally = CableTally { captured: 6, arrived: 3, longest_nanos: 250_000_000, ..CableTally::default() };
        assert_eq!(cable.tally(), tally);
    }

    #[test]
    fn frozen_frames_repeat_the_picture_under_new_stamps() {
        let freeze = striatum_sim::Freeze { from_nanos: START + 2 * PERIOD, for_nanos: 2 * PERIOD };
        let (moments, cable) =
            run(CameraFaults { freeze: Some(freeze), skew_secs: -0.5, ..CameraFaults::default() }, 6);
        let seen: Vec<_> = moments.concat();
        assert_eq!(seen.iter().map(|(_, grey)| *grey).collect::<Vec<_>>(), [0, 1, 1, 1, 4, 5]);
        assert!((0..).zip(&seen).all(|(at, (stamp, _))| *stamp == START + at * PERIOD - 500_000_000), "{seen:?}");
        assert_eq!((cable.tally().frozen, cable.tally().arrived), (2, 6));
    }

    #[test]
    fn a_full_cable_loses_what_comes_and_counts_it() {
        let (moments, mut cable) = run(CameraFaults { latency_mean_secs: 3600.0, ..CameraFaults::default() }, 100);
        assert!(moments.concat().is_empty());
        let tally = cable.tally();
        assert_eq!((tally.captured, tally.crowded_out), (100, 100 - WAITING as u64));
        let arrived = std::iter::from_fn(|| cable.arrived(u64::MAX)).count();
        assert_eq!((arrived, cable.due_nanos()), (WAITING, None));
    }

    #[test]
    fn every_frame_is_counted_once_and_cameras_lose_different_ones() {
        let faults = CameraFaults { drop_probability: 0.4, ..CameraFaults::default() };
        let (moments, cable) = run(faults, 200);
        let tally = cable.tally();
        assert_eq!(tally.arrived + tally.dropped, tally.captured);
        assert!((40..120).contains(&tally.dropped), "{tally:?}");
        let mut other = Cable::new(faults, 3, 1).unwrap();
        let others = (0..200).map(|number| {
            other.take("cam", StampNanos(START + u64::from(number) * PERIOD), 0, || picture(number)).unwrap();
            other.arrived(0).is_some()
        });
        assert_ne!(moments.iter().map(|moment| !moment.is_empty()).collect::<Vec<_>>(), others.collect::<Vec<_>>());
    }
}
