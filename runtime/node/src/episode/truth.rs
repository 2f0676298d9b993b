//! What is true of an episode, frame by frame, as a simulator wrote it down.

use std::path::Path;

use crate::error::{Error, Result};

/// The file's name inside an episode folder.
pub(crate) const FILE_NAME: &str = "truth.csv";
/// Its columns, in order.
const COLUMNS: &str = "frame_index,timestamp_secs,progress,phase,success";
const MEND: &str = "record the episode again, or remove the file for the keyframes' truth";

/// True progress and success of each frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Truth {
    progress: Vec<f64>,
    success: Vec<bool>,
}

impl Truth {
    /// Reads and checks a truth file for a clip of `frames` frames.
    ///
    /// # Errors
    /// When the file cannot be read, has other columns, a value that cannot be, or fewer rows than the clip has frames.
    pub(crate) fn read(path: &Path, frames: usize) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, "check the file's permissions"))?;
        let refuse = |what: String| Error::input(path.display().to_string(), what, MEND);
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default().trim();
        if head != COLUMNS {
            let head: String = head.chars().take(80).collect();
            return Err(refuse(format!("its columns are `{head}`, not `{COLUMNS}`")));
        }
        let mut truth = Self { progress: Vec::with_capacity(frames), success: Vec::with_capacity(frames) };
        let mut before_secs = f64::NEG_INFINITY;
        for (index, line) in lines.enumerate() {
            let row =
                Row::parse(line, index, before_secs).map_err(|why| refuse(format!("line {}: {why}", index + 2)))?;
            truth.progress.push(row.progress);
            truth.success.push(row.success);
            before_secs = row.timestamp_secs;
        }
        let rows = truth.progress.len();
        if rows < frames {
            return Err(refuse(format!("has {rows} rows for a clip of {frames} frames")));
        }
        Ok(truth)
    }

    /// True progress in \[0, 1\] at `frame`; that of the last row beyond it.
    #[must_use]
    pub(crate) fn progress(&self, frame: usize) -> f64 {
        self.progress.get(frame).or(self.progress.last()).copied().unwrap_or_default()
    }

    /// Whether the task is done at any of the clip's first `frames` frames.
    #[must_use]
    pub(crate) fn ever_success(&self, frames: usize) -> bool {
        self.success.iter().take(frames).any(|success| *success)
    }

    /// Whether the task is done at `frame`.
    #[must_use]
    pub(crate) fn success(&self, frame: usize) -> bool {
        self.success.get(frame).or(self.success.last()).copied().unwrap_or_default()
    }
}

struct Row {
    timestamp_secs: f64,
    progress: f64,
    success: bool,
}

impl Row {
    /// Row `index` of the table; says what is wrong with it otherwise.
    fn parse(line: &str, index: usize, before_secs: f64) -> Result<Self, String> {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let [frame, timestamp, progress, phase, success] = cells[..] else {
            return Err(format!("{} values instead of 5", cells.len()));
        };
        if frame.parse() != Ok(index) {
            return Err(format!("frame_index is `{frame}`, not {index}"));
        }
        let timestamp_secs = number("timestamp_secs", timestamp)?;
        if timestamp_secs < before_secs {
            return Err(format!("timestamp_secs {timestamp_secs} is before {before_secs}"));
        }
        let progress = number("progress", progress)?;
        if !(0.0..=1.0).contains(&progress) {
            return Err(format!("progress {progress} is not in [0, 1]"));
        }
        if phase.parse::<usize>().is_err() {
            return Err(format!("phase `{phase}` is not a whole number"));
        }
        let success = match success {
            "0" => false,
            "1" => true,
            other => return Err(format!("success is `{other}`, not 0 or 1")),
        };
        Ok(Self { timestamp_secs, progress, success })
    }
}

fn number(name: &str, text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| format!("{name} `{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    fn read(text: &str, frames: usize) -> Result<Truth> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        Truth::read(&path, frames)
    }

    #[test]
    fn rows_are_frames_and_the_last_one_holds() {
        let truth = read(&format!("{COLUMNS}\n0,0,0,0,0\n1,0.1,0.25,0,0\n2,0.2,1,1,1\n"), 3).unwrap();
        assert_eq!([0, 1, 2, 9].map(|frame| truth.progress(frame)), [0.0, 0.25, 1.0, 1.0]);
        assert_eq!([0, 1, 2, 9].map(|frame| truth.success(frame)), [false, false, true, true]);
        assert_eq!([2, 3].map(|frames| truth.ever_success(frames)), [false, true]);
        // The clip runs over the time that all views cover: it may be shorter than the simulation.
        assert!(read(&format!("{COLUMNS}\n0,0,0,0,0\n1,0.1,0.25,0,0\n"), 1).is_ok());
    }

    #[test]
    fn bad_tables_are_refused_by_file_line_and_value() {
        let cases = [
            ("", "its columns are ``"),
            ("frame,progress\n0,0\n", "its columns are `frame,progress`"),
            ("0,0,0,0", "line 2: 4 values instead of 5"),
            ("1,0,0,0,0", "line 2: frame_index is `1`, not 0"),
            ("0,0,0,0,0\n1,soon,0,0,0", "line 3: timestamp_secs `soon` is not a number"),
            ("0,1,0,0,0\n1,0.5,0,0,0", "line 3: timestamp_secs 0.5 is before 1"),
            ("0,0,NaN,0,0", "line 2: progress `NaN` is not a number"),
            ("0,0,1.5,0,0", "line 2: progress 1.5 is not in [0, 1]"),
            ("0,0,0,-1,0", "line 2: phase `-1` is not a whole number"),
            ("0,0,0,0,yes", "line 2: success is `yes`"),
            ("0,0,0,0,0", "has 1 rows for a clip of 2 frames"),
        ];
        for (text, wanted) in cases {
            let whole = if wanted.starts_with("its") { text.to_owned() } else { format!("{COLUMNS}\n{text}\n") };
            let message = read(&whole, 2).unwrap_err().to_string();
            assert!(message.contains(wanted) && message.contains(FILE_NAME), "{message}");
            assert!(!message.contains('\n') && message.contains("record the episode again"), "{message}");
        }
    }
}
