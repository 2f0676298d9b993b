//! Writing an EPISODE folder: images or videos, and the keyframes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use striatum::{Error, Result};

use super::options::View;
use super::scene::Drawn;

/// How the frames are stored.
#[derive(Debug, Clone, Copy)]
pub enum Encoding<'a> {
    /// `<view>/000000.png` and so on.
    Images,
    /// `<view>.mp4`, H.264 4:2:0, written by this ffmpeg.
    Video(&'a Path),
}

/// H.264 encoders of ffmpeg that need no special hardware, the preferred one first.
const ENCODERS: [(&str, &[&str]); 2] =
    [("libx264", &["-preset", "veryfast", "-crf", "20", "-bf", "2"]), ("libopenh264", &["-b:v", "2M"])];

/// Writes a whole episode into `folder`, which is made if it is not there.
///
/// `annotated_keyframes.json` has an entry for each block; see [`Drawn::keyframes`].
/// `progress.csv` has the true progress of each frame.
///
/// # Errors
/// [`Error::File`] when something cannot be written, [`Error::Setup`] when ffmpeg fails or has no H.264 encoder.
pub fn write_episode(drawn: &Drawn, folder: &Path, encoding: Encoding<'_>) -> Result<()> {
    make_folder(folder)?;
    std::thread::scope(|scope| {
        let mut writers = Vec::new();
        for view in View::ALL {
            let writer = std::thread::Builder::new()
                .name(format!("draw {}", view.name()))
                .spawn_scoped(scope, move || match encoding {
                    Encoding::Images => write_images(drawn, view, &folder.join(view.name())),
                    Encoding::Video(ffmpeg) => write_video(drawn, view, folder, ffmpeg),
                })
                .map_err(|e| Error::setup("starting a thread", e.to_string(), "free some memory"))?;
            writers.push(writer);
        }
        writers.into_iter().try_for_each(|writer| {
            writer.join().unwrap_or_else(|_| Err(Error::setup("drawing", "a thread ended early", "report this")))
        })
    })?;
    write_truth(drawn, folder)
}

fn write_images(drawn: &Drawn, view: View, folder: &Path) -> Result<()> {
    make_folder(folder)?;
    for frame in 0..drawn.options().frames {
        let path = folder.join(format!("{frame:06}.png"));
        drawn.image(view, frame).save(&path).map_err(|e| match e {
            image::ImageError::IoError(e) => cannot_write(&path, e),
            other => Error::setup("writing a PNG", other.to_string(), "report this"),
        })?;
    }
    Ok(())
}

fn write_video(drawn: &Drawn, view: View, folder: &Path, ffmpeg: &Path) -> Result<()> {
    let failed = |why: String| {
        Error::setup(format!("{} for {}", ffmpeg.display(), view.name()), why, "give another ffmpeg, or write images")
    };
    let (encoder, settings) = h264_encoder(ffmpeg)?;
    let options = drawn.options();
    let mut child = Command::new(ffmpeg)
        .args(["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-video_size", &format!("{}x{}", options.width, options.height)])
        .args(["-framerate", &options.fps.to_string(), "-i", "pipe:0", "-an", "-c:v", encoder])
        .args(settings)
        .args(["-pix_fmt", "yuv420p", "-threads", "1"])
        .arg(folder.join(format!("{}.mp4", view.name())))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(e.to_string()))?;
    if let Some(mut pipe) = child.stdin.take() {
        for frame in 0..options.frames {
            if pipe.write_all(drawn.image(view, frame).as_raw()).is_err() {
                // ffmpeg has ended: what it said comes below.
                break;
            }
        }
    }
    let output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said.lines().last().unwrap_or("it ended without a word").to_owned()))
}

fn h264_encoder(ffmpeg: &Path) -> Result<(&'static str, &'static [&'static str])> {
    let failed = |why: String| Error::setup(ffmpeg.display().to_string(), why, "give another ffmpeg, or write images");
    let output = Command::new(ffmpeg)
        .args(["-hide_banner", "-encoders"])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(e.to_string()))?;
    let listing = String::from_utf8_lossy(&output.stdout);
    let has = |name: &str| listing.lines().any(|line| line.split_whitespace().nth(1) == Some(name));
    ENCODERS
        .into_iter()
        .find(|(name, _)| has(name))
        .ok_or_else(|| failed("it has neither libx264 nor libopenh264".to_owned()))
}

fn write_truth(drawn: &Drawn, folder: &Path) -> Result<()> {
    let keyframes: Vec<serde_json::Value> = drawn
        .keyframes()
        .into_iter()
        .enumerate()
        .map(|(i, (start, end))| {
            json!({"annotation": format!("block {} into the box", i + 1), "start_frame_id": start, "end_frame_id": end})
        })
        .collect();
    let path = folder.join("annotated_keyframes.json");
    std::fs::write(&path, format!("{:#}\n", serde_json::Value::Array(keyframes)))
        .map_err(|e| cannot_write(&path, e))?;
    let mut table = String::from("frame_index,progress\n");
    for frame in 0..drawn.options().frames {
        table.push_str(&format!("{frame},{}\n", drawn.true_progress(frame)));
    }
    let path = folder.join("progress.csv");
    std::fs::write(&path, table).map_err(|e| cannot_write(&path, e))
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| cannot_write(folder, e))
}

fn cannot_write(path: &Path, source: std::io::Error) -> Error {
    Error::file("write", path, source, "choose a folder that can be written")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::super::options::DrawOptions;
    use super::*;

    fn drawn() -> Drawn {
        Drawn::new(DrawOptions { width: 48, height: 32, frames: 20, ..DrawOptions::default() }).unwrap()
    }

    #[test]
    fn an_image_episode_has_every_frame_of_every_view_and_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        write_episode(&drawn(), folder.path(), Encoding::Images).unwrap();
        for view in View::ALL {
            let image = image::open(folder.path().join(view.name()).join("000019.png")).unwrap().to_rgb8();
            assert_eq!(image, drawn().image(view, 19));
        }
        let text = std::fs::read_to_string(folder.path().join("annotated_keyframes.json")).unwrap();
        let keyframes: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(keyframes.as_array().unwrap().len(), 4);
        let table = std::fs::read_to_string(folder.path().join("progress.csv")).unwrap();
        assert_eq!(table.lines().count(), 21);
        assert_eq!(table.lines().last(), Some("19,1"));
    }

    #[test]
    fn a_program_that_is_not_ffmpeg_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_episode(&drawn(), folder.path(), Encoding::Video(Path::new("true"))).unwrap_err();
        assert!(error.to_string().contains("libx264") && !error.to_string().contains('\n'), "{error}");
        write_episode(&drawn(), folder.path(), Encoding::Video(Path::new("no-such-ffmpeg"))).expect_err("absent");
    }
}
