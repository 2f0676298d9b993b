//! What the recorder is told. Small and copied, so that handing it over costs the reward nothing.

use striatum_core::StampNanos;
use striatum_wire::ImageKind;
use zenoh::bytes::ZBytes;

use crate::engine::Token;
use crate::pipeline::Scored;
use crate::teacher::Proposal;

/// Bytes of one control request: the longest message there is.
pub(crate) const MAX_REQUEST: usize = 512;

/// A frame as it was received.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// A message from zenoh.
    Message {
        /// Compressed or raw.
        kind: ImageKind,
        /// CDR bytes as received.
        payload: ZBytes,
    },
    /// A frame of an episode on this disk: the file's hash and the frame in it stand for the pixels.
    File {
        /// The frame in the view's file.
        source_frame: u32,
    },
}

/// Which request an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Begin,
    Step,
    Abort,
}

/// One thing to write down.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "the queue's slots are made once; a box would allocate for each reward")]
pub(crate) enum Entry {
    /// A frame the engine consumed.
    Frame {
        now: StampNanos,
        view: usize,
        capture: StampNanos,
        raw: Raw,
        image: Option<std::sync::Arc<striatum_frames::Image>>,
    },
    /// The clock was read after a frame set was scored.
    Conclude { now: StampNanos },
    /// A tick the engine consumed.
    Tick { now: StampNanos },
    /// A request the engine consumed.
    Request {
        now: StampNanos,
        arrived: StampNanos,
        token: Token,
        kind: RequestKind,
        bytes: heapless::Vec<u8, MAX_REQUEST>,
    },
    /// A correction of progress was proposed.
    Revise { now: StampNanos, proposal: Proposal },
    /// The teacher said something of a frame set: JSON.
    Teacher { now: StampNanos, text: String },
    /// A frame set was scored.
    Scored { now: StampNanos, scored: Box<Scored> },
    /// A reward was published.
    Reward { now: StampNanos, length: usize, bytes: [u8; striatum_wire::ShapedReward::MAX_LEN] },
    /// A request was refused.
    Refusal { now: StampNanos, token: Token, text: String },
}

impl Entry {
    /// Is it something a replay must be given?
    pub(crate) fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Frame { .. } | Self::Conclude { .. } | Self::Tick { .. } | Self::Request { .. } | Self::Revise { .. }
        )
    }

    /// Bytes it keeps while it waits for the disk.
    pub(crate) fn weight(&self) -> usize {
        let extra = match self {
            Self::Frame { raw: Raw::Message { payload, .. }, .. } => payload.len(),
            Self::Frame { image: Some(image), .. } => image.pixels().len(),
            Self::Teacher { text, .. } => text.len(),
            _ => 0,
        };
        size_of::<Self>() + extra
    }
}
