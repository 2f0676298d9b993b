//! The requests and replies of episode control: round trips, their `.msg` files, and what they refuse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schemas;
use crate::test_kit::{self, Value};

const EPISODE: EpisodeId = EpisodeId([9; 16]);

fn begin() -> BeginRequest {
    BeginRequest {
        task: Task::try_from("fold the tŵel").unwrap(),
        gamma: 0.99,
        period_secs: 0.2,
        deadline_secs: 0.05,
        bootstrap_on_truncation: true,
        terminate_on_success: false,
        k_mode: KMode::Elapsed,
        stamp_nanos: StampNanos(1_700_000_000_000_000_000),
    }
}

fn step() -> StepRequest {
    StepRequest {
        episode: EPISODE,
        step: 3,
        stamp_nanos: StampNanos(5),
        k: 0.0,
        ending: Ending::Terminated,
        success: Success::Yes,
        success_source: SuccessSource::Sensor,
    }
}

/// Encodes into a buffer of exactly the length the type promises.
macro_rules! bytes_of {
    ($type:ty, $value:expr) => {{
        let mut buffer = [0xee; <$type>::MAX_LEN];
        let len = $value.encode(&mut buffer).unwrap();
        buffer[..len].to_vec()
    }};
}

/// One test for each message: the `.msg` file, a round trip in both byte orders, damage, versions.
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
    begin_request: BeginRequest, BEGIN_REQUEST, begin();
    begin_reply: BeginReply, BEGIN_REPLY, BeginReply { episode: EPISODE, epoch: 4, potential_0: -0.5 };
    step_request: StepRequest, STEP_REQUEST, step();
    abort_request: AbortRequest, ABORT_REQUEST, AbortRequest { episode: EPISODE };
    abort_reply: AbortReply, ABORT_REPLY, AbortReply { episode: EPISODE, steps: 12 };
}

#[test]
fn golden_bytes_of_a_step() {
    let golden = "000100000100000009090909090909090909090909090909000000000300000000000000050000000000000000000000000000\
                  00010202";
    assert_eq!(test_kit::hex(&bytes_of!(StepRequest, step())), golden);
}

#[test]
fn a_tool_that_has_only_the_msg_file_reads_begin() {
    let definition = test_kit::parse(schemas::BEGIN_REQUEST);
    let values: Vec<Value> =
        test_kit::decode(&definition, &bytes_of!(BeginRequest, begin())).into_iter().map(|(_, value)| value).collect();
    let expected = [
        Value::Int(1),
        Value::Text("fold the tŵel".into()),
        Value::Float(0.99),
        Value::Float(0.2),
        Value::Float(0.05),
        Value::Int(1),
        Value::Int(0),
        Value::Int(1),
        Value::Int(1_700_000_000_000_000_000),
    ];
    assert_eq!(values, expected);
}

#[test]
fn the_msg_files_have_the_constants() {
    let of = |schema, prefix, values: Vec<(&str, u8)>| {
        let definition = test_kit::parse(schema);
        test_kit::assert_constants(&definition, prefix, values.into_iter().map(|(n, v)| (n, u64::from(v))));
    };
    of(schemas::BEGIN_REQUEST, "K", KMode::ALL.iter().map(|v| (v.name(), v.code())).collect());
    of(schemas::STEP_REQUEST, "ENDING", Ending::ALL.iter().map(|v| (v.name(), v.code())).collect());
    of(schemas::STEP_REQUEST, "SUCCESS", Success::ALL.iter().map(|v| (v.name(), v.code())).collect());
    of(schemas::STEP_REQUEST, "SOURCE", SuccessSource::ALL.iter().map(|v| (v.name(), v.code())).collect());
}

#[test]
fn begin_refuses_what_no_learner_can_mean() {
    let refused = |request: BeginRequest, wanted: &str| {
        let mut buffer = [0; BeginRequest::MAX_LEN];
        assert!(
            matches!(request.encode(&mut buffer), Err(Error::Range { field, .. }) if field == wanted),
            "{request:?}"
        );
    };
    for gamma in [0.0, -0.1, 1.000_001, f64::NAN] {
        refused(BeginRequest { gamma, ..begin() }, "gamma");
    }
    for period_secs in [0.0, -1.0, f64::INFINITY] {
        refused(BeginRequest { period_secs, ..begin() }, "period_secs");
    }
    for deadline_secs in [-0.1, 60.1, f64::NAN] {
        refused(BeginRequest { deadline_secs, ..begin() }, "deadline_secs");
    }
    for (gamma, deadline_secs) in [(1.0, 0.0), (1e-9, 60.0)] {
        let request = BeginRequest { gamma, deadline_secs, ..begin() };
        assert_eq!(BeginRequest::decode(&bytes_of!(BeginRequest, request)), Ok(request));
    }
}

/// The decoder must check by itself: a sender need not use this encoder.
#[test]
fn a_decoder_checks_what_another_encoder_did_not() {
    let mut bytes = bytes_of!(StepRequest, step());
    let k_at = bytes.windows(8).rposition(|w| w == [0; 8]).unwrap();
    bytes[k_at..k_at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(matches!(StepRequest::decode(&bytes), Err(Error::Range { field: "k", .. })));
    let mut bytes = bytes_of!(BeginReply, BeginReply { episode: EPISODE, epoch: 1, potential_0: 0.0 });
    let at = bytes.len() - 8;
    bytes[at..].copy_from_slice(&f64::INFINITY.to_le_bytes());
    assert!(matches!(BeginReply::decode(&bytes), Err(Error::Range { field: "potential_0", .. })));
}

#[test]
fn steps_need_an_episode_a_number_and_a_k_that_is_not_negative() {
    let mut buffer = [0; StepRequest::MAX_LEN];
    let mut refused = |request: StepRequest| request.encode(&mut buffer).unwrap_err();
    let none = refused(StepRequest { episode: EpisodeId::NONE, ..step() });
    assert!(matches!(none, Error::Contradiction { field: "episode", .. }));
    assert!(matches!(refused(StepRequest { step: 0, ..step() }), Error::Contradiction { field: "step", .. }));
    assert!(matches!(refused(StepRequest { k: -1.0, ..step() }), Error::Range { field: "k", .. }));
}

#[test]
fn a_task_that_is_too_long_is_refused_and_the_longest_fits() {
    let longest = BeginRequest { task: Task::try_from("x".repeat(TASK_MAX).as_str()).unwrap(), ..begin() };
    let bytes = bytes_of!(BeginRequest, longest);
    assert_eq!(bytes.len(), BeginRequest::MAX_LEN);
    assert_eq!(BeginRequest::decode(&bytes), Ok(longest));
    // One byte more, as another encoder would send it.
    let mut longer = bytes;
    longer[8..12].copy_from_slice(&258_u32.to_le_bytes());
    longer.insert(12, b'x');
    assert_eq!(
        BeginRequest::decode(&longer),
        Err(Error::TooLong { message: "BeginRequest", field: "task", found: 257, most: 256 })
    );
}

proptest! {
    #[test]
    fn begin_round_trips(
        task in "[^\0]{0,60}",
        (gamma, period_secs, deadline_secs) in (1e-9..=1.0f64, 1e-9..1e9f64, 0.0..=60.0f64),
        (bootstrap_on_truncation, terminate_on_success, elapsed, stamp) in any::<(bool, bool, bool, u64)>(),
    ) {
        let request = BeginRequest {
            task: Task::try_from(task.as_str()).unwrap(), gamma, period_secs, deadline_secs, bootstrap_on_truncation,
            terminate_on_success, k_mode: if elapsed { KMode::Elapsed } else { KMode::Unit }, stamp_nanos: StampNanos(stamp),
        };
        let bytes = bytes_of!(BeginRequest, request);
        prop_assert_eq!(BeginRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn steps_round_trip(
        (episode, step, stamp) in (prop::array::uniform16(1..=255u8), 1..u64::MAX, any::<u64>()),
        k in 0.0..1e12f64,
        (ending, success, source) in (0..3u8, 0..3u8, 0..6u8),
    ) {
        let request = StepRequest {
            episode: EpisodeId(episode), step, stamp_nanos: StampNanos(stamp), k, ending: ending.try_into().unwrap(),
            success: success.try_into().unwrap(), success_source: source.try_into().unwrap(),
        };
        let bytes = bytes_of!(StepRequest, request);
        prop_assert_eq!(StepRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..120)) {
        let ours: Vec<u8> = [0, 1, 0, 0, 1, 0, 0, 0].into_iter().chain(body.iter().copied()).collect();
        for bytes in [&body, &ours] {
            let _ = BeginRequest::decode(bytes);
            let _ = BeginReply::decode(bytes);
            let _ = StepRequest::decode(bytes);
            let _ = AbortRequest::decode(bytes);
            let _ = AbortReply::decode(bytes);
        }
    }
}
