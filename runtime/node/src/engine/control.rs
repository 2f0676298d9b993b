//! What learners ask for: begin, step and abort, answered when their state is final or their deadline has passed.

use striatum_core::{Discount, Ending, EpisodeRules, Shaper, StampNanos, Success, SuccessSource, Transition};
use striatum_wire::{AbortReply, AbortRequest, BeginReply, BeginRequest, EpisodeId, QualityFlags, StepRequest};

use super::episode::{Episode, PendingBegin, PendingStep, Token};
use super::{Engine, Output, Sink, refusal};
use crate::error::Result;
use crate::pipeline::Scored;

impl Engine {
    pub(super) fn begin(&mut self, now: StampNanos, token: Token, request: BeginRequest, sink: Sink<'_>) -> Result<()> {
        let own = self.pipeline.rules().discount.get();
        if self.config.lock_gamma && request.gamma.to_bits() != own.to_bits() {
            sink(Output::Refuse(token, &refusal::gamma(request.gamma, own)));
            return Ok(());
        }
        // A begin over an open episode, or over a begin that still waits, voids it.
        self.void(sink);
        self.pipeline.set_watching(false);
        let due = now.plus(self.config.begin_timeout_nanos);
        self.begin = Some(PendingBegin { token, request, due });
        self.begin_late(now, sink)
    }

    /// The first state may have been scored before the request came: fuses again from there.
    fn begin_late(&mut self, now: StampNanos, sink: Sink<'_>) -> Result<()> {
        let Some(begin) = &self.begin else { return Ok(()) };
        let again: Vec<Scored> = self
            .states
            .since(begin.request.stamp_nanos)
            .skip_while(|scored| scored.estimate.votes == 0)
            .copied()
            .collect();
        let Some((first, later)) = again.split_first() else { return Ok(()) };
        let first = self.pipeline.restart_from(first);
        self.states.clear();
        self.states.push(first);
        self.open(now, first, sink)?;
        for scored in later {
            let scored = self.pipeline.refuse(scored);
            self.states.push(scored);
        }
        Ok(())
    }

    pub(super) fn open(&mut self, _now: StampNanos, first: Scored, sink: Sink<'_>) -> Result<()> {
        let Some(PendingBegin { token, request, .. }) = self.begin.take() else { return Ok(()) };
        let begun = self.rules(&request).and_then(|rules| Shaper::begin(rules, first.potential));
        let shaper = match begun {
            Ok(shaper) => shaper,
            Err(error) => {
                self.pipeline.set_watching(true);
                sink(Output::Refuse(token, &refusal::invalid(&error)));
                return Ok(());
            }
        };
        self.episodes += 1;
        let id = episode_id(self.config.epoch, self.episodes);
        let reply = BeginReply { episode: id, epoch: self.config.epoch, potential_0: first.potential.get() };
        let mut bytes = [0; BeginReply::MAX_LEN];
        let length = reply.encode(&mut bytes)?;
        self.episode = Some(Episode {
            id,
            shaper,
            deadline_nanos: nanos(request.deadline_secs),
            stamp: request.stamp_nanos,
            state: first,
            step: 0,
            pending: None,
        });
        sink(Output::Reply(token, &bytes[..length]));
        Ok(())
    }

    fn rules(&self, request: &BeginRequest) -> Result<EpisodeRules, striatum_core::Error> {
        Ok(EpisodeRules {
            discount: Discount::new(request.gamma)?,
            bootstrap_on_truncation: request.bootstrap_on_truncation,
            terminate_on_success: request.terminate_on_success,
            k_mode: request.k_mode,
            period_nanos: nanos(request.period_secs),
            mode: self.config.mode,
            gold_sources: self.config.gold_sources,
        })
    }

    pub(super) fn step(
        &mut self,
        now: StampNanos,
        arrived: StampNanos,
        token: Token,
        request: StepRequest,
        sink: Sink<'_>,
    ) -> Result<()> {
        if let Some(bytes) = self.replies.find(request.episode, request.step) {
            sink(Output::Reply(token, bytes));
            return Ok(());
        }
        let Some(episode) = self.episode.as_mut().filter(|episode| episode.id == request.episode) else {
            sink(Output::Refuse(token, &refusal::unknown_episode(request.episode)));
            return Ok(());
        };
        if let Some(pending) = &mut episode.pending
            && pending.request.step == request.step
        {
            if pending.request != request {
                sink(Output::Refuse(token, &refusal::step_conflict(request.step)));
            } else if pending.tokens.push(token).is_err() {
                sink(Output::Refuse(token, &refusal::busy()));
            }
            return Ok(());
        }
        if episode.pending.is_some() || request.step != episode.step + 1 {
            sink(Output::Refuse(token, &refusal::step_order(request.step, episode.step + 1)));
            return Ok(());
        }
        if request.stamp_nanos < episode.stamp {
            sink(Output::Refuse(token, &refusal::stamp_order(request.stamp_nanos, episode.stamp)));
            return Ok(());
        }
        let mut tokens = heapless::Vec::new();
        // The vector is empty and holds eight.
        let _ = tokens.push(token);
        episode.pending = Some(PendingStep { tokens, request, due: arrived.plus(episode.deadline_nanos) });
        self.answer_if_final(now, sink)
    }

    /// Answers the pending step when its state cannot change any more.
    pub(super) fn answer_if_final(&mut self, now: StampNanos, sink: Sink<'_>) -> Result<()> {
        let Some(pending) = self.episode.as_ref().and_then(|episode| episode.pending.as_ref()) else { return Ok(()) };
        let late = now >= pending.due;
        if self.states.newest().is_some_and(|newest| newest.newest >= pending.request.stamp_nanos) {
            self.answer(now, late, sink)?;
        }
        Ok(())
    }

    /// Deadlines that have passed.
    pub(super) fn expire(&mut self, now: StampNanos, sink: Sink<'_>) -> Result<()> {
        let overdue = |pending: &PendingStep| now >= pending.due;
        if self.episode.as_ref().and_then(|episode| episode.pending.as_ref()).is_some_and(overdue) {
            self.answer(now, true, sink)?;
        }
        if let Some(begin) = self.begin.take_if(|begin| now >= begin.due) {
            self.pipeline.set_watching(true);
            sink(Output::Refuse(begin.token, &refusal::no_frames(begin.request.stamp_nanos)));
        }
        Ok(())
    }

    /// Answers the pending step with the state at its stamp.
    fn answer(&mut self, now: StampNanos, late: bool, sink: Sink<'_>) -> Result<()> {
        let Some(mut episode) = self.episode.take() else { return Ok(()) };
        let Some(PendingStep { tokens, request, .. }) = episode.pending.take() else {
            self.episode = Some(episode);
            return Ok(());
        };
        let limit = request.stamp_nanos.plus(self.config.max_skew_nanos);
        let newer = self.states.at(limit).filter(|scored| scored.index > episode.state.index).copied();
        let mut flags = QualityFlags::NONE;
        if late {
            flags = flags.with(QualityFlags::LATE);
        }
        if newer.is_none() {
            flags = flags.with(QualityFlags::HELD);
        }
        // Of a state that is only held the model has nothing new to say.
        let state = newer.unwrap_or(Scored { success: Success::Unknown, ..episode.state });
        let transition = match transition(&episode, &request, &state) {
            Ok(transition) => transition,
            Err(error) => return self.refuse_step(episode, &tokens, &error, sink),
        };
        let shaped = match episode.shaper.step(transition) {
            Ok(shaped) => shaped,
            Err(error) => return self.refuse_step(episode, &tokens, &error, sink),
        };
        episode.step = request.step;
        episode.stamp = request.stamp_nanos;
        episode.state = state;
        let start = self.pipeline.clock_nanos();
        let message = self.stamp(now).step(&episode, &request, &shaped, flags);
        self.counts.steps += 1;
        self.publish(&message, start, sink)?;
        let length = message.encode(&mut self.buffer)?;
        self.replies.push(episode.id, request.step, &self.buffer[..length]);
        for &token in &tokens {
            sink(Output::Reply(token, &self.buffer[..length]));
        }
        if shaped.ending == Ending::Running {
            self.episode = Some(episode);
        } else {
            self.pipeline.set_watching(true);
        }
        Ok(())
    }

    /// A step that the shaper does not take leaves the episode as it was.
    fn refuse_step(
        &mut self,
        episode: Episode,
        tokens: &[Token],
        error: &striatum_core::Error,
        sink: Sink<'_>,
    ) -> Result<()> {
        for &token in tokens {
            sink(Output::Refuse(token, &refusal::invalid(error)));
        }
        self.episode = Some(episode);
        Ok(())
    }

    pub(super) fn abort(&mut self, token: Token, request: AbortRequest, sink: Sink<'_>) -> Result<()> {
        if self.episode.as_ref().is_some_and(|episode| episode.id == request.episode) {
            let reply =
                AbortReply { episode: request.episode, steps: self.episode.as_ref().map_or(0, |episode| episode.step) };
            self.void(sink);
            self.pipeline.set_watching(true);
            let mut bytes = [0; AbortReply::MAX_LEN];
            let length = reply.encode(&mut bytes)?;
            sink(Output::Reply(token, &bytes[..length]));
        } else {
            sink(Output::Refuse(token, &refusal::unknown_episode(request.episode)));
        }
        Ok(())
    }

    /// Ends the open episode, or the begin that waits, without a last transition.
    fn void(&mut self, sink: Sink<'_>) {
        if let Some(begin) = self.begin.take() {
            sink(Output::Refuse(begin.token, &refusal::voided()));
        }
        if let Some(episode) = self.episode.take() {
            for &token in episode.pending.iter().flat_map(|pending| &pending.tokens) {
                sink(Output::Refuse(token, &refusal::voided()));
            }
        }
    }
}

/// Unique over runs (the epoch) and inside one (the count).
fn episode_id(epoch: u64, count: u64) -> EpisodeId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&epoch.to_be_bytes());
    id[8..].copy_from_slice(&count.to_be_bytes());
    EpisodeId(id)
}

/// Seconds that the wire's checks let through, in whole nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the wire lets no negative through"
)]
fn nanos(secs: f64) -> u64 {
    (secs * 1e9).round() as u64
}

fn transition(episode: &Episode, request: &StepRequest, state: &Scored) -> Result<Transition, striatum_core::Error> {
    let rules = episode.shaper.rules();
    // 0 asks the runtime for k: one transition is one k unless begin announced elapsed time.
    let k = match rules.k_mode {
        _ if request.k > 0.0 => request.k,
        striatum_core::KMode::Unit => 1.0,
        striatum_core::KMode::Elapsed => Shaper::elapsed_k(rules.period_nanos, episode.stamp, request.stamp_nanos)?,
    };
    let (success, source) = match super::message::outcome(request, state) {
        // It is reported all the same. To end an episode by a word that does not pay would teach to keep away from the goal.
        (_, SuccessSource::Model)
            if request.success == Success::Unknown && !rules.gold_sources.contains(SuccessSource::Model) =>
        {
            (Success::Unknown, SuccessSource::None)
        }
        outcome => outcome,
    };
    Ok(Transition { next: state.potential, k, ending: request.ending, success, source })
}
