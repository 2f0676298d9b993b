//! Step by step: what was true and what the reward was, for whoever wants to know where it went wrong.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use striatum_wire::ShapedReward;

use super::checkpoint::State;
use crate::error::{Error, Result};
use crate::label::write_whole;

const NAME: &str = "steps.csv";
const HEAD: &str =
    "kind,episode,step,true_progress,progress,std,ood,potential_prev,potential,shaping,gold,reward,quality\n";

/// What an episode was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Demonstration,
    Rollout,
    Last,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Demonstration => "demonstration",
            Self::Rollout => "rollout",
            Self::Last => "last",
        }
    }

    /// Episodes of this kind that a run has behind it; those beyond are of a life that was cut off.
    fn done(self, state: &State) -> u32 {
        match self {
            Self::Demonstration => state.shown,
            Self::Rollout => state.ledger.done(),
            Self::Last => u32::try_from(state.ledger.last.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The steps since they were last written.
#[derive(Debug)]
pub(super) struct Steps {
    path: PathBuf,
    text: String,
    /// Of the episode that runs.
    of: (Kind, u32),
}

impl Steps {
    /// Begins the file, or goes on with it as far as `state` knows.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(super) fn open(folder: &Path, state: &State) -> Result<Self> {
        let path = folder.join(NAME);
        let before = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|source| Error::file("read", &path, source, "move it away"))?,
        };
        let kept: String = before.lines().filter(|line| is_done(line, state)).flat_map(|line| [line, "\n"]).collect();
        write_whole(&path, |file| write!(file, "{HEAD}{kept}"))?;
        Ok(Self { path, text: String::new(), of: (Kind::Demonstration, 0) })
    }

    /// An episode begins; numbers count from 1.
    pub(super) fn begin(&mut self, kind: Kind, episode: u32) {
        self.of = (kind, episode);
    }

    pub(super) fn note(&mut self, step: u32, true_progress: f64, heard: &ShapedReward, shaping: f64) {
        let (kind, episode) = self.of;
        // Writing into a String cannot fail.
        let _ = writeln!(
            self.text,
            "{},{episode},{step},{true_progress:.4},{:.4},{:.4},{:.3},{:.5},{:.5},{shaping:.6},{},{:.6},{}",
            kind.name(),
            heard.progress_mean,
            heard.progress_std,
            heard.ood,
            heard.potential_prev,
            heard.potential,
            heard.gold,
            heard.gold + shaping,
            heard.quality.bits(),
        );
    }

    /// Adds what has been noted to the file.
    ///
    /// # Errors
    /// A disk that is full.
    pub(super) fn write(&mut self) -> Result<()> {
        let file = std::fs::OpenOptions::new().append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(self.text.as_bytes()).and_then(|()| file.sync_data()))
            .map_err(|source| Error::file("write", &self.path, source, "is there space left?"))?;
        self.text.clear();
        Ok(())
    }
}

fn is_done(line: &str, state: &State) -> bool {
    let mut cells = line.split(',');
    let name = cells.next().unwrap_or_default();
    let kind = [Kind::Demonstration, Kind::Rollout, Kind::Last].into_iter().find(|kind| kind.name() == name);
    let number = cells.next().and_then(|number| number.parse::<u32>().ok());
    // A line that was cut off has fewer.
    let whole = line.split(',').count() == HEAD.split(',').count();
    whole && matches!((kind, number), (Some(kind), Some(number)) if number <= kind.done(state))
}
