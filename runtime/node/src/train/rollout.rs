//! One episode: the world moves, its pictures go out, the reward comes back over the wire.

use serde::{Deserialize, Serialize};
use striatum_core::{Ending, KMode, StampNanos, Success, SuccessSource};
use striatum_learner::Transition;
use striatum_wire::{BeginRequest, QualityFlags, ShapedReward, StepRequest, Task};

use super::ablation::Ablation;
use super::bus::{Answer, Bus, Opened};
use super::reward::RewardKind;
use super::stage::Stage;
use super::steps::Steps;
use super::time::{Part, Time};
use crate::error::Result;

/// Time between two episodes, so that none sees the other's last pictures.
const PAUSE_NANOS: u64 = 1_000_000_000;
/// In simulated time, which stands still while the runtime computes: never reached in lock-step.
const LOCK_STEP_DEADLINE_SECS: f64 = 10.0;
/// Share of a control period that a reward may take in real time; what is left is for the policy, the world and its pictures.
const DEADLINE_SHARE: f64 = 0.5;

/// Who drives the robot, and what becomes of what it lives through.
pub(crate) trait Driver {
    /// What to do now.
    fn act(&mut self, stage: &mut Stage, observation: &[f32], action: &mut Vec<f32>) -> Result<()>;
    /// The reward is on its way: time to compute.
    fn meanwhile(&mut self) -> Result<()>;
    /// What came of it.
    fn learn(&mut self, transition: Transition<'_>) -> Result<()>;
}

/// What is told of an episode afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) steps: u32,
    /// At the end, whatever the learner was paid.
    pub(crate) success: bool,
    /// Gold was paid at the end: by the world's word, or by the model's where that is all there is.
    pub(crate) paid: bool,
    /// The runtime lost it: it ended early and says nothing about the policy.
    pub(crate) void: bool,
    /// Sum of the rewards as the learner got them, and of its shaping alone.
    pub(crate) reward_sum: f64,
    pub(crate) shaping_sum: f64,
    /// At the end: what is true, and what the runtime thought.
    pub(crate) true_progress: f64,
    pub(crate) progress: f64,
    /// The most that was thought on the way, and whether the model called it a success at any time.
    pub(crate) highest_progress: f64,
    pub(crate) claimed: bool,
    /// Steps that were held, late, or out of the demonstrations' distribution.
    pub(crate) held: u32,
    pub(crate) late: u32,
    pub(crate) strange: u32,
}

/// The rules of a run's episodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) reward: RewardKind,
    pub(crate) ablation: Option<Ablation>,
    /// The learner's own.
    pub(crate) gamma: f64,
    pub(crate) real_time: bool,
}

/// Plays one episode from `seed`.
///
/// # Errors
/// A world or a runtime that fails. A runtime that was restarted is no error: the episode is void.
pub(crate) fn play(
    stage: &mut Stage,
    bus: &mut Bus,
    time: &mut Time,
    rules: Rules,
    seed: u64,
    driver: &mut dyn Driver,
    steps: &mut Steps,
) -> Result<Told> {
    stage.reset(seed)?;
    time.rest(PAUSE_NANOS);
    let mut opened = bus.begin(&mut || {
        // The wall's clock has gone on since a try that failed; simulated time has not.
        time.rest(0);
        stage.show(time.stamp())?;
        Ok(begin_request(stage, rules, time.stamp()))
    })?;
    let mut told = Told::default();
    let (mut observation, mut next, mut action) = (Vec::new(), Vec::new(), Vec::new());
    stage.gym.observe(&mut observation);
    let mut progress = stage.gym.world().truth().progress;
    time.begin();
    loop {
        driver.act(stage, &observation, &mut action)?;
        time.lap(Part::Policy);
        let step = stage.step(&action)?;
        time.lap(Part::Physics);
        time.pass(stage.period_nanos());
        stage.show(time.stamp())?;
        time.lap(Part::Pictures);
        told.steps += 1;
        let (ending, outcome) = said(rules.reward, step.ended, step.truth.success);
        let asked = bus.ask_step(step_request(&opened, told.steps, time.stamp(), ending, outcome))?;
        driver.meanwhile()?;
        time.lap(Part::Learning);
        let Answer::Reward(heard) = bus.hear(asked, &mut opened)? else {
            told.void = true;
            return Ok(told);
        };
        time.lap(Part::Reward);
        stage.gym.observe(&mut next);
        let (shaping, potentials) = shaped(rules, &heard, [progress, step.truth.progress]);
        progress = step.truth.progress;
        told.note(&heard, shaping, progress);
        steps.note(told.steps, progress, &heard, shaping);
        driver.learn(Transition {
            observation: &observation,
            action: &action,
            reward: narrow(heard.gold + shaping),
            discount: discount(rules, &heard),
            next_observation: &next,
            potentials: potentials.map(narrow),
        })?;
        std::mem::swap(&mut observation, &mut next);
        if heard.ending != Ending::Running {
            told.success = step.truth.success;
            told.paid = heard.gold > 0.0;
            return Ok(told);
        }
    }
}

/// What the learner discounts by: its own gamma, whatever the runtime was told.
fn discount(rules: Rules, heard: &ShapedReward) -> f32 {
    if heard.bootstraps { narrow(rules.gamma.powf(heard.k)) } else { 0.0 }
}

/// What is added to gold, and the potentials of the states before and after that it comes from; `progress` is the world's own.
fn shaped(rules: Rules, heard: &ShapedReward, progress: [f64; 2]) -> (f64, [f64; 2]) {
    match rules.reward {
        RewardKind::Sparse => (heard.shaping, [0.0; 2]),
        RewardKind::TrueProgress => {
            let [before, after] = progress;
            let after = if heard.bootstraps { after } else { 0.0 };
            (heard.gamma.powf(heard.k) * after - before, [before, after])
        }
        _ => {
            let dropped = rules.ablation == Some(Ablation::WrongEnd) && heard.ending != Ending::Running;
            (if dropped { 0.0 } else { heard.shaping }, [heard.potential_prev, heard.potential])
        }
    }
}

impl Told {
    fn note(&mut self, heard: &ShapedReward, shaping: f64, true_progress: f64) {
        self.reward_sum += heard.gold + shaping;
        self.shaping_sum += shaping;
        self.true_progress = true_progress;
        self.progress = heard.progress_mean;
        self.highest_progress = self.highest_progress.max(heard.progress_mean);
        self.claimed |= heard.success == Success::Yes && heard.success_source == SuccessSource::Model;
        let flagged = |flag: QualityFlags| u32::from(heard.quality.contains(flag));
        self.held += flagged(QualityFlags::HELD);
        self.late += flagged(QualityFlags::LATE);
        self.strange += flagged(QualityFlags::OUT_OF_DISTRIBUTION);
    }

    /// The runtime believed in a success that was none.
    pub(crate) fn hacked(&self) -> bool {
        const BELIEVED: f64 = 0.8;
        !self.void && !self.success && (self.claimed || self.progress >= BELIEVED)
    }
}

/// What the learner says of a step: how it ended, and who calls it a success. The world's own word is gold only where it ends
/// the episode, and is kept back where the model is to judge.
fn said(kind: RewardKind, ended: bool, success: bool) -> (Ending, (Success, SuccessSource)) {
    let unsaid = (Success::Unknown, SuccessSource::None);
    match (ended, success) {
        (false, _) => (Ending::Running, unsaid),
        (true, _) if kind.judges_itself() => (Ending::Truncated, unsaid),
        (true, true) => (Ending::Terminated, (Success::Yes, SuccessSource::Simulation)),
        (true, false) => (Ending::Truncated, (Success::No, SuccessSource::Simulation)),
    }
}

fn begin_request(stage: &Stage, rules: Rules, stamp_nanos: StampNanos) -> BeginRequest {
    let period_secs = stage.gym.period_secs();
    BeginRequest {
        // Ours are far shorter than the longest; a longer one would come as empty.
        task: Task::try_from(stage.gym.world().task().instruction()).unwrap_or_default(),
        gamma: Ablation::told_gamma(rules.ablation, rules.gamma),
        period_secs,
        deadline_secs: if rules.real_time { DEADLINE_SHARE * period_secs } else { LOCK_STEP_DEADLINE_SECS },
        bootstrap_on_truncation: true,
        terminate_on_success: rules.reward.judges_itself(),
        k_mode: KMode::Unit,
        stamp_nanos,
    }
}

fn step_request(
    opened: &Opened,
    step: u32,
    stamp_nanos: StampNanos,
    ending: Ending,
    (success, success_source): (Success, SuccessSource),
) -> StepRequest {
    StepRequest { episode: opened.episode, step: u64::from(step), stamp_nanos, k: 0.0, ending, success, success_source }
}

#[expect(clippy::cast_possible_truncation, reason = "a learner computes in 32 bits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::super::tests::{reward, step_request};
    use super::*;

    #[test]
    fn a_learner_discounts_by_its_own_gamma() {
        let rules =
            Rules { reward: RewardKind::Shaped, ablation: Some(Ablation::OtherGamma), gamma: 0.5, real_time: false };
        let heard = |ending| reward(&step_request(ending));
        assert!((heard(Ending::Running).gamma - 0.5).abs() > 0.1, "the runtime has another");
        assert_eq!(discount(rules, &heard(Ending::Running)).to_bits(), 0.5_f32.to_bits());
        assert_eq!(discount(rules, &heard(Ending::Terminated)).to_bits(), 0.0_f32.to_bits());
    }

    #[test]
    fn the_wrong_end_drops_the_last_shaping_and_no_other() {
        let rules = |ablation| Rules { reward: RewardKind::Shaped, ablation, gamma: 0.97, real_time: false };
        let wrong = Some(Ablation::WrongEnd);
        for ending in Ending::ALL {
            let heard = reward(&step_request(*ending));
            let [right, wrong] = [None, wrong].map(|ablation| shaped(rules(ablation), &heard, [0.1, 0.2]).0.to_bits());
            assert!(heard.shaping.abs() > 0.1 && right == heard.shaping.to_bits(), "{ending:?}");
            let left = if *ending == Ending::Running { heard.shaping } else { 0.0 };
            assert_eq!(wrong, left.to_bits(), "{ending:?}");
        }
    }

    #[test]
    fn the_worlds_word_is_kept_back_where_the_model_is_to_judge() {
        let unsaid = (Success::Unknown, SuccessSource::None);
        for success in [false, true] {
            assert_eq!(said(RewardKind::Shaped, false, success), (Ending::Running, unsaid));
            assert_eq!(said(RewardKind::ModelAlone, false, success), (Ending::Running, unsaid));
            assert_eq!(said(RewardKind::ModelAlone, true, success), (Ending::Truncated, unsaid));
        }
        let (yes, no) = (Success::Yes, Success::No);
        assert_eq!(said(RewardKind::Shaped, true, true), (Ending::Terminated, (yes, SuccessSource::Simulation)));
        assert_eq!(said(RewardKind::Shaped, true, false), (Ending::Truncated, (no, SuccessSource::Simulation)));
    }
}
