//! Recording: everything the engine consumed, in the order in which it did, and everything it said.
//!
//! The engine hands entries over a bounded queue and never waits: what does not fit is counted, and a gap in the inputs is
//! written down, so that a replay knows where it can no longer be compared. The disk is this thread's alone. Every
//! `flush_secs` the chunk is ended and synced: that much a power cut can cost.

pub(crate) mod entry;
pub(crate) mod header;
mod schemas;
pub(crate) mod writer;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

use self::entry::Entry;
use self::header::Header;
use self::writer::McapRecord;
use crate::error::{Error, Result};

/// Entries that may wait, whatever their size.
const QUEUE_ENTRIES: usize = 8192;

/// A place that can be made to last.
pub(crate) trait Sink: Write + Send {
    /// Makes everything written so far survive a power cut.
    fn sync(&mut self) -> std::io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> std::io::Result<()> {
        self.sync_data()
    }
}

#[derive(Default)]
struct Shared {
    waiting_bytes: AtomicUsize,
    lost_inputs: AtomicU64,
    lost: AtomicU64,
    failed: AtomicBool,
    write_nanos: AtomicU64,
}

/// The engine's end of a recording.
pub(crate) struct Recorder {
    /// `None` asks for what was written to be made to last.
    sender: Option<Sender<Option<Entry>>>,
    thread: Option<JoinHandle<Option<String>>>,
    shared: Arc<Shared>,
    queue_bytes: usize,
}

impl Recorder {
    /// Creates the file and starts the thread. A recording that is there is kept: the new one gets a number after its name.
    ///
    /// # Errors
    /// When the file cannot be created, or its first bytes cannot be written.
    pub(crate) fn create(
        path: &Path,
        flush: Duration,
        queue_bytes: usize,
        header: &Header,
        config: &str,
        manifest: &str,
    ) -> Result<Self> {
        let path = &free_name(path);
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|source| {
            Error::file("create the recording", path, source, "give record.path a new name in a folder that exists")
        })?;
        tracing::info!("recording to {}", path.display());
        Self::start(Box::new(file), flush, queue_bytes, header, config, manifest)
    }

    /// As [`Recorder::create`], into any sink.
    pub(crate) fn start(
        sink: Box<dyn Sink>,
        flush: Duration,
        queue_bytes: usize,
        header: &Header,
        config: &str,
        manifest: &str,
    ) -> Result<Self> {
        let record = McapRecord::start(SyncSink(sink), header, config, manifest)
            .map_err(|error| Error::input("recording", error.to_string(), "free some space on that disk"))?;
        let (sender, receiver) = bounded(QUEUE_ENTRIES);
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || run(record, &receiver, &theirs, flush))
            .map_err(|error| Error::setup("the recorder's thread", error.to_string(), "free some memory"))?;
        Ok(Self { sender: Some(sender), thread: Some(thread), shared, queue_bytes })
    }

    /// Hands an entry over; never waits.
    pub(crate) fn put(&self, entry: Entry) {
        let weight = entry.weight();
        let is_input = entry.is_input();
        let fits = self.shared.waiting_bytes.fetch_add(weight, Ordering::Relaxed) + weight <= self.queue_bytes;
        let sent = fits
            && self.sender.as_ref().is_some_and(|sender| match sender.try_send(Some(entry)) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
            });
        if !sent {
            self.shared.waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            if is_input {
                self.shared.lost_inputs.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Has everything that was handed over made to last before its time; does not wait for it.
    pub(crate) fn sync(&self) {
        if let Some(sender) = &self.sender {
            // Where the queue is full the disk is too slow for more.
            let _ = sender.try_send(None);
        }
    }

    /// Entries that were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Does anything wait for the disk?
    #[cfg(test)]
    fn is_behind(&self) -> bool {
        self.shared.waiting_bytes.load(Ordering::Relaxed) > 0
    }

    /// Has the disk refused?
    pub(crate) fn failed(&self) -> bool {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// Nanoseconds the last entry took to write.
    pub(crate) fn write_nanos(&self) -> u64 {
        self.shared.write_nanos.load(Ordering::Relaxed)
    }

    /// Writes what waits, ends the file, and says what went wrong on the way, if anything did.
    pub(crate) fn finish(mut self) -> Option<String> {
        self.stop()
    }

    fn stop(&mut self) -> Option<String> {
        self.sender = None;
        self.thread.take()?.join().unwrap_or_else(|_| Some("the recorder's thread panicked".to_owned()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(why) = self.stop() {
            tracing::error!("recording failed: {why}");
        }
    }
}

/// `run.mcap`, or `run-2.mcap` where that exists, and so on.
fn free_name(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    let numbered = (2..).map(|number| path.with_file_name(format!("{stem}-{number}{ending}")));
    std::iter::once(path.to_owned()).chain(numbered).find(|name| !name.exists()).unwrap_or_else(|| path.to_owned())
}

/// Lets the writer own a boxed sink.
struct SyncSink(Box<dyn Sink>);

impl Write for SyncSink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        // The writer flushes at the end of a chunk that was asked for: that is when it must last.
        self.0.flush()?;
        self.0.sync()
    }
}

/// The recorder's thread: returns why it failed, if it did. A failure never ends the rewards.
fn run(
    mut record: McapRecord<SyncSink>,
    receiver: &Receiver<Option<Entry>>,
    shared: &Shared,
    flush: Duration,
) -> Option<String> {
    let mut failure: Option<String> = None;
    let mut flushed = Instant::now();
    let mut told_lost = 0;
    loop {
        let (entry, asked) = match receiver.recv_timeout(flush) {
            Ok(entry) => {
                let asked = entry.is_none();
                (entry, asked)
            }
            Err(RecvTimeoutError::Timeout) => (None, false),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Some(entry) = &entry {
            shared.waiting_bytes.fetch_sub(entry.weight(), Ordering::Relaxed);
        }
        if failure.is_some() {
            shared.lost.fetch_add(u64::from(entry.is_some()), Ordering::Relaxed);
            continue;
        }
        let start = crate::clock::monotonic_nanos();
        let mut result = Ok(());
        if let Some(entry) = &entry {
            let lost = shared.lost_inputs.load(Ordering::Relaxed);
            if lost > told_lost {
                result = record.gap(crate::clock::wall(), lost - told_lost);
                told_lost = lost;
            }
            result = result.and_then(|()| record.write(entry));
        }
        if result.is_ok() && (asked || flushed.elapsed() >= flush) {
            result = record.flush();
            flushed = Instant::now();
        }
        shared.write_nanos.store(crate::clock::monotonic_nanos().saturating_sub(start), Ordering::Relaxed);
        if let Err(error) = result {
            tracing::error!("recording stops: {error}; free some space; rewards go on");
            failure = Some(error.to_string());
            shared.failed.store(true, Ordering::Relaxed);
        }
    }
    if failure.is_some() {
        return failure;
    }
    match record.finish() {
        Ok(mut sink) => sink.flush().err().map(|error| error.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
