//! The road with instruments on it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use striatum_core::{MAX_VIEWS, StampNanos};
use striatum_frames::{Frame, content_hash};
use striatum_models::Member;
use striatum_wire::{BundleHash, ShapedReward};
use zenoh::pubsub::{Publisher, Subscriber};
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

use super::BenchOptions;
use super::measure::{Samples, cpu_secs};
use crate::clock::monotonic_nanos;
use crate::config::Config;
use crate::engine::{Engine, Event, Output};
use crate::episode::{Episode, FrameReader, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::live::engine_config;
use crate::load::{self, EncoderUse};
use crate::pipeline::Pipeline;
use crate::record::Recorder;
use crate::record::entry::{Entry, Raw};
use crate::record::header::{Header, Machine, VERSION};

/// Decoded frame sets that may wait while decoding overlaps the steps.
const AHEAD: usize = 4;
/// Bytes of decoded frame sets that are kept when they are all decoded first.
const PRELOAD_BYTES: usize = 512 << 20;

/// One decoded frame set.
struct Row {
    frames: Vec<Frame>,
    decode_nanos: u64,
}

/// An engine, a decoder ahead of it, and a subscriber behind it.
pub(super) struct Rig {
    engine: Engine,
    /// Where a frame set has to be asked for.
    asks: Option<Sender<()>>,
    rows: Receiver<Row>,
    decoder: Option<JoinHandle<Result<()>>>,
    publisher: Publisher<'static>,
    heard: Receiver<(u64, u64)>,
    recorder: Option<Recorder>,
    views: usize,
    encoder: EncoderUse,
    _subscriber: Subscriber<()>,
    _sessions: (Session, Session),
}

impl Rig {
    pub(super) fn new(options: &BenchOptions) -> Result<Self> {
        let loaded = load::bundle(&options.bundle, &options.session, &options.members)?.with_reuse(options.reuse);
        let config = Config::parse("bundle = \"-\"\n[sync]\nperiod_secs = 0.0\n", "bench")?;
        let pipeline_config = config.pipeline(loaded.views.len(), "bench")?;
        let engine_config = engine_config(&config, 1, BundleHash(loaded.hash), &pipeline_config)?;
        let views = loaded.views.clone();
        let recorder = options.record.then(|| recorder(options, &views, &loaded.members)).transpose()?;
        let engine = Engine::new(Pipeline::new(loaded.model, &pipeline_config)?, engine_config);
        // Before the decoders are started: a child that is being started holds on to every socket for a moment.
        let (sessions, publisher, subscriber, heard) = wire()?;
        let (rows, decoder) = decode_ahead(options, &views)?;
        let (asks, rows) = match options.overlap {
            true => (None, rows),
            false => hand_over(wait_until_decoded(rows, &decoder)).map(|(asks, rows)| (Some(asks), rows))?,
        };
        Ok(Self {
            engine,
            asks,
            rows,
            decoder: Some(decoder),
            publisher,
            heard,
            recorder,
            views: views.len(),
            encoder: loaded.encoder,
            _subscriber: subscriber,
            _sessions: sessions,
        })
    }

    pub(super) fn views(&self) -> usize {
        self.views
    }

    pub(super) fn encoder(&self) -> &EncoderUse {
        &self.encoder
    }

    /// Takes up to `steps` frame sets; the first `warm_up` are not counted.
    pub(super) fn measure(&mut self, steps: usize, warm_up: usize) -> Result<Samples> {
        let mut samples = Samples::default();
        let (cpu, mut wall) = (cpu_secs(), monotonic_nanos());
        let mut cpu_steps = 0;
        let mut put_at = Vec::with_capacity(steps);
        for step in 0..steps {
            if step == warm_up {
                samples = Samples::default();
                wall = monotonic_nanos();
            }
            if let Some(asks) = &self.asks {
                // Whether anybody is there to answer shows at once.
                let _ = asks.send(());
            }
            let Ok(row) = self.rows.recv() else { break };
            self.step(row, &mut samples, &mut put_at)?;
            cpu_steps += 1;
        }
        samples.wall_secs = (monotonic_nanos() - wall) as f64 / 1e9;
        while let Ok((sequence, arrived)) = self.heard.recv_timeout(Duration::from_millis(200)) {
            if let Some((_, put)) = put_at.iter().find(|(number, _)| *number == sequence) {
                samples.receive.push(arrived.saturating_sub(*put));
            }
        }
        // The channel is closed by whoever ends first; only a finished decoder has something to say.
        self.asks = None;
        drop(std::mem::replace(&mut self.rows, bounded(0).1));
        match self.decoder.take().map(JoinHandle::join) {
            Some(Ok(result)) => result?,
            Some(Err(_)) => return Err(Error::setup("the decoder's thread", "it panicked", "report this as a bug")),
            None => {}
        }
        // Only now: a decoder's time is known when it has ended.
        samples.cpu_secs = cpu_secs() - cpu;
        samples.cpu_steps = cpu_steps;
        Ok(samples)
    }

    fn step(&mut self, row: Row, samples: &mut Samples, put_at: &mut Vec<(u64, u64)>) -> Result<()> {
        let start = monotonic_nanos();
        let mut bytes = [0; ShapedReward::MAX_LEN];
        let mut message = None;
        let (mut images, mut reused) = (0, 0);
        let mut result = Ok(());
        let engine = &mut self.engine;
        let mut hear = |output: Output<'_>| match output {
            Output::Reward(reward, encoded) => {
                bytes[..encoded.len()].copy_from_slice(encoded);
                message = Some((reward.sequence, encoded.len()));
            }
            Output::Scored(scored) => {
                images += u64::from(scored.scores.images_encoded);
                reused += scored.images_reused();
            }
            Output::Reply(..) | Output::Refuse(..) | Output::Shown(_) => {}
        };
        let allocations = allocation_counter::measure(|| {
            for frame in &row.frames {
                let now = frame.capture;
                result = engine.handle(now, Event::Frame(frame.clone()), &mut hear);
                while result.is_ok() && engine.wants_conclusion() {
                    result = engine.handle(now, Event::Conclude, &mut hear);
                }
            }
        });
        result?;
        let handled = monotonic_nanos();
        let Some((sequence, length)) = message else { return Ok(()) };
        put_at.push((sequence, handled));
        self.publisher
            .put(&bytes[..length])
            .wait()
            .map_err(|error| Error::zenoh("publish", error, "is loopback up?"))?;
        let put = monotonic_nanos();
        let timings = self.engine.pipeline().timings();
        let stages = [timings.synchronise, timings.preprocess, timings.encode, timings.score, timings.fuse_shape];
        let known = stages.iter().sum::<u64>() + self.engine.message_nanos();
        samples.decode.push(row.decode_nanos);
        samples.synchronise.push(timings.synchronise);
        samples.preprocess.push(timings.preprocess);
        samples.encode.push(timings.encode);
        samples.score.push(timings.score);
        samples.fuse_shape_wire.push(timings.fuse_shape + self.engine.message_nanos());
        samples.rest.push((handled - start).saturating_sub(known));
        samples.publish.push(put - handled);
        samples.step.push(put - start);
        samples.allocations.push(allocations.count_total);
        samples.images_encoded += images;
        samples.images_reused += reused;
        self.record(row, &bytes, length, samples);
        Ok(())
    }

    fn record(&self, row: Row, bytes: &[u8; ShapedReward::MAX_LEN], length: usize, samples: &mut Samples) {
        let Some(recorder) = &self.recorder else { return };
        for frame in row.frames {
            let raw = Raw::File { source_frame: frame.source_frame };
            recorder.put(Entry::Frame {
                now: frame.capture,
                view: frame.view,
                capture: frame.capture,
                raw,
                image: Some(frame.image),
            });
        }
        recorder.put(Entry::Reward { now: StampNanos(0), length, bytes: *bytes });
        samples.record.push(recorder.write_nanos());
    }
}

/// The encoder's session alone, in a tight loop.
pub(super) fn floor(options: &BenchOptions, views: usize, runs: usize) -> Result<Vec<u64>> {
    let mut model = load::open(&options.bundle, &options.session, &options.members)?;
    let encoder = model.encoder_mut();
    for view in 0..views {
        encoder.input_mut(view)?.fill(0.1);
    }
    let mut times = Vec::with_capacity(runs);
    for run in 0..runs + 3 {
        let start = monotonic_nanos();
        encoder.run(views)?;
        if run >= 3 {
            times.push(monotonic_nanos() - start);
        }
    }
    Ok(times)
}

fn decode_ahead(options: &BenchOptions, views: &[String]) -> Result<(Receiver<Row>, JoinHandle<Result<()>>)> {
    let episode = Episode::open(&options.episode, Some(views))?;
    let steps = options.steps + super::WARM_UP;
    let wanted: Vec<usize> = (0..episode.frames()).step_by(options.stride).take(steps).collect();
    let ahead = if options.overlap { AHEAD } else { steps };
    let mut left_bytes = if options.overlap { usize::MAX } else { PRELOAD_BYTES };
    let mut reader = FrameReader::open(&episode, wanted, &ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?))?;
    let (sender, rows) = bounded(ahead);
    let decoder = std::thread::Builder::new()
        .name("decode".to_owned())
        .spawn(move || {
            let mut start = monotonic_nanos();
            while let Some(row) = reader.next_row()? {
                let capture = capture_of(&episode, row.source_frame);
                let frames = frames(row, capture);
                let bytes = frames.iter().map(|frame| frame.image.pixels().len()).sum();
                let Some(left) = left_bytes.checked_sub(bytes) else { break };
                left_bytes = left;
                let decode_nanos = monotonic_nanos() - start;
                if sender.send(Row { frames, decode_nanos }).is_err() {
                    break;
                }
                start = monotonic_nanos();
            }
            Ok(())
        })
        .map_err(|error| Error::setup("the decoder's thread", error.to_string(), "free some memory"))?;
    Ok((rows, decoder))
}

/// Waits until every frame set is in memory: the steps then have the machine to themselves.
fn wait_until_decoded(rows: Receiver<Row>, decoder: &JoinHandle<Result<()>>) -> Receiver<Row> {
    while !decoder.is_finished() && !rows.is_full() {
        std::thread::sleep(Duration::from_millis(10));
    }
    rows
}

/// Another thread writes each picture afresh before its step, as a decoder does: frames that were decoded long ago lie in no
/// cache, and no camera's frame has been lying about for so long.
fn hand_over(decoded: Receiver<Row>) -> Result<(Sender<()>, Receiver<Row>)> {
    let (sender, rows) = bounded(0);
    let (asks, asked) = bounded(1);
    let afresh = |frame: &Frame| Frame { image: Arc::new((*frame.image).clone()), ..frame.clone() };
    std::thread::Builder::new()
        .name("hand-over".to_owned())
        .spawn(move || {
            while let (Ok(()), Ok(row)) = (asked.recv(), decoded.recv()) {
                let frames = row.frames.iter().map(afresh).collect();
                if sender.send(Row { frames, decode_nanos: row.decode_nanos }).is_err() {
                    break;
                }
            }
        })
        .map_err(|error| Error::setup("the bench's thread", error.to_string(), "free some memory"))?;
    Ok((asks, rows))
}

/// When a frame of the clip was captured, by a clock that does not begin at 0.
pub(super) fn capture_of(episode: &Episode, source_frame: usize) -> StampNanos {
    let secs = episode.capture_secs(source_frame).max(0.0);
    let at = u64::try_from(Duration::from_secs_f64(secs).as_nanos()).unwrap_or(u64::MAX);
    StampNanos(1_000_000_000).plus(at)
}

pub(super) fn frames(row: crate::episode::FrameRow, capture: StampNanos) -> Vec<Frame> {
    let source_frame = u32::try_from(row.source_frame).unwrap_or(u32::MAX);
    row.images
        .into_iter()
        .take(MAX_VIEWS)
        .enumerate()
        .filter_map(|(view, image)| image.map(|image| (view, image)))
        .map(|(view, image)| Frame {
            view,
            capture,
            received: capture,
            source_frame,
            content_hash: content_hash(&image),
            image,
        })
        .collect()
}

type Wire = ((Session, Session), Publisher<'static>, Subscriber<()>, Receiver<(u64, u64)>);

/// Two sessions over loopback TCP, as two processes would have.
fn wire() -> Result<Wire> {
    let refused = |error| Error::zenoh("connect over loopback", error, "is the loopback interface up?");
    let (ours, theirs) = crate::net::loopback_pair()?;
    let (sender, heard) = bounded(1 << 16);
    let subscriber = theirs
        .declare_subscriber("striatum/bench/reward")
        .callback(move |sample| {
            let arrived = monotonic_nanos();
            if let Ok(message) = ShapedReward::decode(&sample.payload().to_bytes()) {
                let _ = sender.try_send((message.sequence, arrived));
            }
        })
        .wait()
        .map_err(refused)?;
    let publisher = ours
        .declare_publisher("striatum/bench/reward")
        .congestion_control(CongestionControl::Drop)
        .express(true)
        .wait()
        .map_err(refused)?;
    for _ in 0..100 {
        if publisher.matching_status().wait().is_ok_and(|status| status.matching()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(((ours, theirs), publisher, subscriber, heard))
}

fn recorder(options: &BenchOptions, views: &[String], members: &[Member]) -> Result<Recorder> {
    let path = std::env::temp_dir().join(format!("striatum-bench-{}.mcap", std::process::id()));
    let header = Header {
        version: VERSION,
        epoch: 1,
        bundle_hash: String::new(),
        bundle: options.bundle.display().to_string(),
        views: views.to_vec(),
        members: members.to_vec(),
        episode: None,
        machine: Machine::this(usize::from(options.session.intra_op_threads)),
    };
    let recorder = Recorder::create(&path, Duration::from_secs(1), 256 << 20, &header, "", "")?;
    // The file goes when it is closed: it is there to be written, not to be read.
    let _ = std::fs::remove_file(&path);
    Ok(recorder)
}
