//! Episode control by a learner in another process than the runtime.

use std::time::Duration;

use striatum_core::{Ending, StampNanos};
use striatum_tests::kit::{Cameras, Learner, Runtime, begin_request, free_endpoint, now_nanos, step_request};
use striatum_wire::{QualityFlags, RefusalCode, ShapedReward, StepRequest};

use crate::{PROGRAM, own_folder, world};

/// Steps of the long run.
const STEPS: u64 = 10_000;

#[test]
fn ten_thousand_steps_and_none_is_lost_unnoticed() {
    let folder = own_folder();
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, "");
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint()).roll(Duration::from_millis(100));
    let begun = learner.begin(&begin_request(now_nanos(), 0.0)).expect("begin");
    let mut replies = Vec::with_capacity(10_000);
    for step in 1..=STEPS {
        let ending = if step == STEPS { Ending::Terminated } else { Ending::Running };
        let request = StepRequest { ending, ..step_request(begun.episode, step, now_nanos()) };
        let bytes = learner.step(&request).expect("each step is answered");
        replies.push(ShapedReward::decode(&bytes).expect("it decodes"));
    }
    drop(cameras);
    assert!(replies.iter().enumerate().all(|(at, reply)| reply.step == at as u64 + 1));
    // The replies chain: each potential is evaluated once.
    let mut before = begun.potential_0;
    for reply in &replies {
        assert_eq!(reply.potential_prev.to_bits(), before.to_bits(), "step {}", reply.step);
        before = reply.potential;
    }
    // They telescope: the discounted sum of F is -Phi_0 for an episode that terminates.
    let (sum, _) =
        replies.iter().fold((0.0, 1.0), |(sum, discount), reply| (sum + discount * reply.shaping, discount * 0.99));
    assert!((sum + begun.potential_0).abs() < 1e-12 * STEPS as f64, "{sum}");
    // New frame sets were used on the way, and the steps between them held the potential.
    let held = replies.iter().filter(|reply| reply.quality.contains(QualityFlags::HELD)).count();
    assert!(held > 0 && held < replies.len() - 5, "{held} held");
    // What was published: every one is here, or its absence shows as a gap of the sequence.
    learner.reward(|reward| reward.ending == Ending::Terminated);
    let published: Vec<_> = learner.rewards().into_iter().filter(|reward| reward.episode == begun.episode).collect();
    // A message that was lost on the way shows as a gap of just the steps that are missing.
    for pair in published.windows(2) {
        assert_eq!(pair[1].sequence - pair[0].sequence, pair[1].step - pair[0].step, "after step {}", pair[0].step);
    }
    assert!(published.len() > 9_000, "loopback loses few: {} of {STEPS} arrived", published.len());
    for reward in &published {
        let step = usize::try_from(reward.step).unwrap();
        assert_eq!(*reward, replies[step - 1], "the reply and the message are the same");
    }
}

#[test]
fn a_restart_in_mid_episode_opens_a_new_epoch_and_voids_the_transition() {
    let folder = own_folder();
    let endpoint = free_endpoint();
    // With a recording: the second run must not trip over the first one's file.
    let record = "[record]\npath = \"run.mcap\"\nflush_secs = 0.05\n";
    let runtime = Runtime::start_at(PROGRAM, folder.path(), &world().bundle, &endpoint, record);
    let learner = Learner::connect(&endpoint);
    let cameras = Cameras::connect(&endpoint).roll(Duration::from_millis(100));
    let begun = learner.begin(&begin_request(now_nanos(), 1.0)).expect("begin");
    learner.step(&step_request(begun.episode, 1, now_nanos())).expect("a step");
    drop(cameras);
    drop(learner);
    runtime.kill();

    let runtime = Runtime::start_at(PROGRAM, folder.path(), &world().bundle, &endpoint, record);
    assert!(folder.path().join("run-2.mcap").exists());
    // What the killed run left is replayed, and called what it is.
    let left = folder.path().join("run.mcap");
    let replayed = striatum_tests::kit::run(PROGRAM, &["replay", crate::text(&left)]);
    let said = String::from_utf8_lossy(&replayed.stdout);
    assert!(replayed.status.success() && said.contains("was cut"), "{said}");
    let learner = Learner::connect(runtime.endpoint());
    let (code, _) = learner.step(&step_request(begun.episode, 2, now_nanos())).expect_err("the episode is gone");
    assert_eq!(code, RefusalCode::UnknownEpisode);
    let _cameras = Cameras::connect(&endpoint).roll(Duration::from_millis(100));
    let again = learner.begin(&begin_request(now_nanos(), 1.0)).expect("begin again");
    assert_eq!(learner.alive(), [again.epoch], "the token of the killed run is gone, the new one's is there");
    assert!(again.epoch > begun.epoch, "{} and then {}", begun.epoch, again.epoch);
    assert_ne!(again.episode, begun.episode);
}

#[test]
fn a_learner_with_another_gamma_is_refused() {
    let folder = own_folder();
    let locked = "[reward]\ngamma = 0.9\nlock_gamma = true\n";
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, locked);
    let learner = Learner::connect(runtime.endpoint());
    let (code, line) = learner.begin(&begin_request(now_nanos(), 1.0)).expect_err("0.99 is not 0.9");
    assert_eq!(code, RefusalCode::GammaMismatch);
    assert!(line.contains("0.99") && line.contains("0.9"), "{line}");
}

#[test]
fn a_step_past_its_deadline_gets_a_held_potential_and_never_blocks() {
    let folder = own_folder();
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, "");
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint());
    let start = now_nanos();
    cameras.send(0, start);
    let begun = learner.begin(&begin_request(start, 0.05)).expect("begin");
    // No camera any more.
    for step in 1..=5 {
        let bytes = learner.step(&step_request(begun.episode, step, start + step * 100_000_000)).expect("answered");
        let reward = ShapedReward::decode(&bytes).unwrap();
        assert!(reward.quality.contains(QualityFlags::HELD.with(QualityFlags::LATE)), "{}", reward.quality);
        assert_eq!(reward.potential.to_bits(), begun.potential_0.to_bits());
        assert!((reward.shaping - (0.99 - 1.0) * begun.potential_0).abs() < 1e-15);
    }
    // The cameras are back: the next step sees the new frame set.
    let stamp = start + 600_000_000;
    cameras.send(30, stamp);
    learner.status(|status| status.frame_sets >= 2);
    let bytes = learner.step(&step_request(begun.episode, 6, stamp)).expect("answered");
    let reward = ShapedReward::decode(&bytes).unwrap();
    assert_eq!(reward.quality.with(QualityFlags::OUT_OF_DISTRIBUTION), QualityFlags::OUT_OF_DISTRIBUTION);
    assert_eq!(reward.capture_newest_nanos, StampNanos(stamp));
}

#[test]
fn the_same_step_asked_twice_gets_the_same_bytes_and_an_abort_voids() {
    let folder = own_folder();
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, "");
    let learner = Learner::connect(runtime.endpoint());
    let _cameras = Cameras::connect(runtime.endpoint()).roll(Duration::from_millis(100));
    let begun = learner.begin(&begin_request(now_nanos(), 1.0)).expect("begin");
    let request = step_request(begun.episode, 1, now_nanos());
    let once = learner.step(&request).expect("answered");
    assert_eq!(learner.step(&request).expect("answered again"), once);
    learner.abort(begun.episode).expect("aborted");
    let (code, _) = learner.step(&step_request(begun.episode, 2, now_nanos())).expect_err("closed");
    assert_eq!(code, RefusalCode::UnknownEpisode);
    // Watching goes on.
    learner.reward(|reward| reward.episode.is_none() && reward.sequence > 1);
}
