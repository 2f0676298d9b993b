//! The episodes of the demo: drawn, or one that is given.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{process, say};

/// The first episode teaches; all are judged; the last successful one is played live.
#[derive(Debug)]
pub(crate) struct Clips {
    pub(crate) clips: Vec<Clip>,
    /// The views, as `--views` takes them.
    pub(crate) views: String,
}

/// One episode.
#[derive(Debug)]
pub(crate) struct Clip {
    pub(crate) folder: PathBuf,
    /// For the table.
    pub(crate) note: &'static str,
    pub(crate) succeeds: bool,
}

impl Clips {
    /// The episode that `adapt` learns from.
    pub(crate) fn teacher(&self) -> &Clip {
        &self.clips[0]
    }

    /// The episode that is played live.
    pub(crate) fn for_live(&self) -> &Clip {
        self.clips.iter().rfind(|clip| clip.succeeds).unwrap_or(&self.clips[0])
    }
}

/// Draws three: one to learn from, another success, and a failure.
pub(crate) fn draw(workspace: &Workspace, out: &Path) -> Result<Clips> {
    say::step("drawing three short episodes");
    process::run(workspace.cargo().args(["build", "--package", "striatum-tests", "--bin", "draw-episode"]))?;
    let mut clips = Vec::new();
    for (name, note, succeeds, options) in [
        ("teacher", "learnt from", true, &["--seed", "1"][..]),
        ("other", "never seen, succeeds", true, &["--seed", "2"][..]),
        ("failed", "never seen, stops half-way", false, &["--seed", "3", "--stop-after-blocks", "2"][..]),
    ] {
        let folder = out.join("episodes").join(name);
        process::run(Command::new(workspace.program("draw-episode")).arg(&folder).arg("--video").args(options))?;
        clips.push(Clip { folder, note, succeeds });
    }
    let views = view_names(&clips[0].folder)?;
    Ok(Clips { clips, views })
}

/// One episode that the user has.
pub(crate) fn given(folder: &Path) -> Result<Clips> {
    let folder = folder.canonicalize().map_err(|e| unreadable(folder, &e))?;
    let views = view_names(&folder)?;
    Ok(Clips { clips: vec![Clip { folder, note: "learnt from and judged", succeeds: true }], views })
}

/// The names of the videos and image folders, comma-separated.
fn view_names(folder: &Path) -> Result<String> {
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
    let names: BTreeSet<String> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let is_view = path.is_dir() || path.extension().is_some_and(|extension| extension == "mp4");
            is_view.then(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        })
        .collect();
    if names.is_empty() {
        return Err(Failure::new(
            folder.display().to_string(),
            "no <view>.mp4 and no folder of images in it",
            "give an episode's folder",
        ));
    }
    Ok(names.into_iter().collect::<Vec<_>>().join(","))
}

fn unreadable(folder: &Path, why: &std::io::Error) -> Failure {
    Failure::new(format!("reading {}", folder.display()), why, "give an episode's folder")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn views_are_videos_and_folders_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("striatum-views-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("cam_b")).unwrap();
        for name in ["cam_a.mp4", "annotated_keyframes.json", "progress.csv"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let names = view_names(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(names, "cam_a,cam_b");
        assert!(given(&folder).is_err());
    }
}
