//! The step clock around the pipeline: episodes, deadlines, and the messages that go out.
//!
//! `Engine::handle(now, event)` is a pure function of the events so far: no clock, thread, socket or file. A live run
//! writes down the events in the order in which they were handled; a replay hands the same events to a fresh engine and
//! must get the same bytes.
//!
//! The state at a stamp (docs/guide/episodes.md): the newest frame set whose newest capture is at or before stamp +
//! max_skew. It is final once a frame set at or after the stamp has been scored; else the deadline decides, and what
//! is there then is used, flagged `late`; when nothing newer than the state before is there, the potential is held.

mod control;
mod episode;
mod message;
mod refusal;
mod replies;
mod states;

use striatum_core::{ShapingMode, SourceSet, StampNanos};
use striatum_frames::{Frame, FrameSet};
use striatum_wire::{AbortRequest, BeginRequest, BundleHash, QualityFlags, Refusal, ShapedReward, StepRequest};

pub(crate) use episode::Token;

use self::episode::{Episode, PendingBegin};
use self::message::Stamped;
use self::replies::Replies;
use self::states::States;
use crate::error::Result;
use crate::pipeline::{Pipeline, Scored};

/// What an engine needs to know beside its pipeline.
#[derive(Clone, Copy, Debug)]
pub struct EngineConfig {
    /// Rises from run to run; a learner that sees it change knows that the open transition is void.
    pub epoch: u64,
    /// SHA-256 of the bundle's manifest.
    pub bundle_hash: BundleHash,
    /// Largest difference of capture times inside a frame set.
    pub max_skew_nanos: u64,
    /// Refuse a learner with another gamma than the config's.
    pub lock_gamma: bool,
    /// How long `begin` waits for its first frame set.
    pub begin_timeout_nanos: u64,
    /// Kind of shaping.
    pub mode: ShapingMode,
    /// Sources of success that pay gold.
    pub gold_sources: SourceSet,
}

/// What happens to an engine.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "handed over by value on one stack, never stored; a box would allocate")]
pub enum Event {
    /// A decoded frame.
    Frame(Frame),
    /// Time has passed.
    Tick,
    /// A learner begins an episode.
    Begin(Token, BeginRequest),
    /// A learner asks for the reward of a transition.
    Step(Token, StepRequest),
    /// A learner gives up.
    Abort(Token, AbortRequest),
}

/// What an engine says.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// A frame set was scored.
    Scored(&'a Scored),
    /// A reward to publish: the message and its bytes.
    Reward(&'a ShapedReward, &'a [u8]),
    /// An answer to whoever asked.
    Reply(Token, &'a [u8]),
    /// A refusal to whoever asked.
    Refuse(Token, &'a Refusal),
}

/// Counts of what an engine did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounts {
    /// Frame sets scored.
    pub frame_sets: u64,
    /// Rewards published.
    pub rewards: u64,
    /// Steps answered.
    pub steps: u64,
    /// Rewards with a held potential.
    pub held: u64,
    /// Model outputs that were not finite.
    pub non_finite: u64,
}

/// Where outputs go.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Output<'_>);

/// The step clock.
pub struct Engine {
    pipeline: Pipeline,
    config: EngineConfig,
    states: States,
    replies: Replies,
    begin: Option<PendingBegin>,
    episode: Option<Episode>,
    episodes: u64,
    sequence: u64,
    clock_jumps: u64,
    counts: EngineCounts,
    buffer: [u8; ShapedReward::MAX_LEN],
}

impl Engine {
    /// An engine at rest.
    pub fn new(pipeline: Pipeline, config: EngineConfig) -> Self {
        Self {
            pipeline,
            config,
            states: States::new(),
            replies: Replies::new(),
            begin: None,
            episode: None,
            episodes: 0,
            sequence: 0,
            clock_jumps: 0,
            counts: EngineCounts::default(),
            buffer: [0; ShapedReward::MAX_LEN],
        }
    }

    /// Handles one event; `now` is when it was taken up. What follows from it goes to `sink` before this returns.
    ///
    /// # Errors
    /// A frame of a view that the bundle does not have; the engine is as before then.
    pub fn handle(&mut self, now: StampNanos, event: Event, sink: Sink<'_>) -> Result<()> {
        match event {
            Event::Frame(frame) => {
                if let Some(set) = self.pipeline.push(frame, now)? {
                    self.frame_set(now, &set, sink)?;
                }
                if self.pipeline.clock_jumped_back() {
                    self.clock_jumps += 1;
                    self.states.clear();
                }
            }
            Event::Tick => {}
            Event::Begin(token, request) => self.begin(now, token, request, sink)?,
            Event::Step(token, request) => self.step(now, token, request, sink)?,
            Event::Abort(token, request) => self.abort(token, request, sink)?,
        }
        while let Some(set) = self.pipeline.overdue(now) {
            self.frame_set(now, &set, sink)?;
        }
        self.expire(now, sink)
    }

    /// When the next [`Event::Tick`] is due, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<StampNanos> {
        let step = self.episode.as_ref().and_then(|episode| episode.pending.as_ref()).map(|pending| pending.due);
        let begin = self.begin.as_ref().map(|begin| begin.due);
        [step, begin, self.pipeline.next_deadline()].into_iter().flatten().min()
    }

    /// Is an episode open?
    pub fn in_episode(&self) -> bool {
        self.episode.is_some()
    }

    /// The pipeline inside.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// How often the cameras' clock has jumped back; the state of an open episode is held from then on until it is begun
    /// again with stamps of the new time.
    pub fn clock_jumps(&self) -> u64 {
        self.clock_jumps
    }

    /// The model's last failure, once; the scores that it concerns were missing votes.
    pub fn take_model_error(&mut self) -> Option<striatum_models::Error> {
        self.pipeline.take_model_error()
    }

    /// Counts since the start.
    pub fn counts(&self) -> EngineCounts {
        self.counts
    }

    fn frame_set(&mut self, now: StampNanos, set: &FrameSet, sink: Sink<'_>) -> Result<()> {
        let scored = self.pipeline.score(set)?;
        self.counts.frame_sets += 1;
        self.counts.non_finite +=
            u64::from(scored.estimate.missing_votes) + u64::from(scored.scores.non_finite_views.bits().count_ones());
        let after_begin = self.begin.as_ref().is_some_and(|begin| scored.oldest >= begin.request.stamp_nanos);
        // A frame set without a vote says nothing of the state: the episode starts at the first that does.
        let starts = after_begin && scored.estimate.votes > 0;
        let scored = if starts { self.pipeline.restart_from(&scored) } else { scored };
        sink(Output::Scored(&scored));
        if self.episode.is_none() && self.begin.is_none() {
            self.publish_watch(now, &scored, sink)?;
        }
        self.states.push(scored);
        if starts {
            self.open(now, scored, sink)?;
        }
        self.answer_if_final(now, sink)
    }

    /// With no open episode the shaper runs once per frame set, for watching and recording.
    fn publish_watch(&mut self, now: StampNanos, scored: &Scored, sink: Sink<'_>) -> Result<()> {
        let Some(shaped) = scored.watch else { return Ok(()) };
        let message = self.stamp(now).watch(scored, &shaped, self.pipeline.rules().mode);
        self.publish(&message, sink)
    }

    fn stamp(&mut self, now: StampNanos) -> Stamped {
        self.sequence += 1;
        Stamped {
            sequence: self.sequence,
            epoch: self.config.epoch,
            published: now,
            bundle_hash: self.config.bundle_hash,
        }
    }

    fn publish(&mut self, message: &ShapedReward, sink: Sink<'_>) -> Result<()> {
        self.counts.rewards += 1;
        self.counts.held += u64::from(message.quality.contains(QualityFlags::HELD));
        let length = message.encode(&mut self.buffer)?;
        sink(Output::Reward(message, &self.buffer[..length]));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
