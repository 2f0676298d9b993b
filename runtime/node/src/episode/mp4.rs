//! Time stamps of a video file's frames, read from the container: a raw pixel pipe loses them.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use re_mp4::{Mp4, Track, TrackKind};

use crate::error::{Error, Result};

/// An edit list's "nothing is shown yet" (-1), as the two widths of the field carry it.
const EMPTY_EDITS: [u64; 2] = [u32::MAX as u64, u64::MAX];

/// What the container says of one video stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VideoIndex {
    /// Capture times of the frames that are shown, in display order, seconds; the first is 0.
    pub(crate) stamps_secs: Vec<f64>,
    /// A seek by time lands exactly: one track, no gap or cut at the start, rising stamps.
    pub(crate) seekable: bool,
    /// Bytes of one picture as RGB8, as the container has it.
    pub(crate) picture_bytes: usize,
}

/// Reads the index of `path`: composition times in display order, what the edit list cuts away left out.
///
/// # Errors
/// When the file cannot be read, is not a whole MP4, or holds no video frame.
pub(crate) fn read_index(path: &Path) -> Result<VideoIndex> {
    let damaged = |what: String| {
        Error::input(path.display().to_string(), what, "copy the recording again or write it anew with ffmpeg")
    };
    let file = File::open(path).map_err(|e| Error::file("open", path, e, "check the path and its permissions"))?;
    let size = file.metadata().map_err(|e| Error::file("read", path, e, "check the file's permissions"))?.len();
    // The parser indexes into tables whose lengths a damaged file can contradict; that must not end the program.
    let parsed = catch_unwind(AssertUnwindSafe(|| Mp4::read(BufReader::new(file), size)));
    let mp4 = match parsed {
        Ok(Ok(mp4)) => mp4,
        Ok(Err(error)) => return Err(damaged(format!("not a whole MP4 file ({error})"))),
        Err(_) => return Err(damaged("not a whole MP4 file (its frame tables contradict each other)".to_owned())),
    };
    let track = mp4
        .tracks()
        .values()
        .find(|track| track.kind == Some(TrackKind::Video))
        .ok_or_else(|| damaged("no video in a codec that is known (H.264, H.265, AV1, VP8, VP9)".to_owned()))?;
    let index = index_of(&mp4, track);
    if index.stamps_secs.is_empty() {
        return Err(damaged("the video has no frames".to_owned()));
    }
    Ok(index)
}

fn index_of(mp4: &Mp4, track: &Track) -> VideoIndex {
    let timescale = track.timescale.max(1);
    let mut stamps: Vec<i64> = track.samples.iter().map(|sample| sample.composition_timestamp).collect();
    stamps.sort_unstable(); // B-frames are stored in decode order
    let rising = stamps.windows(2).all(|pair| pair[0] < pair[1]);
    let edit = Edit::of(mp4, track);
    let shown: Vec<i64> = stamps.iter().copied().filter(|&stamp| edit.shows(stamp)).collect();
    let first = shown.first().copied().unwrap_or_default();
    #[allow(clippy::cast_precision_loss, reason = "a clip's length in time units is far below 2^53")]
    let stamps_secs: Vec<f64> = shown.iter().map(|&stamp| (stamp - first) as f64 / timescale as f64).collect();
    let whole = edit.start == 0 && !edit.delayed && edit.simple;
    let picture_bytes = usize::from(track.width) * usize::from(track.height) * 3;
    VideoIndex { stamps_secs, seekable: whole && rising && mp4.tracks().len() == 1, picture_bytes }
}

/// What an edit list shows, in the track's time units counted from its smallest composition time.
struct Edit {
    start: i64,
    end: i64,
    /// There is a pause before the first frame.
    delayed: bool,
    /// At most one piece, at normal speed.
    simple: bool,
}

impl Edit {
    fn of(mp4: &Mp4, track: &Track) -> Self {
        let trak = track.trak(mp4);
        let entries = trak.edts.as_ref().and_then(|edts| edts.elst.as_ref()).map_or(&[][..], |elst| &elst.entries);
        let earliest = earliest_composition_time(mp4, track);
        let mut edit = Self { start: 0, end: i64::MAX, delayed: false, simple: true };
        let mut pieces = entries.iter().filter(|entry| !EMPTY_EDITS.contains(&entry.media_time));
        edit.delayed = entries.iter().any(|entry| EMPTY_EDITS.contains(&entry.media_time));
        match pieces.next() {
            Some(piece) => {
                let start = i64::try_from(piece.media_time).unwrap_or(i64::MAX);
                edit.start = start.saturating_sub(earliest);
                if piece.segment_duration > 0 {
                    let length = rescale(piece.segment_duration, track.timescale, mp4.moov.mvhd.timescale);
                    edit.end = edit.start.saturating_add(length);
                }
            }
            // Without an edit list a player starts its clock at time 0, and the first frame may come later.
            None => edit.delayed |= earliest != 0,
        }
        edit.simple = pieces.next().is_none();
        edit
    }

    fn shows(&self, stamp: i64) -> bool {
        // Several pieces have no one start and end: everything is kept, and a wrong count is found when decoding.
        !self.simple || (self.start <= stamp && stamp < self.end)
    }
}

/// `length` in movie time units as track time units, rounded up: the movie's unit is often the coarser one.
fn rescale(length: u64, track_timescale: u64, movie_timescale: u32) -> i64 {
    let scaled = (u128::from(length) * u128::from(track_timescale)).div_ceil(u128::from(movie_timescale.max(1)));
    i64::try_from(scaled).unwrap_or(i64::MAX)
}

/// The smallest composition time as stored; the parser has already taken it off every sample.
fn earliest_composition_time(mp4: &Mp4, track: &Track) -> i64 {
    let stbl = &track.trak(mp4).mdia.minf.stbl;
    let Some(ctts) = &stbl.ctts else { return 0 };
    let mut offsets = ctts.entries.iter().flat_map(|run| (0..run.sample_count).map(|_| i64::from(run.sample_offset)));
    let mut deltas =
        stbl.stts.entries.iter().flat_map(|run| (0..run.sample_count).map(|_| i64::from(run.sample_delta)));
    let (mut decode_time, mut earliest) = (0_i64, i64::MAX);
    for _ in 0..track.samples.len() {
        let (Some(offset), Some(delta)) = (offsets.next(), deltas.next()) else { break };
        earliest = earliest.min(decode_time.saturating_add(offset));
        decode_time = decode_time.saturating_add(delta);
    }
    if earliest == i64::MAX { 0 } else { earliest }
}
