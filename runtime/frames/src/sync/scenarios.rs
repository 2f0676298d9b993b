//! The synchroniser's rules, one story each. Times are milliseconds in spirit: skew 40, deadline 50, a tick every 100.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use striatum_core::{StampNanos, ViewMask};

use super::test_kit::{config, frame};
use super::*;

fn captures(set: &FrameSet) -> Vec<u64> {
    set.frames.iter().flatten().map(|frame| frame.capture.0).collect()
}

fn synchroniser(views: usize, drop_out: DropOut) -> Synchroniser {
    Synchroniser::new(config(views, drop_out)).unwrap()
}

#[test]
fn the_newest_set_within_the_skew_is_taken() {
    let mut sync = synchroniser(2, DropOut::Wait);
    for capture in [0, 100, 200] {
        assert!(sync.push_at(0, capture).is_none());
    }
    let set = sync.push_at(1, 210).expect("complete");
    assert_eq!((captures(&set), set.verdict, set.views), (vec![200, 210], SetVerdict::Complete, ViewMask::first(2)));
    assert_eq!((set.oldest, set.newest), (StampNanos(200), StampNanos(210)));
    assert_eq!(sync.counters().superseded, 2);
    // Its partner of the tick before comes too late for good.
    assert!(sync.push_at(1, 105).is_none());
    assert_eq!((sync.counters().too_late, sync.counters().out_of_order), (1, 1));
}

#[test]
fn frames_too_far_apart_make_no_set() {
    let mut sync = synchroniser(2, DropOut::Wait);
    assert!(sync.push_at(0, 0).is_none());
    assert!(sync.push_at(1, 41).is_none());
    let set = sync.push_at(0, 81).expect("exactly the skew apart");
    assert_eq!(captures(&set), [81, 41]);
}

#[test]
fn a_view_is_waited_for_once_and_returns_with_its_first_fitting_frame() {
    let mut sync = synchroniser(2, DropOut::Degrade);
    assert!(sync.push_at(0, 100).is_none());
    assert_eq!(sync.next_deadline(), Some(StampNanos(150)));
    assert!(sync.poll_at(149).is_none());
    let set = sync.poll_at(150).expect("deadline");
    assert_eq!((captures(&set), set.verdict), (vec![100], SetVerdict::Degraded));
    assert_eq!((sync.dropped_out(), sync.next_deadline()), (ViewMask::EMPTY.with(1), None));
    // Not waited for again.
    assert_eq!(sync.push_at(0, 200).expect("at once").verdict, SetVerdict::Degraded);
    // Back: too late for this set, but it would have been there, so the next one waits for it.
    assert!(sync.push_at(1, 210).is_none());
    assert_eq!((sync.dropped_out(), sync.counters().too_late), (ViewMask::EMPTY, 1));
    assert!(sync.push_at(0, 300).is_none());
    assert_eq!(sync.push_at(1, 310).expect("complete").verdict, SetVerdict::Complete);
    // Gone again, and back with a frame that comes before the other's: it is taken along.
    assert!(sync.push_at(0, 400).is_none());
    assert!(sync.poll_at(450).is_some());
    assert!(sync.push_at(1, 495).is_none());
    assert_eq!(sync.push_at(0, 500).expect("complete").verdict, SetVerdict::Complete);
}

#[test]
fn a_camera_that_lags_by_more_than_the_deadline_stays_out() {
    let mut sync = synchroniser(2, DropOut::Degrade);
    let _ = sync.push_at(0, 100);
    assert!(sync.poll_at(150).is_some());
    for tick in 2..20 {
        let capture = tick * 100;
        assert!(sync.push_at(0, capture).is_some(), "no waiting at {capture}");
        let lagging = frame(1, capture);
        assert!(sync.push(lagging, StampNanos(capture + 60)).unwrap().is_none());
    }
    assert_eq!(sync.dropped_out(), ViewMask::EMPTY.with(1));
}

#[test]
fn hold_marks_what_degrade_would_score() {
    let mut sync = synchroniser(2, DropOut::Hold);
    let _ = sync.push_at(1, 100);
    let set = sync.poll_at(150).expect("deadline");
    assert_eq!((set.verdict, set.views), (SetVerdict::Hold, ViewMask::EMPTY.with(1)));
    let _ = sync.push_at(0, 200);
    assert_eq!(sync.push_at(1, 210).expect("complete").verdict, SetVerdict::Complete);
    assert_eq!((sync.counters().sets_held, sync.counters().sets_complete), (1, 1));
}

#[test]
fn wait_waits_for_ever_in_bounded_memory_and_goes_on() {
    let mut sync = synchroniser(2, DropOut::Wait);
    for tick in 0..1000 {
        assert!(sync.push_at(0, tick * 100).is_none());
        assert!(sync.poll_at(tick * 100 + 99).is_none());
    }
    assert_eq!((sync.next_deadline(), sync.queued()), (None, queue::CAPACITY));
    assert_eq!(sync.counters().overwritten, 1000 - queue::CAPACITY as u64);
    assert!(sync.push_at(1, 99_910).is_some());
}

#[test]
fn a_set_at_the_deadline_has_the_most_views_then_the_newest() {
    let mut sync = synchroniser(3, DropOut::Degrade);
    let _ = (sync.push_at(0, 0), sync.push_at(1, 10), sync.push_at(0, 45));
    let set = sync.push_at(0, 51).expect("deadline");
    assert_eq!((captures(&set), sync.dropped_out()), (vec![45, 10], ViewMask::EMPTY.with(2)));
    // What was newer is left for the next set.
    assert_eq!(captures(&sync.poll_at(101).expect("deadline")), [51]);
}

#[test]
fn duplicates_are_counted_whether_they_wait_or_were_used() {
    let mut sync = synchroniser(2, DropOut::Wait);
    let _ = (sync.push_at(0, 100), sync.push_at(0, 200), sync.push_at(0, 100), sync.push_at(0, 200));
    assert_eq!(sync.counters().duplicates, 2);
    assert!(sync.push_at(1, 200).is_some());
    assert!(sync.push_at(1, 200).is_none());
    assert_eq!(sync.counters().duplicates, 3);
}

#[test]
fn a_stamp_from_the_future_does_not_silence_the_others() {
    let mut sync = synchroniser(1, DropOut::Degrade);
    assert!(sync.push(frame(0, u64::MAX), StampNanos(100)).unwrap().is_none());
    assert!(sync.push(frame(0, 101 + MAX_AHEAD_NANOS), StampNanos(100)).unwrap().is_none());
    assert_eq!(sync.counters().ahead_of_clock, 2);
    assert!(sync.push_at(0, 100).is_some());
}

#[test]
fn an_unknown_view_is_named() {
    let mut sync = synchroniser(3, DropOut::Wait);
    let error = sync.push(frame(3, 0), StampNanos(0)).unwrap_err();
    assert_eq!(error, Error::UnknownView { view: 3, views: 3 });
    assert!(Synchroniser::new(config(0, DropOut::Wait)).is_err());
    assert!(Synchroniser::new(config(17, DropOut::Wait)).is_err());
}

/// View 1 repeats its picture from 100 to 400 and then moves again; view 0 moves all the time.
fn freeze_and_thaw(sync: &mut Synchroniser) -> Vec<(SetVerdict, u32)> {
    let mut sets = Vec::new();
    for tick in 1..=6 {
        let (capture, now) = (tick * 100, StampNanos(tick * 100));
        let still = Frame { content_hash: if tick <= 4 { 7 } else { capture }, ..frame(1, capture) };
        sets.extend(sync.push(still, now).unwrap());
        sets.extend(sync.push_at(0, capture));
    }
    sets.iter().map(|set| (set.verdict, set.frozen.bits())).collect()
}

#[test]
fn a_frozen_camera_is_flagged_or_left_out_by_policy() {
    use SetVerdict::{Complete, Degraded, Hold};
    let with = |drop_out, frozen| {
        let mut sync =
            Synchroniser::new(SyncConfig { frozen_after_nanos: 199, frozen, ..config(2, drop_out) }).unwrap();
        (freeze_and_thaw(&mut sync), sync.counters().frozen_frames)
    };
    let flagged = vec![(Complete, 0), (Complete, 0), (Complete, 2), (Complete, 2), (Complete, 0), (Complete, 0)];
    assert_eq!(with(DropOut::Degrade, FrozenPolicy::FlagOnly), (flagged, 2));
    let degraded = vec![(Complete, 0), (Complete, 0), (Degraded, 2), (Degraded, 2), (Complete, 0), (Complete, 0)];
    assert_eq!(with(DropOut::Degrade, FrozenPolicy::Exclude), (degraded, 2));
    let held = vec![(Complete, 0), (Complete, 0), (Hold, 2), (Hold, 2), (Complete, 0), (Complete, 0)];
    assert_eq!(with(DropOut::Hold, FrozenPolicy::Exclude), (held, 2));
    assert_eq!(with(DropOut::Wait, FrozenPolicy::Exclude), (vec![(Complete, 0); 4], 2));
}

#[test]
fn one_set_for_each_period_of_capture_time() {
    let mut sync = Synchroniser::new(SyncConfig { period_nanos: 1000, ..config(2, DropOut::Wait) }).unwrap();
    let mut newest = Vec::new();
    for tick in 0..100 {
        let _ = sync.push_at(0, tick * 100);
        newest.extend(sync.push_at(1, tick * 100 + 20).map(|set| set.newest.0));
    }
    assert_eq!(newest, (0..10).map(|period| period * 1000 + 20).collect::<Vec<_>>());
    assert_eq!(sync.counters().thinned, 180);
}

#[test]
fn frames_before_the_border_wait_without_a_deadline_of_their_own() {
    let mut sync = Synchroniser::new(SyncConfig { period_nanos: 1000, ..config(2, DropOut::Degrade) }).unwrap();
    let _ = sync.push_at(0, 10);
    assert!(sync.push_at(1, 20).is_some());
    // Cannot lead the next period's set, but may belong to it.
    assert!(sync.push_at(1, 990).is_none());
    assert_eq!((sync.queued(), sync.next_deadline()), (1, None));
    assert!(sync.poll_at(5000).is_none());
    let set = sync.push_at(0, 1005).expect("complete across the border");
    assert_eq!(captures(&set), [1005, 990]);
}

#[test]
fn reset_forgets_all_but_the_counts() {
    let mut sync = synchroniser(2, DropOut::Degrade);
    let _ = (sync.push_at(0, 100_000), sync.poll_at(200_000));
    sync.reset();
    assert_eq!((sync.dropped_out(), sync.next_deadline(), sync.counters().sets_degraded), (ViewMask::EMPTY, None, 1));
    let _ = sync.push_at(0, 100);
    assert!(sync.push_at(1, 100).is_some(), "an earlier time is welcome after a reset");
}
