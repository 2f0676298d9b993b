//! Joint states: bytes as ROS 2 sends them, round trips, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::test_kit;

const STAMP: StampNanos = StampNanos(1_700_000_000_123_456_789);

fn state() -> JointState<'static> {
    JointState {
        stamp_nanos: STAMP,
        frame_id: "",
        names: heapless::Vec::from_slice(&["j1", "j22"]).unwrap(),
        positions: heapless::Vec::from_slice(&[1.0, -2.0]).unwrap(),
        velocities: heapless::Vec::from_slice(&[0.0, 0.5]).unwrap(),
        efforts: heapless::Vec::new(),
    }
}

fn encoded(state: &JointState<'_>) -> Vec<u8> {
    let mut buffer = vec![0xee; state.encoded_len()];
    let len = state.encode(&mut buffer).unwrap();
    assert_eq!(len, buffer.len(), "encoded_len is exact");
    buffer
}

/// Written out by hand from the field list: header, sec, nanosec, frame_id, name, position, velocity, effort.
#[test]
fn golden_bytes() {
    let golden = concat!(
        "00010000",
        "00f15365",
        "15cd5b07",
        "0100000000",
        "000000",
        "02000000",
        "030000006a3100",
        "00",
        "040000006a323200",
        "02000000",
        "000000000000f03f",
        "00000000000000c0",
        "02000000",
        // 60 bytes after the header: 4 of padding before the first number.
        "00000000",
        "0000000000000000",
        "000000000000e03f",
        "00000000"
    );
    assert_eq!(test_kit::hex(&encoded(&state())), golden);
    assert_eq!(JointState::decode(&encoded(&state())), Ok(state()));
}

#[test]
fn damaged_bytes_are_an_error_and_never_a_panic() {
    test_kit::assert_hardened(&encoded(&state()), |bytes| {
        JointState::decode(bytes).map(|state| (state.stamp_nanos, state.positions))
    });
}

#[test]
fn lengths_that_are_claimed_are_bounded() {
    let good = encoded(&state());
    for claim in [JOINTS_MAX as u32 + 1, u32::MAX] {
        let mut bytes = good.clone();
        bytes[20..24].copy_from_slice(&claim.to_le_bytes());
        let found = claim as usize;
        assert_eq!(
            JointState::decode(&bytes),
            Err(Error::TooLong { message: "JointState", field: "name", found, most: JOINTS_MAX })
        );
        let mut bytes = good.clone();
        bytes[40..44].copy_from_slice(&claim.to_le_bytes());
        assert!(matches!(JointState::decode(&bytes), Err(Error::TooLong { field: "position", .. })));
    }
    let long = "x".repeat(JOINT_NAME_MAX + 1);
    let named = JointState { names: heapless::Vec::from_slice(&[&long, "b"]).unwrap(), ..state() };
    assert!(matches!(named.encode(&mut [0; 512]), Err(Error::TooLong { field: "name", .. })));
}

#[test]
fn quantities_that_do_not_fit_the_names_are_refused() {
    let mut buffer = [0; 512];
    let short = JointState { positions: heapless::Vec::from_slice(&[1.0]).unwrap(), ..state() };
    assert!(matches!(short.encode(&mut buffer), Err(Error::Contradiction { field: "position", .. })));
    for value in [f64::NAN, f64::INFINITY] {
        let wild = JointState { velocities: heapless::Vec::from_slice(&[0.0, value]).unwrap(), ..state() };
        assert!(matches!(wild.encode(&mut buffer), Err(Error::Range { field: "velocity", .. })));
    }
    // The same from another encoder.
    let mut bytes = encoded(&state());
    let at = bytes.windows(8).position(|w| w == 0.5_f64.to_le_bytes()).unwrap();
    bytes[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(matches!(JointState::decode(&bytes), Err(Error::Range { field: "velocity", .. })));
}

proptest! {
    #[test]
    fn states_round_trip(
        names in prop::collection::vec("[^\0]{0,30}", 0..JOINTS_MAX),
        frame_id in "[a-z]{0,9}",
        (stamp, velocities) in (0..2_000_000_000_000_000_000_u64, any::<bool>()),
    ) {
        let values = || (0..names.len()).map(|index| index as f64 - 0.5).collect();
        let state = JointState {
            stamp_nanos: StampNanos(stamp),
            frame_id: &frame_id,
            names: names.iter().map(String::as_str).collect(),
            positions: values(),
            velocities: if velocities { values() } else { heapless::Vec::new() },
            efforts: heapless::Vec::new(),
        };
        let bytes = encoded(&state);
        prop_assert_eq!(JointState::decode(&bytes), Ok(state), "{}", format!("{names:?}"));
    }

    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let ours: Vec<u8> = [0, 1, 0, 0].into_iter().chain(body.iter().copied()).collect();
        let _ = JointState::decode(&body);
        let _ = JointState::decode(&ours);
    }
}
