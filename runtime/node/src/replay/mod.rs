//! `striatum replay`: hands a recording's inputs to a fresh engine and compares what it says.

mod compare;
mod files;
mod reader;
mod relabel;
mod said;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use striatum_core::StampNanos;
use striatum_frames::{Frame, Image, ImageLimits, content_hash};
use striatum_wire::BundleHash;

use self::compare::{Comparison, TOLERANCE};
use self::files::EpisodeFrames;
use self::reader::{Item, RecordReader, Start};
pub(crate) use self::relabel::{RelabelOptions, relabel};
use self::said::FrameSets;
use crate::config::Config;
use crate::engine::{Engine, Event, Output};
use crate::error::{Error, Result};
use crate::live::{Request, engine_config};
use crate::load;
use crate::pipeline::Pipeline;
use crate::record::header::{Header, Machine};
use crate::record::writer::scored_json;

/// What to replay and how.
pub(crate) struct ReplayOptions {
    pub(crate) file: PathBuf,
    /// Fail unless every reward is the same.
    pub(crate) check: bool,
    /// Score with this bundle and say what would change.
    pub(crate) bundle: Option<PathBuf>,
    /// Where the source episode lies now.
    pub(crate) episode: Option<PathBuf>,
}

/// Replays a file and prints what was found.
///
/// # Errors
/// A file that is no recording, a bundle or episode that is gone or changed; with `check`, rewards that differ.
pub(crate) fn replay(options: &ReplayOptions, out: &mut dyn Write) -> Result<()> {
    let survey = survey(&options.file)?;
    let config = Config::parse(&survey.start.config, "the recorded configuration")?;
    let header = &survey.start.header;
    let folder = options.bundle.clone().unwrap_or_else(|| PathBuf::from(&header.bundle));
    let reuse = config.encoder.rule("the recorded configuration")?;
    let loaded = load::bundle(&folder, &config.session, &config.models)?.with_reuse(reuse);
    let hash = crate::hash::hex(&loaded.hash);
    if options.bundle.is_none() && hash != header.bundle_hash {
        let what = format!("has hash {hash}, the recording was made with {}", header.bundle_hash);
        return Err(Error::input(
            folder.display().to_string(),
            what,
            "put the original back, or compare with --bundle",
        ));
    }
    if loaded.views != header.views {
        let what = format!("has views {:?}, the recording {:?}", loaded.views, header.views);
        return Err(Error::input(folder.display().to_string(), what, "give a bundle of the same views"));
    }
    let same_machine = Machine::this(usize::from(config.session.intra_op_threads)) == header.machine;
    let pipeline_config = config.pipeline(loaded.views.len(), "the recorded configuration")?;
    let engine_config = engine_config(&config, header.epoch, BundleHash(loaded.hash), &pipeline_config)?;
    let engine = Engine::new(Pipeline::new(loaded.model, &pipeline_config)?, engine_config);
    let frames = EpisodeFrames::open(header, options.episode.as_deref(), survey.wanted.iter().copied().collect())?;
    let mut replayed = Replay {
        engine,
        frames,
        header,
        comparison: Comparison::default(),
        sets: FrameSets::default(),
        inputs: 0,
        limits: ImageLimits::default(),
        other_bundle: options.bundle.is_some(),
    };
    let cut = replayed.run(&options.file)?;
    let other_bundle = options.bundle.is_some();
    let verdict = Verdict { same_machine, other_bundle, gaps: survey.gaps, cut, inputs: replayed.inputs };
    report(options, &replayed.comparison, &replayed.sets, &verdict, out)
}

/// What has to be known before the first frame: the header, which frames of an episode are needed, and gaps.
struct Survey {
    start: Start,
    wanted: BTreeSet<usize>,
    gaps: u64,
}

fn survey(path: &Path) -> Result<Survey> {
    let mut reader = RecordReader::open(path)?;
    let mut start = None;
    let mut wanted = BTreeSet::new();
    let mut gaps = 0;
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Start(found) => start = Some(*found),
            Item::File { source_frame, .. } => {
                wanted.insert(usize::try_from(source_frame).unwrap_or(usize::MAX));
            }
            Item::Gap(lost) => gaps += lost,
            _ => {}
        }
    }
    let start = start.ok_or_else(|| {
        Error::input(
            path.display().to_string(),
            "has no header of striatum",
            "give a file that `striatum run` recorded",
        )
    })?;
    Ok(Survey { start, wanted, gaps })
}

struct Replay<'a> {
    engine: Engine,
    frames: Option<EpisodeFrames>,
    header: &'a Header,
    comparison: Comparison,
    sets: FrameSets,
    inputs: u64,
    limits: ImageLimits,
    /// Scored with another bundle than it was recorded with.
    other_bundle: bool,
}

impl Replay<'_> {
    /// Goes through the file; returns why it ended early, if it did.
    fn run(&mut self, path: &Path) -> Result<Option<String>> {
        let mut reader = RecordReader::open(path)?;
        while let Some(item) = reader.next_item()? {
            match item {
                // The teacher is not asked again: what followed from its answers is among the inputs.
                Item::Start(_) | Item::Gap(_) | Item::Teacher(_) => {}
                Item::Reward(bytes) => self.comparison.recorded(&bytes),
                // A recording from before names no members, and its frame sets have fewer keys.
                Item::Scored(_) if self.header.members.is_empty() => {}
                Item::Scored(bytes) => self.sets.recorded(&bytes),
                Item::Tick { now } => self.handle(now, Event::Tick)?,
                // A correction that was fitted to the recorded bundle says nothing of another.
                Item::Revise { .. } if self.other_bundle => {}
                Item::Revise { now, revision } => self.handle(now, Event::Revise(revision))?,
                Item::Conclude { now } => self.handle(now, Event::Conclude)?,
                Item::Request { now, arrived, token, request } => self.handle(
                    now,
                    match request {
                        Request::Begin(request) => Event::Begin(token, request),
                        Request::Step(request) => Event::Step(token, request, arrived),
                        Request::Abort(request) => Event::Abort(token, request),
                    },
                )?,
                Item::Message { now, view, kind, bytes } => {
                    let (capture, image) = crate::net::decode_image(kind, &bytes, &self.limits)?;
                    self.frame(now, view, capture, 0, Arc::new(image))?;
                }
                Item::File { now, view, source_frame, capture } => {
                    let Some(frames) = &mut self.frames else {
                        let what = "names frames of an episode and no episode";
                        return Err(Error::input(path.display().to_string(), what, "was the file changed?"));
                    };
                    let image = frames.image(view, source_frame)?;
                    self.frame(now, view, capture, source_frame, image)?;
                }
            }
        }
        Ok(reader.cut().map(str::to_owned))
    }

    fn frame(
        &mut self,
        now: StampNanos,
        view: usize,
        capture: StampNanos,
        source_frame: u32,
        image: Arc<Image>,
    ) -> Result<()> {
        let content_hash = content_hash(&image);
        self.handle(now, Event::Frame(Frame { view, capture, received: now, source_frame, content_hash, image }))
    }

    fn handle(&mut self, now: StampNanos, event: Event) -> Result<()> {
        self.inputs += 1;
        let Self { comparison, sets, header, .. } = self;
        self.engine.handle(now, event, &mut |output| match output {
            Output::Reward(message, bytes) => comparison.recomputed(message, bytes),
            Output::Scored(scored) if !header.members.is_empty() => {
                sets.recomputed(scored.index, scored_json(scored, &header.views, &header.members));
            }
            Output::Scored(_) | Output::Reply(..) | Output::Refuse(..) | Output::Shown(_) => {}
        })
    }
}

struct Verdict {
    same_machine: bool,
    other_bundle: bool,
    gaps: u64,
    cut: Option<String>,
    inputs: u64,
}

fn report(
    options: &ReplayOptions,
    found: &Comparison,
    sets: &FrameSets,
    verdict: &Verdict,
    out: &mut dyn Write,
) -> Result<()> {
    let mut say = |line: String| {
        writeln!(out, "{line}")
            .map_err(|source| Error::file("write to", Path::new("standard output"), source, "is it closed?"))
    };
    let file = options.file.display();
    say(format!(
        "{file}: {} inputs, {} rewards compared, {} identical",
        verdict.inputs, found.compared, found.identical
    ))?;
    if sets.compared + sets.missing > 0 {
        say(format!(
            "{file}: {} frame sets compared, {} with every member's progress, std and share identical",
            sets.compared, sets.identical
        ))?;
    }
    if let Some(cut) = &verdict.cut {
        say(format!("the file was cut ({cut}); everything before the cut was replayed"))?;
    }
    if verdict.gaps > 0 {
        say(format!("{} inputs were lost while recording; rewards after the first gap may differ", verdict.gaps))?;
    }
    if verdict.other_bundle {
        say(format!(
            "with the other bundle: progress moves by {:.6} on average and {:.6} at most, reward by {:.6} at most",
            found.mean_progress_difference(),
            found.progress_difference,
            found.reward_difference
        ))?;
    }
    for line in &found.told {
        say(format!("  {line}"))?;
    }
    if !options.check {
        return Ok(());
    }
    if found.compared == 0 {
        return Err(Error::CheckFailed(format!(
            "{file}: no reward to compare; was the recording cut before its first flush?"
        )));
    }
    let close = found.is_close() && sets.missing == 0 && sets.difference <= TOLERANCE;
    match (verdict.same_machine, found.is_identical() && sets.is_identical(), close) {
        (true, true, _) => say("check: every reward was recomputed bit for bit".to_owned()),
        (false, _, true) => say(format!(
            "check: every reward was recomputed within {TOLERANCE:e} ({} of {} bit for bit), with the same success, ending and gold; build, processor, threads or ONNX Runtime differ from the recording's",
            found.identical, found.compared
        )),
        _ => Err(Error::CheckFailed(format!(
            "{file}: {} of {} rewards ({} in success, ending or gold) and {} of {} frame sets differ, {} are missing (largest difference {:e}); see the lines above",
            found.compared - found.identical,
            found.compared,
            found.otherwise,
            sets.compared - sets.identical,
            sets.compared,
            found.missing + sets.missing,
            found.reward_difference.max(found.progress_difference).max(sets.difference)
        ))),
    }
}

/// Ticks in a recording, and inputs that were lost.
#[cfg(test)]
pub(crate) fn count_for_tests(path: &Path) -> (u64, u64) {
    let mut reader = RecordReader::open(path).unwrap();
    let (mut ticks, mut gaps) = (0, 0);
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Tick { .. } => ticks += 1,
            Item::Gap(lost) => gaps += lost,
            _ => {}
        }
    }
    (ticks, gaps)
}
