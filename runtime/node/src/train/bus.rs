//! A learner's end of the wire: begin and step, with what the contract asks of a learner: late replies are waited for, lost
//! ones asked for again, and what the runtime answers is checked against what was announced.

use std::time::Duration;

use striatum_core::{Ending, StampNanos};
use striatum_wire::{BeginReply, BeginRequest, EpisodeId, Keys, Refusal, RefusalCode, ShapedReward, StepRequest};
use zenoh::handlers::FifoChannelHandler;
use zenoh::query::Reply;
use zenoh::{Session, Wait};

use crate::error::{Error, Result};

/// How long an answer is waited for, and how often it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) wait: Duration,
    pub(crate) tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: Duration::from_secs(20), tries: 4 }
    }
}

/// An episode that the runtime has opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Opened {
    pub(crate) episode: EpisodeId,
    pub(crate) epoch: u64,
    pub(crate) potential_0: f64,
    gamma: f64,
    bootstraps_on_truncation: bool,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Its reward.
    Reward(ShapedReward),
    /// The episode is no more (the runtime was restarted, or somebody else began one): the open transition is void.
    Void,
}

/// What has been counted over the connection's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BusCounts {
    /// Requests that had to be asked again because no answer came.
    pub(crate) asked_again: u64,
    /// Episodes that were lost with the runtime's memory of them.
    pub(crate) void: u64,
}

/// A step that has been asked and not yet heard.
pub(crate) struct Asked {
    request: StepRequest,
    replies: FifoChannelHandler<Reply>,
}

/// The connection to a runtime.
pub(crate) struct Bus {
    session: Session,
    keys: Keys,
    patience: Patience,
    pub(crate) counts: BusCounts,
}

/// An answer's bytes, or a refusal.
type Said = std::result::Result<Vec<u8>, (RefusalCode, String)>;

impl Bus {
    pub(crate) fn new(session: Session, keys: Keys, patience: Patience) -> Self {
        Self { session, keys, patience, counts: BusCounts::default() }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Is a runtime there?
    ///
    /// # Errors
    /// zenoh refusing.
    pub(crate) fn is_alive(&self) -> Result<bool> {
        let key = self.keys.alive_any();
        let asked = self.session.liveliness().get(key.as_str()).timeout(Duration::from_secs(2));
        let replies = asked.wait().map_err(|error| refused("look for a runtime", error))?;
        Ok(replies.iter().any(|reply| reply.result().is_ok()))
    }

    /// Begins an episode.
    ///
    /// # Errors
    /// A runtime that refuses (another gamma than it is locked to, say) or does not answer.
    pub(crate) fn begin(&mut self, request: &BeginRequest) -> Result<Opened> {
        let mut bytes = [0; BeginRequest::MAX_LEN];
        let length = request.encode(&mut bytes)?;
        for attempt in 1..=self.patience.tries {
            let replies = self.ask(self.keys.episode_begin().as_str(), &bytes[..length])?;
            match first(&replies) {
                Some(Ok(bytes)) => {
                    let BeginReply { episode, epoch, potential_0 } = BeginReply::decode(&bytes)?;
                    return Ok(Opened {
                        episode,
                        epoch,
                        potential_0,
                        gamma: request.gamma,
                        bootstraps_on_truncation: request.bootstrap_on_truncation,
                    });
                }
                Some(Err((code, text))) if code != RefusalCode::NotReady => return Err(refusal("begin", &text)),
                Some(Err(_)) | None => self.count_again(attempt),
            }
        }
        Err(self.silent("begin"))
    }

    /// Asks for the reward of a transition, and does not wait for it.
    ///
    /// # Errors
    /// A request out of range, or zenoh refusing.
    pub(crate) fn ask_step(&self, request: StepRequest) -> Result<Asked> {
        let mut bytes = [0; StepRequest::MAX_LEN];
        let length = request.encode(&mut bytes)?;
        let replies = self.ask(self.keys.episode_step().as_str(), &bytes[..length])?;
        Ok(Asked { request, replies })
    }

    /// Waits for the reward. A lost answer is asked for again: the runtime gives the same bytes.
    ///
    /// # Errors
    /// No answer however often, a refusal, or an answer that breaks what was announced at `begin`.
    pub(crate) fn hear(&mut self, asked: Asked, opened: &Opened) -> Result<Answer> {
        let Asked { request, mut replies } = asked;
        for attempt in 1..=self.patience.tries {
            match first(&replies) {
                Some(Ok(bytes)) => return self.accept(ShapedReward::decode(&bytes)?, &request, opened),
                Some(Err((RefusalCode::UnknownEpisode, _))) => {
                    self.counts.void += 1;
                    return Ok(Answer::Void);
                }
                Some(Err((code, text))) if code != RefusalCode::NotReady => return Err(refusal("step", &text)),
                Some(Err(_)) | None if attempt < self.patience.tries => {
                    self.count_again(attempt);
                    replies = self.ask_step(request)?.replies;
                }
                Some(Err(_)) | None => {}
            }
        }
        Err(self.silent("step"))
    }

    /// The reward, if it is what was asked for and what was agreed on.
    fn accept(&mut self, reward: ShapedReward, request: &StepRequest, opened: &Opened) -> Result<Answer> {
        if reward.epoch != opened.epoch {
            self.counts.void += 1;
            return Ok(Answer::Void);
        }
        let wanted_bootstrap = match reward.ending {
            Ending::Running => true,
            Ending::Truncated => opened.bootstraps_on_truncation,
            Ending::Terminated => false,
        };
        let broken = [
            (reward.episode != request.episode || reward.step != request.step, "another step"),
            (reward.gamma.to_bits() != opened.gamma.to_bits(), "another gamma than was announced"),
            (reward.bootstraps != wanted_bootstrap, "another bootstrap rule than was announced"),
            (!(reward.reward.is_finite() && reward.k > 0.0), "a reward that is no number"),
            (reward.ending != request.ending && reward.ending != Ending::Terminated, "another ending"),
        ];
        match broken.iter().find(|(is, _)| *is) {
            None => Ok(Answer::Reward(reward)),
            Some((_, what)) => {
                let why = format!("the answer to step {} is of {what}", request.step);
                Err(Error::setup("the runtime", why, "use a runtime of this very version"))
            }
        }
    }

    fn ask(&self, key: &str, payload: &[u8]) -> Result<FifoChannelHandler<Reply>> {
        let asked = self.session.get(key).payload(payload).timeout(self.patience.wait);
        asked.wait().map_err(|error| refused("ask the runtime", error))
    }

    fn count_again(&mut self, attempt: u32) {
        if attempt < self.patience.tries {
            self.counts.asked_again += 1;
        }
    }

    fn silent(&self, what: &str) -> Error {
        let secs = self.patience.wait.as_secs_f64() * f64::from(self.patience.tries);
        let why = format!("no answer to {what} in {secs:.0} s");
        Error::setup(
            "the runtime",
            why,
            "is `striatum run` up, with clock = \"lock_step\" under [time] and the world's views?",
        )
    }
}

/// The first answer; none if none came in time.
fn first(replies: &FifoChannelHandler<Reply>) -> Option<Said> {
    let reply = replies.recv().ok()?;
    match reply.result() {
        Ok(sample) => Some(Ok(sample.payload().to_bytes().into_owned())),
        // What is no refusal of the runtime's comes from zenoh itself, which says so when time is up.
        Err(error) => {
            let bytes = error.payload().to_bytes();
            Refusal::parse(&bytes).map(|(code, text)| Err((code, text.to_owned())))
        }
    }
}

fn refused(what: &'static str, error: zenoh::Error) -> Error {
    Error::zenoh(what, error, "is `striatum run` up?")
}

fn refusal(what: &str, text: &str) -> Error {
    Error::setup(format!("the runtime's {what}"), text.to_owned(), "see docs/guide/episodes.md")
}

/// Stamps of a world that has a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SimulatedTime(u64);

impl SimulatedTime {
    /// Where every run begins: a fixed moment, so that the same seed gives the same stamps.
    pub(crate) const START_NANOS: u64 = 1_000_000_000_000_000_000;

    pub(crate) fn new(elapsed_nanos: u64) -> Self {
        Self(elapsed_nanos)
    }

    pub(crate) fn elapsed_nanos(self) -> u64 {
        self.0
    }

    pub(crate) fn pass(&mut self, nanos: u64) {
        self.0 = self.0.saturating_add(nanos);
    }

    pub(crate) fn stamp(self) -> StampNanos {
        StampNanos(Self::START_NANOS.saturating_add(self.0))
    }
}
