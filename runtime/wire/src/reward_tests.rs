//! The reward message: its bytes, its `.msg` file, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;
use striatum_core::MAX_VIEWS;

use super::*;
use crate::schemas;
use crate::test_kit::{self, Value};

fn sample() -> ShapedReward {
    ShapedReward {
        sequence: 0x0102_0304_0506_0708,
        epoch: 42,
        episode: EpisodeId(core::array::from_fn(|i| 0xa0 + u8::try_from(i).unwrap())),
        step: 7,
        capture_oldest_nanos: StampNanos(1_700_000_000_000_000_001),
        capture_newest_nanos: StampNanos(1_700_000_000_020_000_002),
        published_nanos: StampNanos(1_700_000_000_100_000_003),
        valid: true,
        shaping_mode: ShapingMode::Potential,
        gamma: 0.99,
        k: 1.0,
        potential_prev: 0.25,
        potential: 0.5,
        shaping: 0.99 * 0.5 - 0.25,
        gold: 1.0,
        reward: 1.0 + (0.99 * 0.5 - 0.25),
        progress_mean: 0.5,
        progress_std: 0.0625,
        ood: 0.125,
        votes: 2,
        views_used: ViewMask::first(3),
        ending: Ending::Truncated,
        bootstraps: true,
        success: Success::Yes,
        success_source: SuccessSource::Operator,
        quality: QualityFlags::DEGRADED.with(QualityFlags::LATE),
        bundle_hash: BundleHash(core::array::from_fn(|i| u8::try_from(i).unwrap())),
        model_revision: 3,
    }
}

fn encoded(reward: &ShapedReward) -> Vec<u8> {
    let mut buffer = [0xee; ShapedReward::MAX_LEN];
    let len = reward.encode(&mut buffer).unwrap();
    buffer[..len].to_vec()
}

/// The bytes of version 1, packed once by hand with Python's `struct` from the `.msg` file. They change only with the version.
const GOLDEN: &str = concat!(
    "00010000010000000000000008070605040302012a00000000000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf07000000",
    "0000000001002a36fe9c9717022d5b37fe9c971703e11f3cfe9c97170101000000000000ae47e17a14aeef3f00000000",
    "0000f03f000000000000d03f000000000000e03f5c8fc2f5285ccf3f000000000000f03fec51b81e85ebf33f00000000",
    "0000e03f000000000000b03f000000000000c03f02000000070000000201020112000102030405060708090a0b0c0d0e",
    "0f101112131415161718191a1b1c1d1e1f0000000300000000000000",
);

#[test]
fn golden_bytes() {
    assert_eq!(test_kit::hex(&encoded(&sample())), GOLDEN);
}

#[test]
fn every_message_has_the_full_length() {
    assert_eq!(encoded(&sample()).len(), ShapedReward::MAX_LEN);
}

#[test]
fn the_msg_file_lists_the_fields_and_constants_of_the_encoder() {
    let definition = test_kit::parse(schemas::SHAPED_REWARD);
    test_kit::assert_fields(&definition, ShapedReward::FIELDS);
    let constants = |prefix, values: Vec<(&str, u8)>| {
        test_kit::assert_constants(&definition, prefix, values.into_iter().map(|(n, v)| (n, u64::from(v))));
    };
    constants("SHAPING", ShapingMode::ALL.iter().map(|v| (v.name(), v.code())).collect());
    constants("ENDING", Ending::ALL.iter().map(|v| (v.name(), v.code())).collect());
    constants("SUCCESS", Success::ALL.iter().map(|v| (v.name(), v.code())).collect());
    constants("SOURCE", SuccessSource::ALL.iter().map(|v| (v.name(), v.code())).collect());
    constants("QUALITY", QualityFlags::ALL.iter().map(|(flag, name)| (*name, flag.bits())).collect());
}

#[test]
fn a_tool_that_has_only_the_msg_file_reads_every_value() {
    let r = sample();
    let definition = test_kit::parse(schemas::SHAPED_REWARD);
    let array = |bytes: &[u8]| Value::Array(bytes.iter().map(|b| u64::from(*b)).collect());
    let expected = [
        ("version", Value::Int(1)),
        ("sequence", Value::Int(r.sequence)),
        ("epoch", Value::Int(r.epoch)),
        ("episode", array(&r.episode.0)),
        ("step", Value::Int(r.step)),
        ("capture_oldest_nanos", Value::Int(r.capture_oldest_nanos.0)),
        ("capture_newest_nanos", Value::Int(r.capture_newest_nanos.0)),
        ("published_nanos", Value::Int(r.published_nanos.0)),
        ("valid", Value::Int(1)),
        ("shaping_mode", Value::Int(1)),
        ("gamma", Value::Float(r.gamma)),
        ("k", Value::Float(r.k)),
        ("potential_prev", Value::Float(r.potential_prev)),
        ("potential", Value::Float(r.potential)),
        ("shaping", Value::Float(r.shaping)),
        ("gold", Value::Float(r.gold)),
        ("reward", Value::Float(r.reward)),
        ("progress_mean", Value::Float(r.progress_mean)),
        ("progress_std", Value::Float(r.progress_std)),
        ("ood", Value::Float(r.ood)),
        ("votes", Value::Int(2)),
        ("views_used", Value::Int(7)),
        ("ending", Value::Int(2)),
        ("bootstraps", Value::Int(1)),
        ("success", Value::Int(2)),
        ("success_source", Value::Int(1)),
        ("quality", Value::Int(18)),
        ("bundle_hash", array(&r.bundle_hash.0)),
        ("model_revision", Value::Int(r.model_revision)),
    ];
    let expected: Vec<(String, Value)> = expected.into_iter().map(|(n, v)| (n.into(), v)).collect();
    assert_eq!(test_kit::decode(&definition, &encoded(&r)), expected);
}

#[test]
fn a_message_that_is_damaged_is_refused_and_never_panics() {
    let good = encoded(&sample());
    test_kit::assert_hardened(&good, ShapedReward::decode);
    test_kit::assert_versioned("ShapedReward", &good, crate::WIRE_VERSION, ShapedReward::decode);
}

#[test]
fn big_endian_is_read() {
    let bytes = test_kit::to_big_endian(&test_kit::parse(schemas::SHAPED_REWARD), &encoded(&sample()));
    assert_eq!(ShapedReward::decode(&bytes), Ok(sample()));
}

/// Where a field's bytes begin, found with the `.msg` file's types alone.
fn offset_of(wanted: &str) -> usize {
    let mut at = 0;
    for (name, ros) in ShapedReward::FIELDS {
        let (align, len) = match *ros {
            "uint32" => (4, 4),
            "uint64" | "float64" => (8, 8),
            "uint8[16]" => (1, 16),
            "uint8[32]" => (1, 32),
            _ => (1, 1),
        };
        at = usize::next_multiple_of(at, align);
        if *name == wanted {
            return at + 4;
        }
        at += len;
    }
    panic!("no field {wanted}")
}

#[test]
fn numbers_that_stand_for_nothing_are_refused_with_field_and_offset() {
    for (name, first_bad) in
        [("shaping_mode", 4), ("ending", 3), ("success", 3), ("success_source", 6), ("quality", 64), ("valid", 2)]
    {
        let mut bytes = encoded(&sample());
        bytes[offset_of(name)] = first_bad;
        match ShapedReward::decode(&bytes) {
            Err(Error::Unknown { field, offset, found, .. }) => {
                assert_eq!((field, offset, found), (name, offset_of(name), u32::from(first_bad)));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let mut bytes = encoded(&sample());
    bytes[offset_of("views_used") + MAX_VIEWS / 8] = 1;
    assert!(matches!(ShapedReward::decode(&bytes), Err(Error::Unknown { field: "views_used", .. })));
}

#[test]
fn floats_outside_their_range_are_refused_on_both_sides() {
    let floats = [
        "gamma",
        "k",
        "potential_prev",
        "potential",
        "shaping",
        "gold",
        "reward",
        "progress_mean",
        "progress_std",
        "ood",
    ];
    let mut cases: Vec<(&str, f64)> =
        floats.iter().flat_map(|name| [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|v| (*name, v))).collect();
    cases.extend([("gamma", 0.0), ("gamma", 1.5), ("k", 0.0), ("k", -1.0)]);
    cases.extend([("progress_mean", -0.1), ("progress_mean", 1.1), ("progress_std", -0.1)]);
    for (name, value) in cases {
        let mut bytes = encoded(&sample());
        bytes[offset_of(name)..][..8].copy_from_slice(&value.to_le_bytes());
        assert!(
            matches!(ShapedReward::decode(&bytes), Err(Error::Range { field, .. }) if field == name),
            "{name} {value}"
        );
    }
    let mut buffer = [0; ShapedReward::MAX_LEN];
    let bad = ShapedReward { reward: f64::NAN, ..sample() };
    let error = bad.encode(&mut buffer).unwrap_err();
    assert_eq!(error.to_string(), "ShapedReward: field reward is NaN, it must be finite");
}

#[test]
fn a_capture_range_that_runs_backwards_is_refused() {
    let bad = ShapedReward { capture_oldest_nanos: StampNanos(2), capture_newest_nanos: StampNanos(1), ..sample() };
    let mut buffer = [0; ShapedReward::MAX_LEN];
    assert!(matches!(bad.encode(&mut buffer), Err(Error::Contradiction { field: "capture_oldest_nanos", .. })));
}

prop_compose! {
    fn rewards()(
        counts in any::<[u64; 3]>(),
        episode in any::<[u8; 16]>(),
        (oldest, spread, published) in (0..u64::MAX / 2, 0..1_000_000_000u64, any::<u64>()),
        gamma in 1e-9..=1.0f64,
        k in 1e-9..1e6f64,
        numbers in prop::array::uniform6(-1e300..1e300f64),
        (progress_mean, progress_std) in (0.0..=1.0f64, 0.0..1e9f64),
        (mode, ending, success, source) in (0..4u8, 0..3u8, 0..3u8, 0..6u8),
        (valid, bootstraps, votes, views, quality) in any::<(bool, bool, u8, u16, u8)>(),
        hash in any::<[u8; 32]>(),
        model_revision in any::<u64>(),
    ) -> ShapedReward {
        let [potential_prev, potential, shaping, gold, reward, ood] = numbers;
        ShapedReward {
            sequence: counts[0], epoch: counts[1], episode: EpisodeId(episode), step: counts[2],
            capture_oldest_nanos: StampNanos(oldest), capture_newest_nanos: StampNanos(oldest + spread),
            published_nanos: StampNanos(published), valid, shaping_mode: mode.try_into().unwrap(), gamma, k,
            potential_prev, potential, shaping, gold, reward, progress_mean, progress_std, ood, votes,
            views_used: ViewMask::from_bits(u32::from(views)), ending: ending.try_into().unwrap(), bootstraps,
            success: success.try_into().unwrap(), success_source: source.try_into().unwrap(),
            quality: QualityFlags::from_bits(quality & 63).unwrap(), bundle_hash: BundleHash(hash), model_revision,
        }
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(reward in rewards()) {
        let bytes = encoded(&reward);
        prop_assert_eq!(ShapedReward::decode(&bytes), Ok(reward));
        let definition = test_kit::parse(schemas::SHAPED_REWARD);
        prop_assert_eq!(ShapedReward::decode(&test_kit::to_big_endian(&definition, &bytes)), Ok(reward));
    }

    #[test]
    fn garbage_is_refused_or_read_and_never_panics(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = ShapedReward::decode(&body);
        let ours: Vec<u8> = [0, 1, 0, 0, 1, 0, 0, 0].into_iter().chain(body).collect();
        if let Ok(reward) = ShapedReward::decode(&ours) {
            prop_assert_eq!(ShapedReward::decode(&encoded(&reward)), Ok(reward));
        }
    }
}
