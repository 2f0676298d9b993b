//! What the tests of several messages share: a reader of `.msg` files and a generic decoder that knows nothing but them, so
//! that the encoders are held to the files by code that does not use the encoders' own field lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::ToOwned;
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::Error;

/// A field's value as a tool sees it that has only the `.msg` file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// bool, uint8, uint32 or uint64.
    Int(u64),
    /// float64.
    Float(f64),
    /// A fixed array of integers.
    Array(Vec<u64>),
    /// A bounded sequence of numbers, as bits.
    Sequence(Vec<u64>),
    /// A string.
    Text(String),
}

/// A parsed `.msg` file.
pub(crate) struct Definition {
    /// (name, type) in order.
    pub(crate) fields: Vec<(String, String)>,
    /// Constants by name.
    pub(crate) constants: BTreeMap<String, u64>,
}

pub(crate) fn parse(text: &str) -> Definition {
    let (mut fields, mut constants) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (ros, name) = line.split_once(' ').unwrap_or_else(|| panic!("not a field: {line}"));
        match name.split_once('=') {
            Some((name, value)) => {
                let old = constants.insert(name.to_owned(), value.parse().expect("a constant is a number"));
                assert_eq!(old, None, "{name} is there twice");
            }
            None => fields.push((name.trim().to_owned(), ros.to_owned())),
        }
    }
    Definition { fields, constants }
}

/// Size of a scalar type, which is also its alignment.
fn size(ros: &str) -> usize {
    match ros {
        "bool" | "uint8" => 1,
        "uint32" | "string" => 4,
        "uint64" | "float64" => 8,
        other => panic!("type {other}"),
    }
}

/// How many of an element there are.
enum Shape {
    One,
    Fixed(usize),
    Bounded,
}

/// A type without its bounds, and how many of it there are.
fn shape(ros: &str) -> (&str, Shape) {
    if ros.starts_with("string<=") {
        return ("string", Shape::One);
    }
    match ros.split_once('[') {
        Some((element, count)) if count.starts_with("<=") => (element, Shape::Bounded),
        Some((element, count)) => (element, Shape::Fixed(count.trim_end_matches(']').parse().unwrap())),
        None => (ros, Shape::One),
    }
}

/// Decodes little endian CDR by a definition alone; panics where the bytes do not fit it.
pub(crate) fn decode(definition: &Definition, bytes: &[u8]) -> Vec<(String, Value)> {
    assert_eq!(bytes[..4], [0, 1, 0, 0]);
    let body = &bytes[4..];
    let mut at = 0_usize;
    let mut scalar = |element: &str| {
        let size = size(element);
        at = at.div_ceil(size) * size;
        let mut wide = [0; 8];
        wide[..size].copy_from_slice(&body[at..at + size]);
        at += size;
        u64::from_le_bytes(wide)
    };
    let mut out = Vec::new();
    for (name, ros) in &definition.fields {
        let value = match shape(ros) {
            ("string", Shape::One) => {
                let len = scalar("string");
                let mut text: Vec<u8> = (0..len).map(|_| scalar("uint8") as u8).collect();
                assert_eq!(text.pop(), Some(0), "{name} ends in NUL");
                Value::Text(String::from_utf8(text).unwrap())
            }
            ("float64", Shape::One) => Value::Float(f64::from_bits(scalar("float64"))),
            (element, Shape::One) => Value::Int(scalar(element)),
            (element, Shape::Bounded) => {
                let count = scalar("uint32");
                Value::Sequence((0..count).map(|_| scalar(element)).collect())
            }
            (element, Shape::Fixed(count)) => Value::Array((0..count).map(|_| scalar(element)).collect()),
        };
        out.push((name.clone(), value));
    }
    assert_eq!(at, body.len(), "all bytes are used");
    out
}

/// The same message as a big endian machine would have sent it.
pub(crate) fn to_big_endian(definition: &Definition, bytes: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = Vec::new();
    let mut scalar = |ros: &str, value: u64| {
        let size = size(ros);
        body.resize(body.len().div_ceil(size) * size, 0);
        body.extend_from_slice(&value.to_be_bytes()[8 - size..]);
    };
    for ((_, value), (_, ros)) in decode(definition, bytes).iter().zip(&definition.fields) {
        let element = shape(ros).0;
        match value {
            Value::Int(int) => scalar(element, *int),
            Value::Float(float) => scalar(element, float.to_bits()),
            Value::Array(values) => values.iter().for_each(|int| scalar(element, *int)),
            Value::Sequence(values) => {
                scalar("uint32", values.len() as u64);
                values.iter().for_each(|int| scalar(element, *int));
            }
            Value::Text(text) => {
                scalar("string", text.len() as u64 + 1);
                text.bytes().chain([0]).for_each(|byte| scalar("uint8", u64::from(byte)));
            }
        }
    }
    let mut out = vec![0; 4];
    out.append(&mut body);
    out
}

/// Holds a message type to its `.msg` file: name by name, type by type.
pub(crate) fn assert_fields(definition: &Definition, fields: &[(&str, &str)]) {
    assert_fields_of(definition, fields, crate::WIRE_VERSION);
}

/// The same for a message with a version of its own.
pub(crate) fn assert_fields_of(definition: &Definition, fields: &[(&str, &str)], version: u32) {
    let listed: Vec<(&str, &str)> = definition.fields.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    assert_eq!(listed, fields);
    assert_eq!(definition.constants["VERSION"], u64::from(version));
}

/// Holds an enum's names and numbers to the constants with this prefix: all of them and no others.
pub(crate) fn assert_constants<'n>(
    definition: &Definition,
    prefix: &str,
    values: impl Iterator<Item = (&'n str, u64)>,
) {
    let ours: BTreeMap<String, u64> =
        values.map(|(name, value)| (format!("{prefix}_{}", name.to_uppercase()), value)).collect();
    let theirs: BTreeMap<String, u64> = definition
        .constants
        .iter()
        .filter(|(name, _)| name.starts_with(&format!("{prefix}_")))
        .map(|(name, value)| (name.clone(), *value))
        .collect();
    assert_eq!(ours, theirs);
}

/// A good message, cut anywhere, lengthened, of another version, with another header or with any one byte changed, is refused
/// or read, and never more than that.
pub(crate) fn assert_hardened<T: PartialEq + core::fmt::Debug>(
    good: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, Error>,
) {
    assert!(decode(good).is_ok());
    for len in 0..good.len() {
        assert!(matches!(decode(&good[..len]), Err(Error::Truncated { .. })), "cut to {len} bytes");
    }
    for extra in 1..=9 {
        let long: Vec<u8> = good.iter().copied().chain((0..extra).map(|_| 0)).collect();
        assert!(matches!(decode(&long), Err(Error::Trailing { .. })), "{extra} bytes more");
    }
    for header in [[1, 0, 0, 0], [0, 2, 0, 0], [0, 1, 1, 0], [0, 1, 0, 4], *b"RIFF"] {
        let mut other = good.to_vec();
        other[..4].copy_from_slice(&header);
        assert!(matches!(decode(&other), Err(Error::Header { .. })), "{header:?}");
    }
    for index in 0..good.len() {
        for byte in [0, 1, 2, 6, 0x7f, 0x80, 0xff] {
            let mut other = good.to_vec();
            other[index] = byte;
            let _ = decode(&other);
        }
    }
}

/// Every other version is refused, by its number.
pub(crate) fn assert_versioned<T: PartialEq + core::fmt::Debug>(
    message: &'static str,
    good: &[u8],
    spoken: u32,
    decode: impl Fn(&[u8]) -> Result<T, Error>,
) {
    for found in [0, spoken - 1, spoken + 1, u32::MAX] {
        let mut other = good.to_vec();
        other[4..8].copy_from_slice(&found.to_le_bytes());
        assert_eq!(decode(&other), Err(Error::Version { message, found, spoken }));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
