//! A learner's end of the wire: begin and step, with what the contract asks of a learner: late replies are waited for, lost
//! ones asked for again, and what the runtime answers is checked against what was announced.

use std::time::Duration;

use striatum_core::{Ending, ShapingMode};
use striatum_wire::{
    BeginReply, BeginRequest, BundleHash, EpisodeId, Keys, Refusal, RefusalCode, ShapedReward, StepRequest,
};
use zenoh::handlers::FifoChannelHandler;
use zenoh::query::Reply;
use zenoh::{Session, Wait};

use super::runtime::Runtime;
use crate::clock;
use crate::error::{Error, Result};

/// Between an answer that did not come and the next try.
const PAUSE: Duration = Duration::from_millis(200);

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
    /// Phi of the state that the next transition begins in: that of the one before ended in it, to the bit.
    pub(crate) potential: f64,
    gamma: f64,
    bootstraps_on_truncation: bool,
}

/// What a run's rewards have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Agreed {
    pub(crate) mode: ShapingMode,
    pub(crate) bundle: BundleHash,
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
    agreed: Agreed,
    /// The runtime, if it is this run's own.
    runtime: Option<Runtime>,
    pub(crate) counts: BusCounts,
}

/// An answer's bytes, or a refusal.
type Said = std::result::Result<Vec<u8>, (RefusalCode, String)>;

impl Bus {
    pub(crate) fn new(
        session: Session,
        keys: Keys,
        patience: Patience,
        agreed: Agreed,
        runtime: Option<Runtime>,
    ) -> Self {
        Self { session, keys, patience, agreed, runtime, counts: BusCounts::default() }
    }

    /// # Errors
    /// This run's own runtime has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.runtime.as_mut().map_or(Ok(()), Runtime::check)
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

    /// Begins an episode. `show` shows the first pictures and says what is asked for, before each try: a runtime that has been
    /// restarted has not seen those of the try before.
    ///
    /// # Errors
    /// A runtime that refuses (another gamma than it is locked to, say) or does not answer.
    pub(crate) fn begin(&mut self, show: &mut dyn FnMut() -> Result<BeginRequest>) -> Result<Opened> {
        let mut bytes = [0; BeginRequest::MAX_LEN];
        let start = clock::monotonic_nanos();
        loop {
            let request = show()?;
            let length = request.encode(&mut bytes)?;
            let replies = self.ask(self.keys.episode_begin().as_str(), &bytes[..length])?;
            match first(&replies) {
                Some(Ok(bytes)) => {
                    let BeginReply { episode, epoch, potential_0 } = BeginReply::decode(&bytes)?;
                    return Ok(Opened {
                        episode,
                        epoch,
                        potential: potential_0,
                        gamma: request.gamma,
                        bootstraps_on_truncation: request.bootstrap_on_truncation,
                    });
                }
                Some(Err((code, text))) if code != RefusalCode::NotReady => return Err(refusal("begin", &text)),
                Some(Err(_)) | None => self.wait(start, "begin")?,
            }
        }
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
    pub(crate) fn hear(&mut self, asked: Asked, opened: &mut Opened) -> Result<Answer> {
        let Asked { request, mut replies } = asked;
        let start = clock::monotonic_nanos();
        loop {
            match first(&replies) {
                Some(Ok(bytes)) => return self.accept(ShapedReward::decode(&bytes)?, &request, opened),
                Some(Err((RefusalCode::UnknownEpisode | RefusalCode::EpisodeClosed, _))) => {
                    self.counts.void += 1;
                    return Ok(Answer::Void);
                }
                Some(Err((code, text))) if code != RefusalCode::NotReady => return Err(refusal("step", &text)),
                Some(Err(_)) | None => self.wait(start, "step")?,
            }
            replies = self.ask_step(request)?.replies;
        }
    }

    /// The reward, if it is what was asked for and what was agreed on.
    fn accept(&mut self, reward: ShapedReward, request: &StepRequest, opened: &mut Opened) -> Result<Answer> {
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
            (reward.k.to_bits() != 1.0_f64.to_bits(), "another k than 1"),
            (!reward.reward.is_finite(), "a reward that is no number"),
            (reward.ending != request.ending && reward.ending != Ending::Terminated, "another ending"),
            (reward.potential_prev.to_bits() != opened.potential.to_bits(), "another potential than the state had"),
            (reward.shaping_mode != self.agreed.mode, "another shaping mode than this run's reward"),
            (reward.bundle_hash != self.agreed.bundle, "another bundle than this run's"),
        ];
        match broken.iter().find(|(is, _)| *is) {
            None => {
                opened.potential = reward.potential;
                Ok(Answer::Reward(reward))
            }
            Some((_, what)) => {
                let why = format!("the answer to step {} is of {what}", request.step);
                Err(Error::setup(
                    "the runtime",
                    why,
                    "see docs/guide/train.md for what a runtime of your own has to be",
                ))
            }
        }
    }

    /// A moment before the next try, or the end of patience.
    fn wait(&mut self, start: u64, what: &str) -> Result<()> {
        self.check()?;
        let waited = Duration::from_nanos(clock::monotonic_nanos() - start);
        if waited > self.patience.wait * self.patience.tries {
            let why = format!("no answer to {what} in {:.0} s", waited.as_secs_f64());
            let mend = "is `striatum run` up, with the clock of this run under [time] and the world's views?";
            return Err(Error::setup("the runtime", why, mend));
        }
        self.counts.asked_again += 1;
        std::thread::sleep(PAUSE);
        Ok(())
    }

    fn ask(&self, key: &str, payload: &[u8]) -> Result<FifoChannelHandler<Reply>> {
        let asked = self.session.get(key).payload(payload).timeout(self.patience.wait);
        asked.wait().map_err(|error| refused("ask the runtime", error))
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
