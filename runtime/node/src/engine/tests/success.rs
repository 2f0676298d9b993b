//! The model's own word of success on the way to a learner.

use super::*;

/// An episode whose begin said `terminate_on_success`, and whose last `seen` frame sets show the goal; the reply to a step that
/// says `said` of its outcome.
fn after(seen: u64, gold: SourceSet, terminate_on_success: bool, said: (Success, SuccessSource)) -> ShapedReward {
    let mut rig = Rig::with_gold(false, FusionConfig::memoryless(), gold);
    rig.frame(100, 0.2);
    rig.at(106, Event::Begin(1, BeginRequest { terminate_on_success, ..begin_request(100) }));
    let episode = rig.opened(1).episode;
    for i in 0..seen {
        rig.frame(300 + 200 * i, 0.96);
    }
    let stamp = 300 + 200 * seen;
    rig.frame(stamp, 0.96);
    let request = StepRequest { success: said.0, success_source: said.1, ..step_request(episode, 1, stamp) };
    rig.step(stamp + 5, 2, request);
    rig.reward(2)
}

const NOTHING: (Success, SuccessSource) = (Success::Unknown, SuccessSource::None);

#[test]
fn the_models_word_is_reported_with_its_source_once_the_goal_is_seen_for_long_enough() {
    let early = after(1, SourceSet::default(), false, NOTHING);
    assert_eq!((early.success, early.success_source), (Success::Unknown, SuccessSource::None));
    let seen = after(2, SourceSet::default(), false, NOTHING);
    assert_eq!((seen.success, seen.success_source), (Success::Yes, SuccessSource::Model));
    assert_eq!((seen.ending, seen.gold), (Ending::Running, 0.0));
}

#[test]
fn the_models_word_ends_an_episode_only_where_begin_said_so_and_it_is_listed() {
    let unlisted = after(2, SourceSet::default(), true, NOTHING);
    assert_eq!((unlisted.ending, unlisted.gold), (Ending::Running, 0.0));
    assert_eq!((unlisted.success, unlisted.success_source), (Success::Yes, SuccessSource::Model));
    let unasked = after(2, SourceSet::default().with(SuccessSource::Model), false, NOTHING);
    assert_eq!((unasked.ending, unasked.gold), (Ending::Running, 0.0));
    let paid = after(2, SourceSet::default().with(SuccessSource::Model), true, NOTHING);
    assert_eq!((paid.ending, paid.gold), (Ending::Terminated, 1.0));
}

#[test]
fn a_state_that_is_only_held_is_no_success_of_the_models() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    for i in 0..3 {
        rig.frame(300 + 200 * i, 0.96);
    }
    rig.step(705, 2, step_request(episode, 1, 700));
    assert_eq!(rig.reward(2).success, Success::Yes);
    // No frame comes any more; the deadline passes.
    rig.step(805, 3, step_request(episode, 2, 800));
    rig.at(960, Event::Tick);
    let held = rig.reward(3);
    assert!(held.quality.contains(QualityFlags::HELD));
    assert_eq!((held.success, held.success_source), (Success::Unknown, SuccessSource::None));
}

#[test]
fn what_the_learner_says_stands_against_the_model() {
    let said = (Success::No, SuccessSource::Operator);
    let reward = after(4, SourceSet::default().with(SuccessSource::Model), true, said);
    assert_eq!((reward.success, reward.success_source), said);
    assert_eq!((reward.ending, reward.gold), (Ending::Running, 0.0));
}

#[test]
fn a_set_without_a_vote_holds_the_potential_and_is_no_success() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.2);
    let episode = rig.begin(106, 100);
    for i in 0..4 {
        rig.frame(300 + 200 * i, 0.96);
    }
    rig.step(905, 2, step_request(episode, 1, 900));
    let seen = rig.reward(2);
    assert_eq!(seen.success, Success::Yes);
    rig.frame(1100, NO_VOTE);
    rig.step(1105, 3, step_request(episode, 2, 1100));
    let held = rig.reward(3);
    assert!(held.quality.contains(QualityFlags::HELD) && held.votes == 0);
    assert_eq!((held.success, held.success_source), (Success::Unknown, SuccessSource::None));
    assert_eq!((held.potential, held.progress_mean), (seen.potential, seen.progress_mean));
    assert!((held.shaping - (held.gamma - 1.0) * seen.potential).abs() < 1e-12);
    // The set after it is trusted again, and the second before it saw the goal.
    rig.frame(1300, 0.96);
    rig.step(1305, 4, step_request(episode, 3, 1300));
    assert_eq!(rig.reward(4).success, Success::Yes);
}
