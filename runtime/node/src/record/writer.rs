//! Entries to MCAP. Only this file knows how a recording is laid out; `replay::reader` reads it back.

use std::collections::BTreeMap;
use std::io::Write;

use mcap::records::MessageHeader;
use mcap::write::NoSeek;
use mcap::{Attachment, McapResult, WriteOptions, Writer};
use serde_json::json;
use striatum_core::StampNanos;
use striatum_models::Member;
use striatum_wire::ImageKind;

use super::entry::{Entry, Raw, RequestKind};
use super::header::{self, Header};
use super::schemas;
use crate::hash::hex;
use crate::pipeline::{Revision, Scored};

/// Topics of a recording.
pub(crate) const INPUTS: &str = "/striatum/inputs";
pub(crate) const SCORES: &str = "/striatum/scores";
pub(crate) const REWARD: &str = "/striatum/reward";
pub(crate) const TEACHER: &str = "/striatum/teacher";
pub(crate) const NOTES: &str = "/striatum/notes";
pub(crate) const GAPS: &str = "/striatum/gaps";

/// Quality of the preview images of an episode's frames: for eyes only.
const PREVIEW_QUALITY: u8 = 75;

/// Writes one recording.
pub(crate) struct McapRecord<W: Write> {
    writer: Writer<NoSeek<W>>,
    views: Vec<String>,
    members: Vec<Member>,
    channels: BTreeMap<String, u16>,
    counts: BTreeMap<u16, u32>,
}

impl<W: Write> McapRecord<W> {
    /// Starts a recording: header, configuration and manifest go in first, as attachments.
    pub(crate) fn start(sink: W, header: &Header, config: &str, manifest: &str) -> McapResult<Self> {
        let options = WriteOptions::new()
            .profile("")
            .library(concat!("striatum ", env!("CARGO_PKG_VERSION")))
            .chunk_size(Some(1 << 20))
            // A chunk is written whole or not at all: what a power cut leaves can be read up to the last chunk.
            .disable_seeking(true);
        let mut writer = options.create(NoSeek::new(sink))?;
        let header_json = serde_json::to_string_pretty(header).unwrap_or_default();
        for (name, media_type, data) in [
            (header::HEADER, "application/json", header_json.as_str()),
            (header::CONFIG, "application/toml", config),
            (header::MANIFEST, "application/toml", manifest),
        ] {
            writer.attach(&Attachment {
                log_time: header.epoch,
                create_time: header.epoch,
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                data: data.as_bytes().into(),
            })?;
        }
        let (views, members) = (header.views.clone(), header.members.clone());
        Ok(Self { writer, views, members, channels: BTreeMap::new(), counts: BTreeMap::new() })
    }

    /// Writes one entry.
    pub(crate) fn write(&mut self, entry: &Entry) -> McapResult<()> {
        match entry {
            Entry::Frame { now, view, capture, raw, image } => self.frame(*now, *view, *capture, raw, image.as_deref()),
            Entry::Tick { now } => self.json(INPUTS, *now, &json!({ "kind": "tick" })),
            Entry::Conclude { now } => self.json(INPUTS, *now, &json!({ "kind": "conclude" })),
            Entry::Request { now, arrived, token, kind, bytes } => {
                let kind = match kind {
                    RequestKind::Begin => "begin",
                    RequestKind::Step => "step",
                    RequestKind::Abort => "abort",
                };
                self.json(
                    INPUTS,
                    *now,
                    &json!({ "kind": kind, "arrived": arrived.0, "token": token, "request": hex(bytes) }),
                )
            }
            Entry::Revise { now, proposal } => {
                let Revision { number, correction } = proposal.revision;
                let (with, without) = proposal.errors;
                let body = json!({ "kind": "revise", "number": number, "offset": correction.offset(),
                    "tilt": correction.tilt(), "why": proposal.why, "error_with": with, "error_without": without });
                self.json(INPUTS, *now, &body)
            }
            Entry::Teacher { now, text } => {
                let channel = self.channel(TEACHER, "json", TEACHER, "jsonschema", schemas::json(TEACHER))?;
                self.put(channel, *now, *now, text.as_bytes())
            }
            Entry::Scored { now, scored } => self.json(SCORES, *now, &scored_json(scored, &self.views, &self.members)),
            Entry::Reward { now, length, bytes } => {
                let channel =
                    self.channel(REWARD, "cdr", striatum_wire::ShapedReward::TYPE, "ros2msg", schemas::REWARD)?;
                self.put(channel, *now, *now, &bytes[..*length])
            }
            Entry::Refusal { now, token, text } => {
                self.json(NOTES, *now, &json!({ "kind": "refusal", "token": token, "text": text }))
            }
        }
    }

    /// Writes what was said of a frame set, as text that a test made up.
    #[cfg(test)]
    pub(crate) fn scored_text(&mut self, now: StampNanos, body: &serde_json::Value) -> McapResult<()> {
        self.json(SCORES, now, body)
    }

    /// Says that inputs were lost because the disk was too slow: a replay cannot be compared beyond here.
    pub(crate) fn gap(&mut self, now: StampNanos, lost: u64) -> McapResult<()> {
        self.json(GAPS, now, &json!({ "lost": lost }))
    }

    fn frame(
        &mut self,
        now: StampNanos,
        view: usize,
        capture: StampNanos,
        raw: &Raw,
        image: Option<&striatum_frames::Image>,
    ) -> McapResult<()> {
        let name = self.views.get(view).cloned().unwrap_or_else(|| format!("view_{view}"));
        match raw {
            Raw::Message { kind, payload } => {
                let (topic, type_name, schema) = match kind {
                    ImageKind::Compressed => {
                        (format!("/{name}/compressed"), schemas::COMPRESSED_TYPE, schemas::COMPRESSED)
                    }
                    ImageKind::Raw => (format!("/{name}/image"), schemas::IMAGE_TYPE, schemas::IMAGE),
                };
                let channel = self.channel(&topic, "cdr", type_name, "ros2msg", schema)?;
                self.put(channel, now, capture, &payload.to_bytes())
            }
            Raw::File { source_frame } => {
                let body = json!({ "kind": "frame", "view": view, "source_frame": source_frame, "capture": capture.0 });
                self.json(INPUTS, now, &body)?;
                match image.map(|image| preview(image, &name, capture)) {
                    Some(Some(bytes)) => {
                        let topic = format!("/{name}/preview");
                        let channel =
                            self.channel(&topic, "cdr", schemas::COMPRESSED_TYPE, "ros2msg", schemas::COMPRESSED)?;
                        self.put(channel, now, capture, &bytes)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn json(&mut self, topic: &str, now: StampNanos, body: &serde_json::Value) -> McapResult<()> {
        let channel = self.channel(topic, "json", topic, "jsonschema", schemas::json(topic))?;
        self.put(channel, now, now, body.to_string().as_bytes())
    }

    fn channel(&mut self, topic: &str, encoding: &str, type_name: &str, form: &str, schema: &str) -> McapResult<u16> {
        if let Some(id) = self.channels.get(topic) {
            return Ok(*id);
        }
        let schema = self.writer.add_schema(type_name, form, schema.as_bytes())?;
        let id = self.writer.add_channel(schema, topic, encoding, &BTreeMap::new())?;
        self.channels.insert(topic.to_owned(), id);
        Ok(id)
    }

    fn put(&mut self, channel: u16, now: StampNanos, published: StampNanos, data: &[u8]) -> McapResult<()> {
        let count = self.counts.entry(channel).or_insert(0);
        *count = count.wrapping_add(1);
        let header =
            MessageHeader { channel_id: channel, sequence: *count, log_time: now.0, publish_time: published.0 };
        self.writer.write_to_known_channel(&header, data)
    }

    /// Ends the chunk: what was written so far can be read back once the file is synced.
    pub(crate) fn flush(&mut self) -> McapResult<()> {
        self.writer.flush()
    }

    /// Ends the file with its indexes and gives the sink back.
    pub(crate) fn finish(mut self) -> McapResult<W> {
        self.writer.finish()?;
        Ok(self.writer.into_inner().into_inner())
    }
}

fn preview(image: &striatum_frames::Image, frame_id: &str, capture: StampNanos) -> Option<Vec<u8>> {
    let jpeg = striatum_frames::encode_jpeg(image, PREVIEW_QUALITY).ok()?;
    crate::net::jpeg_message(&jpeg, frame_id, capture).ok()
}

/// Numbers that are not finite become null: JSON has no other word for them.
pub(crate) fn scored_json(scored: &Scored, views: &[String], members: &[Member]) -> serde_json::Value {
    let estimate = &scored.estimate;
    let per_view: serde_json::Map<String, serde_json::Value> = views
        .iter()
        .enumerate()
        .map(|(index, name)| (name.clone(), json!(scored.scores.per_view.get(index).copied().flatten())))
        .collect();
    let said = members.iter().zip(&estimate.members).map(|(member, said)| {
        (member.name().to_owned(), json!({ "progress": said.progress, "std": said.std, "share": said.share }))
    });
    let members: serde_json::Map<String, serde_json::Value> = said.collect();
    json!({
        "index": scored.index,
        "oldest_nanos": scored.oldest.0,
        "newest_nanos": scored.newest.0,
        "progress": estimate.mean,
        "uncorrected": scored.uncorrected,
        "revision": scored.revision,
        "std": estimate.std,
        "ood": estimate.ood,
        "goal": estimate.goal,
        "success": scored.success.name(),
        "potential": scored.potential.get(),
        "weight": estimate.weight,
        "votes": estimate.votes,
        "missing_votes": estimate.missing_votes,
        "members": members,
        "missing_members": scored.missing_members,
        "held": estimate.held,
        "warming_up": estimate.warming_up,
        "out_of_distribution": scored.out_of_distribution,
        "incremental": estimate.readings.incremental,
        "forward": estimate.readings.forward,
        "backward": estimate.readings.backward,
        "hop_incremental": scored.scores.hops.incremental,
        "hop_forward": scored.scores.hops.forward,
        "hop_backward": scored.scores.hops.backward,
        "views_used": scored.scores.views.bits(),
        "per_view": per_view,
        "images_encoded": scored.scores.images_encoded,
        "degraded": scored.degraded,
        "frozen": scored.frozen.bits(),
    })
}
