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
use striatum_wire::{
    AbortRequest, BeginRequest, BundleHash, EpisodeId, QualityFlags, Refusal, ShapedReward, StepRequest,
};

pub(crate) use episode::Token;

use self::episode::{Episode, PendingBegin};
use self::message::Stamped;
use self::replies::Replies;
use self::states::States;
use crate::error::Result;
use crate::pipeline::{Pipeline, Revision, Scored};

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
    /// Time has been read again after a frame set was scored: scoring takes long, and what follows from it happens now.
    Conclude,
    /// A learner begins an episode.
    Begin(Token, BeginRequest),
    /// A learner asks for the reward of a transition; its deadline counts from when the request arrived.
    Step(Token, StepRequest, StampNanos),
    /// A learner gives up.
    Abort(Token, AbortRequest),
    /// A correction of progress is proposed; it takes effect at the next begin.
    Revise(Revision),
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
    /// Everything that follows from a frame set has been said. With its pictures, for whoever wants to look at them later.
    Shown(Shown<'a>),
}

/// A frame set and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What was said of it.
    pub scored: &'a Scored,
    /// Its pictures.
    pub set: &'a FrameSet,
    /// The open episode, or the one that ended with this frame set; [`EpisodeId::NONE`] without one.
    pub episode: EpisodeId,
    /// The step that was answered last; 0 is the state of `begin`. Without an episode 0.
    pub step: u64,
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
    /// Pictures that were encoded.
    pub images_encoded: u64,
    /// Pictures whose features were taken again instead.
    pub images_reused: u64,
    /// Members that were asked and had no answer, over all frame sets.
    pub missing_members: u64,
}

/// How far `now` may go back before the clock counts as set back.
const CLOCK_SLACK_NANOS: u64 = 1_000_000_000;

/// Where outputs go.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Output<'_>);

/// The step clock.
pub struct Engine {
    pipeline: Pipeline,
    config: EngineConfig,
    /// Scored, and waiting for [`Event::Conclude`].
    fresh: Option<(Scored, FrameSet)>,
    last_now: StampNanos,
    states: States,
    replies: Replies,
    begin: Option<PendingBegin>,
    episode: Option<Episode>,
    episodes: u64,
    sequence: u64,
    clock_jumps: u64,
    counts: EngineCounts,
    message_nanos: u64,
    buffer: [u8; ShapedReward::MAX_LEN],
}

impl Engine {
    /// An engine at rest.
    pub fn new(pipeline: Pipeline, config: EngineConfig) -> Self {
        Self {
            pipeline,
            config,
            fresh: None,
            last_now: StampNanos(0),
            states: States::new(),
            replies: Replies::new(),
            begin: None,
            episode: None,
            episodes: 0,
            sequence: 0,
            clock_jumps: 0,
            counts: EngineCounts::default(),
            message_nanos: 0,
            buffer: [0; ShapedReward::MAX_LEN],
        }
    }

    /// Handles one event; `now` is when it was taken up. What follows from it goes to `sink` before this returns, but for a
    /// frame set: while [`Engine::wants_conclusion`], read the clock and hand in [`Event::Conclude`].
    ///
    /// # Errors
    /// A frame of a view that the bundle does not have; the engine is as before then.
    pub fn handle(&mut self, now: StampNanos, event: Event, sink: Sink<'_>) -> Result<()> {
        self.notice_clock_set_back(now);
        self.conclude(now, sink)?;
        match event {
            Event::Frame(frame) => {
                if let Some(set) = self.pipeline.push(frame, now)? {
                    self.score(set)?;
                }
                if self.pipeline.clock_jumped_back() {
                    self.clock_jumps += 1;
                    self.states.clear();
                }
            }
            Event::Tick | Event::Conclude => {}
            Event::Begin(token, request) => self.begin(now, token, request, sink)?,
            Event::Step(token, request, arrived) => self.step(now, arrived, token, request, sink)?,
            Event::Abort(token, request) => self.abort(token, request, sink)?,
            Event::Revise(revision) => self.pipeline.revise(revision),
        }
        if self.fresh.is_none()
            && let Some(set) = self.pipeline.overdue(now)
        {
            self.score(set)?;
        }
        // A frame set that was scored in time is used before anybody is told that none came.
        if self.fresh.is_some() { Ok(()) } else { self.expire(now, sink) }
    }

    /// A frame set was scored: read the clock and hand in [`Event::Conclude`].
    pub fn wants_conclusion(&self) -> bool {
        self.fresh.is_some()
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

    /// Nanoseconds that the last message took, from its parts to its bytes.
    pub fn message_nanos(&self) -> u64 {
        self.message_nanos
    }

    /// Counts since the start.
    pub fn counts(&self) -> EngineCounts {
        self.counts
    }

    fn score(&mut self, set: FrameSet) -> Result<()> {
        let scored = self.pipeline.score(&set)?;
        self.counts.frame_sets += 1;
        self.counts.images_encoded += u64::from(scored.scores.images_encoded);
        self.counts.images_reused += scored.images_reused();
        self.counts.non_finite +=
            u64::from(scored.estimate.missing_votes) + u64::from(scored.scores.non_finite_views.bits().count_ones());
        self.counts.missing_members += u64::from(scored.missing_members);
        self.fresh = Some((scored, set));
        Ok(())
    }

    /// What follows from the frame set that was scored last.
    fn conclude(&mut self, now: StampNanos, sink: Sink<'_>) -> Result<()> {
        let Some((scored, set)) = self.fresh.take() else { return Ok(()) };
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
        // An episode that is gone after this has ended with the step that waited.
        let waiting = self.episode.as_ref().and_then(|open| Some((open.id, open.pending.as_ref()?.request.step)));
        self.answer_if_final(now, sink)?;
        let open = self.episode.as_ref().map(|open| (open.id, open.step));
        let (episode, step) = open.or(waiting).unwrap_or((EpisodeId::NONE, 0));
        sink(Output::Shown(Shown { scored: &scored, set: &set, episode, step }));
        Ok(())
    }

    /// A clock that was set back would put every deadline into the far future: they count from now instead.
    fn notice_clock_set_back(&mut self, now: StampNanos) {
        if now.plus(CLOCK_SLACK_NANOS) < self.last_now {
            if let Some(episode) = &mut self.episode
                && let Some(pending) = &mut episode.pending
            {
                pending.due = now.plus(episode.deadline_nanos);
            }
            if let Some(begin) = &mut self.begin {
                begin.due = now.plus(self.config.begin_timeout_nanos);
            }
            self.pipeline.line_up_afresh();
            // States of a time to come would answer whoever begins in this one.
            self.states.clear();
            self.fresh = None;
        }
        self.last_now = now;
    }

    /// With no open episode the shaper runs once per frame set, for watching and recording.
    fn publish_watch(&mut self, now: StampNanos, scored: &Scored, sink: Sink<'_>) -> Result<()> {
        let Some(shaped) = scored.watch else { return Ok(()) };
        let start = self.pipeline.clock_nanos();
        let message = self.stamp(now).watch(scored, &shaped, self.pipeline.rules().mode);
        self.publish(&message, start, sink)
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

    /// `start` is when the message's parts were there, for [`Engine::message_nanos`].
    fn publish(&mut self, message: &ShapedReward, start: u64, sink: Sink<'_>) -> Result<()> {
        self.counts.rewards += 1;
        self.counts.held += u64::from(message.quality.contains(QualityFlags::HELD));
        let length = message.encode(&mut self.buffer)?;
        self.message_nanos = self.pipeline.clock_nanos().saturating_sub(start);
        sink(Output::Reward(message, &self.buffer[..length]));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
