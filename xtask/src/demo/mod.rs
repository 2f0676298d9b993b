//! The main job from end to end on one machine: record, adapt, judge, run live, record, replay, draw; and, in simulation, learn.

mod given;
mod learning;
mod live;
mod offline;
mod report;
mod simulated;
mod steps;

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{say, setup};

/// Sets up and runs everything, in a simulated world or with the user's own episode; ends with a table and the paths of what
/// was written.
///
/// # Errors
/// The first step that fails.
pub(crate) fn demo(workspace: &Workspace, episode: Option<&Path>, out: Option<PathBuf>) -> Result<()> {
    // A wrong path should not cost a build.
    let episode = episode.map(given::folder).transpose()?;
    let striatum = setup::set_up(workspace)?;
    let out = out.unwrap_or_else(|| workspace.target().join("demo"));
    make_folder(&out)?;
    let written = match episode {
        Some(episode) => given::demo(&striatum, &episode, &out)?,
        None => simulated::demo(&striatum, &out)?,
    };
    say::result("");
    say::result("written:");
    for path in written {
        say::result(&format!("  {}", path.display()));
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::new(format!("making {}", folder.display()), e, "give --out a folder that can be written"))
}
