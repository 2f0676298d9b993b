//! MCAP to what was recorded, in the order in which it was written. A file that was cut anywhere is read up to the cut.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use mcap::records::Record;
use mcap::sans_io::{LinearReadEvent, LinearReader, LinearReaderOptions};
use serde::Deserialize;
use striatum_core::{Correction, StampNanos};
use striatum_wire::ImageKind;

use crate::engine::Token;
use crate::error::{Error, Result};
use crate::live::Request;
use crate::pipeline::Revision;
use crate::record::entry::RequestKind;
use crate::record::header::{CONFIG, HEADER, Header, MANIFEST, VERSION};
use crate::record::writer::{GAPS, INPUTS, REWARD, SCORES, TEACHER};

/// Longest record that is taken.
const MAX_RECORD_BYTES: usize = 128 << 20;

/// One thing read back.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one exists at a time")]
pub(super) enum Item {
    /// The header, the configuration and the manifest are complete.
    Start(Box<Start>),
    /// A frame as it came from zenoh.
    Message { now: StampNanos, view: usize, kind: ImageKind, bytes: Vec<u8> },
    /// A frame of an episode on disk.
    File { now: StampNanos, view: usize, source_frame: u32, capture: StampNanos },
    /// A tick.
    Tick { now: StampNanos },
    /// The clock was read after a frame set was scored.
    Conclude { now: StampNanos },
    /// A request.
    Request { now: StampNanos, arrived: StampNanos, token: Token, request: Request },
    /// A correction was proposed.
    Revise { now: StampNanos, revision: Revision },
    /// What the teacher said, as JSON.
    Teacher(Vec<u8>),
    /// A reward as it was published.
    Reward(Vec<u8>),
    /// What was said of a frame set, as JSON.
    Scored(Vec<u8>),
    /// Inputs were lost here.
    Gap(u64),
}

/// What a recording starts with.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) header: Header,
    pub(super) config: String,
}

#[derive(Deserialize)]
struct Input {
    kind: String,
    token: Option<Token>,
    arrived: Option<u64>,
    request: Option<String>,
    view: Option<usize>,
    source_frame: Option<u32>,
    capture: Option<u64>,
    number: Option<u64>,
    offset: Option<f64>,
    tilt: Option<f64>,
}

#[derive(Deserialize)]
struct Gap {
    lost: u64,
}

/// Reads a recording from front to back.
pub(super) struct RecordReader {
    path: PathBuf,
    file: File,
    reader: LinearReader,
    topics: BTreeMap<u16, String>,
    attachments: BTreeMap<String, Vec<u8>>,
    views: Option<Vec<String>>,
    /// Why reading stopped before the file's proper end.
    cut: Option<String>,
    /// The index at the end was read: the file was finished.
    finished: bool,
}

impl RecordReader {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::file("read", path, source, "check the path"))?;
        let options = LinearReaderOptions::default()
            .with_skip_end_magic(true)
            .with_validate_chunk_crcs(true)
            .with_record_length_limit(MAX_RECORD_BYTES);
        Ok(Self {
            path: path.to_owned(),
            file,
            reader: LinearReader::new_with_options(options),
            topics: BTreeMap::new(),
            attachments: BTreeMap::new(),
            views: None,
            cut: None,
            finished: false,
        })
    }

    /// Why the file ended early, if it did.
    pub(super) fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// The next item; `None` at the end or at the cut.
    ///
    /// # Errors
    /// A file that is no recording of ours.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>> {
        loop {
            let item = match self.reader.next_event() {
                None => {
                    if !self.finished {
                        self.cut = Some("it ends without its index".to_owned());
                    }
                    return Ok(None);
                }
                Some(Err(error)) => {
                    if self.views.is_none() {
                        return Err(self.not_ours(&error.to_string()));
                    }
                    self.cut = Some(error.to_string());
                    return Ok(None);
                }
                Some(Ok(LinearReadEvent::ReadRequest(wanted))) => {
                    let buffer = self.reader.insert(wanted.min(MAX_RECORD_BYTES));
                    let got = self
                        .file
                        .read(buffer)
                        .map_err(|source| Error::file("read", &self.path, source, "check the disk"))?;
                    self.reader.notify_read(got);
                    None
                }
                Some(Ok(LinearReadEvent::Record { data, opcode })) => match mcap::parse_record(opcode, data) {
                    Ok(record) => {
                        self.finished |= matches!(record, Record::Footer(_));
                        let parts = Parts {
                            path: &self.path,
                            topics: &mut self.topics,
                            attachments: &mut self.attachments,
                            views: &mut self.views,
                        };
                        take(parts, record)?
                    }
                    Err(error) => {
                        self.cut = Some(error.to_string());
                        return Ok(None);
                    }
                },
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn not_ours(&self, why: &str) -> Error {
        Error::input(
            self.path.display().to_string(),
            format!("not a recording of striatum ({why})"),
            "give a file that `striatum run` recorded",
        )
    }
}

/// The reader's fields apart from the record they are filled from.
struct Parts<'a> {
    path: &'a Path,
    topics: &'a mut BTreeMap<u16, String>,
    attachments: &'a mut BTreeMap<String, Vec<u8>>,
    views: &'a mut Option<Vec<String>>,
}

fn take(mut parts: Parts<'_>, record: Record<'_>) -> Result<Option<Item>> {
    match record {
        Record::Attachment { header, data, .. } => {
            parts.attachments.insert(header.name, data.into_owned());
            start(&mut parts)
        }
        Record::Channel(channel) => {
            parts.topics.insert(channel.id, channel.topic);
            Ok(None)
        }
        Record::Message { header, data } => {
            let place = parts.path.display().to_string();
            let Some(views) = parts.views.as_deref() else {
                return Err(Error::input(
                    place,
                    "messages before the header",
                    "give a file that `striatum run` recorded",
                ));
            };
            let topic = parts.topics.get(&header.channel_id).map_or("", String::as_str);
            message(&place, views, topic, StampNanos(header.log_time), &data)
        }
        _ => Ok(None),
    }
}

/// The header is complete once its three attachments are there.
fn start(parts: &mut Parts<'_>) -> Result<Option<Item>> {
    let (Some(header), Some(config), Some(_)) =
        (parts.attachments.get(HEADER), parts.attachments.get(CONFIG), parts.attachments.get(MANIFEST))
    else {
        return Ok(None);
    };
    let place = || parts.path.display().to_string();
    let header: Header = serde_json::from_slice(header).map_err(|error| {
        Error::input(place(), format!("its header does not read: {error}"), "was it recorded by a newer version?")
    })?;
    if header.version != VERSION {
        let what = format!("it has form {}, this program reads form {VERSION}", header.version);
        return Err(Error::input(place(), what, "use the version that recorded it"));
    }
    let config = String::from_utf8_lossy(config).into_owned();
    *parts.views = Some(header.views.clone());
    Ok(Some(Item::Start(Box::new(Start { header, config }))))
}

fn message(place: &str, views: &[String], topic: &str, now: StampNanos, data: &[u8]) -> Result<Option<Item>> {
    let broken = |what: String| Error::input(place.to_owned(), what, "was the file changed after it was recorded?");
    match topic {
        INPUTS => {
            let input: Input =
                serde_json::from_slice(data).map_err(|error| broken(format!("an input does not read: {error}")))?;
            self::input(now, &input).map(Some).ok_or_else(|| broken("an input lacks a field".to_owned()))
        }
        REWARD => Ok(Some(Item::Reward(data.to_vec()))),
        SCORES => Ok(Some(Item::Scored(data.to_vec()))),
        TEACHER => Ok(Some(Item::Teacher(data.to_vec()))),
        GAPS => {
            let gap: Gap =
                serde_json::from_slice(data).map_err(|error| broken(format!("a gap does not read: {error}")))?;
            Ok(Some(Item::Gap(gap.lost)))
        }
        _ => {
            let kind = match topic.rsplit('/').next() {
                Some("compressed") => ImageKind::Compressed,
                Some("image") => ImageKind::Raw,
                _ => return Ok(None),
            };
            let name = topic.trim_start_matches('/').split('/').next().unwrap_or_default();
            let view = views.iter().position(|view| view == name);
            Ok(view.map(|view| Item::Message { now, view, kind, bytes: data.to_vec() }))
        }
    }
}

fn input(now: StampNanos, input: &Input) -> Option<Item> {
    let kind = match input.kind.as_str() {
        "tick" => return Some(Item::Tick { now }),
        "conclude" => return Some(Item::Conclude { now }),
        "frame" => {
            return Some(Item::File {
                now,
                view: input.view?,
                source_frame: input.source_frame?,
                capture: StampNanos(input.capture?),
            });
        }
        "revise" => {
            let correction = Correction::new(input.offset?, input.tilt?).ok()?;
            return Some(Item::Revise { now, revision: Revision { number: input.number?, correction } });
        }
        "begin" => RequestKind::Begin,
        "step" => RequestKind::Step,
        "abort" => RequestKind::Abort,
        _ => return None,
    };
    let bytes = crate::hash::unhex(input.request.as_deref()?)?;
    Some(Item::Request {
        now,
        arrived: StampNanos(input.arrived?),
        token: input.token?,
        request: Request::decode(kind, &bytes).ok()?,
    })
}
