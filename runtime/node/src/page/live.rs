//! Rewards that a live run published, as `striatum watch --json` wrote them down.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::error::{Error, Result};

/// `NAME=FILE`: the episode that was played, and what was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveFile {
    pub(crate) episode: String,
    pub(crate) file: PathBuf,
}

impl FromStr for LiveFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || "give EPISODE=FILE.jsonl, for example episode_002=rewards.jsonl".to_owned();
        let (episode, file) = text.split_once('=').ok_or_else(usage)?;
        if episode.is_empty() || file.is_empty() {
            return Err(usage());
        }
        Ok(Self { episode: episode.to_owned(), file: file.into() })
    }
}

/// What was heard, over the time of the episode.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveCurve {
    /// Capture time since the first reward's.
    pub(crate) timestamp_secs: Vec<f64>,
    pub(crate) progress: Vec<f64>,
    /// The first is absent: it is for the step from what the runtime saw before.
    pub(crate) reward: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Line {
    capture_newest_nanos: u64,
    progress_mean: f64,
    reward: f64,
}

/// For each of the episodes, what was heard of it, if anything.
///
/// # Errors
/// A name that is no episode's, two files for one episode, or what [`LiveCurve::read`] refuses.
pub(crate) fn of_episodes(files: &[LiveFile], names: &[String], rate: f64) -> Result<Vec<Option<LiveCurve>>> {
    let mut curves = vec![None; names.len()];
    for LiveFile { episode, file } in files {
        let place = format!("--live {episode}={}", file.display());
        let Some(index) = names.iter().position(|name| name == episode) else {
            let what = format!("there is no episode of this name, but {}", names.join(", "));
            return Err(Error::input(place, what, "name the episode that was played"));
        };
        if curves[index].is_some() {
            return Err(Error::input(place, "the second for this episode", "give one file for an episode"));
        }
        curves[index] = Some(LiveCurve::read(file, rate)?);
    }
    Ok(curves)
}

impl LiveCurve {
    /// Reads the lines of `striatum watch --json`; those that are not rewards are passed over.
    ///
    /// # Errors
    /// A file that cannot be read, a line that is not JSON, or a file without rewards.
    pub(crate) fn read(path: &Path, rate: f64) -> Result<Self> {
        let unreadable = |error| Error::file("read", path, error, "give a file that `striatum watch --json` wrote");
        let refuse = |what: String| {
            let mend = "give a file that `striatum watch --json` wrote";
            Error::input(path.display().to_string(), what, mend)
        };
        let mut curve = Self::default();
        let mut first_nanos = None;
        for (index, line) in BufReader::new(File::open(path).map_err(unreadable)?).lines().enumerate() {
            let line = line.map_err(unreadable)?;
            let value: serde_json::Value = serde_json::from_str(&line)
                .map_err(|error| refuse(format!("line {} is not JSON ({error})", index + 1)))?;
            if value.get("reward").is_none() {
                continue;
            }
            let line = Line::deserialize(value)
                .map_err(|error| refuse(format!("line {} is not a reward ({error})", index + 1)))?;
            let begun = *first_nanos.get_or_insert(line.capture_newest_nanos);
            curve.push(&line, line.capture_newest_nanos.saturating_sub(begun), rate);
        }
        if curve.progress.is_empty() {
            return Err(refuse("holds no reward".to_owned()));
        }
        Ok(curve)
    }

    #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a run are far below 2^53")]
    fn push(&mut self, line: &Line, since_nanos: u64, rate: f64) {
        let first = self.progress.is_empty();
        self.timestamp_secs.push(since_nanos as f64 * 1e-9 * rate);
        self.progress.push(line.progress_mean);
        self.reward.push((!first).then_some(line.reward));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heard.jsonl");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn time_is_that_of_the_episode_and_the_first_reward_is_not_its_own() {
        let (_folder, path) = written(
            "{\"status\":\"running\",\"rewards\":0}\n\
             {\"capture_newest_nanos\":5000000000,\"progress_mean\":0.1,\"reward\":-0.9}\n\
             {\"capture_newest_nanos\":5500000000,\"progress_mean\":0.2,\"reward\":0.1}\n",
        );
        let curve = LiveCurve::read(&path, 2.0).unwrap();
        assert_eq!((curve.timestamp_secs, curve.progress), (vec![0.0, 1.0], vec![0.1, 0.2]));
        assert_eq!(curve.reward, [None, Some(0.1)]);
    }

    #[test]
    fn files_that_are_not_rewards_are_refused_by_line() {
        for (text, wanted) in [
            ("", "holds no reward"),
            ("{\"status\":\"running\"}\n", "holds no reward"),
            ("reward 3\n", "line 1 is not JSON"),
            ("{\"status\":1}\n{\"reward\":1}\n", "line 2 is not a reward"),
        ] {
            let (_folder, path) = written(text);
            let message = LiveCurve::read(&path, 1.0).unwrap_err().to_string();
            assert!(message.contains(wanted) && message.contains("heard.jsonl"), "{message}");
        }
    }

    #[test]
    fn each_file_belongs_to_one_episode() {
        let (_folder, path) = written("{\"capture_newest_nanos\":5,\"progress_mean\":0.1,\"reward\":0}\n");
        let names = ["a".to_owned(), "b".to_owned()];
        let file = |episode: &str| LiveFile { episode: episode.to_owned(), file: path.clone() };
        let curves = of_episodes(&[file("b")], &names, 1.0).unwrap();
        assert!(curves[0].is_none() && curves[1].is_some());
        let message = of_episodes(&[file("c")], &names, 1.0).unwrap_err().to_string();
        assert!(message.contains("a, b"), "{message}");
        assert!(of_episodes(&[file("a"), file("a")], &names, 1.0).unwrap_err().to_string().contains("second"));
        assert_eq!("a=b=c.jsonl".parse::<LiveFile>().unwrap().file, Path::new("b=c.jsonl"));
        assert!("rewards.jsonl".parse::<LiveFile>().is_err() && "=x".parse::<LiveFile>().is_err());
    }
}
