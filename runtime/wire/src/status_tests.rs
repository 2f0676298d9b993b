//! The status message: its bytes, its `.msg` file, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schemas;
use crate::test_kit::{self, Value};

fn sample() -> Status {
    let mut status = Status {
        state: State::Degraded,
        uptime_nanos: 60_000_000_000,
        stamp_nanos: StampNanos(1_700_000_000_000_000_000),
        bundle_hash: BundleHash([0xb0; 32]),
        model_revision: 1,
        frame_sets: 300,
        rewards: 299,
        steps: 100,
        held: 2,
        images_encoded: 700,
        images_reused: 200,
        frame_sets_per_sec: 5.0,
        rewards_per_sec: 4.5,
        drops: core::array::from_fn(|i| 10 + i as u64),
        stage_p50_nanos: core::array::from_fn(|i| 1_000 * i as u64),
        stage_p99_nanos: core::array::from_fn(|i| 2_000 * i as u64),
        recording: Recording::Failed,
        teacher: TeacherState::Stalled,
        teacher_counts: [9, 5, 2, 3, 1, 4],
        ..Status::starting(8)
    };
    status.set_teacher_reason("no answer for 12 s");
    status.set_detail("recording stopped: disk full");
    status
}

fn encoded(status: &Status) -> Vec<u8> {
    let mut buffer = vec![0xee; Status::MAX_LEN];
    let len = status.encode(&mut buffer).unwrap();
    buffer.truncate(len);
    buffer
}

#[test]
fn the_msg_file_lists_the_fields_and_constants_of_the_encoder() {
    let definition = test_kit::parse(schemas::STATUS);
    test_kit::assert_fields_of(&definition, Status::FIELDS, Status::VERSION);
    let constants = |prefix, values: Vec<(&str, usize)>| {
        test_kit::assert_constants(&definition, prefix, values.into_iter().map(|(n, v)| (n, v as u64)));
    };
    constants("STATE", State::ALL.map(|v| (v.name(), v.index())).into());
    constants("DROP", DropCause::ALL.map(|v| (v.name(), v.index())).into());
    constants("STAGE", Stage::ALL.map(|v| (v.name(), v.index())).into());
    constants("TEACHER", TeacherState::ALL.map(|v| (v.name(), v.index())).into());
    constants("QUESTIONS", TeacherCount::ALL.map(|v| (v.name(), v.index())).into());
    constants("RECORDING", Recording::ALL.map(|v| (v.name(), v.index())).into());
}

#[test]
fn a_tool_that_has_only_the_msg_file_reads_every_value() {
    let status = sample();
    let definition = test_kit::parse(schemas::STATUS);
    let values: Vec<Value> =
        test_kit::decode(&definition, &encoded(&status)).into_iter().map(|(_, value)| value).collect();
    let expected = [
        Value::Int(3),
        Value::Int(8),
        Value::Int(4),
        Value::Int(60_000_000_000),
        Value::Int(1_700_000_000_000_000_000),
        Value::Array(vec![0xb0; 32]),
        Value::Int(1),
        Value::Int(300),
        Value::Int(299),
        Value::Int(100),
        Value::Int(2),
        Value::Int(700),
        Value::Int(200),
        Value::Float(5.0),
        Value::Float(4.5),
        Value::Array(status.drops.into()),
        Value::Array(status.stage_p50_nanos.into()),
        Value::Array(status.stage_p99_nanos.into()),
        Value::Int(2),
        Value::Int(3),
        Value::Array(status.teacher_counts.into()),
        Value::Text("no answer for 12 s".into()),
        Value::Text("recording stopped: disk full".into()),
    ];
    assert_eq!(values, expected);
}

#[test]
fn a_message_that_is_damaged_is_refused_and_never_panics() {
    let good = encoded(&sample());
    test_kit::assert_hardened(&good, Status::decode);
    test_kit::assert_versioned("Status", &good, Status::VERSION, Status::decode);
    let definition = test_kit::parse(schemas::STATUS);
    assert_eq!(Status::decode(&test_kit::to_big_endian(&definition, &good)), Ok(sample()));
}

#[test]
fn states_that_stand_for_nothing_and_rates_that_are_no_rates_are_refused() {
    let mut bytes = encoded(&sample());
    let state_at = 4 + 16; // version, padding, epoch
    bytes[state_at] = 6;
    assert!(matches!(Status::decode(&bytes), Err(Error::Unknown { field: "state", offset: 20, found: 6, .. })));
    for rate in [f64::NAN, -1.0] {
        let bad = Status { rewards_per_sec: rate, ..sample() };
        let mut buffer = vec![0; Status::MAX_LEN];
        assert!(matches!(bad.encode(&mut buffer), Err(Error::Range { field: "rewards_per_sec", .. })));
    }
}

#[test]
fn drops_are_read_by_cause() {
    assert_eq!(sample().dropped(DropCause::Skew), 14);
    assert_eq!(sample().dropped(DropCause::PublishFailed), 22);
}

#[test]
fn details_are_cut_and_stay_on_one_line() {
    let mut status = sample();
    status.set_detail(&"é\n".repeat(200));
    assert_eq!(status.detail.len(), DETAIL_MAX - 1, "a character that does not fit is left out whole");
    assert!(!status.detail.contains('\n'));
    let bytes = encoded(&status);
    assert_eq!(Status::decode(&bytes), Ok(status));
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        counts in any::<[u64; 10]>(),
        drops in any::<[u64; 13]>(),
        (p50, p99) in any::<([u64; 9], [u64; 9])>(),
        (state, recording, teacher) in (0..6usize, 0..3usize, 0..6usize),
        teacher_counts in any::<[u64; 6]>(),
        (frame_sets_per_sec, rewards_per_sec) in (0.0..1e9f64, 0.0..1e9f64),
        hash in any::<[u8; 32]>(),
        detail in "[^\0]{0,80}",
    ) {
        let [epoch, uptime_nanos, stamp, model_revision, frame_sets, rewards, steps, held, images_encoded, images_reused] = counts;
        let mut status = Status {
            epoch, state: State::ALL[state], uptime_nanos, stamp_nanos: StampNanos(stamp), bundle_hash: BundleHash(hash),
            model_revision, frame_sets, rewards, steps, held, images_encoded, images_reused, frame_sets_per_sec,
            rewards_per_sec, drops,
            stage_p50_nanos: p50, stage_p99_nanos: p99, recording: Recording::ALL[recording], teacher: TeacherState::ALL[teacher], teacher_counts,
            teacher_reason: Detail::new(), detail: Detail::new(),
        };
        status.set_detail(&detail);
        status.set_teacher_reason(&detail);
        prop_assert_eq!(Status::decode(&encoded(&status)), Ok(status));
    }

    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..700)) {
        let _ = Status::decode(&body);
        let ours: Vec<u8> = [0, 1, 0, 0, 3, 0, 0, 0].into_iter().chain(body).collect();
        let _ = Status::decode(&ours);
    }
}
