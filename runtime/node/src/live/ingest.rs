//! Frames in: zenoh samples to decoded frames, off the engine's thread.
//!
//! A sample goes into its view's slot as it is; one thread takes the newest of each view, reads its stamp, lets the rate gate
//! drop what no frame set will need, decodes the rest and puts it into the engine's slot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use striatum_core::StampNanos;
use striatum_frames::{Frame, ImageLimits, SetGate, SyncConfig, content_hash};
use striatum_wire::{ImageKind, ImageMessage, Keys};
use zenoh::bytes::ZBytes;
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

use super::slots::{SlotsIn, SlotsOut, slots};
use crate::error::{Error, Result};
use crate::record::entry::Raw;

/// A decoded frame with what the recorder needs of it.
pub(crate) struct Received {
    pub(crate) frame: Frame,
    pub(crate) raw: Raw,
    /// Nanoseconds of wall time from the sample's arrival to the start of its decoding.
    pub(crate) receive_nanos: u64,
    /// Nanoseconds it took to decode.
    pub(crate) decode_nanos: u64,
}

/// What was dropped before the engine saw it.
#[derive(Default)]
pub(crate) struct IngestCounts {
    pub(crate) undecodable: AtomicU64,
    pub(crate) not_ours: AtomicU64,
    pub(crate) unknown_view: AtomicU64,
}

struct Sample {
    kind: ImageKind,
    payload: ZBytes,
    arrived: StampNanos,
}

/// A running subscription; frames stop when it is dropped.
pub(crate) struct Ingest {
    _subscriber: Subscriber<()>,
    thread: Option<JoinHandle<()>>,
    samples: SlotsIn<Sample>,
    counts: Arc<IngestCounts>,
}

impl Ingest {
    /// Subscribes to the frames of `views` and puts what decodes into `frames`.
    ///
    /// # Errors
    /// A view whose name cannot be in a key, or zenoh refusing.
    pub(crate) fn start(
        session: &Session,
        keys: &Keys,
        views: &[String],
        sync: &SyncConfig,
        frames: SlotsIn<Received>,
    ) -> Result<Self> {
        let counts = Arc::new(IngestCounts::default());
        let (samples, taken) = slots(views.len());
        let subscriber = subscribe(session, keys, views, samples.clone(), Arc::clone(&counts))?;
        let gate = SetGate::new(views.len(), sync.period_nanos, sync.max_skew_nanos);
        let theirs = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("decode".to_owned())
            .spawn(move || decode_loop(&taken, gate, &frames, &theirs))
            .map_err(|error| Error::setup("the decoder's thread", error.to_string(), "free some memory"))?;
        Ok(Self { _subscriber: subscriber, thread: Some(thread), samples, counts })
    }

    /// Samples that a newer one replaced before they were decoded.
    pub(crate) fn overwritten(&self) -> u64 {
        self.samples.overwritten()
    }

    /// What was dropped, and why.
    pub(crate) fn counts(&self) -> &IngestCounts {
        &self.counts
    }

    /// Has the decoder's thread ended?
    pub(crate) fn is_dead(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

fn subscribe(
    session: &Session,
    keys: &Keys,
    views: &[String],
    samples: SlotsIn<Sample>,
    counts: Arc<IngestCounts>,
) -> Result<Subscriber<()>> {
    let ours = keys.clone();
    let views = views.to_vec();
    session
        .declare_subscriber(keys.frames_any().as_str())
        .callback(move |sample| {
            let Ok(name) = ours.view_of(sample.key_expr().as_str()) else {
                counts.not_ours.fetch_add(1, Ordering::Relaxed);
                return;
            };
            let Some(view) = views.iter().position(|view| view == name.as_str()) else {
                if counts.unknown_view.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(
                        "frames for view `{name}` are dropped: the bundle has {}; rename one of them",
                        views.join(", ")
                    );
                }
                return;
            };
            let Ok(kind) = ImageKind::from_encoding(&sample.encoding().to_string()) else {
                counts.not_ours.fetch_add(1, Ordering::Relaxed);
                return;
            };
            samples.put(view, Sample { kind, payload: sample.payload().clone(), arrived: crate::clock::wall() });
        })
        .wait()
        .map_err(|error| Error::zenoh("subscribe to the frames", error, "check the [zenoh] section"))
}

fn decode_loop(taken: &SlotsOut<Sample>, mut gate: SetGate, frames: &SlotsIn<Received>, counts: &IngestCounts) {
    let limits = ImageLimits::default();
    let mut number = 0;
    while taken.wake().recv().is_ok() {
        for (view, sample) in taken.drain() {
            match decode(view, &sample, &mut gate, &limits, number) {
                Ok(Some(received)) => {
                    number += 1;
                    frames.put(view, received);
                }
                Ok(None) => {}
                Err(error @ Error::Wire(_)) => {
                    counts.not_ours.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("a frame was dropped: {error}");
                }
                Err(error) => {
                    counts.undecodable.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("a frame was dropped: {error}");
                }
            }
        }
    }
}

/// `None`: no frame set will need it.
fn decode(
    view: usize,
    sample: &Sample,
    gate: &mut SetGate,
    limits: &ImageLimits,
    number: u32,
) -> Result<Option<Received>> {
    let start = crate::clock::monotonic_nanos();
    let receive_nanos = crate::clock::wall().since(sample.arrived);
    let bytes = sample.payload.to_bytes();
    let capture = ImageMessage::decode(sample.kind, &bytes)?.stamp_nanos();
    if !gate.passes(view, capture) {
        return Ok(None);
    }
    let (capture, image) = crate::net::decode_image(sample.kind, &bytes, limits)?;
    let content_hash = content_hash(&image);
    let frame =
        Frame { view, capture, received: sample.arrived, source_frame: number, content_hash, image: Arc::new(image) };
    let decode_nanos = crate::clock::monotonic_nanos().saturating_sub(start);
    let raw = Raw::Message { kind: sample.kind, payload: sample.payload.clone() };
    Ok(Some(Received { frame, raw, receive_nanos, decode_nanos }))
}
