//! A generative model that is asked: one prompt with its pictures, or one frame set from three perspectives.

use std::path::Path;
use std::sync::Arc;

use striatum_core::Perspectives;
use striatum_frames::Image;

use super::answers::Answers;
use super::cache::ByteCache;
use super::chat::ChatTemplate;
use super::engine::{Counts, Engine, Limits, Picture, Seen};
use super::folder::Folder;
use super::kv::Kv;
use super::manifest::{GenerativeManifest, Role};
use super::prompt::{Prompt, PromptTemplate, Slotted};
use super::reader::{Ended, read, read_after_reasons};
use super::reading::{Reading, ReadingRules};
use super::steps::{Ask, Batch, Plan};
use super::tokens::Tokens;
use crate::bundle::ScoreMeaning;
use crate::error::{Error, Result};
use crate::session::{SessionConfig, Terminator};

/// How a generative model is opened.
#[derive(Clone, Debug, Default)]
pub struct GenerativeOptions {
    /// How its graphs run.
    pub session: SessionConfig,
    /// What may be used and kept.
    pub limits: Limits,
    /// How answers are read. What the manifest says of reasons comes first.
    pub reading: ReadingRules,
    /// Whether what repeats is kept.
    pub caching: Caching,
}

/// Whether features of pictures, and keys and values of beginnings of prompts, are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caching {
    /// They are kept up to the limits, and perspectives are read together.
    #[default]
    Kept,
    /// Everything is computed for each prompt anew: for comparison.
    Off,
}

/// What the three perspectives said of one frame set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepReading {
    /// `None` for the incremental one of the first frame set.
    pub readings: Perspectives<Option<Reading>>,
    /// What this step computed and what it had kept.
    pub counts: Counts,
}

/// An opened bundle of a generative model.
#[derive(Debug)]
pub struct GenerativeGrm {
    pub(super) engine: Engine,
    pub(super) tokens: Tokens,
    chat: ChatTemplate,
    prompt: PromptTemplate,
    answers: Answers,
    manifest: GenerativeManifest,
    hash: [u8; 32],
    plan: Plan,
    pub(super) prefixes: ByteCache<Kv>,
    pub(super) rules: ReadingRules,
    pub(super) caching: Caching,
    episode: Option<Episode>,
}

/// What lasts as long as the task does.
#[derive(Debug)]
struct Episode {
    slotted: Slotted,
    start: Vec<Picture>,
    goal: Vec<Picture>,
    before: Option<Vec<Picture>>,
}

impl GenerativeGrm {
    /// Opens the bundle in the folder `dir`: its manifest, every file's hash, its graphs.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Bundle`], [`Error::NotOnnx`] or [`Error::Model`] naming the file that is missing, changed, or
    /// does not fit the others; [`Error::Config`] for an option out of range.
    pub fn open(dir: &Path, options: &GenerativeOptions) -> Result<Self> {
        let (manifest, hash) = GenerativeManifest::read(dir)?;
        manifest.verify(dir)?;
        Self::with_manifest(dir, manifest, hash, options)
    }

    /// As [`open`](Self::open), of a folder without a manifest.
    pub(crate) fn with_manifest(
        dir: &Path,
        manifest: GenerativeManifest,
        hash: [u8; 32],
        options: &GenerativeOptions,
    ) -> Result<Self> {
        let rules = ReadingRules { rationale_tokens: manifest.rationale_tokens, ..options.reading };
        rules.validate()?;
        let folder = Folder::read(dir)?;
        let factor = folder.patches.patch * folder.patches.merge;
        manifest.pixel_limits().check(factor).map_err(|what| {
            Error::bundle(dir.join(super::manifest::MANIFEST), format!("max_pixels {what}"), "raise it")
        })?;
        let tokens = Tokens::read(&dir.join("tokenizer.json"), &folder.config)?;
        let chat = ChatTemplate::find(dir)?;
        let answers = Answers::new(&manifest.answer, &tokens)?;
        let prompt = PromptTemplate::read(&dir.join(&manifest.prompt))?;
        if prompt.slots() != manifest.slots.len() {
            let what = format!("it has {} `<image>`, the manifest {} slots", prompt.slots(), manifest.slots.len());
            return Err(Error::bundle(dir.join(&manifest.prompt), what, "use the prompt of these weights"));
        }
        // A template that loses slots is better known before the first frame.
        prompt.tokens("task", &chat, &tokens)?;
        let engine = Engine::open(&folder, &options.session, options.limits)?;
        let prefixes = ByteCache::new(options.limits.prefix_bytes);
        let (plan, caching) = (Plan::new(&manifest), options.caching);
        let episode = None;
        Ok(Self { engine, tokens, chat, prompt, answers, manifest, hash, plan, prefixes, rules, caching, episode })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &GenerativeManifest {
        &self.manifest
    }

    /// SHA-256 of the manifest's bytes, which hold the hash of every file.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// What its percentage means.
    #[must_use]
    pub fn score_meaning(&self) -> ScoreMeaning {
        self.manifest.score_meaning
    }

    /// What was computed and kept since it was opened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.engine.counts
    }

    /// Handles that stop what runs in another thread: whatever is asked then ends with an error before the next operator. Each stops
    /// one run of one of its graphs.
    #[must_use]
    pub fn terminators(&self) -> [Terminator; 3] {
        self.engine.terminators()
    }

    /// Asks once, with a picture for each slot of the prompt.
    ///
    /// # Errors
    /// [`Error::Config`] if task, pictures or their sizes do not fit; [`Error::Ort`] if a graph fails.
    pub fn ask(&mut self, task: &str, pictures: &[&Image]) -> Result<Reading> {
        let slotted = self.prompt.tokens(task, &self.chat, &self.tokens)?;
        let pictures = self.pictures(pictures.iter().map(|&picture| Arc::new(picture.clone())));
        let seen = self.look(pictures.iter())?;
        let prompt = self.fill(&slotted, &seen)?;
        let past = self.engine.decoder.nothing_read()?;
        let end = prompt.ids.len();
        let decoded = self.engine.read(&[(&prompt, &seen)], 0..end, &past)?;
        let ended =
            Ended { kv: &decoded.kv, row: 0, logits: decoded.logits(0, end - 1)?, next: prompt.positions.next() };
        let mut readings = read_ended(&mut self.engine, &self.tokens, &self.answers, vec![ended], &self.rules)?;
        readings.pop().ok_or_else(|| Error::config("prompt", "it gave no reading", "report this"))
    }

    /// Begins an episode: start and goal of the demonstration, a picture for each view.
    ///
    /// # Errors
    /// [`Error::Config`] if the task or the number of pictures does not fit.
    pub fn begin(&mut self, task: &str, start: &[Arc<Image>], goal: &[Arc<Image>]) -> Result<()> {
        let slotted = self.prompt.tokens(task, &self.chat, &self.tokens)?;
        self.check_views(start)?;
        self.check_views(goal)?;
        self.prefixes.clear();
        self.engine.forget();
        let (start, goal) = (self.pictures(start.iter().cloned()), self.pictures(goal.iter().cloned()));
        self.episode = Some(Episode { slotted, start, goal, before: None });
        Ok(())
    }

    /// Forgets the frame set before: the next one has no incremental reading.
    pub fn reset(&mut self) {
        if let Some(episode) = &mut self.episode {
            episode.before = None;
        }
    }

    /// Reads a frame set, a picture for each view, from the three perspectives.
    ///
    /// # Errors
    /// As [`ask`](Self::ask); [`Error::Config`] before [`begin`](Self::begin). After an error the frame set before is still the
    /// same.
    pub fn step(&mut self, now: &[Arc<Image>]) -> Result<StepReading> {
        self.check_views(now)?;
        let Some(mut episode) = self.episode.take() else {
            return Err(Error::config("episode", "none has begun", "begin one first"));
        };
        let counted = self.engine.counts;
        let now = self.pictures(now.iter().cloned());
        let result = self.read_step(&episode, &now);
        if result.is_ok() {
            episode.before = Some(now);
        }
        self.episode = Some(episode);
        let mut readings = result?.into_iter();
        let (forward, backward, incremental) = (readings.next(), readings.next(), readings.next());
        let counts = self.engine.counts.since(counted);
        Ok(StepReading { readings: Perspectives { incremental, forward, backward }, counts })
    }

    /// Forward, backward, and, after the first frame set, incremental.
    fn read_step(&mut self, episode: &Episode, now: &[Picture]) -> Result<Vec<Reading>> {
        let befores = [Some(&episode.start), Some(&episode.goal), episode.before.as_ref()];
        let mut asks = Vec::with_capacity(3);
        for before in befores.into_iter().flatten() {
            let sets = [&episode.start, &episode.goal, before];
            let of = |role: Role, view: usize| match role {
                Role::Start => &sets[0][view],
                Role::Goal => &sets[1][view],
                Role::Before => &sets[2][view],
                Role::After => &now[view],
            };
            let pictures: Vec<&Picture> = self.plan.slots.iter().map(|&(role, view)| of(role, view)).collect();
            let seen = self.look(pictures.into_iter())?;
            let prompt = self.fill(&episode.slotted, &seen)?;
            let cuts = self.plan.cuts(&prompt);
            asks.push(Ask { prompt, seen, cuts, lasts: asks.len() < 2 });
        }
        let batches = self.prefill(&asks)?;
        let mut readings: Vec<Option<Reading>> = asks.iter().map(|_| None).collect();
        for Batch { whose, decoded, tokens } in &batches {
            let mut ended = Vec::with_capacity(whose.len());
            for (row, &ask) in whose.iter().enumerate() {
                let (logits, next) = (decoded.logits(row, tokens - 1)?, asks[ask].prompt.positions.next());
                ended.push(Ended { kv: &decoded.kv, row, logits, next });
            }
            let read = read_ended(&mut self.engine, &self.tokens, &self.answers, ended, &self.rules)?;
            for (&ask, reading) in whose.iter().zip(read) {
                readings[ask] = Some(reading);
            }
        }
        Ok(readings.into_iter().flatten().collect())
    }

    fn pictures(&self, images: impl Iterator<Item = Arc<Image>>) -> Vec<Picture> {
        let limits = self.manifest.pixel_limits();
        images.map(|image| Picture::new(image, limits)).collect()
    }

    fn look<'a>(&mut self, pictures: impl Iterator<Item = &'a Picture>) -> Result<Vec<Arc<Seen>>> {
        let (limits, keep) = (self.manifest.pixel_limits(), self.caching == Caching::Kept);
        pictures.map(|picture| self.engine.look(picture, limits, keep)).collect()
    }

    fn fill(&self, slotted: &Slotted, seen: &[Arc<Seen>]) -> Result<Prompt> {
        let grids: Vec<_> = seen.iter().map(|seen| seen.grid).collect();
        slotted.fill(&grids, self.engine.merge(), self.engine.config.most_tokens)
    }

    fn check_views(&self, pictures: &[Arc<Image>]) -> Result<()> {
        let (got, wanted) = (pictures.len(), self.manifest.views.len());
        if got == wanted {
            return Ok(());
        }
        let what = format!("{got} pictures for {wanted} views");
        Err(Error::config("pictures", what, "give a picture for each view of the manifest, in their order"))
    }
}

/// Together where no reasons are written, else each after its own.
fn read_ended(
    engine: &mut Engine,
    tokens: &Tokens,
    answers: &Answers,
    ended: Vec<Ended<'_>>,
    rules: &ReadingRules,
) -> Result<Vec<Reading>> {
    if rules.rationale_tokens == 0 {
        return read(engine, tokens, answers, &ended, rules);
    }
    ended.into_iter().map(|ended| read_after_reasons(engine, tokens, answers, ended, rules)).collect()
}
