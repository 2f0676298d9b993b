//! Teachers that answer, dawdle, fail, die or never come, and a runtime that does not mind.
#![allow(clippy::unwrap_used, clippy::panic, clippy::float_cmp)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use striatum_core::{CorrectionRules, Discount, Perspectives, StampNanos};
use striatum_frames::{Frame, Image, content_hash};
use striatum_wire::{BundleHash, State, Status};

use super::*;
use crate::engine::{Engine, EngineConfig, Event, Output};
use crate::label::{fake, offline_config};
use crate::pipeline::Pipeline;
use striatum_core::{Ending, KMode, ShapingMode, SourceSet, Success, SuccessSource};
use striatum_wire::{BeginRequest, StepRequest, Task, TeacherCount, TeacherState};

/// A period of frame sets.
const PERIOD_NANOS: u64 = 200_000_000;
/// Longest wait for another thread.
const LIMIT: Duration = Duration::from_secs(30);

type Script = Box<dyn FnMut(&FrameSet) -> Result<Judgement> + Send>;

/// A teacher that does as a test says, and that stops where it is given something to be stopped by.
struct Scripted(Script, Option<Sender<()>>);

impl Teacher for Scripted {
    fn judge(&mut self, set: &FrameSet) -> Result<Judgement> {
        (self.0)(set)
    }

    fn forget(&mut self) {}

    fn hash(&self) -> [u8; 32] {
        [3; 32]
    }

    fn stopper(&self) -> Option<Stopper> {
        let stop = self.1.clone()?;
        Some(Box::new(move || {
            // Full means that it has been told already.
            let _ = stop.try_send(());
        }))
    }
}

fn scripted(script: impl FnMut(&FrameSet) -> Result<Judgement> + Send + 'static) -> Opener {
    let script: Script = Box::new(script);
    Box::new(|| Ok(Box::new(Scripted(script, None)) as Box<dyn Teacher>))
}

/// What the student would say, and `more`.
fn judgement(set: &FrameSet, more: f64) -> Judgement {
    let red = f64::from(set.frames[0].as_ref().unwrap().image.pixels()[0]);
    let progress = (red / 200.0 + more).clamp(0.0, 1.0);
    let hops = Perspectives { incremental: None, forward: Some(progress), backward: Some(progress - 1.0) };
    Judgement { scores: Scores { hops, std: 0.02, ..Scores::MISSING }, detail: serde_json::Value::Null }
}

fn rules() -> DeskRules {
    DeskRules { epoch: 7, pace: Pace::Nanos(0), deadline_nanos: 1_000_000_000_000, student: None }
}

/// An engine that watches, with a desk beside it.
struct Rig {
    engine: Engine,
    desk: Option<Desk>,
    rewards: Vec<Vec<u8>>,
    sets: u64,
}

impl Rig {
    fn new(desk: Option<Desk>) -> Self {
        let pipeline = Pipeline::new(fake::loaded().model, &offline_config(2, Discount::new(0.9).unwrap())).unwrap();
        let config = EngineConfig {
            epoch: 7,
            bundle_hash: BundleHash([0; 32]),
            max_skew_nanos: 1_000_000,
            lock_gamma: false,
            begin_timeout_nanos: 1_000_000_000,
            mode: ShapingMode::Potential,
            gold_sources: SourceSet::default(),
        };
        Self { engine: Engine::new(pipeline, config), desk, rewards: Vec::new(), sets: 0 }
    }

    fn with(rules: DeskRules, open: Opener) -> Self {
        Self::new(Some(Desk::start(rules, open).unwrap()))
    }

    /// Shows one frame set, as the engine's thread does.
    fn show(&mut self) {
        let now = StampNanos(1_000_000_000 + PERIOD_NANOS * self.sets);
        let red = u8::try_from(self.sets % 40).unwrap() * 5;
        self.sets += 1;
        let image = Arc::new(Image::filled(8, 8, [red, 40, 90]));
        for view in 0..2 {
            let (image, content_hash) = (Arc::clone(&image), content_hash(&image));
            self.handle(
                now,
                Event::Frame(Frame { view, capture: now, received: now, source_frame: 0, content_hash, image }),
            );
        }
        self.handle(now, Event::Conclude);
    }

    fn handle(&mut self, now: StampNanos, event: Event) {
        let Self { engine, desk, rewards, .. } = self;
        let hear = &mut |output: Output<'_>| match output {
            Output::Reward(_, bytes) => rewards.push(bytes.to_vec()),
            Output::Shown(shown) => {
                if let Some(desk) = desk {
                    desk.offer(now, &shown);
                }
            }
            _ => {}
        };
        engine.handle(now, event, hear).unwrap();
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().unwrap()
    }

    fn note(&self) -> Note {
        *self.desk().notes().recv_timeout(LIMIT).unwrap()
    }

    fn count(&self, what: TeacherCount) -> u64 {
        self.desk().counts()[what.index()]
    }

    fn wait_for(&self, wanted: impl Fn(&Desk) -> bool) {
        let start = Instant::now();
        while !wanted(self.desk()) {
            assert!(start.elapsed() < LIMIT, "{:?} {:?}", self.desk().state(), self.desk().counts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn told(&self) -> Status {
        let mut status = Status::starting(7);
        self.desk().tell(&mut status);
        status
    }
}

/// A teacher that says when it has been asked and waits for leave to answer.
fn waiting() -> (Opener, Receiver<StampNanos>, Sender<()>) {
    let (asked_in, asked) = bounded(64);
    let (leave, leave_out) = bounded::<()>(64);
    let open = scripted(move |set| {
        asked_in.send(set.newest).unwrap();
        // Without a sender any more it would wait for nobody.
        let _ = leave_out.recv();
        Ok(judgement(set, 0.1))
    });
    (open, asked, leave)
}

/// Rewards of 200 frame sets.
fn rewards(mut rig: Rig) -> Vec<Vec<u8>> {
    (0..200).for_each(|_| rig.show());
    assert_eq!(rig.rewards.len(), 199, "every frame set but the first gives a reward");
    rig.rewards
}

#[test]
fn whatever_the_teacher_does_the_rewards_are_the_same_to_the_bit() {
    let alone = rewards(Rig::new(None));
    let (never, _asked, leave) = waiting();
    let openers: [(&str, Opener); 6] = [
        ("answers", scripted(|set| Ok(judgement(set, 0.1)))),
        ("never answers", never),
        ("fails", scripted(|_| Err(crate::error::Error::input("teacher", "no", "none")))),
        ("dies", scripted(|_| panic!("out of memory"))),
        ("cannot be opened", Box::new(|| Err(crate::error::Error::input("teacher", "is no bundle", "give one")))),
        ("dies when opened", Box::new(|| panic!("no GPU"))),
    ];
    for (what, open) in openers {
        assert_eq!(rewards(Rig::with(rules(), open)), alone, "{what}");
    }
    drop(leave);
}

#[test]
fn the_newest_question_wins_and_what_it_replaced_is_counted() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::with(rules(), open);
    rig.show();
    let first = asked.recv_timeout(LIMIT).unwrap();
    (0..50).for_each(|_| rig.show());
    leave.send(()).unwrap();
    let note = rig.note();
    assert_eq!((note.score.frame_set, note.score.capture_newest_nanos, note.score.sequence), (0, first, 1));
    let second = asked.recv_timeout(LIMIT).unwrap();
    leave.send(()).unwrap();
    let note = rig.note();
    assert_eq!((note.score.frame_set, note.score.capture_newest_nanos, note.score.sequence), (50, second, 51));
    assert_eq!(second.since(first), 50 * PERIOD_NANOS);
    let counts = [TeacherCount::Asked, TeacherCount::Answered, TeacherCount::Dropped].map(|what| rig.count(what));
    assert_eq!(counts, [51, 2, 49]);
    // What it said is what it was asked of.
    assert_eq!((note.score.votes, note.score.hops), (2, 6));
    let json: serde_json::Value = serde_json::from_str(&note.text).unwrap();
    assert_eq!((json["frame_set"].as_u64(), json["progress"].as_f64()), (Some(50), Some(note.score.progress_mean)));
    assert!((note.score.progress_mean - note.score.student_progress - 0.1).abs() < 1e-12);
}

#[test]
fn to_hand_a_question_over_allocates_nothing() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::with(rules(), open);
    rig.show();
    asked.recv_timeout(LIMIT).unwrap();
    let mut counted = Vec::new();
    for _ in 0..20 {
        let now = StampNanos(1_000_000_000 + PERIOD_NANOS * rig.sets);
        let Rig { engine, desk, .. } = &mut rig;
        let image = Arc::new(Image::filled(8, 8, [100, 40, 90]));
        for view in 0..2 {
            let (image, content_hash) = (Arc::clone(&image), content_hash(&image));
            let frame = Frame { view, capture: now, received: now, source_frame: 0, content_hash, image };
            engine.handle(now, Event::Frame(frame), &mut |_| {}).unwrap();
        }
        let hear = &mut |output: Output<'_>| {
            if let Output::Shown(shown) = output {
                let desk = desk.as_mut().unwrap();
                counted.push(allocation_counter::measure(|| desk.offer(now, &shown)).count_total);
            }
        };
        engine.handle(now, Event::Conclude, hear).unwrap();
        rig.sets += 1;
    }
    drop(leave);
    assert_eq!(counted, [0; 20]);
}

#[test]
fn a_teacher_that_stalls_degrades_the_status_until_it_answers() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::with(DeskRules { deadline_nanos: 1, ..rules() }, open);
    rig.wait_for(|desk| desk.state() == TeacherState::Ready);
    rig.show();
    asked.recv_timeout(LIMIT).unwrap();
    rig.wait_for(|desk| desk.state() == TeacherState::Stalled);
    let told = rig.told();
    assert!(told.teacher_reason.starts_with("no answer for"), "{}", told.teacher_reason);
    leave.send(()).unwrap();
    assert!(rig.note().score.late, "it is late, and keeps its frame set");
    rig.wait_for(|desk| desk.state() == TeacherState::Ready);
    assert_eq!((rig.count(TeacherCount::Late), rig.told().teacher_reason.as_str()), (1, ""));
    assert_eq!(rig.told().state, State::Starting, "the desk leaves the runtime's state to the runtime");
}

#[test]
fn a_teacher_that_fails_is_asked_again_and_one_that_died_is_not() {
    let mut left = 3;
    let mut rig = Rig::with(
        rules(),
        scripted(move |set| {
            left -= 1;
            match left {
                2 => Err(crate::error::Error::input("the teacher", "has no memory left", "give it more")),
                1 => Ok(judgement(set, 0.0)),
                _ => panic!("a bug"),
            }
        }),
    );
    rig.show();
    rig.wait_for(|desk| desk.state() == TeacherState::Failing);
    assert!(rig.told().teacher_reason.contains("has no memory left"));
    rig.show();
    rig.note();
    rig.show();
    rig.wait_for(|desk| desk.state() == TeacherState::Stopped);
    assert!(rig.told().teacher_reason.contains("it died: a bug"));
    let asked = rig.count(TeacherCount::Asked);
    rig.show();
    assert_eq!((rig.count(TeacherCount::Asked), asked), (3, 3), "nobody is asked any more");
    assert_eq!((rig.count(TeacherCount::Failed), rig.count(TeacherCount::Answered)), (2, 1));
    assert!(rig.desk().notes().recv_timeout(LIMIT).is_err(), "its end of the queue is gone");
}

#[test]
fn an_answer_without_a_vote_is_counted_and_teaches_nothing() {
    let student = Some(StudentRules { fit: CorrectionRules::new(0.2, 1.0, 1.0).unwrap(), votes: 1 });
    let mut rig = Rig::with(
        DeskRules { student, ..rules() },
        scripted(|set| {
            let mut judged = judgement(set, 0.1);
            judged.scores.hops = Perspectives { incremental: None, forward: Some(f64::NAN), backward: None };
            Ok(judged)
        }),
    );
    rig.show();
    let note = rig.note();
    assert_eq!((note.score.votes, note.score.hops, note.proposal), (0, 0, None));
    assert_eq!((rig.count(TeacherCount::NoVote), rig.count(TeacherCount::Answered)), (1, 1));
    let json: serde_json::Value = serde_json::from_str(&note.text).unwrap();
    assert!(json["progress"].is_null() && json["std"].is_null(), "missing is not zero");
}

#[test]
fn a_student_that_is_taught_changes_at_the_next_begin_alone() {
    let student = Some(StudentRules { fit: CorrectionRules::new(0.2, 1.0, 1.0).unwrap(), votes: 4 });
    let mut rig = Rig::with(DeskRules { student, ..rules() }, scripted(|set| Ok(judgement(set, 0.08))));
    let proposal = (0..40).find_map(|_| {
        rig.show();
        rig.note().proposal
    });
    let revision = proposal.unwrap().revision;
    // The first votes are all on the beginning of the task: there it is put right.
    let there = revision.correction.at(striatum_core::Progress::new(0.04).unwrap()).get();
    assert!(revision.number == 1 && (there - 0.12).abs() < 0.02, "{revision:?}");
    let now = StampNanos(1_000_000_000 + PERIOD_NANOS * rig.sets);
    rig.handle(now, Event::Revise(revision));
    assert_eq!(rig.engine.pipeline().revision().number, 0);
}

#[test]
fn who_asks_by_time_or_by_steps_asks_no_more_often() {
    let mut rig = Rig::with(
        DeskRules { pace: Pace::Nanos(5 * PERIOD_NANOS), ..rules() },
        scripted(|set| Ok(judgement(set, 0.0))),
    );
    (0..50).for_each(|_| rig.show());
    assert_eq!(rig.count(TeacherCount::Asked), 10);
    let mut rig = Rig::with(DeskRules { pace: Pace::Steps(2), ..rules() }, scripted(|set| Ok(judgement(set, 0.0))));
    (0..50).for_each(|_| rig.show());
    assert_eq!(rig.count(TeacherCount::Asked), 0, "without an episode there are no steps");
}

#[test]
fn by_steps_the_first_question_is_due_at_its_step_too() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::new(None);
    rig.handle(at(0), Event::Begin(1, begin()));
    rig.show();
    rig.handle(at(1), Event::Step(2, step(1, at(1)), at(1)));
    // The state of `begin` was not offered: a view was missing, say.
    rig.desk = Some(Desk::start(DeskRules { pace: Pace::Steps(2), ..rules() }, open).unwrap());
    (0..2).for_each(|_| rig.show());
    assert_eq!(rig.count(TeacherCount::Asked), 0, "step 1 is not its turn");
    rig.handle(at(3), Event::Step(3, step(2, at(3)), at(3)));
    rig.show();
    assert_eq!((asked.recv_timeout(LIMIT), rig.count(TeacherCount::Asked)), (Ok(at(3)), 1));
    drop(leave);
}

#[test]
fn a_proposal_whose_note_found_no_place_goes_out_with_the_next() {
    let student = Some(StudentRules { fit: CorrectionRules::new(0.2, 1.0, 1.0).unwrap(), votes: 12 });
    let mut rig = Rig::with(DeskRules { student, ..rules() }, scripted(|set| Ok(judgement(set, 0.08))));
    // Nobody listens: eight notes have a place, and the first proposal comes after that.
    for answered in 1..=40_u64 {
        rig.show();
        rig.wait_for(|desk| {
            let counts = desk.counts();
            counts[TeacherCount::Answered.index()] == answered
                && counts[TeacherCount::Dropped.index()] == answered.saturating_sub(8)
        });
    }
    assert!((0..8).all(|_| rig.note().proposal.is_none()));
    rig.show();
    let proposal = rig.note().proposal.unwrap();
    assert!(proposal.revision.number >= 1, "{proposal:?}");
    rig.show();
    assert_eq!(rig.note().proposal, None, "once");
}

/// When a frame set of a rig is shown.
fn at(set: u64) -> StampNanos {
    StampNanos(1_000_000_000 + PERIOD_NANOS * set)
}

fn begin() -> BeginRequest {
    BeginRequest {
        task: Task::try_from("tidy").unwrap(),
        gamma: 0.9,
        period_secs: 0.2,
        deadline_secs: 10.0,
        bootstrap_on_truncation: true,
        terminate_on_success: false,
        k_mode: KMode::Unit,
        stamp_nanos: at(0),
    }
}

/// A step of the first episode of a rig.
fn step(step: u64, stamp_nanos: StampNanos) -> StepRequest {
    let (ending, success, success_source) = (Ending::Running, Success::Unknown, SuccessSource::None);
    StepRequest { episode: first_episode(), step, stamp_nanos, k: 0.0, ending, success, success_source }
}

/// The epoch, and the first of its episodes.
fn first_episode() -> EpisodeId {
    let mut episode = EpisodeId([0; 16]);
    (episode.0[7], episode.0[15]) = (7, 1);
    episode
}

#[test]
fn by_steps_the_state_of_begin_and_every_other_state_is_asked_about_once() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::with(DeskRules { pace: Pace::Steps(2), ..rules() }, open);
    rig.handle(at(0), Event::Begin(1, begin()));
    rig.show();
    assert_eq!(asked.recv_timeout(LIMIT), Ok(at(0)), "the first state");
    for number in 1..=5 {
        let stamp_nanos = at(rig.sets);
        rig.handle(stamp_nanos, Event::Step(number + 1, step(number, stamp_nanos), stamp_nanos));
        // The state of the step, and one that is nobody's.
        (0..2).for_each(|_| rig.show());
    }
    assert_eq!(rig.count(TeacherCount::Asked), 3, "steps 0, 2 and 4");
    leave.send(()).unwrap();
    leave.send(()).unwrap();
    rig.note();
    let note = rig.note();
    assert_eq!((note.score.episode, note.score.step, note.score.frame_set), (first_episode(), 4, 7));
    drop(leave);
}

#[test]
fn a_run_ends_without_a_teacher_that_never_answers() {
    let (open, asked, leave) = waiting();
    let mut rig = Rig::with(rules(), open);
    rig.show();
    asked.recv_timeout(LIMIT).unwrap();
    // It comes back though nothing lets the teacher go.
    rig.desk.as_mut().unwrap().finish();
    assert_eq!((rig.count(TeacherCount::Asked), rig.count(TeacherCount::Answered)), (1, 0));
    drop(leave);
}

#[test]
fn a_teacher_that_cannot_be_left_alone_is_stopped_before_the_run_ends() {
    let (asked_in, asked) = bounded(1);
    let (stop, stopped) = bounded::<()>(1);
    let (ended_in, ended) = bounded(1);
    let script: Script = Box::new(move |_| {
        asked_in.send(()).unwrap();
        stopped.recv().unwrap();
        ended_in.send(()).unwrap();
        Err(crate::error::Error::input("the teacher", "was stopped", "begin again"))
    });
    let mut rig = Rig::with(rules(), Box::new(|| Ok(Box::new(Scripted(script, Some(stop))) as Box<dyn Teacher>)));
    rig.show();
    asked.recv_timeout(LIMIT).unwrap();
    rig.desk.as_mut().unwrap().finish();
    assert_eq!(ended.try_recv(), Ok(()), "its judgement has ended when the desk has");
}
