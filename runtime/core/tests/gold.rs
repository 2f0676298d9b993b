//! When the gold reward is paid, and when a success ends an episode: every combination there is.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use striatum_core::{Ending, EpisodeRules, ShapedStep, ShapingMode, SourceSet, Success, SuccessSource, Transition};
use support::{rules, shaper, transition};

struct Case {
    rules: EpisodeRules,
    stated: Ending,
    success: Success,
    source: SuccessSource,
    step: ShapedStep,
    still_open: bool,
}

/// Every set of sources, ending, success, source and rule, one step each.
fn for_every_case(mut check: impl FnMut(&Case)) {
    for sources in 0..64_u32 {
        let listed = |source: &SuccessSource| sources & (1 << source.code()) != 0;
        let gold_sources: SourceSet = SuccessSource::ALL.iter().copied().filter(listed).collect();
        for rule in 0..8_u8 {
            let rules = EpisodeRules {
                terminate_on_success: rule & 1 != 0,
                bootstrap_on_truncation: rule & 2 != 0,
                mode: if rule & 4 == 0 { ShapingMode::Potential } else { ShapingMode::Off },
                gold_sources,
                ..rules(0.9)
            };
            for &stated in Ending::ALL {
                for &success in Success::ALL {
                    for &source in SuccessSource::ALL {
                        let mut shaper = shaper(rules, 0.5);
                        let step = shaper.step(Transition { success, source, ..transition(0.8, 1.0, stated) }).unwrap();
                        check(&Case { rules, stated, success, source, step, still_open: shaper.is_open() });
                    }
                }
            }
        }
    }
}

#[test]
fn gold_is_paid_for_a_terminating_success_from_a_listed_source_and_for_nothing_else() {
    let (mut paid, mut unpaid) = (0, 0);
    for_every_case(|case| {
        let listed = case.rules.gold_sources.contains(case.source);
        let due = case.step.ending == Ending::Terminated && case.success == Success::Yes && listed;
        assert_eq!(case.step.gold, if due { 1.0 } else { 0.0 });
        assert_eq!(case.step.reward, case.step.gold + case.step.shaping);
        *(if due { &mut paid } else { &mut unpaid }) += 1;
    });
    assert!(paid > 0 && unpaid > paid);
}

#[test]
fn a_success_ends_a_running_episode_only_where_begin_said_so() {
    for_every_case(|case| {
        let promoted =
            case.stated == Ending::Running && case.success == Success::Yes && case.rules.terminate_on_success;
        assert_eq!(case.step.ending, if promoted { Ending::Terminated } else { case.stated });
        assert_eq!(case.still_open, case.step.ending == Ending::Running);
    });
}

#[test]
fn nobodys_success_is_never_paid() {
    for_every_case(|case| assert!(case.source != SuccessSource::None || case.step.gold == 0.0));
}

#[test]
fn by_default_the_classifier_and_the_model_are_not_paid() {
    for &source in SuccessSource::ALL {
        let success = Transition { success: Success::Yes, source, ..transition(0.9, 1.0, Ending::Terminated) };
        let gold = shaper(rules(0.9), 0.5).step(success).unwrap().gold;
        let trusted = matches!(source, SuccessSource::Operator | SuccessSource::Sensor | SuccessSource::Simulation);
        assert_eq!(gold, if trusted { 1.0 } else { 0.0 }, "{source:?}");
    }
}

/// A model that certifies itself on a running episode may end it (if begin said so), and still earns nothing; a listed
/// one does both, and its last potential is 0 like any other terminal's.
#[test]
fn a_model_that_certifies_itself_is_paid_only_if_listed() {
    let certified =
        Transition { success: Success::Yes, source: SuccessSource::Model, ..transition(0.97, 1.0, Ending::Running) };
    let strict = EpisodeRules { terminate_on_success: true, ..rules(0.9) };
    let step = shaper(strict, 0.9).step(certified).unwrap();
    assert_eq!((step.ending, step.gold, step.shaping), (Ending::Terminated, 0.0, -0.9));

    let trusting = EpisodeRules { gold_sources: SourceSet::EMPTY.with(SuccessSource::Model), ..strict };
    let step = shaper(trusting, 0.9).step(certified).unwrap();
    assert_eq!((step.ending, step.gold, step.potential.get()), (Ending::Terminated, 1.0, 0.0));

    let step = shaper(rules(0.9), 0.9).step(certified).unwrap();
    assert_eq!((step.ending, step.gold), (Ending::Running, 0.0));
}
