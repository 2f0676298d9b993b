//! A served world whose cameras have faults: what arrives of their frames, and what the runtime makes of it.

use std::collections::BTreeSet;

use striatum_tests::kit::{Learner, Runtime, Seen, Served, WorldClient};
use striatum_wire::QualityFlags;

use crate::PROGRAM;
use crate::sim::{PUSH, folder, push_bundle, served};

/// Frames that are waited for.
const ENOUGH: usize = 60;
const LATE_NANOS: u64 = 200_000_000;
const BEHIND_NANOS: u64 = 2_000_000_000;

#[test]
fn frames_come_late_or_never_or_with_a_wrong_stamp_as_asked_and_are_counted() {
    let folder = folder();
    let faults = ["--rate", "2", "--fault", "latency=0.2", "--fault", "cam_wrist:drop=0.5,skew=-2"];
    let served = served(&folder, &faults);
    let client = WorldClient::connect(served.endpoint());
    client.wait_for_frames("cam_high", ENOUGH);
    let frames = client.frames();
    let of = |view: &str| frames.iter().filter(|frame| frame.view == view).collect::<Vec<&Seen>>();
    let (high, wrist) = (of("cam_high"), of("cam_wrist"));
    // Six standard deviations of a coin are 23 of 60.
    assert!((7..54).contains(&wrist.len()), "{} of {} arrived", wrist.len(), high.len());
    assert!(
        high.iter().all(|frame| frame.received_nanos >= frame.stamp_nanos + LATE_NANOS),
        "none comes before its time"
    );
    let stamps: BTreeSet<u64> = high.iter().map(|frame| frame.stamp_nanos).collect();
    let matching = wrist.iter().filter(|frame| stamps.contains(&(frame.stamp_nanos + BEHIND_NANOS))).count();
    // The newest may have come before its neighbour, and a busy computer may lose one.
    assert!(matching + 3 >= wrist.len(), "{matching} of {} are two seconds behind", wrist.len());
    let (status, log) = served.finish();
    assert!(status.success() && log.contains("the cameras have faults"), "{log}");
    let [captured, arrived, dropped, crowded, on_the_way, frozen] = counts(&log, "cam_wrist");
    assert_eq!(captured, arrived + dropped + crowded + on_the_way, "{log}");
    assert!(arrived >= wrist.len() as u64 && dropped > 0 && (crowded, frozen) == (0, 0), "{log}");
    assert_eq!(counts(&log, "cam_high")[2], 0, "only one camera loses frames: {log}");
}

/// The counts of a camera at the end of a log.
fn counts(log: &str, view: &str) -> [u64; 6] {
    let start = format!("camera {view}: ");
    let line =
        log.lines().find_map(|line| line.split_once(&start)).unwrap_or_else(|| panic!("{start} is not in {log}")).1;
    let numbers: Vec<u64> = line.split([' ', ',', ';']).filter_map(|word| word.parse().ok()).take(6).collect();
    numbers.try_into().unwrap_or_else(|numbers| panic!("{numbers:?} in {line}"))
}

#[test]
fn a_frozen_camera_is_flagged_and_the_reward_goes_on_without_it() {
    let folder = folder();
    let runtime = Runtime::start(PROGRAM, folder.path(), push_bundle(), "[sync]\nfrozen_after_secs = 0.5\n");
    // With a sensor's noise no two pictures are alike, but for a frozen camera's.
    let world = [&PUSH[..], &["--randomise", "low", "--expert", "--fault", "cam_wrist:freeze=3600@8"]].concat();
    let learner = Learner::connect(runtime.endpoint());
    let served = Served::start(PROGRAM, folder.path(), runtime.endpoint(), &world);
    let whole =
        learner.reward(|reward| reward.views_used.count() == 3 && !reward.quality.contains(QualityFlags::STALE));
    let flagged = learner.reward(|reward| reward.quality.contains(QualityFlags::STALE));
    assert!(flagged.sequence > whole.sequence);
    let later = learner.reward(|reward| reward.sequence >= flagged.sequence + 10);
    let both = QualityFlags::STALE.with(QualityFlags::DEGRADED);
    assert!(later.quality.contains(both) && later.views_used.count() == 2, "{later:?}");
    assert!(later.capture_newest_nanos > flagged.capture_newest_nanos, "it is made from newer pictures");
    let (status, log) = served.finish();
    assert!(status.success() && counts(&log, "cam_wrist")[5] > 10, "{log}");
}
