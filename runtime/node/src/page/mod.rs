//! `striatum page`: one page that shows what a bundle says of episodes, successes beside failures.
//!
//! - `about`, `learnt`, `live`: what is known of an episode, of the bundle, of a live run.
//! - `judged`: an episode that was scored.
//! - `trained`: runs of learners.
//! - `document`, `card`, `drawing`: HTML and SVG.

mod about;
mod card;
mod document;
mod drawing;
mod judged;
mod learnt;
mod live;
#[cfg(test)]
mod tests;
mod trained;

use std::io::Write;
use std::path::{Path, PathBuf};

use striatum_core::Discount;
use striatum_models::{MembersConfig, SessionConfig};

pub(crate) use live::LiveFile;

use crate::cli::say;
use crate::episode::{Episode, ReaderOptions};
use crate::error::{Error, Result};
use crate::eval::Player;
use crate::label::{RunOptions, offline_config, plan, rows_bar, write_whole};
use crate::load::Loaded;
use crate::pipeline::Pipeline;
pub(crate) use about::About;
use judged::Judged;
use learnt::Learnt;
use live::LiveCurve;

/// What `striatum page` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct PageOptions {
    /// The EPISODEs.
    pub(crate) episodes: Vec<PathBuf>,
    /// The bundle's folder.
    pub(crate) bundle: PathBuf,
    /// The HTML file to write.
    pub(crate) out: PathBuf,
    /// Every how many frames a row is made.
    pub(crate) stride: usize,
    /// Discount of the shaped reward.
    pub(crate) gamma: f64,
    /// Rewards of live runs, each with the episode that was played.
    pub(crate) live: Vec<LiveFile>,
    /// Folders of training runs with this bundle.
    pub(crate) runs: Vec<PathBuf>,
    /// How fast those episodes were played.
    pub(crate) live_rate: f64,
    /// The ffmpeg program.
    pub(crate) ffmpeg: PathBuf,
    /// How the model runs.
    pub(crate) session: SessionConfig,
    /// Which of the bundle's models answer.
    pub(crate) members: MembersConfig,
}

/// An episode before it is played.
struct Entry {
    /// Its folder's name, with the folder above it where two have the same.
    name: String,
    episode: Episode,
    about: Option<About>,
    live: Option<LiveCurve>,
}

/// Scores the episodes, writes the page, and prints a table to `out`.
///
/// # Errors
/// What loading the bundle, opening an episode, decoding, reading a live run or writing refuses.
pub(crate) fn page(options: &PageOptions, out: &mut dyn Write) -> Result<()> {
    // Loading checks every file that the bundle names; only then are its pictures read.
    let loaded = crate::load::bundle(&options.bundle, &options.session, &options.members)?;
    page_with(loaded, &Learnt::read(&options.bundle)?, options, out)
}

/// [`page`] with a model that is already loaded.
fn page_with(loaded: Loaded, learnt: &Learnt, options: &PageOptions, out: &mut dyn Write) -> Result<()> {
    refuse_place(&options.out)?;
    let gamma = Discount::new(options.gamma).map_err(striatum_core::Error::from)?;
    // All are opened before the first is played: a wrong path should not cost a minute.
    let mut entries = entries(options, &loaded.views)?;
    let trained = trained::read_all(&options.runs)?;
    let run = RunOptions {
        reader: ReaderOptions::new(options.ffmpeg.clone()),
        stride: options.stride,
        transforms: Vec::new(),
    };
    let rows = entries.iter().map(|entry| Ok(plan(&entry.episode, &run)?.len())).sum::<Result<usize>>()?;
    let bar = rows_bar("page", rows);
    let mut pipeline = Pipeline::new(loaded.model, &offline_config(loaded.views.len(), gamma))?;
    let mut judged = Vec::with_capacity(entries.len());
    for entry in entries.drain(..) {
        bar.set_message(entry.name.clone());
        let mut player = Player {
            pipeline: &mut pipeline,
            reader: run.reader.clone(),
            stride: run.stride,
            transforms: &[],
            bar: &bar,
        };
        let curve = player.play(&entry.episode, &[], drawing::MOMENTS)?;
        judged.push(Judged::new(entry, curve));
    }
    bar.finish_and_clear();
    let text = document::document(&judged, learnt, &trained, options)?;
    write_whole(&options.out, |file| file.write_all(text.as_bytes()))?;
    for line in judged::table(&judged) {
        say(out, line)?;
    }
    say(out, format_args!("{}: {} KiB, opens in any browser", options.out.display(), text.len().div_ceil(1024)))
}

fn entries(options: &PageOptions, views: &[String]) -> Result<Vec<Entry>> {
    let episodes = options.episodes.iter().map(|path| Episode::open(path, Some(views))).collect::<Result<Vec<_>>>()?;
    let names = names(&episodes);
    let mut live = live::of_episodes(&options.live, &names, options.live_rate)?;
    let entry = |(index, (episode, name)): (usize, (Episode, String))| {
        let about = About::of(episode.path())?;
        Ok(Entry { name, about, live: live.get_mut(index).and_then(Option::take), episode })
    };
    episodes.into_iter().zip(names).enumerate().map(entry).collect()
}

/// The folders' names; where two have the same, the folder above comes first.
fn names(episodes: &[Episode]) -> Vec<String> {
    let short: Vec<String> = episodes.iter().map(Episode::name).collect();
    let name = |(episode, name): (&Episode, &String)| {
        let path = episode.path().canonicalize().unwrap_or_else(|_| episode.path().to_owned());
        match path.parent().and_then(Path::file_name) {
            Some(above) if short.iter().filter(|other| *other == name).count() > 1 => {
                format!("{}/{name}", above.to_string_lossy())
            }
            _ => name.clone(),
        }
    };
    episodes.iter().zip(&short).map(name).collect()
}

/// A page that cannot be written should not cost a minute either.
fn refuse_place(out: &Path) -> Result<()> {
    let place = || out.display().to_string();
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(Error::input(place(), "its folder does not exist", "make the folder, or give another --out"));
    }
    if out.is_dir() {
        return Err(Error::input(place(), "is a folder", "give the name of a file, for example report.html"));
    }
    Ok(())
}
