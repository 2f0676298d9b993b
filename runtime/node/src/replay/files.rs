//! Frames of the episode that a recording points to instead of holding them.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use striatum_frames::Image;

use crate::episode::{Episode, FrameReader, FrameRow, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::record::header::Header;

/// Rows that are kept.
const KEPT: usize = 8;

/// Reads the frames that a recording names, in its order.
pub(super) struct EpisodeFrames {
    reader: FrameReader,
    /// The last rows, oldest first: views of neighbouring rows may have been taken up in either order.
    rows: VecDeque<FrameRow>,
}

impl EpisodeFrames {
    /// Opens the recording's episode for the frames in `wanted` (rising); `None` where the source was not an episode.
    ///
    /// # Errors
    /// Files that are gone or are not the ones that were played.
    pub(super) fn open(header: &Header, folder: Option<&Path>, wanted: Vec<usize>) -> Result<Option<Self>> {
        let Some(files) = &header.episode else { return Ok(None) };
        let folder = folder.unwrap_or(Path::new(&files.path));
        let episode = Episode::open(folder, Some(&header.views))?;
        for (view, expected) in files.sha256.iter().enumerate() {
            let found = crate::hash::hex(&episode.file_sha256(view)?);
            if found != *expected {
                let what =
                    format!("view {} has SHA-256 {found}, the recording was made from {expected}", header.views[view]);
                return Err(Error::input(files.path.clone(), what, "put the original episode back"));
            }
        }
        let options = ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?);
        Ok(Some(Self { reader: FrameReader::open(&episode, wanted, &options)?, rows: VecDeque::with_capacity(KEPT) }))
    }

    /// One view's image of one frame; frames are asked for in nearly rising order.
    ///
    /// # Errors
    /// A frame that the episode does not have.
    pub(super) fn image(&mut self, view: usize, source_frame: u32) -> Result<Arc<Image>> {
        let wanted = usize::try_from(source_frame).unwrap_or(usize::MAX);
        while self.rows.back().is_none_or(|row| row.source_frame < wanted) {
            let Some(row) = self.reader.next_row()? else { break };
            if self.rows.len() == KEPT {
                self.rows.pop_front();
            }
            self.rows.push_back(row);
        }
        let row = self.rows.iter().find(|row| row.source_frame == wanted);
        row.and_then(|row| row.images.get(view).cloned().flatten()).ok_or_else(|| {
            let what = format!("frame {source_frame} of view {view} is not in the episode");
            Error::input("recording", what, "was the file changed?")
        })
    }
}
