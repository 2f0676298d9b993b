//! Camera messages: bytes as ROS 2 sends them, round trips, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::string::ToString;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schemas;
use crate::test_kit;

const STAMP: StampNanos = StampNanos(1_700_000_000_123_456_789);
const PIXELS: [u8; 14] = [1, 2, 3, 4, 5, 6, 0xee, 7, 8, 9, 10, 11, 12, 0xee];

fn compressed() -> CompressedImage<'static> {
    CompressedImage { stamp_nanos: STAMP, frame_id: "cam", format: "jpeg", data: &[0xff, 0xd8, 0xff, 0xd9] }
}

/// Two rows of two pixels, with one byte of padding behind each row.
fn raw() -> RawImage<'static> {
    let encoding = PixelEncoding::Rgb8;
    RawImage { stamp_nanos: STAMP, frame_id: "", height: 2, width: 2, encoding, step: 7, data: &PIXELS }
}

fn encoded(image: &ImageMessage<'_>) -> Vec<u8> {
    let mut buffer = vec![0xee; image.encoded_len()];
    let len = image.encode(&mut buffer).unwrap();
    assert_eq!(len, buffer.len(), "encoded_len is exact");
    buffer
}

/// Written out by hand from the field list: header, sec, nanosec, frame_id, format, data.
#[test]
fn golden_bytes_of_a_compressed_image() {
    let golden = concat!(
        "00010000",
        "00f15365",
        "15cd5b07",
        "0400000063616d00",
        "050000006a70656700",
        "000000",
        "04000000ffd8ffd9"
    );
    assert_eq!(test_kit::hex(&encoded(&ImageMessage::Compressed(compressed()))), golden);
}

#[test]
fn golden_bytes_of_a_raw_image() {
    let golden = concat!(
        "00010000",
        "00f15365",
        "15cd5b07",
        "0100000000",
        "000000",
        "0200000002000000",
        "050000007267623800",
        "00",
        "0000",
        "070000000e000000",
        "010203040506ee0708090a0b0cee"
    );
    assert_eq!(test_kit::hex(&encoded(&ImageMessage::Raw(raw()))), golden);
}

#[test]
fn damaged_messages_are_refused_and_never_panic() {
    for image in [ImageMessage::Compressed(compressed()), ImageMessage::Raw(raw())] {
        let good = encoded(&image);
        assert_eq!(ImageMessage::decode(image.kind(), &good), Ok(image));
        test_kit::assert_hardened(&good, |bytes| ImageMessage::decode(image.kind(), bytes).map(|i| i.stamp_nanos()));
    }
}

#[test]
fn one_type_is_not_taken_for_the_other() {
    let (compressed, raw) = (ImageMessage::Compressed(compressed()), ImageMessage::Raw(raw()));
    assert!(ImageMessage::decode(ImageKind::Raw, &encoded(&compressed)).is_err());
    assert!(ImageMessage::decode(ImageKind::Compressed, &encoded(&raw)).is_err());
}

#[test]
fn rows_come_without_their_padding() {
    assert_eq!(raw().row(0), Some(&[1, 2, 3, 4, 5, 6][..]));
    assert_eq!(raw().row(1), Some(&[7, 8, 9, 10, 11, 12][..]));
    assert_eq!(raw().row(2), None);
}

#[test]
fn sizes_that_contradict_each_other_are_refused_on_both_sides() {
    let cases = [
        (RawImage { height: 0, ..raw() }, "height"),
        (RawImage { width: 0, ..raw() }, "width"),
        (RawImage { step: 5, ..raw() }, "step"),
        (RawImage { width: u32::MAX, ..raw() }, "step"),
        (RawImage { height: 3, ..raw() }, "data"),
        (RawImage { height: u32::MAX, step: u32::MAX, ..raw() }, "data"),
    ];
    for (image, wanted) in cases {
        let mut buffer = [0; 256];
        let error = image.encode(&mut buffer).unwrap_err();
        assert!(matches!(error, Error::Contradiction { field, .. } if field == wanted), "{error}");
        // The same from another encoder: the numbers put into good bytes.
        let mut bytes = encoded(&ImageMessage::Raw(raw()));
        bytes[20..24].copy_from_slice(&image.height.to_le_bytes());
        bytes[24..28].copy_from_slice(&image.width.to_le_bytes());
        bytes[40..44].copy_from_slice(&image.step.to_le_bytes());
        assert_eq!(RawImage::decode(&bytes), Err(error));
    }
}

#[test]
fn an_unknown_encoding_is_named_with_those_that_are_known() {
    let mut bytes = encoded(&ImageMessage::Raw(raw()));
    bytes[32..36].copy_from_slice(b"yuv4");
    let line = RawImage::decode(&bytes).unwrap_err().to_string();
    assert_eq!(line, "Image: encoding `yuv4` is not known; send rgb8, bgr8 or mono8");
    for encoding in [PixelEncoding::Rgb8, PixelEncoding::Bgr8, PixelEncoding::Mono8] {
        assert_eq!(PixelEncoding::from_name(encoding.name()), Ok(encoding));
    }
}

#[test]
fn stamps_that_are_no_unix_time_are_refused() {
    let with_stamp = |sec: i32, nanosec: u32| {
        let mut bytes = encoded(&ImageMessage::Compressed(compressed()));
        bytes[4..8].copy_from_slice(&sec.to_le_bytes());
        bytes[8..12].copy_from_slice(&nanosec.to_le_bytes());
        CompressedImage::decode(&bytes).map(|image| image.stamp_nanos)
    };
    assert_eq!(with_stamp(0, 0), Ok(StampNanos(0)));
    assert_eq!(with_stamp(i32::MAX, 999_999_999), Ok(StampNanos(2_147_483_647_999_999_999)));
    assert!(matches!(with_stamp(-1, 0), Err(Error::Contradiction { field: "header.stamp.sec", .. })));
    assert!(matches!(with_stamp(1, 1_000_000_000), Err(Error::Contradiction { field: "header.stamp.nanosec", .. })));
    let late = CompressedImage { stamp_nanos: StampNanos(2_147_483_648_000_000_000), ..compressed() };
    assert!(matches!(late.encode(&mut [0; 256]), Err(Error::Contradiction { field: "header.stamp.sec", .. })));
}

#[test]
fn an_image_without_data_is_refused() {
    let empty = CompressedImage { data: &[], ..compressed() };
    let mut buffer = [0; 64];
    let len = empty.encode(&mut buffer).unwrap();
    assert!(matches!(CompressedImage::decode(&buffer[..len]), Err(Error::Contradiction { field: "data", .. })));
}

#[test]
fn content_types_lead_to_their_kind() {
    for kind in [ImageKind::Compressed, ImageKind::Raw] {
        assert_eq!(ImageKind::from_encoding(kind.encoding()), Ok(kind));
    }
    assert!(matches!(ImageKind::from_encoding("zenoh/bytes"), Err(Error::ContentType { .. })));
}

#[test]
fn the_schemas_define_every_type_they_name() {
    for schema in [schemas::COMPRESSED_IMAGE, schemas::IMAGE] {
        let parts: Vec<&str> = schema.split(&"=".repeat(80)).collect();
        assert_eq!(parts.len(), 3);
        assert!(parts[0].starts_with("std_msgs/Header header\n") && parts[0].ends_with("uint8[] data\n"));
        assert!(parts[1].starts_with("\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"));
        assert_eq!(parts[2], "\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n");
    }
}

proptest! {
    #[test]
    fn compressed_images_round_trip(
        stamp in 0..2_147_483_648_000_000_000u64,
        (frame_id, format) in ("[^\0]{0,20}", "[^\0]{0,20}"),
        data in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let image = ImageMessage::Compressed(CompressedImage {
            stamp_nanos: StampNanos(stamp), frame_id: &frame_id, format: &format, data: &data,
        });
        let bytes = encoded(&image);
        prop_assert_eq!(ImageMessage::decode(ImageKind::Compressed, &bytes), Ok(image));
    }

    #[test]
    fn raw_images_round_trip(
        stamp in 0..2_147_483_648_000_000_000u64,
        frame_id in "[^\0]{0,20}",
        encoding in prop_oneof![Just(PixelEncoding::Rgb8), Just(PixelEncoding::Bgr8), Just(PixelEncoding::Mono8)],
        (height, width, padding, behind) in (1..6u32, 1..6u32, 0..4u32, 0..3usize),
    ) {
        let step = width * u32::try_from(encoding.channels()).unwrap() + padding;
        let data: Vec<u8> = (0..(height * step) as usize + behind).map(|i| (i % 251) as u8).collect();
        let raw = RawImage { stamp_nanos: StampNanos(stamp), frame_id: &frame_id, height, width, encoding, step, data: &data };
        let image = ImageMessage::Raw(raw);
        let bytes = encoded(&image);
        prop_assert_eq!(ImageMessage::decode(ImageKind::Raw, &bytes), Ok(image));
        for y in 0..height {
            prop_assert_eq!(raw.row(y).unwrap().len(), width as usize * encoding.channels());
        }
    }

    #[test]
    fn garbage_never_panics(
        body in prop::collection::vec(any::<u8>(), 0..120),
        head in prop_oneof![Just(vec![]), Just(vec![0, 1, 0, 0]), Just(vec![0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0])],
    ) {
        let bytes: Vec<u8> = head.into_iter().chain(body).collect();
        let _ = CompressedImage::decode(&bytes);
        if let Ok(raw) = RawImage::decode(&bytes) {
            prop_assert!(raw.row(raw.height - 1).is_some());
        }
    }
}
