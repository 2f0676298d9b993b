//! What comes in over zenoh: actions go to the desk, resets to the world's thread.

use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};
use striatum_wire::{Keys, Refusal, RefusalCode, ResetReply, ResetRequest, encoding};
use zenoh::pubsub::Subscriber;
use zenoh::query::{Query, Queryable};
use zenoh::{Session, Wait};

use super::desk::Desk;
use crate::clock;
use crate::error::{Error, Result};

/// A reset that waits for its answer.
pub(super) struct Asked {
    pub(super) request: ResetRequest,
    query: Query,
}

/// Open as long as this is kept.
pub(super) struct Doors {
    _actions: Subscriber<()>,
    _resets: Queryable<()>,
}

/// Subscribes to actions and declares the queryable for resets.
///
/// # Errors
/// zenoh refusing.
pub(super) fn open(session: &Session, keys: &Keys, desk: &Arc<Desk>, asked: &Sender<Asked>) -> Result<Doors> {
    let (action, reset) = (keys.action(), keys.world_reset());
    let refused = |key: &str, error| Error::zenoh(format!("declare {key}"), error, "check --connect and --listen");
    let (desk, asked) = (Arc::clone(desk), asked.clone());
    Ok(Doors {
        _actions: session
            .declare_subscriber(action.as_str())
            .callback(move |sample| {
                let bytes = sample.payload().to_bytes();
                if let Some(line) = desk.offer(&bytes, clock::wall(), clock::monotonic_nanos()) {
                    tracing::warn!("{line}");
                }
            })
            .wait()
            .map_err(|error| refused(&action, error))?,
        _resets: session
            .declare_queryable(reset.as_str())
            .callback(move |query| take(query, &asked))
            .wait()
            .map_err(|error| refused(&reset, error))?,
    })
}

/// Answers what is malformed at once and hands the rest on.
fn take(query: Query, asked: &Sender<Asked>) {
    let payload = query.payload().map(|payload| payload.to_bytes().into_owned()).unwrap_or_default();
    match ResetRequest::decode(&payload) {
        Err(error) => refuse(&query, &Refusal::from(&error)),
        Ok(request) => {
            if let Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) =
                asked.try_send(Asked { request, query })
            {
                back.refuse(&Refusal::new(RefusalCode::NotReady, format_args!("too many resets wait; ask again")));
            }
        }
    }
}

fn refuse(query: &Query, refusal: &Refusal) {
    tracing::warn!("a reset was refused: {refusal}");
    if let Err(error) = query.reply_err(refusal.line()).encoding(encoding::REFUSAL).wait() {
        tracing::warn!("a refusal could not be sent: {error}");
    }
}

impl Asked {
    /// Replies with an error line.
    pub(super) fn refuse(&self, refusal: &Refusal) {
        refuse(&self.query, refusal);
    }

    /// Replies with what was begun.
    pub(super) fn reply(&self, reply: &ResetReply) {
        let mut bytes = [0; ResetReply::MAX_LEN];
        let encoded = reply.encode(&mut bytes).map_err(|error| error.to_string());
        let sent = encoded.and_then(|length| {
            let sample = self.query.reply(self.query.key_expr().clone(), &bytes[..length]);
            sample.encoding(encoding::RESET_REPLY).wait().map_err(|error| error.to_string())
        });
        if let Err(error) = sent {
            tracing::warn!("a reply could not be sent: {error}");
        }
    }
}
