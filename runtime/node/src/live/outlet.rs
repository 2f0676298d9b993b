//! Where the engine's outputs go: the publisher, the open queries, the recorder, the latencies.

use std::collections::BTreeMap;

use striatum_core::StampNanos;
use striatum_wire::{Keys, ShapedReward, Stage, TeacherScore, encoding};
use zenoh::pubsub::Publisher;
use zenoh::qos::{CongestionControl, Priority};
use zenoh::query::Query;
use zenoh::{Session, Wait};

use super::control;
use super::latency::Latencies;
use crate::engine::{Output, Token};
use crate::error::{Error, Result};
use crate::record::Recorder;
use crate::record::entry::{Entry, RequestKind};
use crate::teacher::{Desk, Note};

/// Takes what the engine says to whom it concerns.
pub(super) struct Outlet {
    publisher: Publisher<'static>,
    /// Where the teacher's scores go, if there is one.
    scores: Option<Publisher<'static>>,
    pub(super) desk: Option<Desk>,
    queries: BTreeMap<Token, (RequestKind, Query)>,
    tokens: Token,
    pub(super) recorder: Option<Recorder>,
    pub(super) latencies: Latencies,
    pub(super) publish_failed: u64,
    pub(super) degraded: bool,
    /// Why the model gave no answer for the last frame set, if it failed.
    pub(super) model_failure: Option<String>,
}

impl Outlet {
    /// Declares the publishers: the reward's and, where there is a teacher, its scores'.
    ///
    /// # Errors
    /// zenoh refusing.
    pub(super) fn new(session: &Session, keys: &Keys, recorder: Option<Recorder>, desk: Option<Desk>) -> Result<Self> {
        // Drop, not Block: zenoh closes the transport when Block waits too long. Losses show as gaps of the sequence, and
        // a learner that lost a reply asks for the step again.
        let publisher = session
            .declare_publisher(keys.reward().as_str().to_owned())
            .congestion_control(CongestionControl::Drop)
            .priority(Priority::RealTime)
            .express(true)
            .encoding(encoding::SHAPED_REWARD)
            .wait()
            .map_err(|error| Error::zenoh("declare the reward's publisher", error, "check the [zenoh] section"))?;
        let scores = desk.as_ref().map(|_| scores(session, keys)).transpose()?;
        Ok(Self {
            publisher,
            scores,
            desk,
            queries: BTreeMap::new(),
            tokens: 0,
            recorder,
            latencies: Latencies::new(),
            publish_failed: 0,
            degraded: false,
            model_failure: None,
        })
    }

    /// Keeps a query until it is answered; its token stands for it.
    pub(super) fn keep(&mut self, kind: RequestKind, query: Query) -> Token {
        self.tokens += 1;
        self.queries.insert(self.tokens, (kind, query));
        self.tokens
    }

    /// Writes an entry down, if there is a recording.
    pub(super) fn record(&self, entry: Entry) {
        if let Some(recorder) = &self.recorder {
            recorder.put(entry);
        }
    }

    /// Takes one output.
    pub(super) fn take(&mut self, now: StampNanos, output: Output<'_>) {
        match output {
            Output::Scored(scored) => {
                self.degraded = scored.degraded;
                if self.recorder.is_some() {
                    self.record(Entry::Scored { now, scored: Box::new(*scored) });
                }
            }
            Output::Reward(_, bytes) => self.publish(now, bytes),
            Output::Reply(token, bytes) => {
                if let Some((kind, query)) = self.queries.remove(&token) {
                    control::reply(&query, kind, bytes);
                }
            }
            Output::Refuse(token, refusal) => {
                if let Some((_, query)) = self.queries.remove(&token) {
                    control::refuse(&query, refusal);
                }
                self.record(Entry::Refusal { now, token, text: refusal.line().to_owned() });
            }
            Output::Shown(shown) => {
                if let Some(desk) = &mut self.desk {
                    desk.offer(now, &shown);
                }
            }
        }
    }

    /// What the teacher said: published and written down, late as it is.
    pub(super) fn teach(&mut self, now: StampNanos, note: &Note) {
        let mut bytes = [0; TeacherScore::MAX_LEN];
        let put = note.score.encode(&mut bytes).map_err(|error| error.to_string()).and_then(|length| {
            let Some(publisher) = &self.scores else { return Ok(()) };
            publisher.put(&bytes[..length]).wait().map_err(|error| error.to_string())
        });
        if let Err(error) = put {
            self.publish_failed += 1;
            tracing::warn!("a teacher's score could not be published: {error}");
        }
        if self.recorder.is_some() {
            self.record(Entry::Teacher { now, text: note.text.clone() });
        }
    }

    fn publish(&mut self, now: StampNanos, bytes: &[u8]) {
        let start = crate::clock::monotonic_nanos();
        if let Err(error) = self.publisher.put(bytes).wait() {
            self.publish_failed += 1;
            tracing::warn!("a reward could not be published: {error}");
        }
        self.latencies.put(Stage::Publish, crate::clock::monotonic_nanos().saturating_sub(start));
        let mut copy = [0; ShapedReward::MAX_LEN];
        let length = bytes.len().min(copy.len());
        copy[..length].copy_from_slice(&bytes[..length]);
        self.record(Entry::Reward { now, length, bytes: copy });
    }
}

/// Nobody waits for the teacher: its scores may be late, but rewards go first.
fn scores(session: &Session, keys: &Keys) -> Result<Publisher<'static>> {
    session
        .declare_publisher(keys.teacher().as_str().to_owned())
        .congestion_control(CongestionControl::Drop)
        .priority(Priority::DataLow)
        .encoding(encoding::TEACHER_SCORE)
        .wait()
        .map_err(|error| Error::zenoh("declare the teacher's publisher", error, "check the [zenoh] section"))
}
