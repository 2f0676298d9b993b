//! `striatum run`: frames in, rewards out, until it is told to stop.
//!
//! ```text
//! zenoh callback -(slot)-> decode -(slot)-> engine thread -> publish, reply, -(bounded)-> record
//!                                          engine thread -(slot)-> teacher -(bounded)-> engine thread, where one is configured
//! ```
//! The engine's thread is the caller's. It waits for a frame, a request, the next deadline or the next status.

mod control;
mod health;
mod ingest;
mod latency;
mod outlet;
mod playback;
mod slots;
mod time;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select};
use striatum_core::StampNanos;
use striatum_wire::{BundleHash, Keys, Refusal, RefusalCode, Stage};

use self::control::Asked;
pub(crate) use self::control::Request;
use self::health::Health;
use self::ingest::{Ingest, Received};
pub(crate) use self::latency::nearest_rank;
use self::outlet::Outlet;
use self::playback::Playback;
pub(crate) use self::slots::{SlotsIn, SlotsOut, slots};
use self::time::Time;
use crate::clock;
use crate::config::{Config, SourceConfig};
use crate::engine::{Engine, EngineConfig, Event};
use crate::error::{Error, Result};
use crate::load::{self, Loaded};
use crate::pipeline::Pipeline;
use crate::record::Recorder;
use crate::record::entry::Entry;
use crate::record::header::{EpisodeFiles, Header, Machine, VERSION};
use crate::teacher::{self, Note};

/// Requests that may wait for the engine.
const QUEUE_REQUESTS: usize = 64;

/// Runs until `stop` is set or the source ends.
///
/// # Errors
/// A configuration, bundle, model, endpoint or file that is refused before the first frame.
pub(crate) fn run(path: &Path, stop: &Arc<AtomicBool>) -> Result<()> {
    let (config, text) = Config::read(path)?;
    teacher::check_key(&config)?;
    let place = path.display().to_string();
    let loaded =
        load::bundle(&config.bundle, &config.session, &config.models)?.with_reuse(config.encoder.rule(&place)?);
    let mut live = Live::start(&config, &text, &place, loaded)?;
    live.run(stop)?;
    live.finish()
}

/// A runtime that is up.
struct Live {
    engine: Engine,
    time: Time,
    outlet: Outlet,
    health: Health,
    frames: SlotsOut<Received>,
    frames_in: SlotsIn<Received>,
    asked: Receiver<Asked>,
    /// What the teacher says; for ever silent without one.
    notes: Receiver<Box<Note>>,
    ingest: Option<Ingest>,
    playback: Option<Playback>,
    queryables: Vec<zenoh::query::Queryable<()>>,
    _session: zenoh::Session,
}

impl Live {
    fn start(config: &Config, text: &str, place: &str, loaded: Loaded) -> Result<Self> {
        let epoch = clock::wall();
        let keys = Keys::new(&config.robot)?;
        let views = loaded.views.clone();
        for view in &views {
            striatum_wire::Name::view(view)?;
        }
        let pipeline_config = config.pipeline(views.len(), place)?;
        let bundle_hash = BundleHash(loaded.hash);
        let period_nanos = pipeline_config.sync.period_nanos;
        let engine_config = engine_config(config, epoch.0, bundle_hash, &pipeline_config)?;
        let (frames_in, frames) = slots(views.len());
        let playback = match &config.source {
            SourceConfig::Zenoh => None,
            SourceConfig::Episode { path, rate } => Some(Playback::open(path, &views, *rate, period_nanos)?),
        };
        let session = crate::net::serve(&config.zenoh)?;
        let (sender, asked) = bounded(QUEUE_REQUESTS);
        let queryables = control::declare(&session, &keys, &sender)?;
        // After everything that can be refused: a start that fails leaves no recording behind.
        let recorder = recorder(config, text, &loaded, epoch, playback.as_ref().map(Playback::files))?;
        let desk = teacher::desk(config, epoch.0, place)?;
        let notes = desk.as_ref().map_or_else(crossbeam_channel::never, |desk| desk.notes().clone());
        let outlet = Outlet::new(&session, &keys, recorder, desk)?;
        let health = Health::start(&session, &keys, epoch.0, bundle_hash, epoch)?;
        let mut playback = playback;
        let ingest = match &mut playback {
            Some(playback) => {
                playback.start(frames_in.clone())?;
                None
            }
            None => Some(Ingest::start(&session, &keys, &views, &pipeline_config.sync, frames_in.clone())?),
        };
        let engine = Engine::new(Pipeline::new(loaded.model, &pipeline_config)?, engine_config);
        let endpoints = [&config.zenoh.listen[..], &config.zenoh.connect[..]].concat();
        let endpoints =
            if endpoints.is_empty() { crate::net::DEFAULT_ENDPOINT.to_owned() } else { endpoints.join(", ") };
        tracing::info!("up: robot {}, views {}, bundle {bundle_hash}, at {endpoints}", config.robot, views.join(", "));
        let time = Time::new(config.time.clock);
        Ok(Self {
            engine,
            time,
            outlet,
            health,
            frames,
            frames_in,
            asked,
            notes,
            ingest,
            playback,
            queryables,
            _session: session,
        })
    }

    fn run(&mut self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let wait = self.wait(clock::wall());
            let (asked, note) = select! {
                recv(self.asked) -> asked => (asked.ok(), None),
                recv(self.frames.wake()) -> _ => (None, None),
                recv(self.notes) -> note => (None, Some(note)),
                default(wait) => (None, None),
            };
            if let Some(asked) = asked {
                self.request(asked)?;
            }
            match note {
                Some(Ok(note)) => self.hear_teacher(&note)?,
                // It has stopped: nothing will come any more.
                Some(Err(_)) => self.notes = crossbeam_channel::never(),
                None => {}
            }
            self.take_frames()?;
            self.tick()?;
            if self.playback.as_ref().is_some_and(Playback::is_done) && self.frames.is_empty() {
                tracing::info!("the episode has ended");
                break;
            }
        }
        Ok(())
    }

    /// Until the next deadline or status, at most 100 ms so that a stop is noticed.
    fn wait(&self, now: StampNanos) -> Duration {
        let deadline = self.engine.next_deadline().filter(|_| self.time.passes());
        let due = deadline.map_or(self.health.due(), |deadline| deadline.min(self.health.due()));
        Duration::from_nanos(due.since(now)).min(Duration::from_millis(100))
    }

    fn request(&mut self, asked: Asked) -> Result<()> {
        let Asked { query, request, arrived, bytes } = asked;
        let kind = request.kind();
        let token = self.outlet.keep(kind, query);
        match &request {
            Request::Begin(request) => self.time.hear(request.stamp_nanos),
            Request::Step(request) => self.time.hear(request.stamp_nanos),
            Request::Abort(_) => {}
        }
        let (now, arrived) = (self.time.now(), self.time.arrival(arrived));
        self.outlet.record(Entry::Request { now, arrived, token, kind, bytes });
        let event = match request {
            Request::Begin(request) => Event::Begin(token, request),
            Request::Step(request) => Event::Step(token, request, arrived),
            Request::Abort(request) => Event::Abort(token, request),
        };
        self.handle(now, event)
    }

    fn take_frames(&mut self) -> Result<()> {
        let received: heapless::Vec<Received, { striatum_core::MAX_VIEWS }> =
            self.frames.drain().map(|(_, r)| r).collect();
        for Received { frame, raw, receive_nanos, decode_nanos } in received {
            self.time.hear(frame.capture);
            let now = self.time.now();
            self.outlet.latencies.put(Stage::Receive, receive_nanos);
            self.outlet.latencies.put(Stage::Decode, decode_nanos);
            if self.outlet.recorder.is_some() {
                let image = matches!(raw, crate::record::entry::Raw::File { .. }).then(|| Arc::clone(&frame.image));
                self.outlet.record(Entry::Frame { now, view: frame.view, capture: frame.capture, raw, image });
            }
            let jumps = self.engine.clock_jumps();
            self.handle(now, Event::Frame(striatum_frames::Frame { received: now, ..frame }))?;
            if self.engine.clock_jumps() > jumps {
                tracing::warn!(
                    "the cameras' clock was set back; frames are lined up afresh, learners should begin again"
                );
            }
        }
        Ok(())
    }

    /// What the teacher said is published and recorded. What follows from it is an input of the engine as any other.
    fn hear_teacher(&mut self, note: &Note) -> Result<()> {
        let now = self.time.now();
        self.outlet.teach(now, note);
        let Some(proposal) = note.proposal else { return Ok(()) };
        let crate::pipeline::Revision { number, correction } = proposal.revision;
        let (offset, tilt) = (correction.offset(), correction.tilt());
        tracing::info!(
            "revision {number} from the next begin on: offset {offset:+.4}, tilt {tilt:+.4}; {}",
            proposal.why
        );
        self.outlet.record(Entry::Revise { now, proposal });
        self.handle(now, Event::Revise(proposal.revision))
    }

    /// A failing model is told once for each new reason, and in every status until it works again.
    fn hear_model(&mut self) {
        let failure = self.engine.take_model_error().map(|error| error.to_string());
        if let Some(text) = &failure
            && self.outlet.model_failure.as_ref() != Some(text)
        {
            tracing::error!("the model failed, its votes are missing: {text}");
        }
        self.outlet.model_failure = failure;
    }

    fn time_stages(&mut self) {
        let timings = self.engine.pipeline().timings();
        for (stage, nanos) in [
            (Stage::Synchronise, timings.synchronise),
            (Stage::Preprocess, timings.preprocess),
            (Stage::Encode, timings.encode),
            (Stage::Score, timings.score),
            (Stage::FuseShape, timings.fuse_shape),
        ] {
            self.outlet.latencies.put(stage, nanos);
        }
        if let Some(nanos) = self.outlet.recorder.as_ref().map(Recorder::write_nanos) {
            self.outlet.latencies.put(Stage::Record, nanos);
        }
    }

    fn tick(&mut self) -> Result<()> {
        let now = self.time.now();
        if self.engine.next_deadline().is_some_and(|deadline| now >= deadline) {
            self.outlet.record(Entry::Tick { now });
            self.handle(now, Event::Tick)?;
        }
        // How the runtime does is told by the wall clock, whatever the engine's time is.
        let wall = clock::wall();
        self.health.notice(wall);
        if wall >= self.health.due() {
            let overwritten = self.frames_in.overwritten();
            let status = self.health.tell(wall, &self.engine, &mut self.outlet, overwritten, self.ingest.as_ref());
            tracing::debug!("{} frame sets, {} rewards, {}", status.frame_sets, status.rewards, status.state.name());
        }
        Ok(())
    }

    fn handle(&mut self, now: StampNanos, event: Event) -> Result<()> {
        let sets = self.engine.counts().frame_sets;
        let outlet = &mut self.outlet;
        self.engine.handle(now, event, &mut |output| outlet.take(now, output))?;
        if self.engine.counts().frame_sets > sets {
            self.time_stages();
            self.hear_model();
        }
        while self.engine.wants_conclusion() {
            self.conclude()?;
        }
        Ok(())
    }

    /// Scoring took its time: what follows from it happens now.
    fn conclude(&mut self) -> Result<()> {
        let now = self.time.now();
        self.outlet.record(Entry::Conclude { now });
        self.handle(now, Event::Conclude)
    }

    fn finish(mut self) -> Result<()> {
        // Nothing new comes in while the rest is taken down; what waits is told so.
        self.queryables.clear();
        for Asked { query, .. } in self.asked.try_iter() {
            control::refuse(&query, &Refusal::new(RefusalCode::NotReady, format_args!("the runtime is stopping")));
        }
        let counts = self.engine.counts();
        tracing::info!("down: {} frame sets, {} rewards", counts.frame_sets, counts.rewards);
        let lost = self.frames_in.overwritten();
        if lost > 0 {
            tracing::warn!(
                "{lost} frames came while the one before was still waiting and took its place: this computer is too slow for that rate"
            );
        }
        if let Some(playback) = self.playback.take() {
            playback.finish()?;
        }
        if let Some(mut desk) = self.outlet.desk.take() {
            // The teacher may take long to end; who loses patience and kills the program keeps everything until here.
            if let Some(recorder) = &self.outlet.recorder {
                recorder.sync();
            }
            desk.finish();
            // What it said last is kept; there is no begin any more at which it could teach anything.
            for note in self.notes.try_iter() {
                self.outlet.teach(self.time.now(), &note);
            }
        }
        match self.outlet.recorder.take().and_then(Recorder::finish) {
            Some(why) => Err(Error::setup("the recording", why, "free some space; what was synced can be replayed")),
            None => Ok(()),
        }
    }
}

/// The engine's part of the configuration; replay builds it from the record in the same way.
pub(crate) fn engine_config(
    config: &Config,
    epoch: u64,
    bundle_hash: BundleHash,
    pipeline: &crate::pipeline::PipelineConfig,
) -> Result<EngineConfig> {
    Ok(EngineConfig {
        epoch,
        bundle_hash,
        max_skew_nanos: pipeline.sync.max_skew_nanos,
        lock_gamma: config.reward.lock_gamma,
        begin_timeout_nanos: config.begin_timeout_nanos()?,
        mode: pipeline.rules.mode,
        gold_sources: pipeline.rules.gold_sources,
    })
}

/// A path that still means the same when the recording is replayed from another folder.
fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn recorder(
    config: &Config,
    text: &str,
    loaded: &Loaded,
    epoch: StampNanos,
    episode: Option<EpisodeFiles>,
) -> Result<Option<Recorder>> {
    let Some(section) = &config.record else { return Ok(None) };
    let header = Header {
        version: VERSION,
        epoch: epoch.0,
        bundle_hash: crate::hash::hex(&loaded.hash),
        bundle: absolute(&config.bundle),
        views: loaded.views.clone(),
        members: loaded.members.clone(),
        episode,
        machine: Machine::this(usize::from(config.session.intra_op_threads)),
    };
    let flush = Duration::from_secs_f64(section.flush_secs);
    Recorder::create(&section.path, flush, section.queue_bytes, &header, text, &loaded.manifest).map(Some)
}
