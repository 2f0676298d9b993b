//! The numbered rules of policy-invariant shaping, each through the real shaper.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{
    Discount, Ending, EpisodeRules, Error, Estimate, KMode, Potential, PotentialFn, ShapedStep, Shaper, ShapingMode,
    StampNanos, Success, SuccessSource, Transition,
};
use support::{cases, potential, progress, rules, shaper, transition};

/// What happens on one transition of a random walk.
#[derive(Clone, Copy, Debug)]
enum Next {
    Seen(f64),
    /// No new estimate in time: the last potential again.
    Held,
}

fn any_next() -> impl Strategy<Value = Next> {
    prop_oneof![3 => (-5.0..5.0_f64).prop_map(Next::Seen), 1 => Just(Next::Held)]
}

fn any_gamma() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.01..1.0_f64, 1 => Just(1.0), 1 => Just(0.99)]
}

fn any_ending() -> impl Strategy<Value = Ending> {
    prop::sample::select(Ending::ALL)
}

/// Rules and a walk with a k for each transition that fits them.
fn any_walk() -> impl Strategy<Value = (EpisodeRules, f64, Vec<(Next, f64)>, Ending)> {
    (any_gamma(), any::<bool>(), any::<bool>()).prop_flat_map(|(gamma, elapsed, bootstrap_on_truncation)| {
        let k_mode = if elapsed { KMode::Elapsed } else { KMode::Unit };
        let rules = EpisodeRules { k_mode, period_nanos: 50_000_000, bootstrap_on_truncation, ..rules(gamma) };
        let k = if elapsed { (0.01..6.0_f64).boxed() } else { (1..=6_u8).prop_map(f64::from).boxed() };
        let walk = prop::collection::vec((any_next(), k), 1..100);
        (Just(rules), -5.0..5.0_f64, walk, any_ending())
    })
}

/// Walks it with the real shaper; the last transition ends as `ending`.
fn walk(shaper: &mut Shaper, walk: &[(Next, f64)], ending: Ending) -> Vec<ShapedStep> {
    let last = walk.len() - 1;
    let steps = walk.iter().enumerate().map(|(index, &(next, k))| {
        let next = match next {
            Next::Seen(value) => value,
            Next::Held => shaper.potential().get(),
        };
        let ending = if index == last { ending } else { Ending::Running };
        shaper.step(transition(next, k, ending)).unwrap()
    });
    steps.collect()
}

/// sum gamma^{K_i} F_i and gamma^{K_N}
fn discounted_sum(steps: &[ShapedStep]) -> (f64, f64) {
    let (mut sum, mut elapsed) = (0.0, 0.0);
    for step in steps {
        sum += step.gamma.powf(elapsed) * step.shaping;
        elapsed += step.k;
    }
    (sum, steps[0].gamma.powf(elapsed))
}

fn telescoping_error(first: f64, steps: &[ShapedStep]) -> f64 {
    let (sum, weight) = discounted_sum(steps);
    (sum - (weight * steps[steps.len() - 1].potential.get() - first)).abs()
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn rule_1_the_discounted_sum_telescopes((rules, first, plan, ending) in any_walk()) {
        let steps = walk(&mut shaper(rules, first), &plan, ending);
        prop_assert!(telescoping_error(first, &steps) <= 1e-12 * steps.len() as f64);
    }

    #[test]
    fn rule_1_a_voided_transition_cuts_the_sum_in_two(
        (rules, first, plan, ending) in any_walk(), after_the_gap in -5.0..5.0_f64, (_, _, rest, _) in any_walk(),
    ) {
        let before = walk(&mut shaper(rules, first), &plan, Ending::Running);
        // The transition from the last state to `after_the_gap` is void: a new begin, a new sum.
        let fitting = |k: f64| if rules.k_mode == KMode::Unit { k.ceil() } else { k };
        let rest: Vec<_> = rest.iter().map(|&(next, k)| (next, fitting(k))).collect();
        let after = walk(&mut shaper(rules, after_the_gap), &rest, ending);
        prop_assert_eq!(after[0].potential_prev, potential(after_the_gap));
        prop_assert!(telescoping_error(first, &before) <= 1e-12 * before.len() as f64);
        prop_assert!(telescoping_error(after_the_gap, &after) <= 1e-12 * after.len() as f64);
        // As one sum it would be off by the gap, and by nothing else.
        let glued: Vec<_> = before.iter().chain(&after).copied().collect();
        let (_, weight) = discounted_sum(&before);
        let gap = weight * (after_the_gap - before[before.len() - 1].potential.get());
        prop_assert!((telescoping_error(first, &glued) - gap.abs()).abs() <= 1e-12 * glued.len() as f64);
    }

    #[test]
    fn rule_2_the_potential_of_a_state_is_evaluated_once(
        (rules, first, plan, ending) in any_walk(), mode in prop::sample::select(ShapingMode::ALL),
    ) {
        let mut shaper = shaper(EpisodeRules { mode, ..rules }, first);
        let mut kept = shaper.potential();
        prop_assert_eq!(kept.get().to_bits(), first.to_bits());
        for step in walk(&mut shaper, &plan, ending) {
            prop_assert_eq!(step.potential_prev.get().to_bits(), kept.get().to_bits());
            kept = step.potential;
        }
        prop_assert_eq!(shaper.potential().get().to_bits(), kept.get().to_bits());
    }

    #[test]
    fn rule_3_the_potential_is_zero_exactly_where_the_learner_does_not_bootstrap(
        (rules, first, plan, ending) in any_walk(), last in 0.1..5.0_f64,
    ) {
        let plan: Vec<_> = plan.into_iter().chain([(Next::Seen(last), 1.0)]).collect();
        let steps = walk(&mut shaper(rules, first), &plan, ending);
        let (end, running) = steps.split_last().unwrap();
        for (step, &(next, _)) in running.iter().zip(&plan) {
            let expected = match next { Next::Seen(value) => value, Next::Held => step.potential_prev.get() };
            prop_assert!(step.bootstraps);
            prop_assert_eq!(step.potential.get(), expected);
        }
        let bootstraps = match ending {
            Ending::Running => true,
            Ending::Terminated => false,
            Ending::Truncated => rules.bootstrap_on_truncation,
        };
        prop_assert_eq!((end.bootstraps, end.ending), (bootstraps, ending));
        prop_assert_eq!(end.potential.get(), if bootstraps { last } else { 0.0 });
        if !bootstraps {
            // Phi is zeroed, not F: all that was paid out is taken back.
            prop_assert_eq!(end.shaping, -end.potential_prev.get());
            prop_assert!((discounted_sum(&steps).0 + first).abs() <= 1e-12 * steps.len() as f64);
        }
    }

    #[test]
    fn rule_3_an_episode_that_has_ended_takes_no_step((rules, first, plan, ending) in any_walk()) {
        let mut shaper = shaper(rules, first);
        walk(&mut shaper, &plan, ending);
        prop_assert_eq!(shaper.is_open(), ending == Ending::Running);
        let again = shaper.step(transition(0.5, 1.0, Ending::Running));
        if ending == Ending::Running {
            prop_assert!(again.is_ok());
        } else {
            prop_assert_eq!(again, Err(Error::Closed { ending }));
        }
    }

    #[test]
    fn rule_4_the_learners_gamma_is_in_every_step_and_a_learner_may_shape_by_itself(
        (rules, first, plan, ending) in any_walk(),
    ) {
        let steps = walk(&mut shaper(rules, first), &plan, ending);
        let unshaped = walk(&mut shaper(EpisodeRules { mode: ShapingMode::Off, ..rules }, first), &plan, ending);
        for (step, off) in steps.iter().zip(&unshaped) {
            prop_assert_eq!(step.gamma, rules.discount.get());
            let by_itself = libm::pow(off.gamma, off.k) * off.potential.get() - off.potential_prev.get();
            prop_assert_eq!(step.shaping.to_bits(), by_itself.to_bits());
            prop_assert_eq!((off.shaping, off.reward), (0.0, off.gold));
        }
    }

    #[test]
    fn rule_5_abstaining_holds_the_potential_and_pays_gamma_k_less_1_of_it(
        gamma in any_gamma(), held in -5.0..5.0_f64, k in 1..=6_u8,
    ) {
        let mut shaper = shaper(rules(gamma), held);
        let step = shaper.step(transition(shaper.potential().get(), f64::from(k), Ending::Running)).unwrap();
        prop_assert!((step.shaping - (gamma.powi(i32::from(k)) - 1.0) * held).abs() <= 1e-14);
        prop_assert_eq!(step.potential.get().to_bits(), held.to_bits());
    }

    #[test]
    fn rule_6_in_unit_mode_k_is_a_whole_number_of_learner_steps(k in 0.0..10.0_f64) {
        let whole = k.ceil().max(1.0);
        let mut shaper = shaper(rules(0.9), 0.3);
        if k.fract() != 0.0 {
            prop_assert_eq!(shaper.step(transition(0.5, k, Ending::Running)), Err(Error::KNotWhole { k }));
        }
        // The refusal changed nothing.
        prop_assert_eq!(shaper.potential().get(), 0.3);
        let step = shaper.step(transition(0.5, whole, Ending::Running)).unwrap();
        prop_assert!((step.shaping - (0.9_f64.powf(whole) * 0.5 - 0.3)).abs() <= 1e-15);
    }

    #[test]
    fn rule_6_one_transition_of_k_n_pays_what_its_n_steps_pay(
        gamma in any_gamma(), path in prop::collection::vec(-5.0..5.0_f64, 2..20),
    ) {
        let single: Vec<_> = path[1..].iter().map(|&value| (Next::Seen(value), 1.0)).collect();
        let steps = walk(&mut shaper(rules(gamma), path[0]), &single, Ending::Running);
        let at_once = [(Next::Seen(path[path.len() - 1]), (path.len() - 1) as f64)];
        let summed = walk(&mut shaper(rules(gamma), path[0]), &at_once, Ending::Running);
        prop_assert!((summed[0].shaping - discounted_sum(&steps).0).abs() <= 1e-12);
    }

    #[test]
    fn rule_6_elapsed_time_discounts_as_exp_of_minus_lambda_dt(
        gamma in 0.5..0.999_f64,
        period_nanos in 1_000_000..1_000_000_000_u64,
        elapsed_nanos in 1..10_000_000_000_u64,
        from in 0..2_000_000_000_000_000_000_u64,
    ) {
        let k = Shaper::elapsed_k(period_nanos, StampNanos(from), StampNanos(from).plus(elapsed_nanos)).unwrap();
        let rules = EpisodeRules { k_mode: KMode::Elapsed, period_nanos, ..rules(gamma) };
        let step = shaper(rules, 0.25).step(transition(0.75, k, Ending::Running)).unwrap();
        let lambda_per_sec = -gamma.ln() / (period_nanos as f64 * 1e-9);
        let expected = (-lambda_per_sec * elapsed_nanos as f64 * 1e-9).exp() * 0.75 - 0.25;
        prop_assert!((step.shaping - expected).abs() <= 1e-12);
    }

    #[test]
    fn rule_8_scale_and_shift_apply_to_progress_and_a_terminal_is_zero_after_both(
        scale in -10.0..10.0_f64,
        shift in 0.5..10.0_f64,
        before in 0.0..=1.0_f64,
        after in 0.0..=1.0_f64,
        gamma in any_gamma(),
    ) {
        let phi = PotentialFn::new(scale, shift).unwrap();
        let at = |mean| phi.of(&Estimate { mean, ..Estimate::WARMING_UP });
        prop_assert_eq!(at(before).get().to_bits(), (scale * before + shift).to_bits());

        let mut shaper = Shaper::begin(rules(gamma), at(before)).unwrap();
        let running = shaper.step(Transition { next: at(after), ..transition(0.0, 1.0, Ending::Running) }).unwrap();
        let plain = gamma * after - before;
        prop_assert!((running.shaping - (scale * plain + (gamma - 1.0) * shift)).abs() <= 1e-12);

        let end = shaper.step(Transition { next: at(1.0), ..transition(0.0, 1.0, Ending::Terminated) }).unwrap();
        prop_assert_eq!((end.potential, end.shaping), (Potential::ZERO, -at(after).get()));
    }

    #[test]
    fn the_naive_modes_pay_what_their_names_say(
        (rules, first, plan, ending) in any_walk(),
    ) {
        let in_mode = |mode| walk(&mut shaper(EpisodeRules { mode, ..rules }, first), &plan, ending);
        let (difference, progress) = (in_mode(ShapingMode::NaiveDifference), in_mode(ShapingMode::NaiveProgress));
        for (difference, progress) in difference.iter().zip(&progress) {
            prop_assert_eq!(difference.shaping, difference.potential.get() - difference.potential_prev.get());
            prop_assert_eq!(progress.shaping, progress.potential.get());
        }
        // They do not know the rule for terminal states: the last potential counts as it was seen.
        if let (Next::Seen(last), _) = plan[plan.len() - 1] {
            prop_assert_eq!(difference[plan.len() - 1].potential.get(), last);
        }
    }
}

/// A potential of 0.5 held for ten steps: with F forced to 0 while it is held, the discounted sum is off by what the
/// discount took from it meanwhile, and a policy that makes the model abstain is paid for it.
#[test]
fn rule_5_forcing_a_held_step_to_zero_breaks_the_sum() {
    let plan = [(Next::Held, 1.0); 10];
    let steps = walk(&mut shaper(rules(0.9), 0.5), &plan, Ending::Running);
    assert!(telescoping_error(0.5, &steps) <= 1e-12);
    let forced: Vec<_> = steps.iter().map(|&step| ShapedStep { shaping: 0.0, ..step }).collect();
    assert!(telescoping_error(0.5, &forced) > 0.3);
}

#[test]
fn rule_3_a_successful_last_step_pays_one_less_what_was_paid_out_on_the_way() {
    let mut shaper = shaper(rules(0.99), 0.95);
    let success =
        Transition { success: Success::Yes, source: SuccessSource::Sensor, ..transition(1.0, 1.0, Ending::Terminated) };
    let step = shaper.step(success).unwrap();
    assert_eq!((step.gold, step.shaping), (1.0, -0.95));
    assert!((step.reward - 0.05).abs() <= 1e-15);
}

#[test]
fn rule_6_k_must_be_finite_and_above_zero_in_both_modes() {
    for k_mode in [KMode::Unit, KMode::Elapsed] {
        let mut shaper = shaper(EpisodeRules { k_mode, period_nanos: 1, ..rules(0.9) }, 0.0);
        for k in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(shaper.step(transition(0.5, k, Ending::Running)), Err(Error::OutOfRange(_))), "{k}");
        }
        assert!(shaper.is_open());
    }
}

#[test]
fn rule_6_elapsed_time_needs_a_period_and_a_later_stamp() {
    let elapsed = EpisodeRules { k_mode: KMode::Elapsed, ..rules(0.9) };
    assert_eq!(Shaper::begin(elapsed, Potential::ZERO), Err(Error::NoPeriod));
    assert!(Shaper::begin(rules(0.9), Potential::ZERO).is_ok());
    assert_eq!(Shaper::elapsed_k(0, StampNanos(1), StampNanos(2)), Err(Error::NoPeriod));
    let backwards = Shaper::elapsed_k(5, StampNanos(7), StampNanos(7));
    assert_eq!(backwards, Err(Error::NotLater { from_nanos: 7, to_nanos: 7 }));
    assert_eq!(Shaper::elapsed_k(200, StampNanos(100), StampNanos(150)), Ok(0.25));
}

#[test]
fn rule_8_the_defaults_are_scale_one_and_shift_zero() {
    let phi = PotentialFn::default();
    assert_eq!((phi.scale(), phi.shift()), (1.0, 0.0));
    let mean = progress(0.625).get();
    assert_eq!(phi.of(&Estimate { mean, ..Estimate::WARMING_UP }).get(), mean);
}

#[test]
fn rule_8_a_potential_is_finite_whatever_it_is_made_from() {
    for (scale, shift) in [(f64::NAN, 0.0), (1.0, f64::INFINITY), (1e300, 1e300), (f64::MAX, f64::MAX)] {
        assert!(matches!(PotentialFn::new(scale, shift), Err(Error::OutOfRange(_))), "{scale} {shift}");
    }
    let phi = PotentialFn::new(2.0, 1.0).unwrap();
    for (mean, expected) in [(f64::NAN, 1.0), (7.0, 3.0), (-7.0, 1.0)] {
        assert_eq!(phi.of(&Estimate { mean, ..Estimate::WARMING_UP }).get(), expected);
    }
    assert!(Potential::new(f64::NAN).is_err() && Potential::new(1e301).is_err());
    let mut extreme = shaper(rules(1.0), 1e300);
    assert!(extreme.step(transition(-1e300, 1.0, Ending::Running)).unwrap().reward.is_finite());
}

#[test]
fn a_discount_is_refused_outside_zero_to_one() {
    assert!(Discount::new(1.0).is_ok());
    assert!(Discount::new(0.0).is_err() && Discount::new(1.01).is_err() && Discount::new(f64::NAN).is_err());
}
