//! The writer and the reader against each other and against bytes written out by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

#[test]
fn a_float32_is_the_eight_bytes_that_ros_2_sends() {
    let mut buffer = [0xee; 8];
    let mut writer = CdrWriter::new("Float32", &mut buffer).unwrap();
    writer.f32("data", 0.5).unwrap();
    assert_eq!(writer.written(), 8);
    assert_eq!(buffer, [0, 1, 0, 0, 0, 0, 0, 0x3f]);
}

#[test]
fn padding_is_zero_and_counted_after_the_header() {
    let mut buffer = [0xee; 32];
    let mut writer = CdrWriter::new("m", &mut buffer).unwrap();
    writer.u8("a", 1).unwrap();
    writer.f64("b", 1.0).unwrap();
    writer.str("c", "hi").unwrap();
    assert_eq!(writer.written(), 27);
    let expected = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 3, 0, 0, 0, b'h', b'i', 0];
    assert_eq!(buffer[..27], expected);
}

#[test]
fn big_endian_is_read() {
    let bytes = [0, 0, 0, 0, 0, 0, 0, 3, b'h', b'i', 0, 0, 0x12, 0x34];
    let mut reader = CdrReader::new("m", &bytes).unwrap();
    assert_eq!(reader.str("a", 8), Ok("hi"));
    assert_eq!(reader.u16("b"), Ok(0x1234));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn a_length_that_the_sender_invents_is_refused_before_it_is_used() {
    let bytes = [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3];
    let mut reader = CdrReader::new("m", &bytes).unwrap();
    let error = reader.sequence("data").unwrap_err();
    assert_eq!(error, Error::Truncated { message: "m", field: "data", offset: 8, needed: u32::MAX as usize, left: 3 });
    let mut reader = CdrReader::new("m", &bytes).unwrap();
    let most = 10;
    assert_eq!(
        reader.str("text", most),
        Err(Error::TooLong { message: "m", field: "text", found: u32::MAX as usize - 1, most })
    );
}

#[test]
fn strings_without_one_nul_at_their_end_are_refused() {
    let read = |body: &[u8]| {
        let mut bytes: Vec<u8> = [0, 1, 0, 0].into();
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        CdrReader::new("m", &bytes).unwrap().str("text", 64).map(String::from)
    };
    assert_eq!(read(b"ok\0").as_deref(), Ok("ok"));
    assert_eq!(read(b"").as_deref(), Ok(""));
    for (body, expected) in [
        (&b"ok"[..], "its final NUL is missing"),
        (b"o\0k\0", "it has a NUL inside"),
        (b"\xff\xfe\0", "it is not UTF-8"),
    ] {
        match read(body) {
            Err(Error::Text { why, offset, .. }) => assert_eq!((why, offset), (expected, 8)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_full_buffer_is_an_error_that_names_the_field() {
    let mut small = [0; 3];
    assert!(matches!(CdrWriter::new("m", &mut small), Err(Error::BufferFull { field: "header", .. })));
    let mut buffer = [0; 11];
    let mut writer = CdrWriter::new("m", &mut buffer).unwrap();
    writer.u8("a", 1).unwrap();
    assert_eq!(writer.u64("b", 2), Err(Error::BufferFull { message: "m", field: "b", offset: 12, needed: 8, left: 0 }));
    assert_eq!(writer.written(), 5, "a field that does not fit leaves no trace");
    assert!(matches!(writer.str("c", "a\0b"), Err(Error::Text { .. })));
}

#[test]
fn padding_that_the_header_announces_is_allowed_and_no_more() {
    let finish = |bytes: &[u8]| {
        let mut reader = CdrReader::new("m", bytes).unwrap();
        reader.u8("a").unwrap();
        reader.finish()
    };
    assert_eq!(finish(&[0, 1, 0, 3, 7, 0, 0, 0]), Ok(()));
    assert_eq!(finish(&[0, 1, 0, 2, 7, 0, 0, 0]), Err(Error::Trailing { message: "m", offset: 5, extra: 3 }));
    assert_eq!(finish(&[0, 1, 0, 1, 7]), Err(Error::Trailing { message: "m", offset: 5, extra: 0 }));
}

#[test]
fn a_bool_is_zero_or_one() {
    let mut reader = CdrReader::new("m", &[0, 1, 0, 0, 2]).unwrap();
    assert_eq!(
        reader.bool("flag"),
        Err(Error::Unknown { message: "m", field: "flag", offset: 4, found: 2, must: "0 or 1" })
    );
}

/// One thing that can be written and read.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    U8(u8),
    U16(u16),
    I32(i32),
    U64(u64),
    F32(u32),
    F64(u64),
    Bool(bool),
    Str(String),
    Sequence(Vec<u8>),
    Bytes([u8; 5]),
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        any::<u8>().prop_map(Item::U8),
        any::<u16>().prop_map(Item::U16),
        any::<i32>().prop_map(Item::I32),
        any::<u64>().prop_map(Item::U64),
        any::<u32>().prop_map(Item::F32),
        any::<u64>().prop_map(Item::F64),
        any::<bool>().prop_map(Item::Bool),
        "[^\0]{0,12}".prop_map(Item::Str),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Item::Sequence),
        any::<[u8; 5]>().prop_map(Item::Bytes),
    ]
}

fn write(writer: &mut CdrWriter<'_>, item: &Item) -> Result<(), Error> {
    match item {
        Item::U8(v) => writer.u8("u8", *v),
        Item::U16(v) => writer.u16("u16", *v),
        Item::I32(v) => writer.i32("i32", *v),
        Item::U64(v) => writer.u64("u64", *v),
        Item::F32(v) => writer.f32("f32", f32::from_bits(*v)),
        Item::F64(v) => writer.f64("f64", f64::from_bits(*v)),
        Item::Bool(v) => writer.bool("bool", *v),
        Item::Str(v) => writer.str("str", v),
        Item::Sequence(v) => writer.sequence("sequence", v),
        Item::Bytes(v) => writer.bytes("bytes", v),
    }
}

fn read(reader: &mut CdrReader<'_>, like: &Item) -> Result<Item, Error> {
    Ok(match like {
        Item::U8(_) => Item::U8(reader.u8("u8")?),
        Item::U16(_) => Item::U16(reader.u16("u16")?),
        Item::I32(_) => Item::I32(reader.i32("i32")?),
        Item::U64(_) => Item::U64(reader.u64("u64")?),
        Item::F32(_) => Item::F32(reader.f32("f32")?.to_bits()),
        Item::F64(_) => Item::F64(reader.f64("f64")?.to_bits()),
        Item::Bool(_) => Item::Bool(reader.bool("bool")?),
        Item::Str(_) => Item::Str(reader.str("str", 256)?.into()),
        Item::Sequence(_) => Item::Sequence(reader.sequence("sequence")?.into()),
        Item::Bytes(_) => Item::Bytes(reader.array("bytes")?),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(items in prop::collection::vec(item(), 0..24)) {
        let mut buffer = [0xaa; 4096];
        let mut writer = CdrWriter::new("m", &mut buffer).unwrap();
        for item in &items {
            write(&mut writer, item).unwrap();
        }
        let len = writer.written();
        let mut reader = CdrReader::new("m", &buffer[..len]).unwrap();
        for item in &items {
            prop_assert_eq!(&read(&mut reader, item).unwrap(), item);
        }
        prop_assert_eq!(reader.offset(), len);
        prop_assert_eq!(reader.finish(), Ok(()));
        // One byte less is refused on both sides, wherever the cut falls.
        if len > HEADER_LEN {
            let mut short = CdrReader::new("m", &buffer[..len - 1]).unwrap();
            prop_assert!(items.iter().any(|item| read(&mut short, item).is_err()));
            let mut small = std::vec![0; len - 1];
            let mut writer = CdrWriter::new("m", &mut small).unwrap();
            prop_assert!(items.iter().any(|item| write(&mut writer, item).is_err()));
        }
    }

    #[test]
    fn garbage_never_panics(
        header in prop_oneof![Just([0, 1, 0, 0]), Just([0, 0, 0, 0]), any::<[u8; 4]>()],
        body in prop::collection::vec(any::<u8>(), 0..64),
        items in prop::collection::vec(item(), 1..16),
    ) {
        let bytes: Vec<u8> = header.into_iter().chain(body).collect();
        if let Ok(mut reader) = CdrReader::new("m", &bytes) {
            for item in &items {
                let _ = read(&mut reader, item);
            }
            let _ = reader.finish();
        }
    }
}
