//! Frames of the episode that a recording points to instead of holding them.

use std::path::Path;
use std::sync::Arc;

use striatum_frames::Image;

use crate::episode::{Episode, FrameReader, FrameRow, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::record::header::Header;

/// Reads the frames that a recording names, in its order.
pub(super) struct EpisodeFrames {
    reader: FrameReader,
    row: Option<FrameRow>,
}

impl EpisodeFrames {
    /// Opens the recording's episode for the frames in `wanted` (rising); `None` where the source was not an episode.
    ///
    /// # Errors
    /// Files that are gone or are not the ones that were played.
    pub(super) fn open(header: &Header, wanted: Vec<usize>) -> Result<Option<Self>> {
        let Some(files) = &header.episode else { return Ok(None) };
        let episode = Episode::open(Path::new(&files.path), Some(&header.views))?;
        for (view, expected) in files.sha256.iter().enumerate() {
            let found = crate::hash::hex(&episode.file_sha256(view)?);
            if found != *expected {
                let what =
                    format!("view {} has SHA-256 {found}, the recording was made from {expected}", header.views[view]);
                return Err(Error::input(files.path.clone(), what, "put the original episode back"));
            }
        }
        let options = ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?);
        Ok(Some(Self { reader: FrameReader::open(&episode, wanted, &options)?, row: None }))
    }

    /// One view's image of one frame; frames are asked for in rising order.
    ///
    /// # Errors
    /// A frame that the episode does not have.
    pub(super) fn image(&mut self, view: usize, source_frame: u32) -> Result<Arc<Image>> {
        let wanted = usize::try_from(source_frame).unwrap_or(usize::MAX);
        while self.row.as_ref().is_none_or(|row| row.source_frame < wanted) {
            let Some(row) = self.reader.next_row()? else { break };
            self.row = Some(row);
        }
        self.row
            .as_ref()
            .filter(|row| row.source_frame == wanted)
            .and_then(|row| row.images.get(view).cloned().flatten())
            .ok_or_else(|| {
                Error::input(
                    "recording",
                    format!("frame {source_frame} of view {view} is not in the episode"),
                    "was the file changed?",
                )
            })
    }
}
