//! Writing an EPISODE folder: a thread for each view, and the truth beside the pictures.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::json;
use striatum_frames::{Image, encode_jpeg};

use super::keyframes::{Segment, TrueFrame};
use crate::episode::{first_line, keep_start};
use crate::error::{Error, Result};

/// Pictures that may wait for the disk or the encoder.
const WAITING: usize = 16;
const JPEG_QUALITY: u8 = 92;

/// An episode that is being written. It lies beside its place, hidden, until it is whole.
pub(crate) struct EpisodeStore {
    place: PathBuf,
    hidden: PathBuf,
    views: Vec<ViewStore>,
}

struct ViewStore {
    pictures: Option<Sender<Image>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl EpisodeStore {
    /// Begins an episode at `place`: videos where `ffmpeg` is given, else numbered JPEGs.
    ///
    /// # Errors
    /// A place that is taken, a folder that cannot be made, an ffmpeg that does not start.
    pub(crate) fn begin(
        place: &Path,
        views: &[String],
        fps: u32,
        size: (u32, u32),
        ffmpeg: Option<&Path>,
    ) -> Result<Self> {
        if place.exists() {
            let mend = "give another --out or --seed, or remove it";
            return Err(Error::input(place.display().to_string(), "is there already", mend));
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hidden = place.with_file_name(format!(".{name}.partial"));
        if hidden.exists() {
            std::fs::remove_dir_all(&hidden).map_err(|e| cannot_write(&hidden, e))?;
        }
        std::fs::create_dir_all(&hidden).map_err(|e| cannot_write(&hidden, e))?;
        let mut store = Self { place: place.to_owned(), hidden, views: Vec::new() };
        for view in views {
            let view_store = match ffmpeg {
                Some(program) => ViewStore::video(program, &store.hidden.join(format!("{view}.mp4")), fps, size),
                None => ViewStore::images(&store.hidden.join(view)),
            };
            store.views.push(view_store?);
        }
        Ok(store)
    }

    /// The next frame of each view.
    ///
    /// # Errors
    /// What a view's thread ran into.
    pub(crate) fn push(&mut self, images: &[Image]) -> Result<()> {
        for (view, image) in self.views.iter_mut().zip(images) {
            let gone = view.pictures.as_ref().is_none_or(|pictures| pictures.send(image.clone()).is_err());
            if gone {
                view.finish()?;
            }
        }
        Ok(())
    }

    /// Closes the views, writes what is true, and puts the folder in its place.
    ///
    /// # Errors
    /// A disk that is full, or what a view's thread ran into.
    pub(crate) fn finish(
        mut self,
        truth: &[TrueFrame],
        segments: &[Segment],
        phases: &[&str],
        about: &serde_json::Value,
    ) -> Result<()> {
        self.views.iter_mut().try_for_each(ViewStore::finish)?;
        self.write("truth.csv", &truth_table(truth))?;
        if !segments.is_empty() {
            self.write("annotated_keyframes.json", &keyframes(segments, phases))?;
        }
        self.write("simulation.json", &format!("{about:#}\n"))?;
        std::fs::rename(&self.hidden, &self.place).map_err(|e| cannot_write(&self.place, e))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.hidden.join(name);
        std::fs::write(&path, text).map_err(|e| cannot_write(&path, e))
    }
}

impl Drop for EpisodeStore {
    fn drop(&mut self) {
        // An episode that was not finished is none.
        self.views.clear();
        let _ = std::fs::remove_dir_all(&self.hidden);
    }
}

impl ViewStore {
    fn start(name: &str, work: impl FnOnce(Receiver<Image>) -> Result<()> + Send + 'static) -> Result<Self> {
        let (sender, pictures) = bounded(WAITING);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(pictures))
            .map_err(|error| Error::setup("writing pictures", error.to_string(), "free some memory or threads"))?;
        Ok(Self { pictures: Some(sender), thread: Some(thread) })
    }

    fn images(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| cannot_write(folder, e))?;
        let folder = folder.to_owned();
        Self::start("write-images", move |pictures| {
            for (number, picture) in pictures.iter().enumerate() {
                let path = folder.join(format!("{number:06}.jpg"));
                std::fs::write(&path, encode_jpeg(&picture, JPEG_QUALITY)?).map_err(|e| cannot_write(&path, e))?;
            }
            Ok(())
        })
    }

    fn video(program: &Path, path: &Path, fps: u32, size: (u32, u32)) -> Result<Self> {
        let child = encoder(program, path, fps, size).spawn().map_err(|e| {
            Error::setup(program.display().to_string(), e.to_string(), "give another ffmpeg, or --images")
        })?;
        let program = program.display().to_string();
        let path = path.to_owned();
        Self::start("write-video", move |pictures| encode(child, &program, &path, &pictures))
    }

    fn finish(&mut self) -> Result<()> {
        self.pictures = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread
            .join()
            .unwrap_or_else(|_| Err(Error::setup("writing pictures", "a thread panicked", "report this as a bug")))
    }
}

impl Drop for ViewStore {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.finish();
    }
}

fn encoder(program: &Path, path: &Path, fps: u32, (width, height): (u32, u32)) -> Command {
    let mut command = Command::new(program);
    // A path with a colon would be taken for a protocol, one with a dash for an option.
    let mut output = std::ffi::OsString::from("file:");
    output.push(path);
    command
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-video_size", &format!("{width}x{height}"), "-framerate", &fps.to_string(), "-i", "pipe:0"])
        .args(["-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-threads", "1"])
        .arg(output)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Ctrl-C is for this program: it ends its children in order.
        .process_group(0);
    command
}

fn encode(mut child: Child, program: &str, path: &Path, pictures: &Receiver<Image>) -> Result<()> {
    let failed = |why: &str| Error::setup(program.to_owned(), why, "give another ffmpeg, or --images");
    // Read all the while, or an encoder that has much to say would wait for ever.
    let complaints = child.stderr.take().map(|stderr| std::thread::Builder::new().spawn(move || keep_start(stderr)));
    let mut cut_short = false;
    if let Some(mut pipe) = child.stdin.take() {
        for picture in pictures {
            if pipe.write_all(picture.pixels()).is_err() {
                // ffmpeg has ended: what it said comes below.
                cut_short = true;
                break;
            }
        }
    }
    let status = child.wait().map_err(|e| failed(&e.to_string()))?;
    let said = complaints.and_then(std::io::Result::ok).and_then(|thread| thread.join().ok()).unwrap_or_default();
    let written = std::fs::metadata(path).is_ok_and(|video| video.len() > 0);
    if status.success() && !cut_short && written {
        return Ok(());
    }
    Err(failed(first_line(&said).unwrap_or("it ended early, without a word")))
}

/// A row for each frame.
fn truth_table(truth: &[TrueFrame]) -> String {
    let mut table = String::from("frame_index,timestamp_secs,progress,phase,success\n");
    for (index, frame) in truth.iter().enumerate() {
        let TrueFrame { timestamp_secs, progress, phase, success } = frame;
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{index},{timestamp_secs},{progress},{phase},{}", u8::from(*success));
    }
    table
}

fn keyframes(segments: &[Segment], phases: &[&str]) -> String {
    let entries: Vec<serde_json::Value> = segments
        .iter()
        .map(|segment| {
            let annotation = phases.get(segment.phase).copied().unwrap_or_default();
            json!({ "annotation": annotation, "start_frame_id": segment.start, "end_frame_id": segment.end })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(entries))
}

fn cannot_write(path: &Path, source: std::io::Error) -> Error {
    Error::file("write", path, source, "choose a folder that can be written")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::episode::Episode;

    const VIEWS: [&str; 2] = ["cam_a", "cam_b"];

    fn views() -> Vec<String> {
        VIEWS.map(str::to_owned).to_vec()
    }

    fn frames(count: usize) -> Vec<TrueFrame> {
        let frame = |at: usize| TrueFrame {
            timestamp_secs: at as f64 * 0.1,
            progress: at as f64 / (count - 1) as f64,
            phase: 0,
            success: at + 1 == count,
        };
        (0..count).map(frame).collect()
    }

    fn write(place: &Path, ffmpeg: Option<&Path>) -> Result<()> {
        let mut store = EpisodeStore::begin(place, &views(), 10, (32, 24), ffmpeg)?;
        for number in 0..6 {
            store.push(&[Image::filled(32, 24, [number * 40; 3]), Image::filled(32, 24, [9; 3])])?;
        }
        let segments = [Segment { phase: 0, start: 0, end: 5 }];
        store.finish(&frames(6), &segments, &["reach"], &json!({ "task": "push" }))
    }

    #[test]
    fn what_is_written_is_an_episode() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("episode_000");
        write(&place, None).unwrap();
        let episode = Episode::open(&place, None).unwrap();
        assert_eq!((episode.views(), episode.frames()), (VIEWS.to_vec(), 6));
        assert!(episode.keyframes().is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_place_that_is_taken_is_left_alone_and_what_was_left_half_done_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("episode_000");
        let hidden = folder.path().join(".episode_000.partial");
        std::fs::create_dir_all(hidden.join("cam_z")).unwrap();
        write(&place, None).unwrap();
        assert!(!hidden.exists() && !place.join("cam_z").exists());
        let error = write(&place, None).unwrap_err().to_string();
        assert!(error.contains("is there already") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn an_encoder_that_ends_early_is_an_error_even_if_it_says_that_all_is_well() {
        let folder = tempfile::tempdir().unwrap();
        for (name, program) in [("a", "true"), ("b", "false")] {
            let place = folder.path().join(name);
            let error = write(&place, Some(Path::new(program))).unwrap_err().to_string();
            assert!(error.contains(program) && !place.exists(), "{error}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no half of an episode stays");
    }
}
