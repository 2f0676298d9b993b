//! The teacher's message: its bytes, its `.msg` file, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schemas;
use crate::test_kit::{self, Value};

fn sample() -> TeacherScore {
    TeacherScore {
        sequence: 3,
        epoch: 42,
        episode: EpisodeId([0xa0; 16]),
        step: 7,
        frame_set: 90,
        capture_oldest_nanos: StampNanos(1_700_000_000_000_000_001),
        capture_newest_nanos: StampNanos(1_700_000_000_020_000_002),
        asked_nanos: StampNanos(1_700_000_000_100_000_003),
        latency_nanos: 4_000_000_000,
        late: true,
        votes: 1,
        progress_mean: 0.5,
        progress_std: 0.0625,
        hops: TeacherScore::HOP_INCREMENTAL | TeacherScore::HOP_BACKWARD,
        hop_incremental: 0.125,
        hop_forward: 0.0,
        hop_backward: -0.5,
        student_progress: 0.25,
        model_revision: 2,
        teacher_hash: BundleHash([0xb0; 32]),
    }
}

fn encoded(score: &TeacherScore) -> Vec<u8> {
    let mut buffer = vec![0xee; TeacherScore::MAX_LEN];
    let len = score.encode(&mut buffer).unwrap();
    buffer.truncate(len);
    buffer
}

#[test]
fn the_msg_file_lists_the_fields_and_constants_of_the_encoder() {
    let definition = test_kit::parse(schemas::TEACHER_SCORE);
    test_kit::assert_fields(&definition, TeacherScore::FIELDS);
    let bits = [
        ("incremental", TeacherScore::HOP_INCREMENTAL),
        ("forward", TeacherScore::HOP_FORWARD),
        ("backward", TeacherScore::HOP_BACKWARD),
    ];
    test_kit::assert_constants(&definition, "HOP", bits.into_iter().map(|(name, bit)| (name, u64::from(bit))));
}

#[test]
fn a_tool_that_has_only_the_msg_file_reads_every_value() {
    let values = test_kit::decode(&test_kit::parse(schemas::TEACHER_SCORE), &encoded(&sample()));
    let of = |name: &str| values.iter().find(|(found, _)| found == name).unwrap().1.clone();
    assert_eq!(of("step"), Value::Int(7));
    assert_eq!(of("latency_nanos"), Value::Int(4_000_000_000));
    assert_eq!(of("late"), Value::Int(1));
    assert_eq!(of("hops"), Value::Int(5));
    assert_eq!(of("hop_backward"), Value::Float(-0.5));
    assert_eq!(of("student_progress"), Value::Float(0.25));
    assert_eq!(of("teacher_hash"), Value::Array(vec![0xb0; 32]));
}

#[test]
fn a_message_that_is_damaged_is_refused_and_never_panics() {
    let good = encoded(&sample());
    test_kit::assert_hardened(&good, TeacherScore::decode);
    test_kit::assert_versioned("TeacherScore", &good, TeacherScore::VERSION, TeacherScore::decode);
    let definition = test_kit::parse(schemas::TEACHER_SCORE);
    assert_eq!(TeacherScore::decode(&test_kit::to_big_endian(&definition, &good)), Ok(sample()));
}

#[test]
fn what_contradicts_itself_or_is_out_of_range_is_refused() {
    for (bad, field) in [
        (TeacherScore { progress_mean: 1.5, ..sample() }, "progress_mean"),
        (TeacherScore { student_progress: f64::NAN, ..sample() }, "student_progress"),
        (TeacherScore { progress_std: -0.1, ..sample() }, "progress_std"),
        (TeacherScore { hop_forward: -2.0, ..sample() }, "hop_forward"),
        (TeacherScore { votes: 2, ..sample() }, "votes"),
        (TeacherScore { hops: 13, ..sample() }, "hops"),
        (TeacherScore { capture_oldest_nanos: StampNanos(u64::MAX), ..sample() }, "capture_oldest_nanos"),
    ] {
        let mut buffer = vec![0; TeacherScore::MAX_LEN];
        let error = bad.encode(&mut buffer).expect_err(field);
        let found = match error {
            Error::Range { field, .. } | Error::Contradiction { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(found, field);
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = TeacherScore::decode(&body);
        let ours: Vec<u8> = [0, 1, 0, 0, 1, 0, 0, 0].into_iter().chain(body).collect();
        let _ = TeacherScore::decode(&ours);
    }
}
