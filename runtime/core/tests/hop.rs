//! Hops: Robo-Dopamine Eq 2 (labels) and Eq 5 (the incremental rule).
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{Hop, Progress, hop_label};
use support::{any_progress, cases, progress};

/// Eq 2 as it is printed.
fn printed_eq_2(p: f64, q: f64) -> f64 {
    if q >= p { (q - p) / (1.0 - p) } else { (q - p) / p }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_hop_there_leads_there_and_the_hop_back_leads_back(p in any_progress(), q in any_progress()) {
        let (p, q) = (progress(p), progress(q));
        let there = Hop::between(p, q).apply(p);
        prop_assert!((there.get() - q.get()).abs() <= 1e-12);
        let back = Hop::between(q, p).apply(there);
        prop_assert!((back.get() - p.get()).abs() <= 1e-12);
    }

    #[test]
    fn the_hop_to_the_same_place_is_exactly_zero(p in any_progress()) {
        prop_assert_eq!(Hop::between(progress(p), progress(p)).get().to_bits(), 0.0_f64.to_bits());
        prop_assert_eq!(Hop::ZERO.apply(progress(p)), progress(p));
    }

    #[test]
    fn a_hop_lies_in_range_and_has_the_sign_of_the_change(p in any_progress(), q in any_progress()) {
        let hop = Hop::between(progress(p), progress(q)).get();
        prop_assert!((-1.0..=1.0).contains(&hop));
        prop_assert!(hop == 0.0 || (hop > 0.0) == (q > p));
        prop_assert!(hop != 0.0 || (q - p).abs() < 1e-300);
    }

    #[test]
    fn a_hop_is_eq_2(p in 0.001..0.999_f64, q in 0.0..=1.0_f64) {
        let hop = Hop::between(progress(p), progress(q)).get();
        prop_assert!((hop - printed_eq_2(p, q)).abs() <= 1e-15);
    }

    #[test]
    fn applying_any_hop_stays_in_range_and_keeps_order(
        hop in -1.0..=1.0_f64, p in any_progress(), q in any_progress(),
    ) {
        let hop = Hop::new(hop).unwrap();
        let (low, high) = (p.min(q), p.max(q));
        prop_assert!(hop.apply(progress(low)).get() <= hop.apply(progress(high)).get() + 1e-15);
    }

    #[test]
    fn labels_are_hops_except_where_they_are_zero_or_excluded(
        p in any_progress(), q in any_progress(), zero_eps in 0.0..0.05_f64,
    ) {
        let label = hop_label(progress(p), progress(q), zero_eps);
        if p == 1.0 && q == 1.0 {
            prop_assert_eq!(label, None);
        } else if (q - p).abs() <= zero_eps {
            prop_assert_eq!(label, Some(Hop::ZERO));
        } else {
            prop_assert_eq!(label, Some(Hop::between(progress(p), progress(q))));
        }
    }
}

#[test]
fn a_hop_is_not_antisymmetric() {
    let (half, three_quarters) = (progress(0.5), progress(0.75));
    assert_eq!(Hop::between(half, three_quarters).get(), 0.5);
    assert!((Hop::between(three_quarters, half).get() + 1.0 / 3.0).abs() < 1e-15);
}

#[test]
fn the_whole_way_is_one_hop_each_way() {
    assert_eq!(Hop::between(Progress::ZERO, Progress::ONE).get(), 1.0);
    assert_eq!(Hop::between(Progress::ONE, Progress::ZERO).get(), -1.0);
}

#[test]
fn only_the_pair_of_two_finished_states_is_excluded() {
    assert_eq!(hop_label(Progress::ONE, Progress::ONE, 0.01), None);
    assert_eq!(hop_label(Progress::ONE, progress(0.995), 0.01), Some(Hop::ZERO));
    assert_eq!(hop_label(Progress::ZERO, Progress::ZERO, 0.0), Some(Hop::ZERO));
    assert_eq!(hop_label(progress(0.995), Progress::ONE, 0.0).map(Hop::get), Some(1.0));
}

#[test]
fn a_zero_eps_that_is_not_a_number_makes_no_pair_a_zero_hop() {
    let label = hop_label(progress(0.2), progress(0.6), f64::NAN);
    assert_eq!(label, Some(Hop::between(progress(0.2), progress(0.6))));
}
