//! The status message, once a second, and the liveliness token.

use std::sync::atomic::Ordering;

use striatum_core::StampNanos;
use striatum_wire::{BundleHash, DropCause, Keys, Recording, Stage, State, Status, TeacherState, encoding};
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Publisher;
use zenoh::{Session, Wait};

use super::ingest::Ingest;
use super::outlet::Outlet;
use crate::engine::{Engine, EngineCounts};
use crate::error::{Error, Result};

/// One second.
pub(super) const PERIOD_NANOS: u64 = 1_000_000_000;

/// Tells the world that the runtime is alive and how it does.
pub(super) struct Health {
    publisher: Publisher<'static>,
    _token: LivelinessToken,
    epoch: u64,
    bundle_hash: BundleHash,
    started: StampNanos,
    told: StampNanos,
    last: EngineCounts,
    ahead_of_clock: u64,
}

impl Health {
    /// Declares the token and the publisher.
    ///
    /// # Errors
    /// zenoh refusing.
    pub(super) fn start(
        session: &Session,
        keys: &Keys,
        epoch: u64,
        bundle_hash: BundleHash,
        now: StampNanos,
    ) -> Result<Self> {
        let refused = |what: &'static str| move |error| Error::zenoh(what, error, "check the [zenoh] section");
        let token = session
            .liveliness()
            .declare_token(keys.alive(epoch).as_str().to_owned())
            .wait()
            .map_err(refused("declare the liveliness token"))?;
        let publisher = session
            .declare_publisher(keys.status().as_str().to_owned())
            .encoding(encoding::STATUS)
            .wait()
            .map_err(refused("declare the status publisher"))?;
        Ok(Self {
            publisher,
            _token: token,
            epoch,
            bundle_hash,
            started: now,
            told: now,
            last: EngineCounts::default(),
            ahead_of_clock: 0,
        })
    }

    /// When the next status is due.
    pub(super) fn due(&self) -> StampNanos {
        self.told.plus(PERIOD_NANOS)
    }

    /// A clock that was set back would put the next status into the far future.
    pub(super) fn notice(&mut self, now: StampNanos) {
        self.told = self.told.min(now);
    }

    /// Publishes a status.
    pub(super) fn tell(
        &mut self,
        now: StampNanos,
        engine: &Engine,
        outlet: &mut Outlet,
        overwritten: u64,
        ingest: Option<&Ingest>,
    ) -> Status {
        let counts = engine.counts();
        let secs = now.since(self.told) as f64 / 1e9;
        let rate = |new: u64, old: u64| if secs > 0.0 { (new - old) as f64 / secs } else { 0.0 };
        let mut status = Status {
            uptime_nanos: now.since(self.started),
            stamp_nanos: now,
            bundle_hash: self.bundle_hash,
            model_revision: engine.pipeline().revision().number,
            frame_sets: counts.frame_sets,
            rewards: counts.rewards,
            steps: counts.steps,
            held: counts.held,
            images_encoded: counts.images_encoded,
            images_reused: counts.images_reused,
            frame_sets_per_sec: rate(counts.frame_sets, self.last.frame_sets),
            rewards_per_sec: rate(counts.rewards, self.last.rewards),
            ..Status::starting(self.epoch)
        };
        if let Some(desk) = &outlet.desk {
            desk.tell(&mut status);
        }
        drops(&mut status, engine, outlet, overwritten, ingest);
        for stage in Stage::ALL {
            status.stage_p50_nanos[stage.index()] = outlet.latencies.quantile(stage, 0.5);
            status.stage_p99_nanos[stage.index()] = outlet.latencies.quantile(stage, 0.99);
        }
        self.judge(&mut status, engine, outlet, ingest);
        self.told = now;
        self.last = counts;
        self.ahead_of_clock = engine.pipeline().sync_counters().ahead_of_clock;
        let mut bytes = [0; Status::MAX_LEN];
        match status.encode(&mut bytes) {
            Ok(length) => {
                if let Err(error) = self.publisher.put(&bytes[..length]).wait() {
                    tracing::warn!("the status could not be published: {error}");
                }
            }
            Err(error) => tracing::warn!("the status could not be encoded: {error}"),
        }
        status
    }

    /// One word for how it goes, and a line of why.
    fn judge(&self, status: &mut Status, engine: &Engine, outlet: &Outlet, ingest: Option<&Ingest>) {
        status.recording = match &outlet.recorder {
            None => Recording::Off,
            Some(recorder) if recorder.failed() => Recording::Failed,
            Some(_) => Recording::On,
        };
        let quiet = engine.counts().frame_sets == self.last.frame_sets;
        if ingest.is_some_and(Ingest::is_dead) {
            status.state = State::Failing;
            status.set_detail("the decoder has stopped; restart the runtime");
        } else if status.recording == Recording::Failed {
            status.state = State::Degraded;
            status.set_detail("the recording has stopped: the disk refused; rewards go on");
        } else if let Some(failure) = &outlet.model_failure {
            status.state = State::Failing;
            status.set_detail(&format!("the model failed: {failure}"));
        } else if engine.pipeline().sync_counters().ahead_of_clock > self.ahead_of_clock {
            status.state = State::Degraded;
            status.set_detail("a camera's clock is ahead of this computer's by more than a second; set the clocks");
        } else if quiet {
            status.state = State::WaitingForFrames;
            status.set_detail("no frame set in the last second");
        } else if outlet.degraded {
            status.state = State::Degraded;
            status.set_detail("a view is missing or frozen");
        } else if matches!(status.teacher, TeacherState::Stalled | TeacherState::Failing | TeacherState::Stopped) {
            status.state = State::Degraded;
            let (state, reason) = (status.teacher.name(), status.teacher_reason.clone());
            status.set_detail(&format!("the teacher is {state}: {reason}; rewards go on"));
        } else {
            status.state = if engine.in_episode() { State::InEpisode } else { State::Watching };
        }
    }
}

fn drops(status: &mut Status, engine: &Engine, outlet: &Outlet, overwritten: u64, ingest: Option<&Ingest>) {
    let sync = engine.pipeline().sync_counters();
    let mut set = |cause: DropCause, count: u64| status.drops[cause.index()] = count;
    set(DropCause::Overwritten, overwritten + sync.overwritten + ingest.map_or(0, Ingest::overwritten));
    set(DropCause::OutOfOrder, sync.out_of_order);
    set(DropCause::Duplicate, sync.duplicates);
    set(DropCause::TooLate, sync.too_late);
    set(DropCause::Skew, sync.skew + sync.ahead_of_clock);
    set(DropCause::Frozen, sync.frozen_frames);
    set(DropCause::NonFinite, engine.counts().non_finite);
    set(DropCause::PublishFailed, outlet.publish_failed);
    if let Some(counts) = ingest.map(Ingest::counts) {
        set(DropCause::Undecodable, counts.undecodable.load(Ordering::Relaxed));
        set(DropCause::NotOurs, counts.not_ours.load(Ordering::Relaxed));
        set(DropCause::UnknownView, counts.unknown_view.load(Ordering::Relaxed));
    }
    if let Some(recorder) = &outlet.recorder {
        let cause = if recorder.failed() { DropCause::RecorderFailed } else { DropCause::RecorderFull };
        set(cause, recorder.lost());
    }
}
