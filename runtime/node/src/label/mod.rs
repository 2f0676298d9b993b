//! `striatum label`: an episode in, a table of progress and shaping out.

mod atomic;
mod bar;
#[cfg(test)]
pub(crate) mod fake;
mod parquet_file;
mod run;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use striatum_core::Discount;
use striatum_frames::Transform;
use striatum_models::{MembersConfig, ReuseRule, SessionConfig};

use crate::episode::{Episode, ReaderOptions};
use crate::error::{Error, Result};
use crate::load::Loaded;
use crate::pipeline::Pipeline;

pub(crate) use atomic::write_whole;
pub(crate) use bar::rows_bar;
pub(crate) use run::{RunOptions, offline_config, plan, run_episode};
use table::Table;
pub(crate) use table::{Column, Values};

/// What `striatum label` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct LabelOptions {
    /// The EPISODE.
    pub episode: PathBuf,
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// The file to write: `.csv` or `.parquet`.
    pub out: PathBuf,
    /// Every how many frames a row is made.
    pub stride: usize,
    /// Discount of the shaping column.
    pub gamma: f64,
    /// What is done to the clip, in order.
    pub transforms: Vec<Transform>,
    /// When features are taken again.
    pub reuse: Option<ReuseRule>,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// How the model runs.
    pub session: SessionConfig,
    /// Which of the bundle's models answer.
    pub members: MembersConfig,
}

/// What was labelled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelSummary {
    /// Rows written.
    pub rows: usize,
    /// Progress in the last row.
    pub last_progress: Option<f64>,
    /// When the success estimate first said success, playback seconds.
    pub success_first_secs: Option<f64>,
}

/// The two forms of a label file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Parquet,
}

impl Form {
    fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Ok(Self::Csv),
            "parquet" | "pq" => Ok(Self::Parquet),
            _ => Err(Error::input(
                path.display().to_string(),
                "not a form of file that is known",
                "end it in .csv or .parquet",
            )),
        }
    }
}

/// Labels an episode: one row for each frame set, in the columns frame_index, source_frame, timestamp_secs, progress, std,
/// ood, potential, shaping, incremental, forward, backward, `view_<name>` for each view, goal, success and, where several
/// members answer, `<member>`, `<member>_std` and `<member>_share` for each. Empty (CSV) or null (Parquet)
/// where there is no value. The file appears under its name when it is whole.
///
/// # Errors
/// What loading the bundle, opening the episode, decoding or writing refuses.
pub(crate) fn label(options: &LabelOptions) -> Result<LabelSummary> {
    Form::of(&options.out)?;
    let loaded = crate::load::bundle(&options.bundle, &options.session, &options.members)?.with_reuse(options.reuse);
    label_with(loaded, options)
}

/// [`label`] with a model that is already loaded.
///
/// # Errors
/// As [`label`].
pub(crate) fn label_with(loaded: Loaded, options: &LabelOptions) -> Result<LabelSummary> {
    let gamma = Discount::new(options.gamma).map_err(striatum_core::Error::from)?;
    let episode = Episode::open(&options.episode, Some(&loaded.views))?;
    let run = RunOptions {
        reader: ReaderOptions::new(options.ffmpeg.clone()),
        stride: options.stride,
        transforms: options.transforms.clone(),
    };
    let bar = rows_bar(&format!("label {}", episode.name()), plan(&episode, &run)?.len());
    let mut pipeline = Pipeline::new(loaded.model, &offline_config(loaded.views.len(), gamma))?;
    let mut table = Table::new(&episode.views(), &loaded.members);
    run_episode(&mut pipeline, &episode, &run, |row| {
        table.push(row);
        bar.inc(1);
        Ok(())
    })?;
    bar.finish_and_clear();
    let summary = LabelSummary {
        rows: table.rows(),
        last_progress: table.last_progress(),
        success_first_secs: table.success_first_secs(),
    };
    write_columns(&options.out, &table.into_columns())?;
    Ok(summary)
}

/// Refuses a file of no known form before any work is done for it.
///
/// # Errors
/// An ending of no known form.
pub(crate) fn check_form(path: &Path) -> Result<()> {
    Form::of(path).map(drop)
}

/// Writes columns as CSV or Parquet, by the file's ending. The file appears under its name when it is whole.
///
/// # Errors
/// An ending of no known form; what writing refuses.
pub(crate) fn write_columns(path: &Path, columns: &[Column]) -> Result<()> {
    let form = Form::of(path)?;
    write_whole(path, |out| match form {
        Form::Csv => table::write_csv(columns, out),
        Form::Parquet => parquet_file::write_parquet(columns, out).map_err(std::io::Error::other),
    })
}
