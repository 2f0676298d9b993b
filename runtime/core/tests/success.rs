//! When the model's word of success is believed, at every rate.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use proptest::prelude::*;
use striatum_core::{StampNanos, Success, SuccessDetector, SuccessRule};

const MS: u64 = 1_000_000;

fn detector() -> SuccessDetector {
    SuccessDetector::new(SuccessRule::default().with_share(0.6).unwrap())
}

/// What is said at each of these (milliseconds, goal).
fn said(rows: &[(u64, f64)]) -> Vec<bool> {
    let mut detector = detector();
    rows.iter().map(|&(ms, goal)| detector.update(StampNanos(1 + ms * MS), Some(goal)) == Success::Yes).collect()
}

#[test]
fn impossible_rules_are_refused() {
    let second = SuccessRule::WINDOW_NANOS;
    for (share, held, window) in [
        (0.0, 1, 1),
        (1.1, 1, 1),
        (f64::NAN, 1, 1),
        (0.5, 0, second),
        (0.5, second + 1, second),
        (0.5, 1, 0),
        (0.5, 1, 60 * second + 1),
    ] {
        assert!(SuccessRule::new(share, held, window).is_err(), "{share} {held} {window}");
    }
    assert!(SuccessRule::new(1.0, 60 * second, 60 * second).is_ok());
}

proptest! {
    /// What the rule in time replaces, to the row: 3 of the last 5.
    #[test]
    fn five_sets_a_second_are_three_of_five(
        shares in prop::collection::vec(prop_oneof![0.0..=1.0, Just(f64::NAN)], 1..80), start in 0_u64..1 << 60,
    ) {
        let mut detector = detector();
        for end in 0..shares.len() {
            let stamp = StampNanos(start + 200 * MS * end as u64);
            let yes = detector.update(stamp, Some(shares[end])) == Success::Yes;
            let last = &shares[(end + 1).saturating_sub(5)..=end];
            prop_assert_eq!(yes, last.iter().filter(|share| **share >= 0.6).count() >= 3);
        }
    }

    /// Cameras are never on time: three sets in a row are enough at five a second, and two are not.
    #[test]
    fn jitter_does_not_change_the_count(late in prop::collection::vec(0_u64..=33, 12)) {
        let rows = |of: usize| -> Vec<(u64, f64)> {
            let goal = |row| if (6..6 + of).contains(&row) { 0.9 } else { 0.1 };
            (0..12).map(|row| (200 * row as u64 + late[row], goal(row))).collect()
        };
        prop_assert!(!said(&rows(2)).contains(&true));
        prop_assert!(said(&rows(3)).contains(&true));
    }

    /// From 2 to 30 sets a second: a second is recognised, a single set never is, and what is over for a second is no success.
    #[test]
    fn a_second_is_seen_at_every_rate_and_one_set_is_never_enough(rate in 2.0..=30.0_f64, before in 3_usize..40) {
        let ms = |row: usize| (row as f64 * 1000.0 / rate) as u64;
        let rows = |sees: &dyn Fn(usize) -> bool| -> Vec<(u64, f64)> {
            let count = before + 2 * rate as usize + 4;
            (0..count).map(|row| (ms(row), if sees(row) { 0.9 } else { 0.1 })).collect()
        };
        let end = ms(before) + 1000;
        prop_assert!(said(&rows(&|row| row >= before && ms(row) <= end)).contains(&true));
        prop_assert!(!said(&rows(&|row| row == before)).contains(&true));
        let lasting = said(&rows(&|row| row < before));
        prop_assert!(lasting[before - 1] || ms(before) < 1000, "{lasting:?}");
        let over = lasting.iter().enumerate().filter(|(row, yes)| **yes && ms(*row) >= end);
        prop_assert_eq!(over.count(), 0);
    }

    /// A greater share never says more: a threshold can be chosen by it.
    #[test]
    fn a_greater_share_never_says_more(
        rows in prop::collection::vec((0_u64..1500, prop::option::of(0.0..=1.0)), 1..60),
        low in 0.1..0.8_f64, more in 0.0..0.2_f64,
    ) {
        let ever = |share: f64| {
            let mut detector = SuccessDetector::new(SuccessRule::default().with_share(share).unwrap());
            let (mut now, mut ever) = (0, false);
            for (gap, goal) in &rows {
                now += gap * MS;
                ever |= detector.update(StampNanos(now), *goal) == Success::Yes;
            }
            ever
        };
        prop_assert!(ever(low) || !ever(low + more));
    }
}

#[test]
fn two_sets_a_second_see_a_goal_that_is_held_for_a_second() {
    let rows = [(0, 0.1), (500, 0.1), (1000, 0.1), (1500, 0.9), (2000, 0.9), (2500, 0.1)];
    // Half a second later one of the last second's two sets has seen it: half of the second, but one picture.
    assert_eq!(said(&rows), [false, false, false, false, true, false]);
}

#[test]
fn a_single_set_is_enough_only_where_sets_are_a_window_apart() {
    assert_eq!(
        said(&[(0, 0.1), (1000, 0.1), (2000, 0.1), (3000, 0.9), (4000, 0.1)]),
        [false, false, false, true, false]
    );
    // The first two cannot know that the rate is so low.
    assert_eq!(said(&[(0, 0.9), (3000, 0.1)]), [false, false]);
    assert_eq!(said(&[(0, 0.1), (3000, 0.9)]), [false, false]);
    // A little faster, and it takes two.
    assert_eq!(said(&[(0, 0.1), (900, 0.1), (1800, 0.9), (2700, 0.9)]), [false, false, false, true]);
}

#[test]
fn one_picture_does_not_stand_for_a_gap() {
    let with = |more: &[(u64, f64)]| {
        let before: Vec<(u64, f64)> = (0..6).map(|row| (200 * row, 0.1)).collect();
        said(&[&before[..], more].concat())[6..].to_vec()
    };
    assert_eq!(with(&[(6000, 0.9), (6200, 0.9), (6400, 0.9)]), [false, false, true]);
    // What was seen before the gap is forgotten with the window.
    assert_eq!(with(&[(1200, 0.9), (1400, 0.9), (4400, 0.9), (4600, 0.1)]), [false; 4]);
    // A lost frame costs its own time.
    assert_eq!(with(&[(1200, 0.9), (1600, 0.9), (1800, 0.9)]), [false, false, true]);
}

#[test]
fn a_stamp_that_goes_back_starts_afresh() {
    let rows = [(5000, 0.9), (5200, 0.9), (4000, 0.9), (4200, 0.9), (4400, 0.9)];
    assert_eq!(said(&rows), [false, false, false, false, true]);
    // The same moment again adds no time, and the rate is not taken for higher than it is.
    assert_eq!(said(&[(0, 0.9), (200, 0.9), (200, 0.9), (200, 0.9), (400, 0.9)]), [false, false, false, false, true]);
}

#[test]
fn what_cannot_be_trusted_is_no_success_and_counts_as_not_seen() {
    let mut detector = detector();
    let mut at = |ms: u64, goal| detector.update(StampNanos(ms * MS), goal) == Success::Yes;
    for row in 0..10 {
        at(200 * row, Some(0.9));
    }
    assert!(at(2000, Some(0.9)) && !at(2200, None), "whatever the last second saw");
    assert!(at(2400, Some(0.1)), "three of the last five saw it");
    assert!(!at(2600, None) && !at(2800, Some(0.1)));
}

#[test]
fn a_reset_forgets() {
    let mut detector = detector();
    for row in 0..5 {
        detector.update(StampNanos(200 * MS * row), Some(0.9));
    }
    detector.reset();
    assert_eq!(detector, self::detector());
    assert_eq!(detector.update(StampNanos(1000 * MS), Some(0.9)), Success::Unknown);
}
