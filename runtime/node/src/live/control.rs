//! Episode control in: queries to requests. The queries wait in the engine's thread under their tokens.

use crossbeam_channel::{Sender, TrySendError};
use striatum_core::StampNanos;
use striatum_wire::{AbortRequest, BeginRequest, Keys, Refusal, RefusalCode, StepRequest};
use zenoh::query::{Query, Queryable};
use zenoh::{Session, Wait};

use crate::error::{Error, Result};
use crate::record::entry::{MAX_REQUEST, RequestKind};

/// A request that decodes fits the record's entry: padding is at most three bytes, and more would be trailing bytes.
const LONGEST: usize = BeginRequest::MAX_LEN + 3;
const _: () = assert!(LONGEST <= MAX_REQUEST && StepRequest::MAX_LEN <= LONGEST && AbortRequest::MAX_LEN <= LONGEST);

/// A request that decoded.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few wait at once at most; a box would allocate for each step")]
pub(crate) enum Request {
    Begin(BeginRequest),
    Step(StepRequest),
    Abort(AbortRequest),
}

/// A query with its request, decoded, and its bytes for the record.
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) request: Request,
    /// When the query arrived: its deadline counts from here.
    pub(crate) arrived: StampNanos,
    pub(crate) bytes: heapless::Vec<u8, MAX_REQUEST>,
}

impl Request {
    /// Decodes the bytes of one kind of request.
    ///
    /// # Errors
    /// Bytes that are no such request, or one that is out of range.
    pub(crate) fn decode(kind: RequestKind, bytes: &[u8]) -> Result<Self, striatum_wire::Error> {
        Ok(match kind {
            RequestKind::Begin => Self::Begin(BeginRequest::decode(bytes)?),
            RequestKind::Step => Self::Step(StepRequest::decode(bytes)?),
            RequestKind::Abort => Self::Abort(AbortRequest::decode(bytes)?),
        })
    }

    pub(crate) fn kind(&self) -> RequestKind {
        match self {
            Self::Begin(_) => RequestKind::Begin,
            Self::Step(_) => RequestKind::Step,
            Self::Abort(_) => RequestKind::Abort,
        }
    }
}

/// Declares the three queryables; requests go to `asked`.
///
/// # Errors
/// zenoh refusing.
pub(crate) fn declare(session: &Session, keys: &Keys, asked: &Sender<Asked>) -> Result<Vec<Queryable<()>>> {
    [
        (RequestKind::Begin, keys.episode_begin()),
        (RequestKind::Step, keys.episode_step()),
        (RequestKind::Abort, keys.episode_abort()),
    ]
    .into_iter()
    .map(|(kind, key)| {
        let asked = asked.clone();
        session
            .declare_queryable(key.as_str())
            .callback(move |query| take(kind, query, &asked))
            .wait()
            .map_err(|error| Error::zenoh(format!("declare {key}"), error, "check the [zenoh] section"))
    })
    .collect()
}

/// Answers what is malformed at once and hands the rest on.
fn take(kind: RequestKind, query: Query, asked: &Sender<Asked>) {
    let payload = query.payload().map(|payload| payload.to_bytes().into_owned()).unwrap_or_default();
    match Request::decode(kind, &payload) {
        Err(error) => refuse(&query, &Refusal::from(&error)),
        Ok(request) => {
            // Fits: see `LONGEST`.
            let bytes = heapless::Vec::from_slice(&payload).unwrap_or_default();
            if let Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) =
                asked.try_send(Asked { query, request, arrived: crate::clock::wall(), bytes })
            {
                let text = format_args!("too many requests wait; ask again");
                refuse(&back.query, &Refusal::new(RefusalCode::NotReady, text));
            }
        }
    }
}

/// Replies with an error line.
pub(crate) fn refuse(query: &Query, refusal: &Refusal) {
    let reply = query.reply_err(refusal.line()).encoding(striatum_wire::encoding::REFUSAL);
    if let Err(error) = reply.wait() {
        tracing::warn!("a refusal could not be sent: {error}");
    }
}

/// Replies with a message.
pub(crate) fn reply(query: &Query, kind: RequestKind, bytes: &[u8]) {
    use striatum_wire::encoding;
    let encoding = match kind {
        RequestKind::Begin => encoding::BEGIN_REPLY,
        RequestKind::Step => encoding::SHAPED_REWARD,
        RequestKind::Abort => encoding::ABORT_REPLY,
    };
    if let Err(error) = query.reply(query.key_expr().clone(), bytes).encoding(encoding).wait() {
        tracing::warn!("a reply could not be sent: {error}");
    }
}
