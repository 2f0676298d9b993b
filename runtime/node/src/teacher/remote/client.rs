//! One request over HTTP, sent again where that may help, and given up in time.

use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::http::StatusCode;

use crate::config::RemoteConfig;
use crate::error::{Error, Result};

/// Longest reply that is read, bytes.
const MAX_REPLY: u64 = 4 << 20;
/// Before the first time that a request is sent again; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest wait that an endpoint can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A connection to an endpoint. It has no `Debug`: it holds the key.
pub(super) struct Client {
    agent: Agent,
    address: String,
    /// The header's value.
    key: Option<String>,
    retries: u32,
}

/// Why a request failed, and whether it may help to send it again.
struct Failure {
    why: String,
    again: bool,
    /// How long the endpoint wants to be left alone.
    pause: Option<Duration>,
}

impl Client {
    /// With the header's value, if it needs one: see [`key`].
    pub(super) fn new(config: &RemoteConfig, key: Option<String>) -> Self {
        // A redirect would take the key to who knows whom.
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("striatum/", env!("CARGO_PKG_VERSION")));
        // On this computer no proxy is between.
        let agent = if config.is_here() { agent.proxy(None) } else { agent };
        let address = format!("{}/chat/completions", config.url.trim_end_matches('/'));
        Self { agent: agent.build().new_agent(), address, key, retries: config.retries }
    }

    /// Sends a request and gives the reply's bytes, by `until` at the latest.
    ///
    /// # Errors
    /// No reply of status 200 in time. Neither the key nor what the endpoint wrote is in the error.
    pub(super) fn ask(&self, body: &Value, until: Instant) -> Result<Vec<u8>> {
        let body = body.to_string();
        let mut pause = FIRST_PAUSE;
        for sent in 1.. {
            let failure = match self.send(&body, until) {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let wait = failure.pause.unwrap_or(pause).min(LONGEST_PAUSE);
            let in_time = Instant::now() + wait < until;
            if !failure.again || sent > self.retries || !in_time {
                let tries = if sent == 1 { String::new() } else { format!(" ({sent} tries)") };
                return Err(Error::setup(format!("the teacher at {}", self.address), failure.why + &tries, MEND));
            }
            std::thread::sleep(wait);
            pause *= 2;
        }
        Err(Error::setup("the teacher", "it was never asked", MEND))
    }

    fn send(&self, body: &str, until: Instant) -> Result<Vec<u8>, Failure> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure { why: "no reply in time".to_owned(), again: false, pause: None });
        }
        let request = self.agent.post(&self.address).config().timeout_global(Some(left)).build();
        let request = request.header("content-type", "application/json");
        let request = match &self.key {
            Some(key) => request.header("authorization", key),
            None => request,
        };
        let mut response = request.send(body).map_err(lost)?;
        let status = response.status();
        if status != StatusCode::OK {
            let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let pause = header.and_then(|secs| secs.trim().parse().ok()).map(Duration::from_secs);
            let again = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
            return Err(Failure { why: format!("it answered with status {}", status.as_u16()), again, pause });
        }
        response.body_mut().with_config().limit(MAX_REPLY).read_to_vec().map_err(lost)
    }
}

const MEND: &str = "see that it runs and that [teacher.remote] is right";

/// What went wrong on the way. A time-out has used all the time there is.
fn lost(error: ureq::Error) -> Failure {
    let again = !matches!(error, ureq::Error::Timeout(_) | ureq::Error::BodyExceedsLimit(_) | ureq::Error::BadUri(_));
    let why = match error {
        ureq::Error::Timeout(_) => "no reply in time".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => format!("its reply is longer than {MAX_REPLY} bytes"),
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    Failure { why, again, pause: None }
}

/// Reads the key out of the variable that the configuration names, as the header's value; none where it names none.
///
/// # Errors
/// As [`header`].
pub(in crate::teacher) fn key(config: &RemoteConfig) -> Result<Option<String>> {
    config.key_variable.as_ref().map(|name| header(std::env::var(name).ok().as_deref())).transpose()
}

/// The header's value of what the variable holds.
///
/// # Errors
/// A variable that is not set, or holds what no header can. Neither its name nor its text is in the error: either may be a key.
pub(super) fn header(held: Option<&str>) -> Result<String> {
    let refuse = |why: &str| {
        let what = format!("the variable that teacher.remote.key_variable names {why}");
        Error::input("the teacher", what, "set it to the endpoint's key, or leave teacher.remote.key_variable out")
    };
    let key = held.ok_or_else(|| refuse("is not set in this environment, or is no text"))?;
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refuse("holds no key: it is empty, or has blanks or other characters"));
    }
    Ok(format!("Bearer {key}"))
}
