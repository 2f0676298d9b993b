//! One decoding pass: an ffmpeg child process that writes pictures to a pipe.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, Result};

/// How much of ffmpeg's complaints is kept for the error message.
const STDERR_KEPT_BYTES: usize = 4096;
/// Largest picture side that is taken, as for pictures from anywhere else.
const MAX_SIDE: usize = 4096;
const PIPE_BUFFER_BYTES: usize = 1 << 18;

/// One decoded picture, RGB8, rows from top to bottom without padding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

/// What one pass decodes.
#[derive(Clone, Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) program: &'a Path,
    pub(crate) file: &'a Path,
    /// Threads ffmpeg decodes with; 0 leaves it to ffmpeg.
    pub(crate) threads: usize,
    /// Seek here first, seconds; frames are then counted from the first one at or after it.
    pub(crate) seek_secs: Option<f64>,
    /// Which of the frames from there on are kept; all when absent.
    pub(crate) select: Option<&'a str>,
    /// How many pictures are wanted.
    pub(crate) pictures: usize,
}

/// The child that is decoding now, so that another thread can end it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChildSlot(Arc<Mutex<SlotState>>);

#[derive(Debug, Default)]
struct SlotState {
    child: Option<Child>,
    stopped: bool,
}

impl ChildSlot {
    /// Ends the child, if one runs, and every one that would come after it.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        reap(state.child.take());
    }

    fn lock(&self) -> MutexGuard<'_, SlotState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, child: Child) {
        let mut state = self.lock();
        if state.stopped {
            reap(Some(child));
        } else {
            reap(state.child.replace(child));
        }
    }

    /// Waits for a child whose pipe has ended; did it end well?
    fn finish(&self) -> bool {
        let child = self.lock().child.take();
        child.is_some_and(|mut child| child.wait().is_ok_and(|status| status.success()))
    }
}

fn reap(child: Option<Child>) {
    if let Some(mut child) = child {
        // A child that has ended by itself cannot be killed, which is as good.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A running pass.
#[derive(Debug)]
pub(crate) struct Decoder {
    slot: ChildSlot,
    pipe: BufReader<ChildStdout>,
    complaints: Option<JoinHandle<String>>,
    file: PathBuf,
    wanted: usize,
    got: usize,
}

impl Decoder {
    /// Starts ffmpeg on `pass`; `frame_rate_flag` is how this ffmpeg is told to keep every frame's own time.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn start(pass: &Pass<'_>, frame_rate_flag: [&str; 2], slot: &ChildSlot) -> Result<Self> {
        let mut child = command(pass, frame_rate_flag).spawn().map_err(|error| {
            let why = format!("{} cannot be started: {error}", pass.program.display());
            Error::setup("video decoding", why, "install ffmpeg, or set STRIATUM_FFMPEG to its path")
        })?;
        let broken = || Error::setup("video decoding", "ffmpeg's pipe is not there", "run the command again");
        let pipe = child.stdout.take().ok_or_else(broken)?;
        let stderr = child.stderr.take().ok_or_else(broken)?;
        slot.put(child);
        let complaints = std::thread::Builder::new()
            .name("decode-stderr".to_owned())
            .spawn(move || keep_start(stderr))
            .map_err(|error| Error::setup("video decoding", error.to_string(), "free some memory or threads"))?;
        Ok(Self {
            slot: slot.clone(),
            pipe: BufReader::with_capacity(PIPE_BUFFER_BYTES, pipe),
            complaints: Some(complaints),
            file: pass.file.to_owned(),
            wanted: pass.pictures,
            got: 0,
        })
    }

    /// The next picture; `None` when all that were wanted have come and ffmpeg had nothing to complain of.
    ///
    /// # Errors
    /// When the file is damaged, shorter than its container says, or its pictures are too large.
    pub(crate) fn next_picture(&mut self) -> Result<Option<Picture>> {
        let picture = read_ppm(&mut self.pipe);
        match picture {
            Ok(Some(picture)) => {
                self.got += 1;
                Ok(Some(picture))
            }
            Ok(None) => self.finish().map(|()| None),
            Err(why) => {
                reap(self.slot.lock().child.take()); // it would otherwise wait for ever to write the rest
                let complaints = self.collect_complaints();
                Err(self.damaged(first_line(&complaints).unwrap_or(&why)))
            }
        }
    }

    /// Did this ffmpeg refuse the option `name` before it decoded anything?
    pub(crate) fn refused_option(&self, name: &str, error: &Error) -> bool {
        self.got == 0 && error.to_string().contains(&format!("option '{name}'"))
    }

    fn finish(&mut self) -> Result<()> {
        let complaints = self.collect_complaints();
        let ended_well = self.slot.finish();
        if let Some(line) = first_line(&complaints) {
            return Err(self.damaged(line));
        }
        if self.got < self.wanted {
            let what = format!("only {} of {} frames could be decoded", self.got, self.wanted);
            return Err(self.damaged(&what));
        }
        if !ended_well {
            return Err(self.damaged("ffmpeg ended with an error"));
        }
        Ok(())
    }

    fn collect_complaints(&mut self) -> String {
        self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }

    fn damaged(&self, what: &str) -> Error {
        let what = format!("the video is damaged after {} of {} wanted frames ({what})", self.got, self.wanted);
        Error::input(self.file.display().to_string(), what, "copy the recording again or write it anew with ffmpeg")
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        reap(self.slot.lock().child.take());
    }
}

fn command(pass: &Pass<'_>, frame_rate_flag: [&str; 2]) -> Command {
    let mut command = Command::new(pass.program);
    command.args(["-nostdin", "-hide_banner", "-v", "error"]);
    command.arg("-threads").arg(pass.threads.to_string());
    // Frames come as they were recorded: the reward model must see what the camera saw.
    command.arg("-noautorotate");
    if let Some(secs) = pass.seek_secs {
        command.arg("-ss").arg(format!("{secs:.6}"));
    }
    command.arg("-i").arg(pass.file).args(["-map", "0:v:0", "-an", "-sn", "-dn"]);
    if let Some(select) = pass.select {
        command.arg("-vf").arg(format!("select='{select}'"));
    }
    command.args(frame_rate_flag).arg("-frames:v").arg(pass.pictures.to_string());
    // PPM is raw rgb24 with the size before each picture, so that no lying header can put the pipe out of step.
    command.args(["-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads a stream to its end, so that the writer never blocks, and keeps the start of it.
pub(crate) fn keep_start(mut stream: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0_u8; 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        let room = STDERR_KEPT_BYTES.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&buffer[..room]);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// The first line that says something, without ffmpeg's `[h264 @ 0x...]` in front.
pub(crate) fn first_line(text: &str) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.split_once("] ").filter(|(tag, _)| tag.starts_with('[')).map_or(line, |(_, rest)| rest))
}

/// One binary PPM picture; `None` at the end of the stream.
fn read_ppm(pipe: &mut impl BufRead) -> Result<Option<Picture>, String> {
    let broken = |error: std::io::Error| format!("the pipe from ffmpeg broke: {error}");
    if pipe.fill_buf().map_err(broken)?.is_empty() {
        return Ok(None);
    }
    let magic = header_word(pipe)?;
    let (width, height, depth) = (header_number(pipe)?, header_number(pipe)?, header_number(pipe)?);
    if magic != "P6" || depth != 255 {
        return Err("ffmpeg wrote pictures in a form that is not known".to_owned());
    }
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(format!("pictures of {width} x {height} are beyond the limit of {MAX_SIDE} x {MAX_SIDE}"));
    }
    let mut rgb = vec![0; width * height * 3];
    pipe.read_exact(&mut rgb).map_err(broken)?;
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    Ok(Some(Picture { width: side(width), height: side(height), rgb }))
}

/// A word of the header: up to and without one white-space byte.
fn header_word(pipe: &mut impl BufRead) -> Result<String, String> {
    let mut word = Vec::new();
    for byte in pipe.bytes().take(16) {
        match byte.map_err(|error| format!("the pipe from ffmpeg broke: {error}"))? {
            byte if byte.is_ascii_whitespace() => return Ok(String::from_utf8_lossy(&word).into_owned()),
            byte => word.push(byte),
        }
    }
    Err("ffmpeg wrote pictures in a form that is not known".to_owned())
}

fn header_number(pipe: &mut impl BufRead) -> Result<usize, String> {
    header_word(pipe)?.parse().map_err(|_| "ffmpeg wrote a picture without its size".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ppm_pictures_are_read_one_after_the_other() {
        let mut bytes = b"P6\n2 1\n255\nabcdef".to_vec();
        bytes.extend_from_slice(b"P6\n1 1\n255\nxyz");
        let mut pipe = &bytes[..];
        assert_eq!(read_ppm(&mut pipe).unwrap().unwrap(), Picture { width: 2, height: 1, rgb: b"abcdef".to_vec() });
        assert_eq!(read_ppm(&mut pipe).unwrap().unwrap().rgb, b"xyz");
        assert_eq!(read_ppm(&mut pipe).unwrap(), None);
    }

    #[test]
    fn cut_or_lying_pictures_are_refused() {
        assert!(read_ppm(&mut &b"P6\n2 1\n255\nabc"[..]).is_err());
        assert!(read_ppm(&mut &b"P6\n99999 99999\n255\n"[..]).unwrap_err().contains("beyond the limit"));
        assert!(read_ppm(&mut &b"\x89PNG\r\n"[..]).is_err());
    }

    #[test]
    fn the_first_complaint_is_kept_without_its_tag() {
        assert_eq!(first_line("\n[h264 @ 0x55] left block unavailable\nmore"), Some("left block unavailable"));
        assert_eq!(first_line("  \n"), None);
        assert_eq!(keep_start(&[b'x'; 10_000][..]).len(), STDERR_KEPT_BYTES);
    }
}
