//! A disk that stalls, and one that fails.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use striatum_core::StampNanos;

use super::entry::Entry;
use super::header::{Header, Machine, VERSION};
use super::{Recorder, Sink};

fn header() -> Header {
    let machine = Machine { build: String::new(), processor: String::new(), threads: 1, onnxruntime: String::new() };
    Header {
        version: VERSION,
        epoch: 1,
        bundle_hash: String::new(),
        bundle: String::new(),
        views: vec!["eye".into()],
        members: Vec::new(),
        episode: None,
        machine,
    }
}

fn ticks(recorder: &Recorder, count: u64) {
    (1..=count).for_each(|now| recorder.put(Entry::Tick { now: StampNanos(now) }));
}

/// Writes to a file, but waits for leave before the first sync.
struct Stalling {
    file: std::fs::File,
    leave: Receiver<()>,
    asked: bool,
}

impl Write for Stalling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Sink for Stalling {
    fn sync(&mut self) -> std::io::Result<()> {
        if !std::mem::replace(&mut self.asked, true) {
            self.leave.recv().map_err(std::io::Error::other)?;
        }
        self.file.sync_data()
    }
}

#[test]
fn what_a_stalled_disk_cannot_take_is_counted_and_the_gap_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.mcap");
    let (go, leave) = sync_channel(1);
    let sink = Stalling { file: std::fs::File::create(&path).unwrap(), leave, asked: false };
    let room = 200 * size_of::<Entry>();
    let recorder = Recorder::start(Box::new(sink), Duration::from_millis(1), room, &header(), "", "").unwrap();
    // The first entries reach the sync and wait there; beyond the room, entries are lost and nobody waits.
    ticks(&recorder, 20);
    std::thread::sleep(Duration::from_millis(50));
    ticks(&recorder, 5000);
    let lost = recorder.lost();
    assert!(lost >= 4700, "{lost}");
    go.send(()).unwrap();
    while recorder.is_behind() {
        std::thread::sleep(Duration::from_millis(5));
    }
    ticks(&recorder, 1);
    assert_eq!(recorder.finish(), None);
    let (ticks, gaps) = crate::replay::count_for_tests(&path);
    assert_eq!((ticks + gaps, gaps), (5021, lost));
}

/// Fails once so many bytes have been written.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.checked_sub(bytes.len()) {
            Some(left) => {
                self.0 = left;
                Ok(bytes.len())
            }
            None => Err(std::io::ErrorKind::StorageFull.into()),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink for Full {
    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_noticed_and_nobody_waits() {
    let recorder = Recorder::start(Box::new(Full(2000)), Duration::from_millis(1), 1 << 20, &header(), "", "").unwrap();
    while !recorder.failed() {
        ticks(&recorder, 1000);
        std::thread::sleep(Duration::from_millis(2));
    }
    ticks(&recorder, 1000);
    assert!(recorder.finish().is_some_and(|why| !why.is_empty()));
    assert!(Recorder::start(Box::new(Full(10)), Duration::from_millis(1), 1 << 20, &header(), "", "").is_err());
}

/// Says each time that it is asked to sync.
struct Telling(crossbeam_channel::Sender<()>);

impl Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink for Telling {
    fn sync(&mut self) -> std::io::Result<()> {
        self.0.send(()).map_err(std::io::Error::other)
    }
}

#[test]
fn what_is_asked_to_last_lasts_before_its_time() {
    let (sender, synced) = crossbeam_channel::bounded(64);
    let hour = Duration::from_secs(3600);
    let recorder = Recorder::start(Box::new(Telling(sender)), hour, 1 << 20, &header(), "", "").unwrap();
    ticks(&recorder, 3);
    while recorder.is_behind() {
        std::thread::sleep(Duration::from_millis(1));
    }
    while synced.try_recv().is_ok() {}
    recorder.sync();
    assert_eq!(synced.recv_timeout(Duration::from_secs(30)), Ok(()));
    assert_eq!((recorder.lost(), recorder.finish()), (0, None));
}
