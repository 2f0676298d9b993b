//! Several members: who votes, how much each counts, and what stays as it is with one.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{
    Error, Estimate, Fuser, FusionConfig, MAX_MEMBERS, MemberFusion, MemberRule, MemberScores, MemberShare,
    Perspectives, Scores,
};
use support::{any_double, any_progress, cases, goal_scores};

const PRESETS: [FusionConfig; 4] =
    [FusionConfig::memoryless(), FusionConfig::plain(), FusionConfig::consistency(), FusionConfig::paper()];
const RULES: [MemberRule; 4] = [
    MemberRule::First,
    MemberRule::InverseVariance,
    MemberRule::Consistency { alpha: 20.0, floor: 0.5 },
    MemberRule::Reliability([0.5, 0.3, 0.2, 0.1]),
];

fn fuser(config: FusionConfig, rule: MemberRule, count: usize) -> Fuser {
    Fuser::with_members(config, MemberFusion::new(count, rule, f64::INFINITY).unwrap()).unwrap()
}

fn memoryless(rule: MemberRule, count: usize) -> Fuser {
    fuser(FusionConfig::memoryless(), rule, count)
}

/// A member whose forward and backward readings are these, or one without an answer.
type Said = Option<(f64, f64, f64)>;

fn member((forward, backward, std): (f64, f64, f64)) -> MemberScores {
    MemberScores { hops: goal_scores(0.0, forward, backward).hops, std }
}

fn scores(said: &[Said]) -> Scores {
    let mut scores = Scores { ood: 0.0, ..Scores::MISSING };
    if let Some(Some(first)) = said.first() {
        let MemberScores { hops, std } = member(*first);
        scores = Scores { hops, std, ..scores };
    }
    for (slot, said) in scores.others.iter_mut().zip(said.iter().skip(1)) {
        *slot = said.map(member);
    }
    scores
}

/// With one perspective heard, a member that lacks it has no vote, and weights go by what is heard.
#[test]
fn members_vote_by_what_is_heard_of_them() {
    let heard = Perspectives { incremental: false, forward: true, backward: false };
    let config = FusionConfig { heard, ..FusionConfig::memoryless() };
    let two = scores(&[Some((0.2, 0.9, 0.1)), Some((0.5, 0.1, 0.2))]);
    // Variances 0.01 and 0.04: what backward says is in neither.
    let said = fuser(config, MemberRule::InverseVariance, 2).update(&two);
    let shares = [said.members[0].share, said.members[1].share];
    assert!((shares[0] - 0.8).abs() < 1e-12 && (shares[1] - 0.2).abs() < 1e-12, "{shares:?}");
    assert!((said.mean - 0.26).abs() < 1e-12 && said.votes == 2, "{said:?}");

    let deaf = MemberScores { hops: Perspectives { forward: None, ..two.hops }, std: 0.01 };
    let others = [Some(deaf), None, None];
    let said = fuser(config, MemberRule::InverseVariance, 2).update(&Scores { others, ..two });
    assert_eq!((said.mean, said.votes, said.members[1]), (0.2, 1, MemberShare::NONE));
}

fn any_said() -> impl Strategy<Value = Said> {
    prop::option::weighted(0.8, (any_progress(), any_progress(), 0.001..0.6_f64))
}

fn some_said() -> impl Strategy<Value = (f64, f64, f64)> {
    (any_progress(), any_progress(), 0.001..0.6_f64)
}

/// Whatever a member could say: every double there is, and no answer.
fn any_member() -> impl Strategy<Value = Option<MemberScores>> {
    let hop = || prop::option::of(any_double());
    prop::option::of((hop(), hop(), hop(), any_double()).prop_map(|(incremental, forward, backward, std)| {
        MemberScores { hops: Perspectives { incremental, forward, backward }, std }
    }))
}

fn any_scores() -> impl Strategy<Value = Scores> {
    (prop::array::uniform4(any_member()), any_double()).prop_map(|([first, others @ ..], ood)| {
        let first = first.map_or(Scores::MISSING, |MemberScores { hops, std }| Scores { hops, std, ..Scores::MISSING });
        Scores { others, ood, ..first }
    })
}

fn shares(estimate: &Estimate) -> [f64; MAX_MEMBERS] {
    estimate.members.map(|member| member.share)
}

fn variance((forward, backward, std): (f64, f64, f64)) -> f64 {
    std * std + (forward - backward) * (forward - backward) / 4.0
}

fn mean_of((forward, backward, _): (f64, f64, f64)) -> f64 {
    (forward + backward) / 2.0
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn whatever_members_say_estimates_are_in_range_and_shares_add_up(sets in prop::collection::vec(any_scores(), 1..12)) {
        for (config, rule) in PRESETS.into_iter().flat_map(|config| RULES.map(|rule| (config, rule))) {
            let mut fuser = fuser(config, rule, MAX_MEMBERS);
            for set in &sets {
                let estimate = fuser.update(set);
                prop_assert!((0.0..=1.0).contains(&estimate.mean));
                prop_assert!(estimate.std.is_finite() && estimate.std > 0.0);
                let sum: f64 = shares(&estimate).iter().sum();
                let expected = if estimate.held { 0.0 } else { 1.0 };
                prop_assert!((sum - expected).abs() <= 1e-12, "{estimate:?}");
                prop_assert_eq!(estimate.held, estimate.votes == 0);
                for member in estimate.members {
                    prop_assert_eq!(member.progress.is_some(), member.std.is_some());
                    prop_assert!(member.progress.is_some() || member.share == 0.0);
                    prop_assert!((0.0..=1.0).contains(&member.share));
                    prop_assert!(member.progress.is_none_or(|p| (0.0..=1.0).contains(&p)));
                }
            }
        }
    }

    /// What is on record of one model must not change because others could have been asked.
    #[test]
    fn one_member_that_answers_alone_is_fused_as_one_model_bit_for_bit(
        sets in prop::collection::vec(any_member(), 1..12), place in 0..MAX_MEMBERS,
    ) {
        for (config, rule) in PRESETS.into_iter().flat_map(|config| RULES.map(|rule| (config, rule))) {
            let (mut alone, mut among) = (Fuser::new(config).unwrap(), fuser(config, rule, MAX_MEMBERS));
            for said in &sets {
                let one = said.map_or(Scores::MISSING, |MemberScores { hops, std }| Scores { hops, std, ..Scores::MISSING });
                let mut of_many = one;
                if place > 0 {
                    of_many = Scores::MISSING;
                    of_many.others[place - 1] = *said;
                }
                let (want, got) = (alone.update(&one), among.update(&of_many));
                prop_assert_eq!(got.mean.to_bits(), want.mean.to_bits());
                prop_assert_eq!(got.std.to_bits(), want.std.to_bits());
                prop_assert_eq!((got.weight, got.votes, got.held), (want.weight, want.votes, want.held));
                prop_assert_eq!(got.missing_votes, want.missing_votes);
                prop_assert_eq!(got.members[place], want.members[0]);
                // Without a vote the first member's readings are shown, and here it has none.
                if !want.held {
                    prop_assert_eq!(got.readings, want.readings);
                }
            }
        }
    }

    #[test]
    fn the_fused_progress_lies_among_those_that_vote(said in prop::collection::vec(any_said(), 1..=MAX_MEMBERS)) {
        for rule in RULES {
            let estimate = memoryless(rule, said.len()).update(&scores(&said));
            let voting = || estimate.members.iter().filter(|m| m.share > 0.0).filter_map(|m| m.progress);
            if estimate.held {
                prop_assert!(said.iter().all(Option::is_none));
                continue;
            }
            let (low, high) = (voting().fold(1.0, f64::min), voting().fold(0.0, f64::max));
            prop_assert!((low - 1e-12..=high + 1e-12).contains(&estimate.mean), "{estimate:?}");
            let mixed: f64 = estimate.members.iter().map(|m| m.share * m.progress.unwrap_or(0.0)).sum();
            prop_assert!((estimate.mean - mixed).abs() <= 1e-12);
        }
    }

    #[test]
    fn inverse_variance_is_one_over_std_and_spread_squared(said in prop::collection::vec(some_said(), 2..=MAX_MEMBERS)) {
        let all: Vec<Said> = said.iter().copied().map(Some).collect();
        let estimate = memoryless(MemberRule::InverseVariance, said.len()).update(&scores(&all));
        let weights: Vec<f64> = said.iter().map(|&s| 1.0 / variance(s)).collect();
        let sum: f64 = weights.iter().sum();
        for (share, weight) in shares(&estimate).iter().zip(&weights) {
            prop_assert!((share - weight / sum).abs() <= 1e-9, "{estimate:?}");
        }
    }

    #[test]
    fn consistency_takes_the_say_from_who_is_alone(
        near in any_progress(), apart in any_progress(), alpha in 0.0..50.0_f64, floor in 0.1..1.0_f64,
    ) {
        let rule = MemberRule::Consistency { alpha, floor };
        let said = [near, near, apart].map(|progress| Some((progress, progress, 0.1)));
        let estimate = memoryless(rule, 3).update(&scores(&said));
        let gap = (apart - near).abs() / near.max(floor);
        let weight = (-alpha * gap * gap).exp();
        let [one, two, three, _] = shares(&estimate);
        prop_assert_eq!(one.to_bits(), two.to_bits());
        prop_assert!((three - weight / (2.0 + weight)).abs() <= 1e-9, "{estimate:?}");
    }

    #[test]
    fn reliability_is_shared_among_those_that_answer(
        said in prop::collection::vec(any_said(), MAX_MEMBERS), weights in prop::array::uniform4(0.0..10.0_f64),
    ) {
        let estimate = memoryless(MemberRule::Reliability(weights), MAX_MEMBERS).update(&scores(&said));
        let there = || weights.iter().zip(&said).map(|(w, s)| if s.is_some() { *w } else { 0.0 });
        let sum: f64 = there().sum();
        for (share, weight) in shares(&estimate).iter().zip(there()) {
            let expected = if sum > 0.0 { weight / sum } else { 0.0 };
            prop_assert!((share - expected).abs() <= 1e-12);
        }
        prop_assert_eq!(estimate.held, sum <= 0.0);
    }

    #[test]
    fn the_first_has_the_whole_say_and_the_next_speaks_when_it_cannot(said in prop::collection::vec(any_said(), MAX_MEMBERS)) {
        let estimate = memoryless(MemberRule::First, MAX_MEMBERS).update(&scores(&said));
        match said.iter().position(Option::is_some) {
            Some(first) => {
                let alone = Fuser::new(FusionConfig::memoryless()).unwrap().update(&scores(&said[first..=first]));
                prop_assert_eq!((estimate.mean.to_bits(), estimate.std.to_bits()), (alone.mean.to_bits(), alone.std.to_bits()));
                prop_assert_eq!(estimate.members[first].share, 1.0);
                prop_assert_eq!(estimate.readings, alone.readings);
            }
            None => prop_assert!(estimate.held),
        }
        for (member, said) in estimate.members.iter().zip(&said) {
            prop_assert_eq!(member.progress.is_some(), said.is_some(), "what the others say is on record too");
        }
    }

    #[test]
    fn the_order_of_the_members_does_not_matter(said in prop::collection::vec(any_said(), MAX_MEMBERS), turn in 1..MAX_MEMBERS) {
        let turned: Vec<Said> = (0..MAX_MEMBERS).map(|i| said[(i + turn) % MAX_MEMBERS]).collect();
        for rule in [MemberRule::InverseVariance, MemberRule::Consistency { alpha: 20.0, floor: 0.5 }, MemberRule::Reliability([1.0; 4])] {
            let one = memoryless(rule, MAX_MEMBERS).update(&scores(&said));
            let other = memoryless(rule, MAX_MEMBERS).update(&scores(&turned));
            prop_assert!((one.mean - other.mean).abs() <= 1e-12 && (one.std - other.std).abs() <= 1e-9);
        }
    }

    #[test]
    fn a_member_of_numbers_that_are_none_counts_as_one_without_an_answer(
        said in prop::collection::vec(some_said(), 2..=MAX_MEMBERS), bad in 0..2_usize, hop in prop_oneof![Just(f64::NAN), Just(f64::INFINITY)],
    ) {
        let mut without: Vec<Said> = said.iter().copied().map(Some).collect();
        without[bad] = None;
        let absent = scores(&without);
        let mut spoilt = absent;
        let hops = Perspectives { incremental: Some(hop), forward: Some(hop), backward: Some(hop) };
        match bad {
            0 => spoilt.hops = hops,
            other => spoilt.others[other - 1] = Some(MemberScores { hops, std: 0.01 }),
        }
        for rule in RULES {
            let want = memoryless(rule, said.len()).update(&absent);
            let got = memoryless(rule, said.len()).update(&spoilt);
            prop_assert_eq!((got.mean.to_bits(), got.std.to_bits()), (want.mean.to_bits(), want.std.to_bits()));
            prop_assert_eq!((got.missing_votes, want.missing_votes), (3, 0));
            prop_assert_eq!(got.members, want.members);
            prop_assert_eq!(got.members[bad], MemberShare::NONE);
        }
    }

    #[test]
    fn where_nobody_is_trusted_the_last_value_is_held_and_flagged(
        first in prop::collection::vec((any_progress(), any_progress(), 0.001..0.1_f64), 3),
        lost in prop::collection::vec((any_progress(), any_progress(), 0.31..2.0_f64), 3),
    ) {
        let set = |said: &[(f64, f64, f64)]| scores(&said.iter().map(|&(f, _, std)| Some((f, f, std))).collect::<Vec<_>>());
        for rule in RULES {
            let members = MemberFusion::new(3, rule, 0.3).unwrap();
            let mut fuser = Fuser::with_members(FusionConfig::memoryless(), members).unwrap();
            let last = fuser.update(&set(&first));
            prop_assert!(!last.held);
            let held = fuser.update(&set(&lost));
            prop_assert!(held.held && !held.warming_up);
            prop_assert_eq!((held.mean.to_bits(), held.std, held.votes), (last.mean.to_bits(), last.std, 0));
            prop_assert_eq!(shares(&held), [0.0; MAX_MEMBERS]);
            prop_assert!(held.members[..3].iter().all(|m| m.progress.is_some()), "on record all the same");
            prop_assert!(!fuser.update(&set(&first)).held);
        }
    }

    #[test]
    fn the_std_is_that_of_the_mixture(said in prop::collection::vec(some_said(), 2..=MAX_MEMBERS)) {
        let all: Vec<Said> = said.iter().copied().map(Some).collect();
        for rule in RULES {
            let estimate = memoryless(rule, said.len()).update(&scores(&all));
            let shares = shares(&estimate);
            let parts = said.iter().zip(shares);
            let mixture: f64 = parts.map(|(&s, share)| share * (variance(s) + (mean_of(s) - estimate.mean).powi(2))).sum();
            prop_assert!((estimate.std - mixture.sqrt()).abs() <= 1e-9, "{estimate:?}");
        }
    }

    #[test]
    fn several_members_drift_on_no_frozen_picture_and_forget_what_came_before(
        before in prop::collection::vec(any_scores(), 0..6), said in prop::collection::vec(some_said(), 3),
    ) {
        let frozen = scores(&said.iter().copied().map(Some).collect::<Vec<_>>());
        for rule in RULES {
            let first = memoryless(rule, 3).update(&frozen);
            let mut used = memoryless(rule, 3);
            before.iter().for_each(|set| { used.update(set); });
            for _ in 0..20 {
                let again = used.update(&frozen);
                prop_assert_eq!((again.mean.to_bits(), again.std.to_bits()), (first.mean.to_bits(), first.std.to_bits()));
                prop_assert_eq!(again.members, first.members);
            }
            for config in [FusionConfig::plain(), FusionConfig::consistency()] {
                let mut recursive = fuser(config, rule, 3);
                let first = recursive.update(&frozen).mean;
                for _ in 0..50 {
                    prop_assert!((recursive.update(&frozen).mean - first).abs() <= 1e-12);
                }
            }
        }
    }
}

#[test]
fn two_that_contradict_each_other_past_all_weight_hold_the_value() {
    let mut fuser = memoryless(MemberRule::Consistency { alpha: 1e6, floor: 0.5 }, 2);
    let at = |one: f64, other: f64| scores(&[Some((one, one, 0.1)), Some((other, other, 0.1))]);
    assert_eq!(fuser.update(&at(0.4, 0.4)).mean, 0.4);
    let torn = fuser.update(&at(0.0, 1.0));
    assert_eq!((torn.mean, torn.held, torn.votes), (0.4, true, 0));
}

#[test]
fn the_first_state_of_an_episode_has_no_hop_into_it_for_any_member() {
    let mut set = scores(&[Some((0.2, 0.2, 0.1)), Some((0.4, 0.4, 0.1))]);
    set.hops.incremental = Some(0.5);
    let first = set.without_incremental();
    let hops = |member: usize| first.member(member).unwrap().hops;
    assert_eq!((hops(0).incremental, hops(1).incremental, first.member(2)), (None, None, None));
    assert_eq!((hops(1).forward, hops(1).backward), (Some(0.4), Some(-0.6)));
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let refused = |count, rule, max_std| match MemberFusion::new(count, rule, max_std) {
        Err(Error::OutOfRange(error)) => error.what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(0, MemberRule::First, 1.0), "number of models");
    assert_eq!(refused(MAX_MEMBERS + 1, MemberRule::First, 1.0), "number of models");
    for max_std in [0.0, -1.0, f64::NAN] {
        assert_eq!(refused(1, MemberRule::First, max_std), "models max_std");
    }
    assert_eq!(refused(2, MemberRule::Consistency { alpha: -1.0, floor: 0.5 }, 1.0), "models alpha");
    assert_eq!(refused(2, MemberRule::Consistency { alpha: 20.0, floor: 0.0 }, 1.0), "models floor");
    assert_eq!(refused(2, MemberRule::Reliability([1.0, f64::NAN, 0.0, 0.0]), 1.0), "models reliability");
    assert_eq!(refused(2, MemberRule::Reliability([1.0, -0.1, 0.0, 0.0]), 1.0), "models reliability");
}
