//! The main job from end to end on one machine: adapt, judge, run live, record, replay.

mod clips;
mod live;
mod offline;
mod report;

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{say, setup};

/// Sets up and runs everything; ends with a table and the paths of what was written.
///
/// # Errors
/// The first step that fails.
pub(crate) fn demo(workspace: &Workspace, episode: Option<&Path>, out: Option<PathBuf>) -> Result<()> {
    let striatum = setup::set_up(workspace)?;
    let out = out.unwrap_or_else(|| workspace.target().join("demo"));
    make_folder(&out)?;
    let clips = match episode {
        Some(folder) => clips::given(folder)?,
        None => clips::draw(workspace, &out)?,
    };
    let bundle = offline::adapt(&striatum, &clips, &out)?;
    let judged = offline::judge(&striatum, &clips, &bundle, &out)?;
    let live = live::run(&striatum, &clips, &bundle, &out)?;
    say::result("");
    report::print(&clips, &judged, &live);
    say::result("");
    say::result("written:");
    let mut written = vec![bundle];
    written.extend(judged.files);
    written.extend(live.files);
    for path in written {
        say::result(&format!("  {}", path.display()));
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::new(format!("making {}", folder.display()), e, "give --out a folder that can be written"))
}
