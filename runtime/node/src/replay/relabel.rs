//! `striatum relabel`: a recording with a teacher's scores in, a new table out. The recording stays as it is, and so does what was
//! published: it stands in columns of its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use striatum_core::{Correction, CorrectionFit, CorrectionRules, Estimate, OutOfRange, PotentialFn, Progress};

use super::reader::{Item, RecordReader};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::label::{Column, Values, check_form, write_columns};

/// Votes that the fit starts from: all of the recording are there, so few are enough.
const PRIOR_VOTES: f64 = 1.0;

/// What is relabelled, and where to.
#[derive(Clone, Debug)]
pub(crate) struct RelabelOptions {
    pub(crate) file: PathBuf,
    /// `.csv` or `.parquet`, a name that is free.
    pub(crate) out: PathBuf,
    /// Most that progress is changed by.
    pub(crate) most_shift: f64,
}

/// A frame set as it was recorded.
#[derive(Clone, Debug, Deserialize)]
struct Set {
    index: u64,
    oldest_nanos: u64,
    newest_nanos: u64,
    progress: f64,
    std: f64,
    potential: f64,
    held: bool,
    /// What recordings from before do not have says that nothing was wrong.
    votes: Option<u8>,
    #[serde(default)]
    out_of_distribution: bool,
    #[serde(default)]
    warming_up: bool,
    /// Recordings from before have neither: nothing was corrected then.
    uncorrected: Option<f64>,
    #[serde(default)]
    revision: u64,
}

/// What the teacher said of one.
#[derive(Clone, Debug, Deserialize)]
struct Vote {
    frame_set: u64,
    progress: Option<f64>,
    std: Option<f64>,
    latency_nanos: u64,
}

/// What a recording holds of them.
#[derive(Default)]
struct Found {
    sets: Vec<Set>,
    votes: BTreeMap<u64, Vote>,
    potential: PotentialFn,
    cut: Option<String>,
}

/// Fits one correction to all of the teacher's votes and writes each frame set with it.
///
/// # Errors
/// A file that is no recording or holds no vote of a teacher; a name for the table that is taken, or is of no known form.
pub(crate) fn relabel(options: &RelabelOptions, out: &mut dyn Write) -> Result<()> {
    if options.out.exists() {
        let place = options.out.display().to_string();
        return Err(Error::input(place, "is there already", "give a new name: nothing is written over"));
    }
    check_form(&options.out)?;
    let refuse = |error: OutOfRange| Error::input("--most-shift", error.to_string(), "give a number in (0, 0.25]");
    let rules = CorrectionRules::new(options.most_shift, 1.0, PRIOR_VOTES).map_err(refuse)?;
    let found = read(&options.file)?;
    let (correction, votes) = fit(&found, rules);
    let file = options.file.display();
    if votes.is_empty() {
        let what = "holds no vote of a teacher on a frame set that the student had an answer to";
        return Err(Error::input(file.to_string(), what, "record a run with a section [teacher]"));
    }
    write_columns(&options.out, &columns(&found, correction))?;
    let apart = |with: Correction| {
        let sum: f64 = votes.iter().map(|(student, teacher)| (with.at(*student).get() - teacher.get()).abs()).sum();
        sum / votes.len() as f64
    };
    let (before, after) = (apart(Correction::NONE), apart(correction));
    let cut = found.cut.as_ref().map(|cut| format!("\nthe file was cut ({cut}); what is before the cut is relabelled"));
    let text = format!(
        "{}: {} frame sets of {file}, {} with the teacher's vote; offset {:+.4}, tilt {:+.4}; student and teacher are {before:.4} apart without it, {after:.4} with it (mean, the votes it was fitted to){}",
        options.out.display(),
        found.sets.len(),
        votes.len(),
        correction.offset(),
        correction.tilt(),
        cut.unwrap_or_default(),
    );
    writeln!(out, "{text}")
        .map_err(|source| Error::file("write to", Path::new("standard output"), source, "is it closed?"))
}

fn read(path: &Path) -> Result<Found> {
    let mut reader = RecordReader::open(path)?;
    let mut found = Found::default();
    let broken = |error: serde_json::Error| {
        let what = format!("a record does not read: {error}");
        Error::input(path.display().to_string(), what, "was the file changed after it was recorded?")
    };
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Start(start) => {
                let place = "the recorded configuration";
                let config = Config::parse(&start.config, place)?;
                found.potential = config.pipeline(start.header.views.len(), place)?.potential;
            }
            Item::Scored(bytes) => found.sets.push(serde_json::from_slice(&bytes).map_err(broken)?),
            Item::Teacher(bytes) => {
                let vote: Vote = serde_json::from_slice(&bytes).map_err(broken)?;
                found.votes.insert(vote.frame_set, vote);
            }
            _ => {}
        }
    }
    found.cut = reader.cut().map(str::to_owned);
    Ok(found)
}

impl Set {
    /// What the student said before any correction.
    fn student(&self) -> f64 {
        self.uncorrected.unwrap_or(self.progress)
    }

    /// It knew what it said: a run learns from no other frame sets either.
    fn is_sure(&self) -> bool {
        !self.held && !self.out_of_distribution && self.votes.is_none_or(|votes| votes > 0)
    }
}

/// The correction, and student and teacher of each vote that it was fitted to.
fn fit(found: &Found, rules: CorrectionRules) -> (Correction, Vec<(Progress, Progress)>) {
    let mut fit = CorrectionFit::new(rules);
    let mut votes = Vec::new();
    for set in found.sets.iter().filter(|set| set.is_sure()) {
        let Some(vote) = found.votes.get(&set.index) else { continue };
        let progress = (Progress::clamped(set.student()), vote.progress.and_then(Progress::clamped));
        if let (Some(student), Some(teacher)) = progress {
            fit.update(student, teacher, vote.std.unwrap_or(f64::NAN));
            votes.push((student, teacher));
        }
    }
    (fit.correction(), votes)
}

fn columns(found: &Found, correction: Correction) -> Vec<Column> {
    let whole = |of: fn(&Set) -> u64| {
        Values::Whole(found.sets.iter().map(|set| i64::try_from(of(set)).unwrap_or(i64::MAX)).collect())
    };
    let real = |of: &dyn Fn(&Set) -> f64| Values::Real(found.sets.iter().map(of).collect());
    let vote = |of: fn(&Vote) -> Option<f64>| {
        Values::Maybe(found.sets.iter().map(|set| found.votes.get(&set.index).and_then(of)).collect())
    };
    let relabelled = |set: &Set| {
        // While no value had been seen there is nothing to correct.
        let correction = if set.warming_up { Correction::NONE } else { correction };
        correction.at(Progress::clamped(set.student()).unwrap_or(Progress::ZERO)).get()
    };
    let potential = |set: &Set| found.potential.of(&Estimate { mean: relabelled(set), ..Estimate::WARMING_UP }).get();
    [
        ("frame_set", whole(|set| set.index)),
        ("oldest_nanos", whole(|set| set.oldest_nanos)),
        ("newest_nanos", whole(|set| set.newest_nanos)),
        ("progress", real(&|set| set.progress)),
        ("std", real(&|set| set.std)),
        ("potential", real(&|set| set.potential)),
        ("revision", whole(|set| set.revision)),
        ("uncorrected", real(&Set::student)),
        ("teacher_progress", vote(|vote| vote.progress)),
        ("teacher_std", vote(|vote| vote.std.filter(|_| vote.progress.is_some()))),
        ("teacher_latency_secs", vote(|vote| Some(vote.latency_nanos as f64 / 1e9))),
        ("relabelled_progress", real(&relabelled)),
        ("relabelled_potential", real(&potential)),
    ]
    .into_iter()
    .map(|(name, values)| Column { name: name.to_owned(), values })
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use crate::record::entry::Entry;
    use crate::record::header::{Header, Machine, VERSION};
    use crate::record::writer::McapRecord;
    use striatum_core::StampNanos;

    /// A recording of frame sets of rising progress; the teacher says 0.05 more of every fourth, and nothing of one of them.
    fn recorded(folder: &Path, teacher: bool) -> PathBuf {
        let machine =
            Machine { build: String::new(), processor: String::new(), threads: 1, onnxruntime: String::new() };
        let (text, views) = (String::new, vec!["eye".to_owned()]);
        let header = Header {
            version: VERSION,
            epoch: 1,
            bundle_hash: text(),
            bundle: text(),
            views,
            members: vec![],
            episode: None,
            machine,
        };
        let path = folder.join("run.mcap");
        let sink = std::fs::File::create(&path).unwrap();
        let config = "bundle = \"b\"\n[potential]\nscale = 2.0\n";
        let mut record = McapRecord::start(sink, &header, config, "").unwrap();
        for index in 0..40_u64 {
            let progress = index as f64 / 50.0;
            let text = serde_json::json!({ "index": index, "oldest_nanos": 10 * index, "newest_nanos": 10 * index + 1,
                "progress": progress, "uncorrected": progress, "revision": 0, "std": 0.1, "potential": 2.0 * progress,
                "held": index == 8, "votes": if index == 16 { 0 } else { 3 }, "out_of_distribution": index == 20,
                "warming_up": index == 0 });
            record.scored_text(StampNanos(index), &text).unwrap();
            if teacher && index % 4 == 0 {
                // On frame sets that the student was not sure of it is far off: nothing may be learnt from them.
                let off = if [8, 16, 20].contains(&index) { 0.4 } else { 0.05 };
                let said = (index != 12).then_some(progress + off);
                let text = serde_json::json!({ "frame_set": index, "progress": said, "std": said.map(|_| 0.02),
                    "latency_nanos": 3_000_000_000_u64 });
                record.write(&Entry::Teacher { now: StampNanos(index), text: text.to_string() }).unwrap();
            }
        }
        record.finish().unwrap();
        path
    }

    fn options(file: &Path, out: &str) -> RelabelOptions {
        RelabelOptions { file: file.to_owned(), out: file.with_file_name(out), most_shift: 0.25 }
    }

    #[test]
    fn the_new_table_has_what_was_published_and_what_the_teacher_makes_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = recorded(folder.path(), true);
        let before = std::fs::read(&file).unwrap();
        let mut said = Vec::new();
        relabel(&options(&file, "a.csv"), &mut said).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), before, "the recording is as it was");
        // Of ten votes one is silent, and three are on frame sets that the student was not sure of.
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("40 frame sets") && said.contains(" 6 with the teacher's vote"), "{said}");
        let table = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
        let column = |name: &str| rows[0].iter().position(|found| *found == name).unwrap();
        let number = |row: usize, name: &str| rows[row + 1][column(name)].parse::<f64>();
        assert_eq!(rows.len(), 41);
        for row in 0..40 {
            let published = number(row, "progress").unwrap();
            assert_eq!(number(row, "potential").unwrap(), 2.0 * published);
            let (progress, potential) = (number(row, "relabelled_progress"), number(row, "relabelled_potential"));
            let wanted = if row == 0 { 0.0 } else { 0.05 };
            assert!((progress.clone().unwrap() - published - wanted).abs() < 0.01, "{row}: {progress:?}");
            assert_eq!(potential.unwrap(), 2.0 * progress.unwrap());
            assert_eq!(number(row, "teacher_progress").is_ok(), row % 4 == 0 && row != 12);
        }
        assert_eq!(number(4, "teacher_latency_secs"), Ok(3.0));
        relabel(&options(&file, "a.parquet"), &mut Vec::new()).unwrap();
    }

    #[test]
    fn nothing_is_written_over_and_a_recording_without_votes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = recorded(folder.path(), false);
        let refused = |out: &str, most_shift: f64| {
            let options = RelabelOptions { most_shift, ..options(&file, out) };
            relabel(&options, &mut Vec::new()).unwrap_err().to_string()
        };
        assert!(refused("a.txt", 0.25).contains(".parquet"), "before the recording is read");
        assert!(refused("a.csv", 0.25).contains("no vote of a teacher"));
        assert!(!folder.path().join("a.csv").exists());
        assert!(refused("run.mcap", 0.25).contains("is there already"));
        assert!(refused("a.csv", 0.5).contains("--most-shift"));
        let file = recorded(folder.path(), true);
        assert!(relabel(&options(&file, "a.txt"), &mut Vec::new()).unwrap_err().to_string().contains(".parquet"));
    }
}
