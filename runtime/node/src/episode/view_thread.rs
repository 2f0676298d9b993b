//! One view's decoding thread: pictures in the order in which they are wanted, a few ahead of the consumer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use striatum_frames::{Encoding, Image, ImageLimits, decode};

use super::ffmpeg::{ChildSlot, Decoder, Pass, Picture};
use super::plan::{Passes, Window, passes, select_expression};
use super::reader::ReaderOptions;
use super::source::{Source, View};
use crate::error::{Error, Result};

/// How ffmpeg is told to keep each frame's own time: since 5.1, and before.
const KEEP_TIMES: [&str; 2] = ["-fps_mode", "passthrough"];
const KEEP_TIMES_OLD: [&str; 2] = ["-vsync", "0"];

/// A view that is being decoded. Dropping it ends the thread and its child process.
#[derive(Debug)]
pub(crate) struct ViewThread {
    images: Option<Receiver<Result<Arc<Image>>>>,
    thread: Option<JoinHandle<()>>,
    slot: ChildSlot,
    name: String,
}

impl ViewThread {
    /// Starts decoding `wanted`, frame numbers of this view's own source.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(crate) fn start(view: &View, wanted: Vec<usize>, options: &ReaderOptions) -> Result<Self> {
        let (sender, images) = bounded(options.queue.max(1));
        let slot = ChildSlot::default();
        let worker = Worker {
            source: view.source.clone(),
            stamps_secs: view.stamps_secs.clone(),
            options: options.clone(),
            slot: slot.clone(),
            sender,
            keep_times: KEEP_TIMES,
        };
        let thread = std::thread::Builder::new()
            .name(format!("decode-{}", view.name))
            .spawn(move || worker.run(&wanted))
            .map_err(|error| Error::setup("video decoding", error.to_string(), "free some memory or threads"))?;
        Ok(Self { images: Some(images), thread: Some(thread), slot, name: view.name.clone() })
    }

    /// The next image in the wanted order.
    ///
    /// # Errors
    /// What the decoding thread found wrong.
    pub(crate) fn next_image(&mut self) -> Result<Arc<Image>> {
        match self.images.as_ref().map(Receiver::recv) {
            Some(Ok(image)) => image,
            _ => Err(self.ended_early()),
        }
    }

    /// After the last image: did decoding end well?
    ///
    /// # Errors
    /// What the decoding thread found wrong after the last picture.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match self.images.as_ref().map(Receiver::recv) {
            Some(Ok(Err(error))) => Err(error),
            _ => Ok(()),
        }
    }

    fn ended_early(&self) -> Error {
        Error::setup("video decoding", format!("view {} ended early", self.name), "run the command again")
    }
}

impl Drop for ViewThread {
    fn drop(&mut self) {
        self.images = None; // a waiting send fails now
        self.slot.stop(); // a waiting read ends now
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to give.
            let _ = thread.join();
        }
    }
}

/// Nobody waits for the images any more.
struct Gone;

struct Worker {
    source: Source,
    stamps_secs: Vec<f64>,
    options: ReaderOptions,
    slot: ChildSlot,
    sender: Sender<Result<Arc<Image>>>,
    keep_times: [&'static str; 2],
}

impl Worker {
    fn run(mut self, wanted: &[usize]) {
        let outcome = match self.source.clone() {
            Source::Images { files, .. } => self.images(wanted, &files),
            Source::Video { path, seekable, picture_bytes } => {
                let window = self.options.window_bytes / picture_bytes.max(1);
                match passes(wanted, window) {
                    Passes::Once(frames) => self.once(&path, wanted, &frames),
                    Passes::Windows(windows) => self.windows(&path, wanted, &windows, seekable),
                }
            }
        };
        if let Err(error) = outcome {
            // With the consumer gone nobody wants to know.
            let _ = self.sender.send(Err(error));
        }
    }

    fn images(&self, wanted: &[usize], files: &[PathBuf]) -> Result<()> {
        let mut shown: Option<(usize, Arc<Image>)> = None;
        for &frame in wanted {
            let image = match shown.take() {
                Some((last, image)) if last == frame => image,
                _ => read_image(files.get(frame).map(PathBuf::as_path).unwrap_or(self.source.path()))?,
            };
            if self.send(image.clone()).is_err() {
                return Ok(());
            }
            shown = Some((frame, image));
        }
        Ok(())
    }

    fn once(&mut self, path: &Path, wanted: &[usize], frames: &[usize]) -> Result<()> {
        let Some(&first) = frames.first() else { return Ok(()) };
        let select = select_expression(frames, 0);
        let (mut decoder, picture) = self.open(path, None, select.as_deref(), frames.len())?;
        let (mut shown, mut image) = (first, to_image(picture, path)?);
        for &frame in wanted {
            if frame != shown {
                let Some(picture) = decoder.next_picture()? else { return Ok(()) };
                (shown, image) = (frame, to_image(picture, path)?);
            }
            if self.send(image.clone()).is_err() {
                return Ok(());
            }
        }
        self.drain(decoder)
    }

    fn windows(&mut self, path: &Path, wanted: &[usize], windows: &[Window], seekable: bool) -> Result<()> {
        let mut rest = wanted;
        for window in windows {
            let (now, later) = rest.split_at(window.entries.min(rest.len()));
            rest = later;
            let Some(images) = self.window(path, &window.frames, seekable)? else { return Ok(()) };
            for image in now.iter().filter_map(|frame| images.get(frame)) {
                if self.send(image.clone()).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Decodes one window; `None` when nobody waits for it any more.
    fn window(&mut self, path: &Path, frames: &[usize], seekable: bool) -> Result<Option<BTreeMap<usize, Arc<Image>>>> {
        let first = frames.first().copied().unwrap_or_default();
        // Half a period early: the seek lands on the first frame at or after it, whichever way its time is rounded.
        let seek_secs = (seekable && first > 0).then(|| 0.5 * (self.stamps_secs[first - 1] + self.stamps_secs[first]));
        let origin = if seek_secs.is_some() { first } else { 0 };
        let select = select_expression(frames, origin);
        let (mut decoder, picture) = self.open(path, seek_secs, select.as_deref(), frames.len())?;
        let mut images = BTreeMap::new();
        let mut next = Some(picture);
        for &frame in frames {
            let Some(picture) = next else { return Ok(None) };
            images.insert(frame, to_image(picture, path)?);
            next = decoder.next_picture()?;
        }
        Ok(Some(images))
    }

    /// Starts a pass and waits for its first picture.
    fn open(
        &mut self,
        path: &Path,
        seek: Option<f64>,
        select: Option<&str>,
        pictures: usize,
    ) -> Result<(Decoder, Picture)> {
        let program = self.options.ffmpeg.clone();
        let threads = self.options.threads;
        let pass = Pass { program: &program, file: path, threads, seek_secs: seek, select, pictures };
        let mut decoder = Decoder::start(&pass, self.keep_times, &self.slot)?;
        let mut first = decoder.next_picture();
        if let Err(error) = &first
            && decoder.refused_option("fps_mode", error)
        {
            drop(decoder);
            self.keep_times = KEEP_TIMES_OLD;
            decoder = Decoder::start(&pass, self.keep_times, &self.slot)?;
            first = decoder.next_picture();
        }
        let nothing =
            || Error::input(path.display().to_string(), "no frame could be decoded", "copy the recording again");
        Ok((decoder, first?.ok_or_else(nothing)?))
    }

    /// After the last wanted picture: hears what ffmpeg had to say.
    fn drain(&self, mut decoder: Decoder) -> Result<()> {
        while decoder.next_picture()?.is_some() {}
        Ok(())
    }

    fn send(&self, image: Arc<Image>) -> Result<(), Gone> {
        self.sender.send(Ok(image)).map_err(|_| Gone)
    }
}

fn to_image(picture: Picture, path: &Path) -> Result<Arc<Image>> {
    match Image::new(picture.width, picture.height, picture.rgb) {
        Ok(image) => Ok(Arc::new(image)),
        Err(error) => {
            Err(Error::input(path.display().to_string(), error.to_string(), "write the video anew with ffmpeg"))
        }
    }
}

fn read_image(path: &Path) -> Result<Arc<Image>> {
    let bytes = std::fs::read(path).map_err(|e| Error::file("read", path, e, "check the file's permissions"))?;
    let encoding = if bytes.starts_with(b"\x89PNG") { Encoding::Png } else { Encoding::Jpeg };
    let damaged = |error: striatum_frames::Error| {
        Error::input(path.display().to_string(), error.to_string(), "copy the image again")
    };
    decode(&bytes, encoding, &ImageLimits::default()).map(Arc::new).map_err(damaged)
}
