//! Where a view's frames come from: a video file or a folder of numbered images.

use std::path::{Path, PathBuf};

use super::mp4;
use crate::error::{Error, Result};

/// Frame rate of image folders, which carry no times of their own.
pub(crate) const IMAGE_FOLDER_FPS: f64 = 30.0;

const IMAGE_ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The frames of one view.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A video file, whether a seek by time lands exactly, and the bytes of one picture.
    Video { path: PathBuf, seekable: bool, picture_bytes: usize },
    /// Images, in the order of their numbers.
    Images { folder: PathBuf, files: Vec<PathBuf> },
}

impl Source {
    /// The file or folder.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Video { path, .. } => path,
            Self::Images { folder, .. } => folder,
        }
    }
}

/// One view of an episode.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) name: String,
    pub(crate) source: Source,
    /// Rising, from 0.
    pub(crate) stamps_secs: Vec<f64>,
}

/// Opens `<folder>/<name>.mp4`, or else the images in `<folder>/<name>/`.
///
/// # Errors
/// When neither is there, or what is there cannot be used.
pub(crate) fn open_view(folder: &Path, name: &str) -> Result<View> {
    let video = folder.join(format!("{name}.mp4"));
    if video.is_file() {
        let index = mp4::read_index(&video)?;
        let source = Source::Video { path: video, seekable: index.seekable, picture_bytes: index.picture_bytes };
        return Ok(View { name: name.to_owned(), source, stamps_secs: index.stamps_secs });
    }
    let images = folder.join(name);
    if images.is_dir() {
        let files = numbered_images(&images)?;
        if files.is_empty() {
            let mend = "put images with a number in their names there (png or jpg)";
            return Err(Error::input(images.display().to_string(), "no numbered images", mend));
        }
        #[allow(clippy::cast_precision_loss, reason = "frame counts are far below 2^53")]
        let stamps_secs = (0..files.len()).map(|frame| frame as f64 / IMAGE_FOLDER_FPS).collect();
        return Ok(View { name: name.to_owned(), source: Source::Images { folder: images, files }, stamps_secs });
    }
    let there = view_names(folder)?;
    let mend = if there.is_empty() {
        format!("put {name}.mp4 or a folder {name}/ of numbered images there")
    } else {
        format!("the views there are {}: name those, or add {name}.mp4", there.join(", "))
    };
    Err(Error::input(folder.display().to_string(), format!("no view {name:?}"), mend))
}

/// The names of the views in a folder, sorted.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn view_names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for path in list(folder)? {
        let is_video = path.is_file() && has_ending(&path, &["mp4"]);
        let name = if is_video { path.file_stem() } else { path.file_name() };
        let is_images = !is_video && path.is_dir() && !numbered_images(&path)?.is_empty();
        if let (true, Some(name)) = (is_video || is_images, name.and_then(|name| name.to_str())) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// The images of a folder that have a number in their names, in the order of the last number.
fn numbered_images(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut numbered: Vec<(u64, PathBuf)> = list(folder)?
        .into_iter()
        .filter(|path| has_ending(path, &IMAGE_ENDINGS))
        .filter_map(|path| Some((last_number(path.file_stem()?.to_str()?)?, path)))
        .collect();
    numbered.sort_unstable();
    if let Some(pair) = numbered.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let what = format!("two images have the number {}", pair[0].0);
        let mend = "leave one image for each frame number";
        return Err(Error::input(folder.display().to_string(), what, mend));
    }
    let step = numbered.get(1).map_or(1, |second| second.0 - numbered[0].0);
    if let Some(pair) = numbered.windows(2).find(|pair| pair[1].0 - pair[0].0 != step) {
        // Closed up, every frame behind the hole would be shown too early.
        let what = format!("the images jump from number {} to {}", pair[0].0, pair[1].0);
        let mend = "put the missing images back, or repeat the one before the hole under their numbers";
        return Err(Error::input(folder.display().to_string(), what, mend));
    }
    Ok(numbered.into_iter().map(|(_, path)| path).collect())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e| Error::file("list", folder, e, "check the path and its permissions");
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    endings.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn last_number(stem: &str) -> Option<u64> {
    let end = stem.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|letter: char| !letter.is_ascii_digit())
        .map_or(0, |before| before + stem[before..].chars().next().map_or(1, char::len_utf8));
    stem[start..end].parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn images_go_by_their_last_number_not_by_letters() {
        assert_eq!(last_number("frame_2_00010"), Some(10));
        assert_eq!(last_number("cam1-7.raw"), Some(7));
        assert_eq!(last_number("bild\u{e4}3"), Some(3));
        assert_eq!(last_number("goal"), None);
        let folder = tempfile::tempdir().unwrap();
        for name in ["f10.png", "f9.png", "notes.txt", "cover.jpg"] {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let names: Vec<_> = numbered_images(folder.path()).unwrap();
        assert_eq!(names, [folder.path().join("f9.png"), folder.path().join("f10.png")]);
        std::fs::write(folder.path().join("f12.png"), b"x").unwrap();
        assert!(numbered_images(folder.path()).unwrap_err().to_string().contains("from number 10 to 12"));
        std::fs::write(folder.path().join("g9.jpg"), b"x").unwrap();
        assert!(numbered_images(folder.path()).unwrap_err().to_string().contains("the number 9"));
    }

    #[test]
    fn a_missing_view_is_named_with_those_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("left.mp4"), b"x").unwrap();
        let message = open_view(folder.path(), "right").unwrap_err().to_string();
        assert!(message.contains("\"right\"") && message.contains("left"), "{message}");
    }
}
