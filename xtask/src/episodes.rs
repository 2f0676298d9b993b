//! Removing what these commands recorded, and nothing else.

use std::path::Path;

use crate::failure::{Failure, Result};

/// Removes a simulated episode, if it is there.
///
/// # Errors
/// Something else is there, or it cannot be removed.
pub(crate) fn remove(episode: &Path) -> Result<()> {
    if !episode.exists() {
        return Ok(());
    }
    if !episode.join("simulation.json").is_file() {
        return Err(Failure::new(place(episode), "it is not a simulated episode", "give another --out"));
    }
    remove_folder(episode)
}

/// Removes a folder that a command of this crate has made, if it is there.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(place(folder), error, "give another --out"))
        }
        _ => Ok(()),
    }
}

fn place(folder: &Path) -> String {
    format!("removing {}", folder.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_was_recorded_is_removed() {
        let folder = std::env::temp_dir().join(format!("striatum-episodes-{}", std::process::id()));
        let (ours, theirs) = (folder.join("episode_001"), folder.join("episode_002"));
        for (place, file) in [(&ours, "simulation.json"), (&theirs, "cam_a.mp4")] {
            std::fs::create_dir_all(place).unwrap();
            std::fs::write(place.join(file), "").unwrap();
        }
        let (removed, refused) = (remove(&ours), remove(&theirs));
        let left = (ours.exists(), theirs.join("cam_a.mp4").exists());
        remove_folder(&folder).unwrap();
        assert!(removed.is_ok() && refused.is_err() && remove(&folder).is_ok());
        assert_eq!(left, (false, true));
    }
}
