//! Frames of an episode in any order, decoded ahead of the consumer.

use std::path::PathBuf;
use std::sync::Arc;

use striatum_core::ViewMask;
use striatum_frames::Image;

use super::Episode;
use super::view_thread::ViewThread;
use crate::error::{Error, Result};

/// How an episode's frames are decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReaderOptions {
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// Threads each view's ffmpeg decodes with; 0 leaves it to ffmpeg. Default 1: views already run side by side.
    pub threads: usize,
    /// Pictures that may wait for the consumer, for each view. Default 4.
    pub queue: usize,
    /// Memory for playing backwards or to and fro, for each view, bytes. Default 64 MiB.
    pub window_bytes: usize,
    /// Views that are not decoded.
    pub skip: ViewMask,
}

impl ReaderOptions {
    /// The defaults, with this ffmpeg.
    #[must_use]
    pub(crate) fn new(ffmpeg: PathBuf) -> Self {
        Self { ffmpeg, threads: 1, queue: 4, window_bytes: 64 << 20, skip: ViewMask::EMPTY }
    }
}

/// All views at one frame of the clip.
#[derive(Clone, Debug)]
pub(crate) struct FrameRow {
    /// The frame of the clip that is shown.
    pub source_frame: usize,
    /// One image for each view, in the episode's order; `None` for a skipped view.
    pub images: Vec<Option<Arc<Image>>>,
}

/// Gives out the frames that were wanted, in that order. Each view is decoded by a thread and a child process of its own,
/// a few pictures ahead, so that decoding overlaps whatever the consumer does; both end when the reader is dropped.
///
/// Rising frames take one pass through the file, in which skipped frames are not converted. Any other order (backwards, to
/// and fro, shuffled) takes several passes of at most [`ReaderOptions::window_bytes`] each.
#[derive(Debug)]
pub(crate) struct FrameReader {
    wanted: Vec<usize>,
    shown: usize,
    views: Vec<Option<ViewThread>>,
}

impl FrameReader {
    /// Starts decoding `wanted`, frames of the clip, which may repeat and come in any order.
    ///
    /// # Errors
    /// When a wanted frame is beyond the clip, or a thread cannot be started. What is wrong with a video is found later, by
    /// [`FrameReader::next_row`].
    pub(crate) fn open(episode: &Episode, wanted: Vec<usize>, options: &ReaderOptions) -> Result<Self> {
        if let Some(frame) = wanted.iter().find(|&&frame| frame >= episode.frames()) {
            let what = format!("frame {frame} is wanted of a clip of {} frames", episode.frames());
            return Err(Error::input(episode.path().display().to_string(), what, "count frames from 0"));
        }
        let start = |(index, view)| {
            if options.skip.contains(index) {
                return Ok(None);
            }
            let frames = wanted.iter().map(|&frame| episode.view_frame(index, frame)).collect();
            ViewThread::start(view, frames, options).map(Some)
        };
        let views = episode.sources().iter().enumerate().map(start).collect::<Result<_>>()?;
        Ok(Self { wanted, shown: 0, views })
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// A video or image that is missing, damaged or shorter than its container says, by name.
    pub(crate) fn next_row(&mut self) -> Result<Option<FrameRow>> {
        let Some(&source_frame) = self.wanted.get(self.shown) else {
            return self.views.iter_mut().flatten().try_for_each(ViewThread::finish).map(|()| None);
        };
        let images = self.views.iter_mut().map(|view| view.as_mut().map(ViewThread::next_image).transpose());
        let images = images.collect::<Result<_>>()?;
        self.shown += 1;
        Ok(Some(FrameRow { source_frame, images }))
    }
}
