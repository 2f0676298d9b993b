//! A bundle that scores.

mod answers;

use std::fmt;

use striatum_core::{Calibration, MemberFusion, MemberScores, Progress, Scores, ViewMask};
use striatum_frames::{FrameSet, Normalisation, Resizer};

use super::memo::{FeatureMemo, Key, MemoMode};
use super::percept::Percept;
use super::recall::{Found, Memory};
use super::reuse::{FeatureStore, ReuseRule};
use super::reward_model::{NanosClock, RewardModel, StageTimings};
use super::rows::Rows;
use super::strange::strangeness;
use crate::bundle::{Bundle, Manifest, calibration_of};
use crate::error::{Error, Result};
use crate::head::{FEATURES, OOD, PRESENT, PROGRESS};
use crate::members::{Chosen, Member};
use crate::session::{Encoder, FixedModel};

/// Runs a [`Bundle`]: memoryless but for the hop from the set before, and for features that are taken again where that was asked
/// for. The same pictures give the same bits.
///
/// After the first call nothing is allocated on the Rust side (as long as pictures keep their sizes).
pub struct BundleModel {
    manifest: Manifest,
    hash: [u8; 32],
    encoder: Encoder,
    head: Head,
    chosen: Chosen,
    /// Each only where it is a member.
    memory: Option<Remembered>,
    percept: Option<Percept>,
    resizer: Resizer,
    normalise: Normalisation,
    rows: Rows,
    calibration: Calibration,
    /// By row, what the references are at.
    start: Vec<Option<Progress>>,
    goal: Vec<Option<Progress>>,
    now: Vec<Option<Progress>>,
    before: Vec<Option<Progress>>,
    views_before: ViewMask,
    memo: FeatureMemo,
    store: FeatureStore,
    clock: NanosClock,
    timings: StageTimings,
    error: Option<Error>,
}

/// The memory, and what it said of the references and of the set before.
struct Remembered {
    memory: Memory,
    start: Found,
    goal: Found,
    before: Option<Found>,
}

/// The heads with their tensors' places.
struct Head {
    model: FixedModel,
    features: usize,
    present: usize,
    progress: usize,
    ood: usize,
    width: usize,
}

impl Head {
    fn new(model: FixedModel, width: usize) -> Result<Self> {
        Ok(Self {
            features: model.input_index(FEATURES)?,
            present: model.input_index(PRESENT)?,
            progress: model.output_index(PROGRESS)?,
            ood: model.output_index(OOD)?,
            width,
            model,
        })
    }

    /// Puts in the features of a view, or says that it is not there.
    fn set(&mut self, view: usize, features: Option<&[f32]>) {
        let width = self.width;
        if let Some(slot) = self.model.input_mut(self.features).get_mut(view * width..(view + 1) * width) {
            match features {
                Some(features) => slot.copy_from_slice(features),
                // Not only masked: 0 times NaN would still be NaN.
                None => slot.fill(0.0),
            }
        }
        if let Some(slot) = self.model.input_mut(self.present).get_mut(view) {
            *slot = if features.is_some() { 1.0 } else { 0.0 };
        }
    }

    fn run(&mut self, rows: &Rows, into: &mut [Option<Progress>]) -> Result<()> {
        self.model.run()?;
        let raw = self.model.output(self.progress);
        for (row, (slot, &raw)) in into.iter_mut().zip(raw).enumerate() {
            *slot = rows.progress(row, raw);
        }
        Ok(())
    }
}

impl fmt::Debug for BundleModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleModel")
            .field("task", &self.manifest.task)
            .field("views", &self.manifest.views)
            .finish_non_exhaustive()
    }
}

impl BundleModel {
    /// Makes a bundle ready to score; `clock` is only for [`timings`](RewardModel::timings).
    ///
    /// # Errors
    /// [`Error::Bundle`] if the head gives no finite progress for the references.
    pub fn new(bundle: Bundle, clock: NanosClock) -> Result<Self> {
        let Bundle { manifest, hash, encoder, heads, perceptual, chosen, maps, references, folder, .. } = bundle;
        let rows = Rows::new(&manifest, maps);
        // Tables of other members would be wrong for these.
        let tables = manifest.calibration.as_ref().filter(|entry| entry.made.models == chosen.named);
        let calibration = calibration_of(tables, &folder)?;
        let (views, width) = (manifest.views.len(), manifest.backbone.feature_width);
        let mut head = Head::new(heads, width)?;
        let memory = manifest.grm.as_ref().filter(|_| chosen.members.contains(&Member::Grm));
        let mut memory = memory.map(|entry| Memory::new(&head.model, entry)).transpose()?;
        let percept = match (perceptual, &manifest.perceptual) {
            (Some((model, map)), Some(entry)) if chosen.members.contains(&Member::Perceptual) => {
                let (start, goal) = references.split_at(views * width);
                Some(Percept::new(model, map, entry, [start, goal])?)
            }
            _ => None,
        };
        let mut ends = [vec![None; rows.count()], vec![None; rows.count()]];
        let mut found = [None; 2];
        for ((end, found), features) in ends.iter_mut().zip(&mut found).zip(references.chunks_exact(views * width)) {
            (0..views).for_each(|view| head.set(view, Some(&features[view * width..(view + 1) * width])));
            head.run(&rows, end)?;
            if end.contains(&None) {
                let what = "the head gives no finite progress for a reference";
                return Err(Error::bundle(manifest.references.features_file.as_str(), what, "adapt again"));
            }
            if let (Some(memory), Some(Some(progress))) = (&mut memory, end.last()) {
                *found = memory.find(&head.model, (progress.get(), 0.0), 0.0);
            }
        }
        let [start, goal] = ends;
        let memory = match (memory, found) {
            (Some(memory), [Some(start), Some(goal)]) => Some(Remembered { memory, start, goal, before: None }),
            (Some(_), _) => {
                let what = "the memory finds no finite place for a reference";
                return Err(Error::bundle(manifest.references.features_file.as_str(), what, "adapt again"));
            }
            (None, _) => None,
        };
        let side = manifest.preprocessing.image_size;
        Ok(Self {
            resizer: Resizer::new(side, side),
            normalise: Normalisation::new(manifest.preprocessing.mean, manifest.preprocessing.std),
            now: vec![None; rows.count()],
            before: vec![None; rows.count()],
            views_before: ViewMask::EMPTY,
            memo: FeatureMemo::new(),
            store: FeatureStore::new(),
            timings: StageTimings::default(),
            error: None,
            manifest,
            hash,
            encoder,
            head,
            chosen,
            memory,
            percept,
            rows,
            calibration,
            start,
            goal,
            clock,
        })
    }

    /// The bundle's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The members that answer and how they are fused, in words, where that is not what the bundle does by itself.
    #[must_use]
    pub fn chosen_models(&self) -> Option<&str> {
        self.chosen.named.as_deref()
    }

    /// Checks that the bundle's calibration, if it has one, was fitted to the members that answer.
    ///
    /// # Errors
    /// [`Error::Bundle`] naming both.
    pub fn check_calibration(&self) -> Result<()> {
        let Some(entry) = &self.manifest.calibration else { return Ok(()) };
        if entry.made.models == self.chosen.named {
            return Ok(());
        }
        let name = |models: Option<&str>| models.unwrap_or("the bundle's own model").to_owned();
        let what = format!(
            "its calibration was fitted to {}, and {} is to answer",
            name(entry.made.models.as_deref()),
            name(self.chosen.named.as_deref())
        );
        Err(Error::bundle(
            "calibration.made.models",
            what,
            "fit it again with `striatum calibrate` and the same members",
        ))
    }

    /// The backbone, for measuring it alone.
    #[must_use]
    pub fn encoder_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    fn try_score(&mut self, set: &FrameSet) -> Result<Scores> {
        let started = (self.clock)();
        let pictures = self.pictures(set);
        if pictures.is_empty() {
            return Ok(Scores::MISSING);
        }
        let key = self.memo.key(set, self.manifest.views.len()).filter(|_| !self.store.is_on());
        let known = key.filter(|key| self.memo.recall(key).is_some());
        let mut fresh = ViewMask::EMPTY;
        if known.is_none() {
            fresh = self.encode(set, pictures, started)?;
            if let Some(key) = key {
                self.memo.keep(key, &self.encoder.features()[..pictures.count() * self.head.width]);
            }
        }
        let encoded = (self.clock)();
        let scores = self.read_head(pictures, fresh, known.as_ref())?;
        self.timings.score_nanos = (self.clock)().saturating_sub(encoded);
        Ok(scores)
    }

    /// The views that have a picture.
    fn pictures(&self, set: &FrameSet) -> ViewMask {
        let views = set.frames.iter().take(self.manifest.views.len()).enumerate();
        views.filter(|(_, frame)| frame.is_some()).fold(ViewMask::EMPTY, |there, (view, _)| there.with(view))
    }

    /// Writes the pictures that are worth it into the backbone's slots, one after the other, and runs it; gives their views.
    fn encode(&mut self, set: &FrameSet, pictures: ViewMask, started: u64) -> Result<ViewMask> {
        let mut fresh = ViewMask::EMPTY;
        for view in pictures.iter() {
            let Some(frame) = &set.frames[view] else { continue };
            if self.store.is_on() {
                let width = self.resizer.width() as usize;
                let rows = self.resizer.resize_rows(&frame.image);
                if self.store.stands(view, rows, width, frame.capture) {
                    continue;
                }
                self.resizer.last_to_planes(&self.normalise, self.encoder.input_mut(fresh.count())?)?;
            } else {
                let slot = self.encoder.input_mut(fresh.count())?;
                self.resizer.resize_to_planes(&frame.image, &self.normalise, slot)?;
            }
            fresh = fresh.with(view);
        }
        let prepared = (self.clock)();
        self.timings.preprocess_nanos = prepared.saturating_sub(started);
        if !fresh.is_empty() {
            let features = self.encoder.run(fresh.count())?;
            for (view, features) in fresh.iter().zip(features.chunks_exact(self.head.width)) {
                self.store.keep(view, features);
            }
        }
        self.timings.encode_nanos = (self.clock)().saturating_sub(prepared);
        Ok(fresh)
    }

    /// Reads the head for the features of the views that were just encoded and of those that are kept, or for the set that is
    /// remembered under `known`.
    fn read_head(&mut self, pictures: ViewMask, fresh: ViewMask, known: Option<&Key>) -> Result<Scores> {
        let (mut used, mut broken) = (ViewMask::EMPTY, ViewMask::EMPTY);
        let width = self.head.width;
        let recalled = known.and_then(|key| self.memo.recall(key));
        let from_slots = if recalled.is_some() { pictures } else { fresh };
        let mut slots = recalled.unwrap_or_else(|| self.encoder.features()).chunks_exact(width);
        for view in 0..self.manifest.views.len() {
            let features = if from_slots.contains(view) {
                slots.next()
            } else {
                pictures.contains(view).then(|| self.store.features(view)).flatten()
            };
            let finite = features.filter(|features| features.iter().all(|v| v.is_finite()));
            self.head.set(view, finite);
            match (features, finite) {
                (Some(_), Some(_)) => used = used.with(view),
                (Some(_), None) => broken = broken.with(view),
                (None, _) => {}
            }
        }
        let images_encoded = u32::try_from(fresh.count()).unwrap_or(u32::MAX);
        let Some(choice) = self.rows.choose(used) else {
            return Ok(Scores { non_finite_views: broken, images_encoded, ..Scores::MISSING });
        };
        self.head.run(&self.rows, &mut self.now)?;
        let strange = strangeness(self.head.model.output(self.head.ood), self.manifest.views.len(), used);
        let found = self.remember(choice, used, strange);
        let absolute = MemberScores { hops: self.hops(choice.row, used), std: choice.std };
        let memory = self.answer_of_memory(found.as_ref(), absolute, used);
        let perceptual = self.perceive(used)?;
        let (first, others) = self.in_order(memory, absolute, perceptual);
        let scores = Scores {
            hops: first.hops,
            per_view: self.per_view(used),
            std: first.std,
            others,
            goal: found.map(|(now, _)| now.located.goal),
            ood: strange.ood,
            least_ood: strange.nearest,
            views: used,
            non_finite_views: broken,
            images_encoded,
        };
        std::mem::swap(&mut self.now, &mut self.before);
        self.views_before = used;
        Ok(scores)
    }
}

impl RewardModel for BundleModel {
    fn views(&self) -> &[String] {
        &self.manifest.views
    }

    fn score(&mut self, set: &FrameSet) -> Scores {
        self.error = None;
        self.timings = StageTimings::default();
        match self.try_score(set) {
            Ok(scores) => scores,
            Err(error) => {
                self.error = Some(error);
                Scores::MISSING
            }
        }
    }

    fn reset(&mut self) {
        self.views_before = ViewMask::EMPTY;
        self.store.forget();
        if let Some(remembered) = &mut self.memory {
            remembered.before = None;
        }
        if let Some(percept) = &mut self.percept {
            percept.reset();
        }
    }

    fn set_memo(&mut self, mode: MemoMode) {
        self.memo.set_mode(mode);
    }

    fn set_reuse(&mut self, rule: Option<ReuseRule>) {
        self.store.set_rule(rule);
    }

    fn timings(&self) -> StageTimings {
        self.timings
    }

    fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    fn goal_share(&self) -> Option<f64> {
        let chosen = self.manifest.calibration.as_ref().and_then(|calibration| calibration.goal.as_ref());
        let own = self.memory.as_ref().map(|remembered| remembered.memory.goal_share());
        own.map(|own| chosen.map_or(own, |goal| goal.share))
    }

    fn members(&self) -> &[Member] {
        &self.chosen.members
    }

    fn member_fusion(&self) -> MemberFusion {
        self.chosen.fusion
    }

    fn calibration(&self) -> Calibration {
        self.calibration.clone()
    }

    fn bundle_hash(&self) -> [u8; 32] {
        self.hash
    }
}
