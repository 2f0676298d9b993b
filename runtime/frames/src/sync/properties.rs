//! What holds for any stream of frames.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use striatum_core::StampNanos;

use super::test_kit::{config, frame};
use super::*;

const PERIOD: u64 = 100;

fn policy() -> impl Strategy<Value = DropOut> {
    prop_oneof![Just(DropOut::Wait), Just(DropOut::Degrade), Just(DropOut::Hold)]
}

/// One frame of a tick: is it lost, how far behind the tick was it captured, how much later did it arrive?
type Shot = (bool, u64, u64);

/// Ticks of up to 5 views with `loss` out of 10 frames lost; captures within the skew, arrivals within the deadline.
fn ticks(loss: u32) -> impl Strategy<Value = Vec<Vec<Shot>>> {
    (1_usize..=5).prop_flat_map(move |views| {
        let shot = ((0_u32..10).prop_map(move |dice| dice < loss), 0_u64..=40, 0_u64..=8);
        prop::collection::vec(prop::collection::vec(shot, views), 1..30)
    })
}

/// The frames that come in, by arrival: (now, view, capture).
fn arrivals(ticks: &[Vec<Shot>]) -> Vec<(u64, usize, u64)> {
    let mut events = Vec::new();
    for (tick, shots) in (1..).zip(ticks) {
        for (view, &(lost, skew, delay)) in shots.iter().enumerate().filter(|(_, shot)| !shot.0) {
            let capture = tick * PERIOD + skew;
            assert!(!lost);
            events.push((capture + delay, view, capture));
        }
    }
    events.sort_unstable();
    events
}

/// Feeds the frames, polling at every deadline as a runtime does.
fn run(sync: &mut Synchroniser, events: &[(u64, usize, u64)]) -> Vec<FrameSet> {
    let mut sets = Vec::new();
    let end = (u64::MAX, 0, 0);
    for &(now, view, capture) in events.iter().chain([&end]) {
        while let Some(deadline) = sync.next_deadline().filter(|deadline| deadline.0 < now) {
            sets.push(sync.poll(deadline).expect("a deadline that has passed gives a set"));
        }
        if now < u64::MAX {
            sets.extend(sync.push(frame(view, capture), StampNanos(now)).unwrap());
        }
    }
    sets
}

/// What must hold for the sets of any stream.
fn check_sets(config: &SyncConfig, sets: &[FrameSet]) {
    for set in sets {
        let present: Vec<&Frame> = set.frames.iter().flatten().collect();
        assert!(set.frames.iter().enumerate().all(|(view, slot)| slot.is_some() == set.views.contains(view)));
        assert!(set.frames.iter().enumerate().all(|(view, slot)| slot.as_ref().is_none_or(|frame| frame.view == view)));
        assert_eq!(present.iter().map(|frame| frame.capture).min(), Some(set.oldest));
        assert_eq!(present.iter().map(|frame| frame.capture).max(), Some(set.newest));
        assert!(set.newest.since(set.oldest) <= config.max_skew_nanos);
        let complete = present.len() == config.views;
        let verdict = match config.drop_out {
            _ if complete => SetVerdict::Complete,
            DropOut::Degrade => SetVerdict::Degraded,
            DropOut::Hold => SetVerdict::Hold,
            DropOut::Wait => panic!("waiting gives complete sets only"),
        };
        assert_eq!(set.verdict, verdict);
    }
    // Stronger than "no frame twice": successive sets do not even overlap in time.
    assert!(sets.windows(2).all(|pair| pair[0].newest < pair[1].oldest));
    if config.period_nanos > 0 {
        let period = |set: &FrameSet| set.newest.0 / config.period_nanos;
        assert!(sets.windows(2).all(|pair| period(&pair[0]) < period(&pair[1])));
    }
}

fn check_every_frame_is_accounted_for(sync: &Synchroniser, pushed: usize, sets: &[FrameSet]) {
    let counts = *sync.counters();
    let used: usize = sets.iter().map(|set| set.views.count()).sum();
    let excluded = if sync.config.frozen == FrozenPolicy::Exclude { counts.frozen_frames } else { 0 };
    let dropped = counts.duplicates + counts.too_late + counts.skew + counts.superseded + counts.overwritten;
    let dropped = dropped + counts.thinned + counts.ahead_of_clock + excluded;
    assert_eq!(pushed as u64, used as u64 + dropped + sync.queued() as u64, "{counts:?}");
    assert_eq!(sets.len() as u64, counts.sets_complete + counts.sets_degraded + counts.sets_held);
}

/// Stamps at and around the ends of their range, and others.
fn any_stamp() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..2000, 1 => Just(0), 1 => Just(u64::MAX), 1 => (u64::MAX - 300)..=u64::MAX, 1 => any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn without_loss_every_tick_gives_its_complete_set(ticks in ticks(0), drop_out in policy()) {
        let config = config(ticks[0].len(), drop_out);
        let mut sync = Synchroniser::new(config).unwrap();
        let sets = run(&mut sync, &arrivals(&ticks));
        check_sets(&config, &sets);
        prop_assert_eq!(sets.len(), ticks.len());
        prop_assert!(sets.iter().all(|set| set.verdict == SetVerdict::Complete));
    }

    /// Within a tick any order of arrival gives the same sets.
    #[test]
    fn the_order_within_a_tick_does_not_matter(ticks in ticks(0), order: u64) {
        let config = config(ticks[0].len(), DropOut::Degrade);
        let in_order = arrivals(&ticks);
        let mut shuffled = in_order.clone();
        // A different, fixed order of views in every tick; all arrive when the tick's last frame does.
        shuffled.sort_by_key(|&(_, view, capture)| (capture / PERIOD, (order.rotate_left(capture as u32) ^ view as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for event in &mut shuffled {
            event.0 = event.2 / PERIOD * PERIOD + 49;
        }
        let stamps = |sets: &[FrameSet]| sets.iter().map(|set| (set.oldest, set.newest)).collect::<Vec<_>>();
        let one = run(&mut Synchroniser::new(config).unwrap(), &in_order);
        let other = run(&mut Synchroniser::new(config).unwrap(), &shuffled);
        prop_assert_eq!(stamps(&one), stamps(&other));
    }

    #[test]
    fn with_losses_every_tick_that_has_a_frame_gives_one_set_of_its_own(
        ticks in ticks(4), hold: bool,
    ) {
        let config = config(ticks[0].len(), if hold { DropOut::Hold } else { DropOut::Degrade });
        let mut sync = Synchroniser::new(config).unwrap();
        let events = arrivals(&ticks);
        let sets = run(&mut sync, &events);
        check_sets(&config, &sets);
        check_every_frame_is_accounted_for(&sync, events.len(), &sets);
        let with_frames: Vec<u64> = (1..).zip(&ticks).filter(|(_, shots)| shots.iter().any(|shot| !shot.0)).map(|(tick, _)| tick).collect();
        prop_assert_eq!(sets.iter().map(|set| set.newest.0 / PERIOD).collect::<Vec<_>>(), with_frames);
        prop_assert!(sets.iter().all(|set| set.oldest.0 / PERIOD == set.newest.0 / PERIOD));
        // A view that was there in one tick is waited for in the next: two full ticks, and the second is complete.
        let full = |tick: u64| ticks[tick as usize - 1].iter().all(|shot| !shot.0);
        for set in &sets {
            let tick = set.newest.0 / PERIOD;
            if tick > 1 && full(tick - 1) && full(tick) {
                prop_assert_eq!(set.verdict, SetVerdict::Complete);
            }
        }
    }

    /// Waiting loses only the ticks that lack a frame.
    #[test]
    fn waiting_gives_exactly_the_full_ticks(ticks in ticks(2)) {
        let config = config(ticks[0].len(), DropOut::Wait);
        let sets = run(&mut Synchroniser::new(config).unwrap(), &arrivals(&ticks));
        check_sets(&config, &sets);
        let full = (1..).zip(&ticks).filter(|(_, shots)| shots.iter().all(|shot| !shot.0)).map(|(tick, _)| tick);
        let full: Vec<u64> = full.collect();
        prop_assert_eq!(sets.iter().map(|set| set.newest.0 / PERIOD).collect::<Vec<_>>(), full);
    }

    /// Random everything: stamps at the ends of time, clocks that jump, duplicates, frozen views, resets.
    #[test]
    fn nothing_breaks_it(
        events in prop::collection::vec((0_usize..5, any_stamp(), any_stamp(), 0_u64..4), 1..120),
        drop_out in policy(), skew in any_stamp(), deadline in any_stamp(), period in any_stamp(),
        frozen_after in any_stamp(), exclude: bool,
    ) {
        let frozen = if exclude { FrozenPolicy::Exclude } else { FrozenPolicy::FlagOnly };
        let config = SyncConfig {
            max_skew_nanos: skew, view_deadline_nanos: deadline, period_nanos: period,
            frozen_after_nanos: frozen_after, frozen, ..config(4, drop_out)
        };
        let mut sync = Synchroniser::new(config).unwrap();
        let (mut sets, mut pushed) = (Vec::new(), 0);
        for (view, capture, now, content_hash) in events {
            let now = StampNanos(now);
            match sync.push(Frame { content_hash, ..frame(view, capture) }, now) {
                Ok(set) => { pushed += 1; sets.extend(set) }
                Err(_) => prop_assert_eq!(view, 4),
            }
            let waiting = sync.queued();
            sets.extend((0..=waiting).map_while(|_| sync.poll(now)));
            prop_assert!(sync.poll(now).is_none(), "each poll that gives a set uses up a frame");
            prop_assert!(sync.queued() <= 4 * queue::CAPACITY);
        }
        check_sets(&config, &sets);
        check_every_frame_is_accounted_for(&sync, pushed, &sets);
    }

    /// Cameras of one rate, gated to a fifth of it, still give a complete set in every period, wherever the border falls.
    #[test]
    fn gates_do_not_part_what_belongs_together(phases in prop::collection::vec(0_u64..=40, 1..5), offset in 0_u64..1000) {
        let config = SyncConfig { period_nanos: 500, ..config(phases.len(), DropOut::Wait) };
        let mut sync = Synchroniser::new(config).unwrap();
        let mut gates = vec![RateGate::new(500, 40); phases.len()];
        let mut events: Vec<_> = (0..100).flat_map(|tick| {
            phases.iter().enumerate().map(move |(view, phase)| (offset + tick * PERIOD + phase, view))
        }).collect();
        events.sort_unstable();
        let mut sets = Vec::new();
        let mut decoded = 0;
        for (capture, view) in events {
            if gates[view].passes(StampNanos(capture)) {
                decoded += 1;
                sets.extend(sync.push_at(view, capture));
            }
        }
        check_sets(&config, &sets);
        prop_assert!(sets.len() >= 19, "{} sets in 20 periods", sets.len());
        prop_assert!(decoded <= 42 * phases.len(), "{decoded} frames passed the gates");
    }
}
