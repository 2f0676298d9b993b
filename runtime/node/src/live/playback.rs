//! An episode folder as the source of a live run: its frames arrive when they would have been captured.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use striatum_core::StampNanos;
use striatum_frames::{Frame, RateGate, content_hash};

use super::ingest::Received;
use super::slots::SlotsIn;
use crate::clock;
use crate::episode::{Episode, FrameReader, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::record::entry::Raw;
use crate::record::header::EpisodeFiles;

/// Decoding begins this long before the first frame is due.
const LEAD: Duration = Duration::from_millis(500);

/// An episode being played.
pub(super) struct Playback {
    episode: Episode,
    files: EpisodeFiles,
    rate: f64,
    period_nanos: u64,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Playback {
    /// Opens the episode with these views.
    ///
    /// # Errors
    /// A folder that is not an episode of these views.
    pub(super) fn open(path: &Path, views: &[String], rate: f64, period_nanos: u64) -> Result<Self> {
        let episode = Episode::open(path, Some(views))?;
        let sha256 = (0..views.len())
            .map(|view| episode.file_sha256(view).map(|hash| crate::hash::hex(&hash)))
            .collect::<Result<Vec<_>>>()?;
        let files = EpisodeFiles { path: super::absolute(path), sha256 };
        Ok(Self { episode, files, rate, period_nanos, thread: None })
    }

    /// The files, for the record.
    pub(super) fn files(&self) -> EpisodeFiles {
        self.files.clone()
    }

    /// Starts playing into `frames`.
    ///
    /// # Errors
    /// No decoder, or no thread.
    pub(super) fn start(&mut self, frames: SlotsIn<Received>) -> Result<()> {
        let rows = due_frames(&self.episode, self.rate, self.period_nanos);
        let wanted = rows.iter().map(|(frame, _)| *frame).collect();
        let options = ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?);
        let reader = FrameReader::open(&self.episode, wanted, &options)?;
        let soon = clock::wall().plus(u64::try_from(LEAD.as_nanos()).unwrap_or_default());
        // The synchroniser counts periods from the epoch: the clip starts at the border of one, as its own frames do.
        let start = StampNanos(soon.0.checked_next_multiple_of(self.period_nanos.max(1)).unwrap_or(soon.0));
        let thread = std::thread::Builder::new()
            .name("playback".to_owned())
            .spawn(move || play(reader, &rows, start, &frames))
            .map_err(|error| Error::setup("the playback's thread", error.to_string(), "free some memory"))?;
        self.thread = Some(thread);
        Ok(())
    }

    /// Has the last frame been put?
    pub(super) fn is_done(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// What went wrong on the way, if the episode was played to its end.
    ///
    /// # Errors
    /// What the decoder said.
    pub(super) fn finish(mut self) -> Result<()> {
        match self.thread.take() {
            Some(thread) if thread.is_finished() => thread
                .join()
                .unwrap_or_else(|_| Err(Error::setup("the playback's thread", "it panicked", "report this as a bug"))),
            _ => Ok(()),
        }
    }
}

/// The frames that the rate lets through, with their time from the start, nanoseconds.
fn due_frames(episode: &Episode, rate: f64, period_nanos: u64) -> Vec<(usize, u64)> {
    let mut gate = RateGate::new(period_nanos, 0);
    (0..episode.frames())
        .map(|frame| (frame, Duration::from_secs_f64(episode.capture_secs(frame).max(0.0) / rate)))
        .map(|(frame, at)| (frame, u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)))
        .filter(|(_, at)| gate.passes(StampNanos(*at)))
        .collect()
}

fn play(mut reader: FrameReader, rows: &[(usize, u64)], start: StampNanos, frames: &SlotsIn<Received>) -> Result<()> {
    for (_, at) in rows {
        let begun = clock::monotonic_nanos();
        let Some(row) = reader.next_row()? else { break };
        let decode_nanos = clock::monotonic_nanos().saturating_sub(begun);
        let capture = start.plus(*at);
        std::thread::sleep(Duration::from_nanos(capture.since(clock::wall())));
        for (view, image) in row.images.into_iter().enumerate() {
            let Some(image) = image else { continue };
            let source_frame = u32::try_from(row.source_frame).unwrap_or(u32::MAX);
            frames.put(view, received(view, image, capture, source_frame, decode_nanos));
        }
    }
    Ok(())
}

fn received(
    view: usize,
    image: Arc<striatum_frames::Image>,
    capture: StampNanos,
    source_frame: u32,
    decode_nanos: u64,
) -> Received {
    let frame =
        Frame { view, capture, received: clock::wall(), source_frame, content_hash: content_hash(&image), image };
    Received { frame, raw: Raw::File { source_frame }, receive_nanos: 0, decode_nanos }
}
