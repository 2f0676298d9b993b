//! Corrections of progress: when they take effect, what the wire says of them, and that they can be taken back.

use striatum_core::Correction;

use super::*;
use crate::pipeline::Revision;

fn revision(number: u64, offset: f64, tilt: f64) -> Event {
    Event::Revise(Revision { number, correction: Correction::new(offset, tilt).unwrap() })
}

/// Begins at `start_ms`, shows `progress` at each of the next steps, and gives potential_0 and the replies.
fn episode(rig: &mut Rig, start_ms: u64, token: u64, at: &mut dyn FnMut(&mut Rig, u64)) -> (f64, Vec<ShapedReward>) {
    rig.frame(start_ms, 0.4);
    rig.at(start_ms + 6, Event::Begin(token, begin_request(start_ms)));
    let begun = rig.opened(token);
    let mut replies = Vec::new();
    for step in 1..=4 {
        let stamp = start_ms + 100 * step;
        rig.frame(stamp, 0.4 + 0.1 * step as f64);
        at(rig, step);
        rig.step(stamp + 6, token + step, step_request(begun.episode, step, stamp));
        replies.push(rig.reward(token + step));
    }
    (begun.potential_0, replies)
}

#[test]
fn a_correction_takes_effect_at_the_next_begin_and_the_wire_says_which_was_used() {
    let mut plain = Rig::plain();
    let untouched = episode(&mut plain, 1000, 10, &mut |_, _| {});
    let mut rig = Rig::plain();
    let during = episode(&mut rig, 1000, 10, &mut |rig, step| {
        if step == 2 {
            rig.at(1200, revision(3, 0.1, 0.0));
        }
    });
    assert_eq!(during, untouched, "no bit of the episode that was open changes");
    let after = episode(&mut rig, 2000, 20, &mut |_, _| {});
    assert!((after.0 - untouched.0 - 0.1).abs() < 1e-12, "{}", after.0);
    for (new, old) in after.1.iter().zip(&untouched.1) {
        assert_eq!((new.model_revision, old.model_revision), (3, 0));
        assert!((new.progress_mean - old.progress_mean - 0.1).abs() < 1e-12);
        // Each potential is that of the next transition's start: shaping stays shaping.
        assert_eq!(new.shaping, new.gamma * new.potential - new.potential_prev);
    }
}

#[test]
fn a_correction_that_is_taken_back_leaves_no_trace_in_the_next_episode() {
    let mut plain = Rig::plain();
    let untouched = episode(&mut plain, 3000, 30, &mut |_, _| {});
    let mut rig = Rig::plain();
    rig.at(900, revision(1, 0.1, -0.05));
    let corrected = episode(&mut rig, 1000, 10, &mut |_, _| {});
    assert_eq!(corrected.1[0].model_revision, 1);
    // Two proposals between two begins: the newest is the one.
    rig.at(2000, revision(2, 0.2, 0.0));
    rig.at(2001, revision(3, 0.0, 0.0));
    let back = episode(&mut rig, 3000, 30, &mut |_, _| {});
    assert_eq!(back.0.to_bits(), untouched.0.to_bits());
    for (new, old) in back.1.iter().zip(&untouched.1) {
        assert_eq!(new.model_revision, 3);
        let same = ShapedReward { model_revision: 0, sequence: old.sequence, episode: old.episode, ..*new };
        assert_eq!(same, *old);
    }
}

#[test]
fn without_a_begin_nothing_takes_effect() {
    let mut rig = Rig::plain();
    rig.frame(100, 0.3);
    rig.at(150, revision(1, 0.1, 0.0));
    rig.frame(200, 0.5);
    let Some(Said::Reward(message, _)) = rig.said.last() else { panic!("watching gives a reward") };
    assert_eq!((message.model_revision, message.progress_mean), (0, 0.5));
}

#[test]
fn who_begins_with_states_that_were_scored_before_gets_them_corrected() {
    let mut rig = Rig::plain();
    rig.at(90, revision(1, 0.1, 0.0));
    rig.frame(100, 0.3);
    rig.frame(200, 0.5);
    // The stamp lies before both: they are fused again from there.
    rig.at(210, Event::Begin(1, begin_request(100)));
    let begun = rig.opened(1);
    assert!((begun.potential_0 - 0.4).abs() < 1e-2, "{}", begun.potential_0);
    rig.step(211, 2, step_request(begun.episode, 1, 200));
    let reward = rig.reward(2);
    assert!((reward.potential - 0.6).abs() < 1e-2 && reward.model_revision == 1, "{}", reward.potential);
}
