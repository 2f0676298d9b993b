//! A slow teacher beside the runtime: far away and ever slower, gone, or a generative bundle in the same process.
#![allow(clippy::print_stderr)] // how rewards fared is a record

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use striatum_tests::kit::{Cameras, Endpoint, Learner, Runtime, begin_request, now_nanos, run, step_request};
use striatum_wire::{QualityFlags, ShapedReward, State, TeacherCount, TeacherState};

use crate::{PROGRAM, own_folder, text, world};

/// Between two frame sets of the cameras, and two steps of the learner.
const PERIOD: Duration = Duration::from_millis(100);
/// Steps of an episode.
const STEPS: u64 = 30;
/// A learner's deadline, seconds.
const DEADLINE_SECS: f64 = 0.3;

/// The drawn model's folder, its files without what its tests compare with.
fn drawn_grm(folder: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/fixtures/qwen2_5_vl_drawn");
    let to = folder.join("grm.bundle");
    std::fs::create_dir_all(to.join("onnx")).unwrap();
    for name in [
        "config.json",
        "generation_config.json",
        "preprocessor_config.json",
        "prompt_template.txt",
        "tokenizer.json",
        "tokenizer_config.json",
    ] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    for entry in std::fs::read_dir(from.join("onnx")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join("onnx").join(entry.file_name())).unwrap();
    }
    to
}

/// How rewards fared while the teacher did something.
struct Fared {
    /// Frame sets a second by the rewards of a learner that only watches.
    rate: f64,
    /// Of [`STEPS`] steps, those whose deadline decided.
    late: usize,
    /// The longest wait for a step's answer, seconds.
    longest_secs: f64,
    revision: u64,
    /// What each step was answered with.
    replies: Vec<Vec<u8>>,
}

impl Fared {
    fn line(&self) -> String {
        let Self { rate, late, longest_secs, .. } = self;
        format!("{rate:.2} rewards a second, {late} of {STEPS} steps late, the longest wait {longest_secs:.3} s")
    }
}

/// Watches for three seconds, then plays an episode of [`STEPS`] steps at the cameras' rate.
fn fare(learner: &Learner) -> Fared {
    let (start, before) = (Instant::now(), learner.rewards().len());
    std::thread::sleep(Duration::from_secs(3));
    let rate = (learner.rewards().len() - before) as f64 / start.elapsed().as_secs_f64();
    let begun = learner.begin(&begin_request(now_nanos(), DEADLINE_SECS)).expect("begin");
    let (mut heard, mut longest_secs) = (Vec::new(), 0.0_f64);
    for step in 1..=STEPS {
        std::thread::sleep(PERIOD);
        // The learner asks for the frame set that is on its way.
        let asked = Instant::now();
        let bytes = learner.step(&step_request(begun.episode, step, now_nanos())).expect("every step is answered");
        longest_secs = longest_secs.max(asked.elapsed().as_secs_f64());
        heard.push(bytes);
    }
    learner.abort(begun.episode).expect("abort");
    let replies: Vec<ShapedReward> = heard.iter().map(|bytes| decoded(bytes)).collect();
    let revision = replies[0].model_revision;
    assert!(replies.iter().all(|reply| reply.model_revision == revision), "one episode, one revision");
    let mut potential = begun.potential_0;
    for reply in &replies {
        assert_eq!(reply.potential_prev.to_bits(), potential.to_bits());
        potential = reply.potential;
    }
    let late = replies.iter().filter(|reply| reply.quality.contains(QualityFlags::LATE)).count();
    Fared { rate, late, longest_secs, revision, replies: heard }
}

fn decoded(bytes: &[u8]) -> ShapedReward {
    ShapedReward::decode(bytes).expect("it decodes")
}

#[test]
fn every_step_is_answered_while_the_teacher_is_made_100_times_slower_and_killed() {
    let folder = own_folder();
    // Wherever the robot is, the teacher says 0.9: a student of a drawn episode is corrected upwards.
    let endpoint = Endpoint::start("<score>+90%</score>", "<score>-10%</score>");
    endpoint.delay(Duration::from_millis(10));
    let prompt = "../models/tests/fixtures/qwen2_5_vl_drawn/prompt_template.txt";
    let prompt = Path::new(env!("CARGO_MANIFEST_DIR")).join(prompt);
    let config = format!(
        "[sync]\nperiod_secs = 0.0\n[record]\npath = \"run.mcap\"\nflush_secs = 0.2\n\
         [teacher]\nevery_secs = 0.2\ndeadline_secs = 1.5\n[teacher.correction]\nvotes = 4\n\
         [teacher.remote]\nurl = {:?}\nmodel = \"grm\"\nprompt = {:?}\nretries = 0\n",
        endpoint.url(),
        text(&prompt)
    );
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, &config);
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint()).roll(PERIOD);
    learner.status(|status| status.teacher_count(TeacherCount::Answered) >= 3);
    let quick = fare(&learner);
    let told = learner.status(|status| status.teacher == TeacherState::Ready);
    assert_eq!(told.teacher_count(TeacherCount::NoVote), 0);

    endpoint.delay(Duration::from_secs(1));
    learner.status(|status| status.teacher == TeacherState::Failing && status.state == State::Degraded);
    let slow = fare(&learner);
    drop(endpoint);
    learner.status(|status| status.teacher_reason.contains("onnection"));
    let killed = fare(&learner);
    // How fast that was depends on what else the machine does: it is printed, not judged.
    eprintln!("quick: {}\n100 times slower: {}\nkilled: {}", quick.line(), slow.line(), killed.line());
    assert!(killed.revision > 0, "what was learnt while it answered holds");
    let told = learner.status(|status| status.model_revision == killed.revision);
    assert!(told.detail.contains("the teacher is failing"), "{}", told.detail);
    assert!(told.teacher_count(TeacherCount::Failed) > 0 && told.teacher_count(TeacherCount::Dropped) > 0);

    // Each score is one of a frame set whose reward is there, and no reward was changed by it.
    let (scores, rewards) = (learner.scores(), learner.rewards());
    assert!(scores.len() >= 3 && scores.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    let in_episode = scores.iter().filter(|score| !score.episode.is_none() && score.step > 0).count();
    assert!(in_episode > 0, "it was asked of an episode's states");
    let mut matched = 0;
    for score in &scores {
        assert!((score.progress_mean - 0.9).abs() < 1e-9 && score.votes == 2);
        let same = |reward: &ShapedReward| reward.capture_newest_nanos == score.capture_newest_nanos;
        // Which of the two comes first is a matter of how busy the machine is: a teacher of 10 ms may well be ahead of a step.
        matched += usize::from(rewards.iter().any(same));
    }
    assert!(matched > 0, "a score says of which reward's state it is");
    let mut published = 0;
    for bytes in [quick, slow, killed].iter().flat_map(|fared| &fared.replies) {
        let said = decoded(bytes);
        for reward in rewards.iter().filter(|reward| (reward.episode, reward.step) == (said.episode, said.step)) {
            let mut again = [0; ShapedReward::MAX_LEN];
            let length = reward.encode(&mut again).expect("it encodes");
            assert_eq!(&again[..length], &bytes[..], "step {}", said.step);
            published += 1;
        }
    }
    assert!(published > 0, "steps are published too");
    drop(cameras);
    drop(learner);
    assert!(runtime.stop().success());

    let file = folder.path().join("run.mcap");
    let replayed = run(PROGRAM, &["replay", text(&file), "--check"]);
    let said = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert!(replayed.status.success() && said.contains("bit for bit"), "{said}");
    let before = std::fs::read(&file).unwrap();
    let table = folder.path().join("again.csv");
    let relabelled = run(PROGRAM, &["relabel", text(&file), "--out", text(&table)]);
    let said = String::from_utf8_lossy(&[relabelled.stdout, relabelled.stderr].concat()).into_owned();
    assert!(relabelled.status.success() && said.contains("with the teacher's vote"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "the recording is as it was");
    assert!(std::fs::read_to_string(&table).unwrap().lines().count() > 100);
    assert!(
        !run(PROGRAM, &["relabel", text(&file), "--out", text(&table)]).status.success(),
        "nothing is written over"
    );
}

#[test]
fn a_generative_bundle_teaches_in_the_same_process() {
    let folder = own_folder();
    let grm = drawn_grm(folder.path());
    let sealed = run(
        PROGRAM,
        &[
            "models",
            "seal",
            text(&grm),
            "--score-meaning",
            "task-fraction",
            "--licence",
            "drawn",
            "--views",
            "cam_high,cam_side,cam_wrist",
        ],
    );
    assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
    let config = format!(
        "[record]\npath = \"run.mcap\"\n[teacher]\nbundle = {:?}\nevery_secs = 0.2\ndeadline_secs = 30.0\n",
        text(&grm)
    );
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, &config);
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint()).roll(PERIOD);
    let told = learner
        .status(|status| status.teacher == TeacherState::Stopped || status.teacher_count(TeacherCount::Answered) >= 2);
    assert_eq!(told.teacher, TeacherState::Ready, "{}", told.teacher_reason);
    drop(cameras);
    let score = learner.scores().pop().expect("a score");
    assert!(score.teacher_hash.0 != [0; 32] && score.latency_nanos > 0 && !score.late);
    drop(learner);
    assert!(runtime.stop().success());
    let replayed = run(PROGRAM, &["replay", text(&folder.path().join("run.mcap")), "--check"]);
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
}

#[test]
fn a_teacher_that_cannot_be_opened_is_told_and_rewards_go_on() {
    let folder = own_folder();
    let config = "[teacher]\nbundle = \"no.bundle\"\n";
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, config);
    let learner = Learner::connect(runtime.endpoint());
    let _cameras = Cameras::connect(runtime.endpoint()).roll(PERIOD);
    learner.reward(|reward| reward.sequence >= 3);
    let told = learner.status(|status| status.teacher == TeacherState::Stopped && status.frame_sets_per_sec > 0.0);
    assert!(told.state == State::Degraded && told.teacher_reason.contains("no.bundle"), "{}", told.teacher_reason);
    assert!(told.detail.contains("the teacher is stopped"), "{}", told.detail);
    let before = learner.rewards().len() as u64;
    learner.reward(|reward| reward.sequence >= before + 5);
    assert!(runtime.stop().success());
}
