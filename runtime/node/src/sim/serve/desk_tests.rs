//! Whose actions count, and what each that does not is counted as.

use super::*;

const NOW: StampNanos = StampNanos(1_700_000_000_000_000_000);
const JOINTS: usize = 7;

fn action(token: u64) -> Action {
    Action {
        stamp_nanos: NOW,
        token,
        kind: ActionKind::JointDelta,
        delta: (0..JOINTS).map(|_| 0.01).collect(),
        gripper: 1.0,
    }
}

fn bytes(action: &Action) -> Vec<u8> {
    let mut buffer = [0; Action::MAX_LEN];
    let length = action.encode(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// Offers it long after the last line of the log.
fn offer(desk: &Desk, action: &Action) {
    desk.offer(&bytes(action), NOW, 0);
}

fn lost(desk: &Desk, loss: ActionLoss) -> u64 {
    desk.tally().losses[loss.index()]
}

#[test]
fn the_newest_action_of_a_period_counts() {
    let desk = Desk::new(JOINTS);
    desk.open(Some(5));
    assert_eq!(desk.take(), None);
    offer(&desk, &action(5));
    let newer = Action { gripper: 0.25, ..action(5) };
    offer(&desk, &newer);
    assert_eq!(desk.take(), Some(newer));
    assert_eq!(desk.take(), None);
    assert_eq!((desk.tally().used, lost(&desk, ActionLoss::Replaced)), (1, 1));
}

#[test]
fn the_world_belongs_to_the_client_that_reset_it_last() {
    let desk = Desk::new(JOINTS);
    offer(&desk, &action(5));
    assert_eq!(lost(&desk, ActionLoss::NoEpisode), 1, "nobody has reset it yet");
    desk.open(Some(5));
    offer(&desk, &action(5));
    desk.open(Some(6));
    assert_eq!(desk.take(), None, "what waited was for the world before");
    offer(&desk, &action(5));
    assert_eq!((desk.take(), lost(&desk, ActionLoss::WrongToken)), (None, 2));
    offer(&desk, &action(6));
    assert_eq!(desk.take(), Some(action(6)));
    desk.open(None);
    offer(&desk, &action(6));
    assert_eq!((desk.take(), lost(&desk, ActionLoss::ExpertDrives)), (None, 1));
}

#[test]
fn after_the_end_nothing_is_taken() {
    let desk = Desk::new(JOINTS);
    desk.open(Some(5));
    offer(&desk, &action(5));
    desk.end();
    offer(&desk, &action(5));
    assert_eq!((desk.take(), lost(&desk, ActionLoss::NoEpisode)), (None, 2));
    offer(&desk, &action(4));
    assert_eq!(lost(&desk, ActionLoss::WrongToken), 1, "another's, though nothing runs");
}

#[test]
fn actions_that_cannot_be_done_are_counted_and_leave_what_waits() {
    let desk = Desk::new(JOINTS);
    desk.open(Some(5));
    offer(&desk, &action(5));
    offer(&desk, &Action { delta: (0..JOINTS - 1).map(|_| 0.0).collect(), ..action(5) });
    let mut wild = bytes(&action(5));
    let at = wild.windows(8).position(|w| w == 0.01_f64.to_le_bytes()).unwrap();
    wild[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    desk.offer(&wild, NOW, 0);
    let mut kind = bytes(&action(5));
    kind[28] = 9;
    desk.offer(&kind, NOW, 0);
    assert_eq!(lost(&desk, ActionLoss::OutOfRange), 3);
    for garbage in [&b""[..], b"hello", &[0xff; 300], &bytes(&action(5))[..40]] {
        desk.offer(garbage, NOW, 0);
    }
    assert_eq!(lost(&desk, ActionLoss::Malformed), 4);
    for stamp_nanos in [StampNanos(0), StampNanos(NOW.0 - 1_000_000_001), StampNanos(NOW.0 + 1_000_000_001)] {
        offer(&desk, &Action { stamp_nanos, ..action(5) });
    }
    assert_eq!(lost(&desk, ActionLoss::Stale), 3);
    assert_eq!(desk.take(), Some(action(5)));
}

#[test]
fn the_log_is_told_at_most_once_a_second() {
    let desk = Desk::new(JOINTS);
    let said = |monotonic_nanos| desk.offer(b"hello", NOW, monotonic_nanos).is_some();
    assert_eq!(
        [said(0), said(1), said(999_999_999), said(1_000_000_000), said(1_500_000_000)],
        [true, false, false, true, false]
    );
    let line = desk.offer(b"hello", NOW, 9_000_000_000).unwrap();
    assert!(line.contains("malformed") && line.contains("6 such"), "{line}");
}

#[test]
fn tokens_are_never_zero_and_do_not_repeat() {
    // The first state of this seed would be zero.
    let mut tokens = Tokens::new(0_u64.wrapping_sub(0x9e37_79b9_7f4a_7c15));
    let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| tokens.next()).collect();
    assert_eq!(drawn.len(), 1000);
    assert!(!drawn.contains(&0));
}
