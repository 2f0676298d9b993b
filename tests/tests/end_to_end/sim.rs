//! A served world: what a client gets of it, what it does not take, and the runtime that takes it for a robot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use striatum_core::{Ending, StampNanos, Success, SuccessSource};
use striatum_tests::kit::{
    Learner, Runtime, Served, WorldClient, begin_request, free_endpoint, listen, now_nanos, run, shift, step_request,
};
use striatum_wire::{Action, ActionKind, ActionLoss, Detail, RefusalCode, ResetRequest, ShapedReward, StepRequest};
use tempfile::TempDir;

use crate::{PROGRAM, text, world};

/// Small pictures: these tests look at messages.
pub(crate) const SMALL: [&str; 3] = ["push", "--size", "64x48"];

/// Pictures that a bundle is adapted to.
pub(crate) const PUSH: [&str; 3] = ["push", "--size", "160x120"];

/// A bundle for pushing, of one episode of the expert's; made once.
pub(crate) fn push_bundle() -> &'static Path {
    static BUNDLE: OnceLock<PathBuf> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let folder = world().folder.path().join("push");
        let (episodes, bundle) = (folder.join("episodes"), folder.join("push.bundle"));
        let made = |arguments: &[&str]| {
            let output = run(PROGRAM, arguments);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        made(
            &[&["sim"], &PUSH[..], &["--episodes", "1", "--seed", "3", "--images", "--out", text(&episodes)]].concat(),
        );
        made(&["adapt", text(&episodes.join("episode_003")), "--out", text(&bundle), "--stride", "3"]);
        bundle
    })
}

/// A world that no runtime listens to.
pub(crate) fn served(folder: &TempDir, more: &[&str]) -> Served {
    Served::start(PROGRAM, folder.path(), &free_endpoint(), &[&SMALL[..], more].concat())
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn expert(seed: u64, failure: &str) -> ResetRequest {
    ResetRequest { seed, expert: true, failure: Detail::try_from(failure).unwrap() }
}

#[test]
fn a_client_resets_drives_and_sees() {
    let folder = folder();
    let served = served(&folder, &[]);
    let client = WorldClient::connect(served.endpoint());
    let waiting = client.truth(|_| true);
    assert!(waiting.ended && waiting.episode == 0, "nothing runs before a reset: {waiting:?}");
    let reply = client.reset(7);
    assert_eq!((reply.episode, reply.seed, reply.joints), (1, 7, 7));
    assert!((reply.period_secs - 0.1).abs() < 1e-12 && reply.task.contains("block"), "{reply:?}");
    let first = client.joints(|joints| joints.stamp_nanos == reply.stamp_nanos.0);
    assert_eq!(first.names.len(), 9, "seven joints and two fingers: {:?}", first.names);
    // One action for each truth: 2 cm up each time, until ten have been used.
    let begun = client.truth(|truth| truth.episode == 1);
    let (mut step, mut truth) = (begun.step, begun.clone());
    while truth.actions < begun.actions + 10 {
        client.act(&shift(reply.token, [0.0, 0.0, 0.02]));
        truth = client.truth(|truth| truth.step > step);
        step = truth.step;
    }
    assert!(!truth.ended && truth.phases > 1, "{truth:?}");
    let moved = client.joints(|joints| joints.stamp_nanos >= truth.stamp_nanos.0);
    let furthest = first.positions.iter().zip(&moved.positions).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(furthest > 0.02, "the arm moved: {furthest} radians at most");
    // With no action it stays where it is.
    let rest = client.truth(|later| later.step >= truth.step + 15);
    let still = client.joints(|joints| joints.stamp_nanos >= rest.stamp_nanos.0);
    let fastest = still.velocities.iter().map(|speed| speed.abs()).fold(0.0, f64::max);
    assert!(fastest < 0.02, "it holds still: {fastest} radians a second");
    three_views_share_each_stamp(&client, reply.stamp_nanos.0);
    assert!(served.stop().success());
}

/// From `since` on; the last moment may not have come as a whole yet.
fn three_views_share_each_stamp(client: &WorldClient, since: u64) {
    let mut moments: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for frame in client.frames().into_iter().filter(|frame| frame.stamp_nanos >= since) {
        assert!(frame.bytes > 500, "{frame:?}");
        moments.entry(frame.stamp_nanos).or_default().insert(frame.view);
    }
    moments.pop_last();
    assert_eq!(moments.first_key_value().map(|(stamp, _)| *stamp), Some(since), "the first shows the reset");
    let all_views: BTreeSet<String> = ["cam_high", "cam_side", "cam_wrist"].map(str::to_owned).into();
    let whole = moments.values().filter(|views| **views == all_views);
    // A busy computer may lose one; it never mixes them.
    let (whole, all) = (whole.count(), moments.len());
    assert!(whole > 10 && whole + 2 >= all, "{whole} of {all} moments are whole");
}

#[test]
fn the_same_seed_and_actions_are_the_same_episode() {
    let folder = folder();
    let served = served(&folder, &["--rate", "10"]);
    let client = WorldClient::connect(served.endpoint());
    let ends: Vec<_> = [3, 4, 3]
        .into_iter()
        .map(|seed| {
            let reply = client.ask(&expert(seed, "")).expect("the expert begins");
            let end = client.truth(|truth| truth.episode == reply.episode && truth.ended);
            assert!(end.success && end.progress == 1.0, "{end:?}");
            let joints = client.joints(|joints| joints.stamp_nanos == end.stamp_nanos.0);
            (end.step, joints.positions)
        })
        .collect();
    assert_eq!(ends[0], ends[2]);
    assert_ne!(ends[0], ends[1]);
    let failing = client.ask(&expert(3, "miss")).expect("a failing expert begins");
    let end = client.truth(|truth| truth.episode == failing.episode && truth.ended);
    assert!(!end.success && end.progress < 1.0, "{end:?}");
    // Its line comes after its truth.
    let (status, log) = served.finish();
    assert!(status.success(), "{log}");
    assert!(log.contains("failing by miss") && log.contains("success after"), "{log}");
}

#[test]
fn the_expert_shows_episodes_until_a_client_takes_over() {
    let folder = folder();
    let served = served(&folder, &["--expert", "--seed", "5", "--rate", "4"]);
    let client = WorldClient::connect(served.endpoint());
    client.truth(|truth| truth.episode == 2 && !truth.ended);
    client.act(&shift(1, [0.0; 3]));
    client.truth(|truth| truth.lost(ActionLoss::ExpertDrives) == 1);
    let reply = client.reset(1);
    client.act(&shift(reply.token, [0.0; 3]));
    client.truth(|truth| truth.episode == reply.episode && truth.actions == 1);
}

#[test]
fn the_world_belongs_to_the_client_that_reset_it_last() {
    let folder = folder();
    let served = served(&folder, &[]);
    let (one, other) = (WorldClient::connect(served.endpoint()), WorldClient::connect(served.endpoint()));
    let before = one.reset(1);
    one.act(&shift(before.token, [0.0; 3]));
    one.truth(|truth| truth.actions == 1);
    let after = other.reset(2);
    assert!(after.token != before.token && after.episode == before.episode + 1);
    one.act(&shift(before.token, [0.02, 0.0, 0.0]));
    let truth = one.truth(|truth| truth.lost(ActionLoss::WrongToken) == 1);
    assert_eq!((truth.actions, truth.episode), (1, after.episode));
    other.act(&shift(after.token, [0.0; 3]));
    other.truth(|truth| truth.actions == 2 && truth.episode == after.episode);
    assert!(served.log().contains("given up"), "{}", served.log());
}

#[test]
fn what_is_no_action_and_no_reset_is_counted_or_answered_and_changes_nothing() {
    let folder = folder();
    let mut served = served(&folder, &["--rate", "20"]);
    let client = WorldClient::connect(served.endpoint());
    client.act(&shift(1, [0.0; 3]));
    client.truth(|truth| truth.lost(ActionLoss::NoEpisode) == 1);
    // The world is at rest, so nothing but an action could move it.
    let reply = client.reset(1);
    for garbage in [&b""[..], b"hello", &[0, 1, 0, 0], &[0xff; 2000]] {
        client.act_bytes(garbage);
        let (code, line) = client.ask_bytes(garbage).expect_err("it is no reset");
        assert_eq!(code, RefusalCode::Malformed, "{line}");
    }
    client.truth(|truth| truth.lost(ActionLoss::Malformed) == 4);
    for bytes in [spoilt(reply.token, f64::NAN), spoilt(reply.token, f64::INFINITY)] {
        client.act_bytes(&bytes);
    }
    let mut unknown = spoilt(reply.token, 0.0);
    unknown[28] = 9;
    client.act_bytes(&unknown);
    let short =
        Action { kind: ActionKind::JointDelta, delta: [0.1; 6].into_iter().collect(), ..shift(reply.token, [0.0; 3]) };
    client.act(&short);
    client.truth(|truth| truth.lost(ActionLoss::OutOfRange) == 4);
    client.act(&Action { stamp_nanos: StampNanos(now_nanos() - 60_000_000_000), ..shift(reply.token, [0.0; 3]) });
    client.truth(|truth| truth.lost(ActionLoss::Stale) == 1);
    for (failure, word) in [("dance", "dance"), ("drop", "miss")] {
        let (code, line) = client.ask(&expert(1, failure)).expect_err("it cannot fail like this");
        assert!(code == RefusalCode::OutOfRange && line.contains(word), "{line}");
    }
    let truth = client.truth(|truth| truth.episode == 1 && truth.ended);
    assert_eq!((truth.actions, truth.step), (0, 300), "the time was up, and nothing was done in it");
    client.act(&shift(reply.token, [0.0; 3]));
    client.truth(|truth| truth.lost(ActionLoss::NoEpisode) == 2);
    // And it still serves.
    let again = client.reset(2);
    client.act(&shift(again.token, [0.0; 3]));
    client.truth(|truth| truth.episode == again.episode && truth.actions == 1);
    assert!(served.is_up());
    let log = served.log();
    assert!(log.contains("an action was refused") && log.contains("a reset was refused"), "{log}");
}

/// An action whose first value is `value`, which this project's encoder would not write.
fn spoilt(token: u64, value: f64) -> Vec<u8> {
    let mut bytes = [0; Action::MAX_LEN];
    let length = shift(token, [0.0123, 0.0, 0.0]).encode(&mut bytes).unwrap();
    let at = bytes.windows(8).position(|window| window == 0.0123_f64.to_le_bytes()).unwrap();
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    bytes[..length].to_vec()
}

#[test]
fn a_world_that_there_is_not_is_one_line() {
    for (arguments, status, words) in [
        (&["sim", "cook", "--serve"][..], 1, &["cook", "pick_place"][..]),
        (&["sim", "push", "--serve", "--expert", "--failure", "drop"], 1, &["drop", "miss"]),
        (&["sim", "push", "--serve", "--failure", "miss"], 2, &["--failure", "--expert"]),
        (&["sim", "push", "--serve", "--robot", "My Robot"], 1, &["My Robot"]),
        (&["sim", "push", "--serve", "--listen", "carrier-pigeon/1"], 1, &["carrier-pigeon"]),
        (&["sim", "push", "--serve", "--rate", "0"], 2, &["--rate"]),
        (&["sim", "push", "--expert"], 2, &["--serve"]),
        (&["sim", "push", "--serve", "--fault", "drop=2"], 2, &["--fault", "drop=2", "from 0 to 1"]),
        (&["sim", "push", "--serve", "--fault", "cam_x:drop=0.1"], 2, &["cam_x", "cam_wrist"]),
        (&["sim", "push", "--fault", "drop=0.1"], 2, &["--serve"]),
    ] {
        let output = run(PROGRAM, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stderr}");
        assert!(words.iter().all(|word| stderr.contains(word)), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().filter(|line| line.starts_with("striatum: ")).count(), 1, "one line: {stderr}");
    }
}

#[test]
fn a_runtime_takes_the_world_for_a_robot() {
    let folder = folder();
    // A drawn scene at rest is the same picture again and again; a sensor's noise would differ.
    let runtime = Runtime::start(PROGRAM, folder.path(), push_bundle(), "[sync]\nfrozen_after_secs = 0.0\n");
    let served = Served::start(PROGRAM, folder.path(), runtime.endpoint(), &PUSH);
    let learner = Learner::connect(runtime.endpoint());
    // Rewards arrive before any episode: the robot stands there and is seen.
    learner.reward(|reward| reward.views_used.count() == 3);
    let client = WorldClient::connect(served.endpoint());
    let reset = client.ask(&expert(3, "")).expect("the expert begins");
    let begun = learner.begin(&begin_request(reset.stamp_nanos.0, 5.0)).expect("begin");
    let mut replies: Vec<ShapedReward> = Vec::new();
    let mut truth = client.truth(|truth| truth.episode == reset.episode);
    while !truth.ended {
        let done = truth.step;
        truth = client.truth(|truth| truth.episode == reset.episode && (truth.step >= done + 5 || truth.ended));
        let request = StepRequest {
            ending: if truth.ended { Ending::Terminated } else { Ending::Running },
            success: if truth.success { Success::Yes } else { Success::No },
            success_source: SuccessSource::Simulation,
            ..step_request(begun.episode, replies.len() as u64 + 1, truth.stamp_nanos.0)
        };
        let bytes = learner.step(&request).expect("each step is answered");
        replies.push(ShapedReward::decode(&bytes).expect("it decodes"));
    }
    assert!(truth.success && replies.len() > 5, "{truth:?}, {} steps", replies.len());
    let (first, last) = (replies.first().unwrap(), replies.last().unwrap());
    assert!(first.progress_mean < 0.4 && last.progress_mean > 0.7, "{} to {}", first.progress_mean, last.progress_mean);
    assert_eq!((last.gold, last.success_source), (1.0, SuccessSource::Simulation), "the simulation's word is gold");
    assert!(replies.iter().rev().skip(1).all(|reply| reply.gold == 0.0));
    assert!(replies.iter().all(|reply| reply.valid && reply.views_used.count() == 3));
    assert!(served.stop().success());
}

#[test]
fn a_second_world_of_a_name_is_refused_and_one_of_another_is_not() {
    let folder = folder();
    let runtime = free_endpoint();
    // Both worlds connect to it, and hear of each other through it.
    let _listening = listen(&runtime);
    let mut first = Served::start(PROGRAM, folder.path(), &runtime, &SMALL);
    let (status, said) = Served::refused(PROGRAM, folder.path(), &runtime, &SMALL);
    assert_eq!(status.code(), Some(1), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("striatum: ")).collect();
    assert!(matches!(lines[..], [line] if line.contains("as `robot` already") && line.contains("--robot")), "{said}");
    let other = [&SMALL[..], &["--robot", "robot_2"]].concat();
    let mut second = Served::start(PROGRAM, folder.path(), &runtime, &other);
    assert!(first.is_up() && second.is_up());
}
