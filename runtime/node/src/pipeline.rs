//! The road of a frame: one function for the live run, for replay, for label and eval, and for simulation.
//!
//! ```text
//! Pipeline::step(frame, now)
//!   Synchroniser::push   -> FrameSet     lined up by capture time
//!   RewardModel::score   -> Scores       each image is encoded once
//!   Fuser::update        -> Estimate     mean, std, votes
//!   Calibration::apply   -> Estimate     the same, as far as it can be believed; changes nothing without tables in the bundle
//!   Correction::apply    -> Estimate     what a slow teacher taught before this episode began; changes nothing without one
//!   PotentialFn::of      -> Potential
//!   Shaper::step         -> ShapedStep   only while nobody has an episode open
//! ```
//! It reads no clock but the one it is given for timings, and those never enter a result: the same frames and the same
//! `now` give the same bits.

mod success_config;
#[cfg(test)]
mod tests;

use striatum_core::{
    Calibration, Correction, Ending, EpisodeRules, Estimate, Fuser, FusionConfig, Perspectives, Potential, PotentialFn,
    Scores, ShapedStep, Shaper, StampNanos, Success, SuccessDetector, SuccessRule, SuccessSource, Transition, ViewMask,
};
use striatum_frames::{Frame, FrameSet, SetVerdict, SyncConfig, SyncCounters, Synchroniser};
use striatum_models::{MemoMode, RewardModel};

pub(crate) use success_config::{SuccessConfig, secs};

use crate::error::Result;

/// Frames in a row, all too late, that mean that the cameras' clock was set back: four seconds of three cameras at 5 Hz.
const LATE_FRAMES_OF_A_JUMP: u64 = 60;

/// Out-of-distribution score that every view must be above before the value is held, where nobody says otherwise.
pub(crate) const OOD_HOLD: f64 = 3.0;

/// Everything that decides what a pipeline computes, apart from the model.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// Lining up views.
    pub sync: SyncConfig,
    /// Fusing perspectives.
    pub fusion: FusionConfig,
    /// Progress to potential.
    pub potential: PotentialFn,
    /// Shaping while no episode is open: k = 1, the config's gamma.
    pub rules: EpisodeRules,
    /// Out-of-distribution score above which a frame set is flagged.
    pub ood_limit: f64,
    /// Out-of-distribution score that every view must be above before none of them is believed: the value is held then.
    pub ood_hold: f64,
    /// When the model's word that the goal is reached is believed. With no share of its own, it takes the bundle's.
    pub success: SuccessConfig,
}

/// A correction of progress and its number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Revision {
    /// 0 for the model as the bundle has it; each correction that is proposed has a greater one.
    pub number: u64,
    /// What it does.
    pub correction: Correction,
}

/// One frame set, scored and fused.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// Counts frame sets from 0.
    pub index: u64,
    /// Oldest capture of the frame set.
    pub oldest: StampNanos,
    /// Newest capture of the frame set.
    pub newest: StampNanos,
    /// The model's raw answer.
    pub scores: Scores,
    /// The fused estimate, calibrated and corrected. What each member said stands in it as it was said.
    pub estimate: Estimate,
    /// Its mean before the correction.
    pub uncorrected: f64,
    /// The correction in force.
    pub revision: u64,
    /// Members that were asked and had no answer.
    pub missing_members: u8,
    /// Phi of the estimate.
    pub potential: Potential,
    /// Views whose camera is frozen.
    pub frozen: ViewMask,
    /// Views were missing.
    pub degraded: bool,
    /// The estimate lies outside what the demonstrations showed.
    pub out_of_distribution: bool,
    /// Share of belief on the goal, where it is to be trusted: what `success` is made from.
    pub trusted_goal: Option<f64>,
    /// Does the model take the goal for reached, for long enough? A set outside the demonstrations never counts.
    pub success: Success,
    /// The transition from the frame set before, while no episode is open.
    pub watch: Option<ShapedStep>,
}

impl Scored {
    /// Pictures whose features were taken again instead of being encoded.
    pub fn images_reused(&self) -> u64 {
        let Scores { views, non_finite_views, images_encoded, .. } = self.scores;
        let pictures = views.count() + non_finite_views.count();
        u64::try_from(pictures).unwrap_or(u64::MAX).saturating_sub(u64::from(images_encoded))
    }
}

/// Nanoseconds that the stages of the last frame set took.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTimings {
    /// Lining up.
    pub synchronise: u64,
    /// Resizing and normalising.
    pub preprocess: u64,
    /// The encoder.
    pub encode: u64,
    /// Heads.
    pub score: u64,
    /// Fusing, potential, shaping.
    pub fuse_shape: u64,
}

/// The road of a frame, from image to potential.
pub struct Pipeline {
    synchroniser: Synchroniser,
    model: Box<dyn RewardModel>,
    fuser: Fuser,
    /// Models that answer together.
    members: usize,
    detector: SuccessDetector,
    calibration: Calibration,
    revision: Revision,
    /// The newest one that was proposed since the last begin.
    proposed: Option<Revision>,
    potential: PotentialFn,
    ood_limit: f64,
    ood_hold: f64,
    /// The last frame set was held because no view was believed: a hop from it says nothing.
    strange_before: bool,
    rules: EpisodeRules,
    watcher: Option<Shaper>,
    watching: bool,
    sets: u64,
    /// Frames in a row that came too late for any set.
    late_in_a_row: u64,
    model_error: Option<striatum_models::Error>,
    clock: fn() -> u64,
    timings: StepTimings,
}

impl Pipeline {
    /// A pipeline at rest. How its members are fused and what it calibrates by comes with the model: one bundle gives one
    /// answer, live and offline.
    ///
    /// # Errors
    /// A configuration that the synchroniser or the fuser refuses.
    pub fn new(model: Box<dyn RewardModel>, config: &PipelineConfig) -> Result<Self> {
        let detector = SuccessDetector::new(config.success.rule(model.goal_share())?);
        let members = model.member_fusion();
        Ok(Self {
            synchroniser: Synchroniser::new(config.sync)?,
            calibration: model.calibration(),
            revision: Revision::default(),
            proposed: None,
            model,
            fuser: Fuser::with_members(config.fusion, members)?,
            members: members.count(),
            detector,
            potential: config.potential,
            ood_limit: config.ood_limit,
            ood_hold: config.ood_hold,
            strange_before: false,
            rules: config.rules,
            watcher: None,
            watching: true,
            sets: 0,
            late_in_a_row: 0,
            model_error: None,
            clock: crate::clock::monotonic_nanos,
            timings: StepTimings::default(),
        })
    }

    /// One frame in; a scored frame set out when the frame completes one.
    ///
    /// # Errors
    /// A frame of a view that the pipeline does not have, or a shaper that refuses (never with finite potentials).
    pub fn step(&mut self, frame: Frame, now: StampNanos) -> Result<Option<Scored>> {
        match self.push(frame, now)? {
            Some(set) => self.score(&set).map(Some),
            None => Ok(None),
        }
    }

    /// Time passes: a frame set whose missing views are overdue comes out.
    ///
    /// # Errors
    /// As [`Pipeline::step`].
    pub fn poll(&mut self, now: StampNanos) -> Result<Option<Scored>> {
        match self.overdue(now) {
            Some(set) => self.score(&set).map(Some),
            None => Ok(None),
        }
    }

    /// The first half of [`Pipeline::step`]: lines up.
    ///
    /// # Errors
    /// A frame of a view that the pipeline does not have.
    pub fn push(&mut self, frame: Frame, now: StampNanos) -> Result<Option<FrameSet>> {
        let start = (self.clock)();
        let late = self.synchroniser.counters().too_late;
        let set = self.synchroniser.push(frame, now)?;
        let is_late = self.synchroniser.counters().too_late > late;
        self.late_in_a_row = if is_late { self.late_in_a_row + 1 } else { 0 };
        self.timings.synchronise = (self.clock)().saturating_sub(start);
        Ok(set)
    }

    /// Forgets the frames that wait for each other: the clock they wait by was set back.
    pub fn line_up_afresh(&mut self) {
        self.synchroniser.reset();
        self.detector.reset();
        self.late_in_a_row = 0;
    }

    /// Has the cameras' clock jumped back? Then every frame is too late, for ever: lines up afresh, and says so once.
    pub fn clock_jumped_back(&mut self) -> bool {
        let jumped = self.late_in_a_row >= LATE_FRAMES_OF_A_JUMP;
        if jumped {
            self.late_in_a_row = 0;
            self.synchroniser.reset();
            self.detector.reset();
        }
        jumped
    }

    /// The first half of [`Pipeline::poll`].
    pub fn overdue(&mut self, now: StampNanos) -> Option<FrameSet> {
        self.synchroniser.poll(now)
    }

    /// The second half: scores, fuses, and shapes while watching.
    ///
    /// # Errors
    /// A shaper that refuses (never with finite potentials).
    pub fn score(&mut self, set: &FrameSet) -> Result<Scored> {
        let scores = match set.verdict {
            SetVerdict::Complete | SetVerdict::Degraded => self.model.score(set),
            SetVerdict::Hold => Scores::MISSING,
        };
        if let Some(error) = self.model.take_error() {
            self.model_error = Some(error);
        }
        let start = (self.clock)();
        let Corrected { estimate, uncorrected } = self.estimate(&scores);
        let potential = self.potential.of(&estimate);
        let trusted_goal = self.trusted_goal(&scores, &estimate);
        let success = self.detector.update(set.newest, trusted_goal);
        let watch = if self.watching { self.watch(potential)? } else { None };
        let scored = Scored {
            index: self.sets,
            oldest: set.oldest,
            newest: set.newest,
            scores,
            estimate,
            uncorrected,
            revision: self.revision.number,
            missing_members: self.missing_members(set, &estimate),
            potential,
            frozen: set.frozen,
            degraded: set.verdict != SetVerdict::Complete,
            out_of_distribution: estimate.ood > self.ood_limit || (!estimate.held && !scores.ood.is_finite()),
            trusted_goal,
            success,
            watch,
        };
        self.sets += 1;
        let model = self.model.timings();
        self.timings.preprocess = model.preprocess_nanos;
        self.timings.encode = model.encode_nanos;
        self.timings.score = model.score_nanos;
        self.timings.fuse_shape = (self.clock)().saturating_sub(start);
        Ok(scored)
    }

    /// Proposes a correction. It takes effect at the next [`Pipeline::restart_from`], unless a newer one comes before: inside an
    /// episode the potential stays one function.
    pub fn revise(&mut self, revision: Revision) {
        self.proposed = Some(revision);
    }

    /// The correction in force.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// An episode's first state is `scored`, made before the fuser was told: starts the fuser there.
    pub fn restart_from(&mut self, scored: &Scored) -> Scored {
        self.revision = self.proposed.take().unwrap_or(self.revision);
        self.fuser.reset();
        self.detector.reset();
        self.strange_before = false;
        self.refuse_history(scored, true)
    }

    /// Fuses again what was scored before, after [`Pipeline::restart_from`].
    pub fn refuse(&mut self, scored: &Scored) -> Scored {
        self.refuse_history(scored, false)
    }

    fn refuse_history(&mut self, scored: &Scored, first: bool) -> Scored {
        // The hop into the first state comes from before the episode.
        let scores = if first { scored.scores.without_incremental() } else { scored.scores };
        let Corrected { estimate, uncorrected } = self.estimate(&scores);
        let trusted_goal = self.trusted_goal(&scores, &estimate);
        let success = self.detector.update(scored.newest, trusted_goal);
        let potential = self.potential.of(&estimate);
        let revision = self.revision.number;
        Scored { scores, estimate, uncorrected, revision, potential, trusted_goal, success, watch: None, ..*scored }
    }

    /// What the frame set says for or against the goal; one that nothing trustworthy is known of says nothing.
    fn trusted_goal(&self, scores: &Scores, estimate: &Estimate) -> Option<f64> {
        let trusted = !estimate.held && scores.ood.is_finite() && estimate.ood <= self.ood_limit;
        estimate.goal.filter(|_| trusted)
    }

    /// Members without an answer, where they were asked.
    fn missing_members(&self, set: &FrameSet, estimate: &Estimate) -> u8 {
        if set.verdict == SetVerdict::Hold {
            return 0;
        }
        let missing = estimate.members.iter().take(self.members).filter(|member| member.progress.is_none());
        missing.fold(0, |count, _| count + 1)
    }

    /// Fuses, calibrates, then corrects: the fuser's memory holds what it said itself.
    fn estimate(&mut self, scores: &Scores) -> Corrected {
        let strange = scores.least_ood > self.ood_hold;
        let strange_before = std::mem::replace(&mut self.strange_before, strange);
        let fused = if strange {
            // There is no view to be trusted: whatever the numbers say, they are no votes.
            let ood = if scores.ood.is_finite() { scores.ood } else { self.ood_hold };
            Estimate { ood, ..self.fuser.hold() }
        } else if strange_before {
            let hops = Perspectives { incremental: None, ..scores.hops };
            self.fuser.update(&Scores { hops, ..*scores })
        } else {
            self.fuser.update(scores)
        };
        let calibrated = self.calibration.apply(&fused);
        Corrected { estimate: self.revision.correction.apply(&calibrated), uncorrected: calibrated.mean }
    }

    fn watch(&mut self, potential: Potential) -> Result<Option<ShapedStep>> {
        match &mut self.watcher {
            Some(shaper) => Ok(Some(shaper.step(Transition {
                next: potential,
                k: 1.0,
                ending: Ending::Running,
                success: Success::Unknown,
                source: SuccessSource::None,
            })?)),
            None => {
                self.watcher = Some(Shaper::begin(self.rules, potential)?);
                Ok(None)
            }
        }
    }

    /// Shapes each frame set (true, the start) or leaves shaping to an episode (false).
    pub fn set_watching(&mut self, watching: bool) {
        self.watching = watching;
        self.watcher = None;
    }

    /// Says what the fuser says, whatever tables the model came with: to fit new ones.
    pub(crate) fn without_calibration(mut self) -> Self {
        self.calibration = Calibration::IDENTITY;
        self
    }

    /// When [`Pipeline::poll`] next has something to do.
    pub fn next_deadline(&self) -> Option<StampNanos> {
        self.synchroniser.next_deadline()
    }

    /// What the synchroniser dropped, and why.
    pub fn sync_counters(&self) -> &SyncCounters {
        self.synchroniser.counters()
    }

    /// The clock that stage times are read from.
    pub(crate) fn clock_nanos(&self) -> u64 {
        (self.clock)()
    }

    /// Stage times of the last frame set.
    pub fn timings(&self) -> StepTimings {
        self.timings
    }

    /// The model's last failure, once; the scores that it concerns were missing votes.
    pub fn take_model_error(&mut self) -> Option<striatum_models::Error> {
        self.model_error.take()
    }

    /// Says what the model does with the features of pictures that it has seen before; only for playing a recording more than
    /// once, never live.
    pub(crate) fn set_memo(&mut self, mode: MemoMode) {
        self.model.set_memo(mode);
    }

    /// The model.
    pub fn model(&self) -> &dyn RewardModel {
        &*self.model
    }

    /// When the model's word of success is believed.
    pub fn success_rule(&self) -> &SuccessRule {
        self.detector.rule()
    }

    /// The rules that hold while no episode is open.
    pub fn rules(&self) -> &EpisodeRules {
        &self.rules
    }

    /// Forgets everything but the configuration.
    pub fn reset(&mut self) {
        self.synchroniser.reset();
        self.fuser.reset();
        self.detector.reset();
        self.strange_before = false;
        self.revision = Revision::default();
        self.proposed = None;
        self.model.reset();
        self.watcher = None;
    }
}

/// An estimate, and its mean before it was corrected.
struct Corrected {
    estimate: Estimate,
    uncorrected: f64,
}
