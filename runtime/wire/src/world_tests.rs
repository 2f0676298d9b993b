//! Actions, resets and the truth: round trips, their `.msg` files, and what they refuse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::action::{Action, ActionKind, DELTA_MAX};
use crate::schemas;
use crate::test_kit;

fn action() -> Action {
    Action {
        stamp_nanos: StampNanos(7),
        token: 9,
        kind: ActionKind::EndEffectorDelta,
        delta: heapless::Vec::from_slice(&[0.01, 0.0, -0.02, 0.0, 0.0, 0.1]).unwrap(),
        gripper: 0.5,
    }
}

fn reset() -> ResetRequest {
    ResetRequest { seed: 3, expert: true, failure: Detail::try_from("drop").unwrap() }
}

fn reply() -> ResetReply {
    ResetReply {
        token: 1,
        episode: 2,
        stamp_nanos: StampNanos(5),
        seed: 3,
        period_secs: 0.1,
        joints: 7,
        task: Task::try_from("push the cube").unwrap(),
    }
}

fn truth() -> Truth {
    Truth {
        stamp_nanos: StampNanos(5),
        episode: 2,
        step: 30,
        progress: 0.25,
        phase: 1,
        phases: 4,
        success: false,
        ended: false,
        failed: Detail::new(),
        actions: 29,
        losses: [1, 2, 3, 4, 5, 6, 7],
    }
}

macro_rules! bytes_of {
    ($type:ty, $value:expr) => {{
        let mut buffer = [0xee; <$type>::MAX_LEN];
        let len = $value.encode(&mut buffer).unwrap();
        buffer[..len].to_vec()
    }};
}

macro_rules! message_tests {
    ($($test:ident: $type:ident, $schema:ident, $value:expr;)*) => { $(
        #[test]
        fn $test() {
            let definition = test_kit::parse(schemas::$schema);
            test_kit::assert_fields(&definition, $type::FIELDS);
            let value = $value;
            let good = bytes_of!($type, value);
            assert_eq!($type::decode(&good).as_ref(), Ok(&value));
            assert_eq!($type::decode(&test_kit::to_big_endian(&definition, &good)), Ok(value));
            test_kit::assert_hardened(&good, $type::decode);
            test_kit::assert_versioned(stringify!($type), &good, $type::VERSION, $type::decode);
            let mut small = [0; $type::MAX_LEN];
            let short = &mut small[..good.len() - 1];
            assert!(matches!($value.encode(short), Err(Error::BufferFull { .. })));
        }
    )* };
}

message_tests! {
    actions: Action, ACTION, action();
    reset_request: ResetRequest, RESET_REQUEST, reset();
    reset_reply: ResetReply, RESET_REPLY, reply();
    truths: Truth, TRUTH, truth();
}

#[test]
fn the_msg_files_have_the_constants() {
    let kinds = ActionKind::ALL.iter().map(|kind| (kind.name(), kind.index() as u64));
    test_kit::assert_constants(&test_kit::parse(schemas::ACTION), "KIND", kinds);
    let losses = ActionLoss::ALL.iter().map(|loss| (loss.name(), loss.index() as u64));
    test_kit::assert_constants(&test_kit::parse(schemas::TRUTH), "LOSS", losses);
    assert_eq!(truth().lost(ActionLoss::Replaced), 7);
}

#[test]
fn actions_that_no_robot_can_do_are_refused() {
    let mut buffer = [0; Action::MAX_LEN];
    let mut refused = |action: Action| action.encode(&mut buffer).unwrap_err();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut wild = action();
        wild.delta[2] = value;
        assert!(matches!(refused(wild), Error::Range { field: "delta", .. }));
        assert!(matches!(refused(Action { gripper: value, ..action() }), Error::Range { field: "gripper", .. }));
    }
    for gripper in [-0.01, 1.01] {
        assert!(matches!(refused(Action { gripper, ..action() }), Error::Range { field: "gripper", .. }));
    }
    for len in [0, 5, 7, DELTA_MAX] {
        let delta = (0..len).map(|_| 0.0).collect();
        assert!(matches!(refused(Action { delta, ..action() }), Error::Contradiction { field: "delta", .. }));
    }
    let empty = Action { kind: ActionKind::JointDelta, delta: heapless::Vec::new(), ..action() };
    assert!(matches!(refused(empty), Error::Contradiction { field: "delta", .. }));
    assert!(matches!(refused(Action { token: 0, ..action() }), Error::Contradiction { field: "token", .. }));
}

/// The decoder must check by itself: a sender need not use this encoder.
#[test]
fn a_decoder_checks_what_another_encoder_did_not() {
    let good = bytes_of!(Action, action());
    // Header, version, padding, stamp, token: the kind is at 28, the count at 32, the first value at 36 + 4.
    let mut kind = good.clone();
    kind[28] = 2;
    assert!(matches!(Action::decode(&kind), Err(Error::Unknown { field: "kind", found: 2, .. })));
    for claim in [DELTA_MAX as u32 + 1, u32::MAX] {
        let mut long = good.clone();
        long[32..36].copy_from_slice(&claim.to_le_bytes());
        assert!(matches!(Action::decode(&long), Err(Error::TooLong { field: "delta", .. })));
    }
    let mut wild = good;
    let at = wild.windows(8).position(|w| w == 0.01_f64.to_le_bytes()).unwrap();
    wild[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(matches!(Action::decode(&wild), Err(Error::Range { field: "delta", .. })));
}

#[test]
fn a_failure_without_an_expert_and_a_truth_that_cannot_be_are_refused() {
    let request = ResetRequest { expert: false, ..reset() };
    let mut buffer = [0; 1024];
    assert!(matches!(request.encode(&mut buffer), Err(Error::Contradiction { field: "failure", .. })));
    for progress in [-0.1, 1.1, f64::NAN] {
        let wrong = Truth { progress, ..truth() }.encode(&mut buffer);
        assert!(matches!(wrong, Err(Error::Range { field: "progress", .. })));
    }
    let wrong = Truth { phase: 4, ..truth() }.encode(&mut buffer);
    assert!(matches!(wrong, Err(Error::Contradiction { field: "phase", .. })));
    for wrong in [ResetReply { token: 0, ..reply() }, ResetReply { episode: 0, ..reply() }] {
        assert!(matches!(wrong.encode(&mut buffer), Err(Error::Contradiction { .. })));
    }
}

proptest! {
    #[test]
    fn actions_round_trip(
        (stamp, token, joint) in (any::<u64>(), 1..=u64::MAX, any::<bool>()),
        (values, gripper) in (prop::collection::vec(-1e9..1e9f64, 6..=DELTA_MAX), 0.0..=1.0f64),
    ) {
        let kind = if joint { ActionKind::JointDelta } else { ActionKind::EndEffectorDelta };
        let delta = values.into_iter().take(if joint { DELTA_MAX } else { 6 }).collect();
        let action = Action { stamp_nanos: StampNanos(stamp), token, kind, delta, gripper };
        prop_assert_eq!(Action::decode(&bytes_of!(Action, action)), Ok(action));
    }

    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..160)) {
        let ours: Vec<u8> = [0, 1, 0, 0, 1, 0, 0, 0].into_iter().chain(body.iter().copied()).collect();
        for bytes in [&body, &ours] {
            let _ = Action::decode(bytes);
            let _ = ResetRequest::decode(bytes);
            let _ = ResetReply::decode(bytes);
            let _ = Truth::decode(bytes);
        }
    }
}
