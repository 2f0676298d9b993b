//! The step clock, event by event. The model's progress is the brightness of the picture, so every number is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

use std::sync::Arc;

use striatum_core::{
    Discount, Ending, EpisodeRules, FusionConfig, Hop, KMode, MAX_VIEWS, Perspectives, PotentialFn, Progress, Scores,
    ShapingMode, SourceSet, StampNanos, Success, SuccessSource,
};
use striatum_frames::{DropOut, Frame, FrameSet, FrozenPolicy, Image, SyncConfig, content_hash};
use striatum_models::{RewardModel, StageTimings};
use striatum_wire::{
    AbortRequest, BeginReply, BeginRequest, BundleHash, EpisodeId, QualityFlags, RefusalCode, ShapedReward,
    StepRequest, Task,
};

use super::{Engine, EngineConfig, Event, Output};
use crate::pipeline::{Pipeline, PipelineConfig, SuccessConfig};

mod revise;
mod success;

const MS: u64 = 1_000_000;
/// A brightness at which the model has no answer.
const NO_VOTE: f64 = 1.02;

/// From this brightness on the model sees the goal.
const SHOWS_GOAL: f64 = 0.95;

/// Progress is the first pixel's red / 250.
struct Brightness {
    before: Option<Progress>,
    views: Vec<String>,
}

impl RewardModel for Brightness {
    fn views(&self) -> &[String] {
        &self.views
    }

    fn score(&mut self, set: &FrameSet) -> Scores {
        let red = set.frames.iter().flatten().map(|frame| f64::from(frame.image.pixels()[0])).next().unwrap();
        let Ok(progress) = Progress::new(red / 250.0) else {
            return Scores { views: set.views, ..Scores::MISSING };
        };
        let incremental = self.before.replace(progress).map(|before| Hop::between(before, progress).get());
        let forward = Some(Hop::between(Progress::ZERO, progress).get());
        let backward = Some(Hop::between(Progress::ONE, progress).get());
        Scores {
            hops: Perspectives { incremental, forward, backward },
            per_view: [None; MAX_VIEWS],
            std: 0.05,
            goal: Some(if progress.get() >= SHOWS_GOAL { 0.9 } else { 0.0 }),
            ood: 0.1,
            least_ood: 0.1,
            views: set.views,
            images_encoded: 1,
            ..Scores::MISSING
        }
    }

    fn reset(&mut self) {
        self.before = None;
    }

    fn timings(&self) -> StageTimings {
        StageTimings::default()
    }

    fn bundle_hash(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// What an engine said, owned.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Reward(Box<ShapedReward>, Vec<u8>),
    Reply(u64, Vec<u8>),
    Refuse(u64, RefusalCode),
}

struct Rig {
    engine: Engine,
    said: Vec<Said>,
}

impl Rig {
    fn new(lock_gamma: bool, fusion: FusionConfig) -> Self {
        Self::with_gold(lock_gamma, fusion, SourceSet::default())
    }

    fn with_gold(lock_gamma: bool, fusion: FusionConfig, gold_sources: SourceSet) -> Self {
        let sync = SyncConfig {
            views: 1,
            max_skew_nanos: 10 * MS,
            view_deadline_nanos: 50 * MS,
            period_nanos: 0,
            drop_out: DropOut::Degrade,
            frozen_after_nanos: 0,
            frozen: FrozenPolicy::FlagOnly,
        };
        let rules = EpisodeRules::new(Discount::new(0.9).unwrap());
        let success = SuccessConfig::default();
        let (potential, ood_limit, ood_hold) = (PotentialFn::default(), 1.0, 3.0);
        let config = PipelineConfig { sync, fusion, potential, rules, ood_limit, ood_hold, success };
        let model = Brightness { before: None, views: vec!["eye".to_owned()] };
        let engine = Engine::new(
            Pipeline::new(Box::new(model), &config).unwrap(),
            EngineConfig {
                epoch: 42,
                bundle_hash: BundleHash([7; 32]),
                max_skew_nanos: 10 * MS,
                lock_gamma,
                begin_timeout_nanos: 1000 * MS,
                mode: ShapingMode::Potential,
                gold_sources,
            },
        );
        Self { engine, said: Vec::new() }
    }

    fn plain() -> Self {
        Self::new(false, FusionConfig::memoryless())
    }

    fn at(&mut self, now_ms: u64, event: Event) {
        self.handle(now_ms, event);
        while self.engine.wants_conclusion() {
            self.handle(now_ms, Event::Conclude);
        }
    }

    fn step(&mut self, now_ms: u64, token: u64, request: StepRequest) {
        self.at(now_ms, Event::Step(token, request, StampNanos(now_ms * MS)));
    }

    fn handle(&mut self, now_ms: u64, event: Event) {
        let said = &mut self.said;
        self.engine
            .handle(StampNanos(now_ms * MS), event, &mut |output| match output {
                Output::Scored(_) | Output::Shown(_) => {}
                Output::Reward(message, bytes) => said.push(Said::Reward(Box::new(*message), bytes.to_vec())),
                Output::Reply(token, bytes) => said.push(Said::Reply(token, bytes.to_vec())),
                Output::Refuse(token, refusal) => said.push(Said::Refuse(token, refusal.code())),
            })
            .unwrap();
    }

    /// A frame captured at `capture_ms`, taken up 5 ms later, that shows `progress`.
    fn frame(&mut self, capture_ms: u64, progress: f64) {
        self.at(capture_ms + 5, Event::Frame(picture(capture_ms, progress)));
    }

    fn begin(&mut self, now_ms: u64, stamp_ms: u64) -> EpisodeId {
        self.at(now_ms, Event::Begin(1, begin_request(stamp_ms)));
        self.opened(1).episode
    }

    fn opened(&self, token: u64) -> BeginReply {
        let bytes = self.reply(token).expect("begin was answered");
        BeginReply::decode(&bytes).unwrap()
    }

    fn reply(&self, token: u64) -> Option<Vec<u8>> {
        self.said.iter().find_map(|said| match said {
            Said::Reply(to, bytes) if *to == token => Some(bytes.clone()),
            _ => None,
        })
    }

    fn reward(&self, token: u64) -> ShapedReward {
        ShapedReward::decode(&self.reply(token).expect("the step was answered")).unwrap()
    }

    fn refused(&self, token: u64) -> Option<RefusalCode> {
        self.said.iter().find_map(|said| match said {
            Said::Refuse(to, code) if *to == token => Some(*code),
            _ => None,
        })
    }
}

fn begin_request(stamp_ms: u64) -> BeginRequest {
    BeginRequest {
        task: Task::try_from("tidy").unwrap(),
        gamma: 0.95,
        period_secs: 0.1,
        deadline_secs: 0.05,
        bootstrap_on_truncation: true,
        terminate_on_success: false,
        k_mode: KMode::Unit,
        stamp_nanos: StampNanos(stamp_ms * MS),
    }
}

fn step_request(episode: EpisodeId, step: u64, stamp_ms: u64) -> StepRequest {
    StepRequest {
        episode,
        step,
        stamp_nanos: StampNanos(stamp_ms * MS),
        k: 0.0,
        ending: Ending::Running,
        success: Success::Unknown,
        success_source: SuccessSource::None,
    }
}

fn picture(capture_ms: u64, progress: f64) -> Frame {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let image = Image::filled(4, 4, [(progress * 250.0).round() as u8, 0, 0]);
    Frame {
        view: 0,
        capture: StampNanos(capture_ms * MS),
        received: StampNanos(capture_ms * MS),
        source_frame: 0,
        content_hash: content_hash(&image),
        image: Arc::new(image),
    }
}

#[test]
fn a_deadline_that_passes_while_the_model_thinks_is_late_and_stamped_after_it() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    rig.step(190, 2, step_request(episode, 1, 200));
    rig.handle(205, Event::Frame(picture(200, 0.5)));
    assert!(rig.reply(2).is_none(), "scored, but the clock has not been read since");
    rig.handle(300, Event::Conclude);
    let reward = rig.reward(2);
    assert!(reward.quality.contains(QualityFlags::LATE) && !reward.quality.contains(QualityFlags::HELD));
    assert_eq!(reward.published_nanos, StampNanos(300 * MS));
    // A request that waited for its turn is as late as its learner says.
    rig.at(700, Event::Step(3, step_request(episode, 2, 650), StampNanos(600 * MS)));
    assert!(rig.reward(3).quality.contains(QualityFlags::LATE));
}

#[test]
fn the_frame_set_that_ends_an_episode_is_shown_with_its_last_step() {
    for ending in [Ending::Terminated, Ending::Truncated] {
        let mut rig = Rig::plain();
        rig.frame(100, 0.2);
        let episode = rig.begin(106, 100);
        rig.step(190, 2, StepRequest { ending, ..step_request(episode, 1, 200) });
        let mut shown = Vec::new();
        for (capture_ms, progress) in [(200, 0.5), (300, 0.6)] {
            for event in [Event::Frame(picture(capture_ms, progress)), Event::Conclude] {
                let hear = &mut |output: Output<'_>| {
                    if let Output::Shown(seen) = output {
                        shown.push((seen.episode, seen.step));
                    }
                };
                rig.engine.handle(StampNanos((capture_ms + 5) * MS), event, hear).unwrap();
            }
        }
        assert_eq!(shown, [(episode, 1), (EpisodeId::NONE, 0)]);
    }
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_up() {
    let mut rig = Rig::plain();
    rig.frame(10_100, 0.2);
    let episode = rig.begin(10_106, 10_100);
    rig.step(10_190, 2, step_request(episode, 1, 10_200));
    rig.at(5_000, Event::Tick);
    assert_eq!(rig.engine.next_deadline(), Some(StampNanos(5_050 * MS)));
    rig.at(5_050, Event::Tick);
    assert!(rig.reward(2).quality.contains(QualityFlags::HELD));
}

#[test]
fn who_begins_after_the_clock_was_set_back_does_not_get_a_state_of_before() {
    let mut rig = Rig::plain();
    rig.frame(10_100, 0.8);
    rig.at(1_000, Event::Begin(1, begin_request(1_000)));
    assert!(rig.reply(1).is_none(), "nothing has been seen since");
    rig.frame(1_010, 0.3);
    assert!((rig.opened(1).potential_0 - 0.3).abs() < 1e-12);
}

#[test]
fn without_an_episode_each_frame_set_is_shaped() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    assert!(rig.said.is_empty(), "the first frame set has no transition into it");
    rig.frame(200, 0.4);
    let Said::Reward(message, bytes) = &rig.said[0] else { panic!("{:?}", rig.said) };
    assert_eq!(message.episode, EpisodeId::NONE);
    assert_eq!((message.sequence, message.step, message.gamma, message.k), (1, 1, 0.9, 1.0));
    assert!((message.shaping - (0.9 * 0.4 - 0.2)).abs() < 1e-12);
    assert_eq!(ShapedReward::decode(bytes).unwrap(), **message);
}

#[test]
fn begin_waits_for_a_frame_set_that_lies_wholly_after_its_stamp() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    rig.at(110, Event::Begin(1, begin_request(150)));
    assert!(rig.reply(1).is_none());
    rig.frame(140, 0.3);
    assert!(rig.reply(1).is_none(), "captured before the stamp");
    rig.frame(160, 0.4);
    let reply = rig.opened(1);
    assert!((reply.potential_0 - 0.4).abs() < 1e-12);
    assert_eq!(reply.epoch, 42);
    assert!(!rig.said.iter().any(|said| matches!(said, Said::Reward(..))), "the step clock runs for the learner alone");
}

#[test]
fn begin_finds_a_frame_set_that_was_scored_before_it_came() {
    for fusion in [FusionConfig::memoryless(), FusionConfig::consistency()] {
        let mut early = Rig::new(false, fusion);
        early.at(90, Event::Begin(1, begin_request(100)));
        early.frame(100, 0.2);
        early.frame(200, 0.5);
        let mut late = Rig::new(false, fusion);
        late.frame(50, 0.9);
        late.frame(100, 0.2);
        late.frame(200, 0.5);
        late.at(210, Event::Begin(1, begin_request(100)));
        assert_eq!(early.opened(1).potential_0, late.opened(1).potential_0);
        for rig in [&mut early, &mut late] {
            let episode = rig.opened(1).episode;
            rig.step(211, 2, step_request(episode, 1, 200));
        }
        let (a, b) = (early.reward(2), late.reward(2));
        assert_eq!((a.potential_prev, a.potential, a.shaping), (b.potential_prev, b.potential, b.shaping));
    }
}

#[test]
fn begin_without_frames_is_refused_in_time() {
    let mut rig = Rig::plain();
    rig.at(100, Event::Begin(1, begin_request(100)));
    assert_eq!(rig.engine.next_deadline(), Some(StampNanos(1100 * MS)));
    rig.at(1100, Event::Tick);
    assert_eq!(rig.refused(1), Some(RefusalCode::NotReady));
}

#[test]
fn a_step_is_answered_with_the_state_at_its_stamp() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    rig.step(190, 2, step_request(episode, 1, 200));
    assert!(rig.reply(2).is_none(), "a frame set at the stamp may still come");
    rig.frame(205, 0.5);
    let reward = rig.reward(2);
    assert!((reward.potential_prev - 0.2).abs() < 1e-12 && (reward.potential - 0.5).abs() < 1e-12);
    assert!((reward.shaping - (0.95 * 0.5 - 0.2)).abs() < 1e-12);
    assert_eq!((reward.step, reward.gamma, reward.quality), (1, 0.95, QualityFlags::NONE));
    // A frame set beyond stamp + max_skew decides that the one before it was the state.
    rig.step(206, 3, step_request(episode, 2, 300));
    rig.frame(280, 0.6);
    rig.frame(320, 0.7);
    assert!((rig.reward(3).potential - 0.6).abs() < 1e-12);
}

#[test]
fn a_deadline_holds_the_potential_and_says_so() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    rig.step(200, 2, step_request(episode, 1, 200));
    assert_eq!(rig.engine.next_deadline(), Some(StampNanos(250 * MS)));
    rig.at(250, Event::Tick);
    let reward = rig.reward(2);
    assert!(reward.quality.contains(QualityFlags::HELD) && reward.quality.contains(QualityFlags::LATE));
    // Abstaining is not zero reward: F = (gamma - 1) Phi.
    assert!((reward.shaping - (0.95 - 1.0) * 0.2).abs() < 1e-12);
    // The next transition starts where this one ended, to the bit.
    rig.frame(290, 0.4);
    rig.step(296, 3, step_request(episode, 2, 290));
    assert_eq!(rig.reward(3).potential_prev.to_bits(), reward.potential.to_bits());
}

#[test]
fn the_same_step_asked_twice_gets_the_same_bytes() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    rig.step(190, 2, step_request(episode, 1, 200));
    rig.step(195, 3, step_request(episode, 1, 200));
    rig.step(196, 4, step_request(episode, 1, 201));
    assert_eq!(rig.refused(4), Some(RefusalCode::StepConflict));
    rig.frame(205, 0.5);
    rig.frame(300, 0.9);
    rig.step(306, 5, step_request(episode, 1, 200));
    let bytes = rig.reply(2).unwrap();
    assert_eq!(Some(&bytes), rig.reply(3).as_ref());
    assert_eq!(Some(&bytes), rig.reply(5).as_ref());
    let published = rig.said.iter().filter(|said| matches!(said, Said::Reward(..))).count();
    assert_eq!(published, 1, "asking again publishes nothing");
}

#[test]
fn a_learner_with_another_gamma_is_refused_where_it_is_locked() {
    let mut rig = Rig::new(true, FusionConfig::memoryless());
    rig.frame(100, 0.2);
    rig.at(110, Event::Begin(1, begin_request(100)));
    assert_eq!(rig.refused(1), Some(RefusalCode::GammaMismatch));
    rig.at(111, Event::Begin(2, BeginRequest { gamma: 0.9, ..begin_request(100) }));
    assert!(rig.reply(2).is_some());
}

#[test]
fn steps_that_do_not_fit_are_refused_and_change_nothing() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    rig.frame(200, 0.5);
    for (token, request, code) in [
        (10, step_request(EpisodeId([9; 16]), 1, 200), RefusalCode::UnknownEpisode),
        (11, step_request(episode, 2, 200), RefusalCode::StepOutOfOrder),
        (12, step_request(episode, 1, 50), RefusalCode::BadStamp),
        (13, StepRequest { k: 1.5, ..step_request(episode, 1, 200) }, RefusalCode::OutOfRange),
    ] {
        rig.step(210, token, request);
        assert_eq!(rig.refused(token), Some(code));
    }
    rig.step(211, 20, step_request(episode, 1, 200));
    assert!((rig.reward(20).potential_prev - 0.2).abs() < 1e-12);
}

#[test]
fn an_ending_closes_the_episode_and_zeroes_the_potential_where_the_learner_does_not_bootstrap() {
    for (ending, bootstraps) in [(Ending::Terminated, true), (Ending::Truncated, true), (Ending::Truncated, false)] {
        let mut rig = Rig::plain();
        rig.frame(100, 0.2);
        let request = BeginRequest { bootstrap_on_truncation: bootstraps, ..begin_request(100) };
        rig.at(106, Event::Begin(1, request));
        let episode = rig.opened(1).episode;
        rig.frame(200, 0.9);
        let last = StepRequest {
            ending,
            success: Success::Yes,
            success_source: SuccessSource::Sensor,
            ..step_request(episode, 1, 200)
        };
        rig.step(210, 2, last);
        let reward = rig.reward(2);
        let goes_on = ending == Ending::Truncated && bootstraps;
        assert_eq!(reward.bootstraps, goes_on);
        assert!((reward.potential - if goes_on { 0.9 } else { 0.0 }).abs() < 1e-12);
        assert_eq!(reward.gold, if ending == Ending::Terminated { 1.0 } else { 0.0 });
        assert_eq!(reward.success_source, SuccessSource::Sensor);
        rig.step(211, 3, step_request(episode, 2, 300));
        assert_eq!(rig.refused(3), Some(RefusalCode::UnknownEpisode));
        rig.step(212, 4, last);
        assert_eq!(rig.reply(4), rig.reply(2), "the last reply can be asked for again");
        assert!(!rig.engine.in_episode());
    }
}

#[test]
fn a_begin_over_an_open_episode_and_an_abort_void_it() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let first = rig.begin(106, 100);
    rig.step(190, 2, step_request(first, 1, 200));
    rig.frame(150, 0.3);
    rig.at(191, Event::Begin(3, begin_request(150)));
    assert_eq!(rig.refused(2), Some(RefusalCode::EpisodeClosed));
    let second = rig.opened(3).episode;
    assert_ne!(first, second);
    rig.at(192, Event::Abort(4, AbortRequest { episode: first }));
    assert_eq!(rig.refused(4), Some(RefusalCode::UnknownEpisode));
    rig.at(193, Event::Abort(5, AbortRequest { episode: second }));
    assert!(rig.reply(5).is_some() && !rig.engine.in_episode());
    rig.frame(300, 0.4);
    rig.frame(400, 0.5);
    assert!(rig.said.iter().any(|said| matches!(said, Said::Reward(..))), "watching goes on");
}

#[test]
fn elapsed_time_sets_k_where_the_learner_asked_for_it() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    rig.at(106, Event::Begin(1, BeginRequest { k_mode: KMode::Elapsed, ..begin_request(100) }));
    let episode = rig.opened(1).episode;
    rig.frame(350, 0.5);
    rig.step(356, 2, step_request(episode, 1, 350));
    let reward = rig.reward(2);
    assert!((reward.k - 2.5).abs() < 1e-12);
    assert!((reward.shaping - (0.95_f64.powf(2.5) * 0.5 - 0.2)).abs() < 1e-12);
}

#[test]
fn a_begin_that_the_shaper_cannot_take_is_refused_and_watching_goes_on() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    // Half a nanosecond passes the wire's check and is no period to measure elapsed time in.
    let request = BeginRequest { k_mode: KMode::Elapsed, period_secs: 1e-10, ..begin_request(100) };
    rig.at(110, Event::Begin(1, request));
    assert_eq!(rig.refused(1), Some(RefusalCode::OutOfRange));
    rig.frame(200, 0.3);
    rig.frame(300, 0.4);
    assert!(rig.said.iter().any(|said| matches!(said, Said::Reward(..))));
}

#[test]
fn an_episode_starts_at_the_first_frame_set_that_has_a_vote() {
    let mut rig = Rig::plain();
    rig.at(90, Event::Begin(1, begin_request(100)));
    rig.frame(100, NO_VOTE);
    assert!(rig.reply(1).is_none(), "nothing is known of this state");
    rig.frame(200, 0.4);
    assert!((rig.opened(1).potential_0 - 0.4).abs() < 1e-12);
    // And where the silent frame set came before the request.
    let mut rig = Rig::plain();
    rig.frame(100, NO_VOTE);
    rig.frame(200, 0.4);
    rig.at(210, Event::Begin(1, begin_request(100)));
    assert!((rig.opened(1).potential_0 - 0.4).abs() < 1e-12);
}

#[test]
fn the_same_events_give_the_same_bytes() {
    let run = || {
        let mut rig = Rig::new(false, FusionConfig::consistency());
        rig.frame(100, 0.2);
        let episode = rig.begin(106, 100);
        for step in 1..=20 {
            let at = 100 + step * 100;
            rig.frame(at, f64::from(u32::try_from(step % 7).unwrap()) / 7.0);
            rig.step(at + 6, 100 + step, step_request(episode, step, at));
        }
        rig.said
    };
    assert_eq!(run(), run());
}
