//! What every client of the kit does on zenoh: join, subscribe, ask, wait.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use striatum_wire::{Refusal, RefusalCode};
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

/// Longest wait for anything.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(10);

/// A zenoh peer that connects to `endpoint` and listens nowhere.
pub(super) fn join(endpoint: &str) -> Session {
    peer("connect", endpoint)
}

/// A zenoh peer at `endpoint` that others connect to, as they do to a runtime. It says nothing.
pub fn listen(endpoint: &str) -> Session {
    peer("listen", endpoint)
}

fn peer(how: &str, endpoint: &str) -> Session {
    let mut config = zenoh::Config::default();
    for (key, value) in [
        ("mode", "\"peer\"".to_owned()),
        ("scouting/multicast/enabled", "false".to_owned()),
        ("listen/endpoints", "[]".to_owned()),
        (&format!("{how}/endpoints"), format!("[{endpoint:?}]")),
    ] {
        config.insert_json5(key, &value).expect("a key of zenoh's configuration");
    }
    zenoh::open(config).wait().expect("the endpoint is free, or the other end listens")
}

/// Hears every sample under `key`: its own key, its content type, its bytes.
pub(super) fn subscribe(
    session: &Session,
    key: &str,
    heard: impl Fn(&str, &str, &[u8]) + Send + Sync + 'static,
) -> Subscriber<()> {
    session
        .declare_subscriber(key.to_owned())
        .callback(move |sample| {
            let encoding = sample.encoding().to_string();
            heard(sample.key_expr().as_str(), &encoding, &sample.payload().to_bytes());
        })
        .wait()
        .expect("zenoh subscribes")
}

/// Asks a queryable with any bytes; the first answer.
pub(super) fn ask(session: &Session, key: &str, payload: &[u8]) -> Result<Vec<u8>, (RefusalCode, String)> {
    let replies = session.get(key).payload(payload).timeout(LIMIT).wait().expect("zenoh asks");
    let reply = replies.recv().expect("somebody answers");
    match reply.result() {
        Ok(sample) => Ok(sample.payload().to_bytes().into_owned()),
        Err(error) => {
            let bytes = error.payload().to_bytes();
            let (code, text) = Refusal::parse(&bytes).unwrap_or_else(|| panic!("not a refusal: {bytes:?}"));
            Err((code, text.to_owned()))
        }
    }
}

/// What has been heard so far, filled by a subscriber.
#[derive(Debug)]
pub(super) struct Heard<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Heard<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Heard<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Heard<T> {
    pub(super) fn push(&self, one: T) {
        self.0.lock().expect("not poisoned").push(one);
    }

    /// Everything, in the order of arrival.
    pub(super) fn all(&self) -> Vec<T> {
        self.0.lock().expect("not poisoned").clone()
    }

    /// Waits for one that satisfies `wanted`; the newest such.
    pub(super) fn newest(&self, wanted: impl Fn(&T) -> bool, what: &str) -> T {
        wait_for(|| self.0.lock().expect("not poisoned").iter().rev().find(|one| wanted(one)).cloned(), what)
    }
}

/// Looks again and again until there is something.
pub(super) fn wait_for<T>(mut look: impl FnMut() -> Option<T>, what: &str) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < LIMIT, "{what} in {LIMIT:?}");
        std::thread::sleep(PAUSE);
    }
}
