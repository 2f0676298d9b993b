//! A small file written here byte by byte, and what happens when it is cut, changed or lies.

use proptest::prelude::*;

use super::*;

/// One tensor to write: name, storage key, element count, offset, shape, strides.
struct Written<'a> {
    name: &'a str,
    key: &'a str,
    count: i64,
    offset: i64,
    shape: &'a [i64],
    strides: &'a [i64],
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    out.extend(text.as_bytes());
}

fn int(out: &mut Vec<u8>, value: i64) {
    out.push(b'J');
    out.extend(i32::try_from(value).unwrap().to_le_bytes());
}

fn tuple(out: &mut Vec<u8>, values: &[i64]) {
    out.push(b'(');
    values.iter().for_each(|&value| int(out, value));
    out.push(b't');
}

fn file(tensors: &[Written<'_>], keys: &[&str], storages: &[&[f32]]) -> Vec<u8> {
    let mut out = b"\x80\x02\x8a\x0a".to_vec();
    out.extend(MAGIC);
    out.extend(b".\x80\x02M\xe9\x03.\x80\x02}(");
    text(&mut out, "little_endian");
    out.extend(b"\x88u.\x80\x02ccollections\nOrderedDict\n)R(");
    for tensor in tensors {
        text(&mut out, tensor.name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        text(&mut out, tensor.key);
        text(&mut out, "cpu");
        int(&mut out, tensor.count);
        out.extend(b"NtQ");
        int(&mut out, tensor.offset);
        tuple(&mut out, tensor.shape);
        tuple(&mut out, tensor.strides);
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.\x80\x02](");
    keys.iter().for_each(|key| text(&mut out, key));
    out.extend(b"e.");
    for storage in storages {
        out.extend((storage.len() as u64).to_le_bytes());
        storage.iter().for_each(|value| out.extend(value.to_le_bytes()));
    }
    out
}

const WEIGHT: Written<'static> =
    Written { name: "weight", key: "11", count: 6, offset: 0, shape: &[2, 3], strides: &[1, 2] };
const HUGE: &[i64] = &[i32::MAX as i64; 8];
const BIAS: Written<'static> = Written { name: "bias", key: "7", count: 3, offset: 1, shape: &[2], strides: &[1] };

/// Storages in another order than the state dict, one tensor transposed, one at an offset.
fn good() -> Vec<u8> {
    file(&[WEIGHT, BIAS], &["7", "11"], &[&[9.0, 0.5, -0.5], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
}

fn refusal(tensors: &[Written<'_>]) -> String {
    let storages: [&[f32]; 1] = [&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]];
    let message = StateDict::read(&file(tensors, &["11"], &storages), "w.pt").unwrap_err().to_string();
    assert!(message.starts_with("weights w.pt: ") && message.lines().count() == 1, "{message}");
    message
}

#[test]
fn strides_offsets_and_the_order_of_the_key_list_are_honoured() {
    let bytes = good();
    let state = StateDict::read(&bytes, "w.pt").unwrap();
    assert_eq!(state.floats("weight", &[2, 3]).unwrap(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    assert_eq!(state.floats("bias", &[2]).unwrap(), [0.5, -0.5]);
    assert_eq!(state.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["bias", "weight"]);
}

#[test]
fn a_missing_tensor_or_another_shape_is_named() {
    let bytes = good();
    let state = StateDict::read(&bytes, "w.pt").unwrap();
    let missing = state.floats("weigth", &[2, 3]).unwrap_err().to_string();
    assert!(missing.contains("`weigth`") && missing.contains("nearest: `weight`"), "{missing}");
    let shape = state.floats("weight", &[3, 2]).unwrap_err().to_string();
    assert!(shape.contains("[2, 3] instead of [3, 2]"), "{shape}");
}

#[test]
fn a_tensor_must_lie_inside_its_storage() {
    let spoil = |change: fn(&mut Written<'_>)| {
        let mut tensor = WEIGHT;
        change(&mut tensor);
        refusal(&[tensor])
    };
    assert!(spoil(|t| t.strides = &[1, 3]).contains("`weight` lies outside its storage"));
    assert!(spoil(|t| t.offset = 1).contains("lies outside"));
    assert!(spoil(|t| (t.shape, t.strides) = (&[7], &[0])).contains("lies outside"));
    assert!(spoil(|t| t.offset = -1).contains("not described as expected"));
    assert!(spoil(|t| t.shape = &[2]).contains("not described as expected"));
    assert!(spoil(|t| (t.shape, t.strides) = (HUGE, HUGE)).contains("too large"));
    assert!(spoil(|t| t.count = 5).contains("another length"));
    assert!(spoil(|t| t.key = "12").contains("no tensor uses the storage 11"));
}

#[test]
fn a_file_of_another_kind_is_named() {
    let zip = StateDict::read(b"PK\x03\x04rest", "w.pt").unwrap_err().to_string();
    assert!(zip.contains("zip format"), "{zip}");
    for other in [b"".as_slice(), b"\x80\x02K\x01.", b"GIF89a", b"\x80\x04\x95"] {
        let message = StateDict::read(other, "w.pt").unwrap_err().to_string();
        assert!(message.contains("not a PyTorch weights file"), "{message}");
    }
    let mut values = good();
    let at = values.len() - 4;
    values[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    let state = StateDict::read(&values, "w.pt").unwrap();
    assert!(state.floats("weight", &[2, 3]).unwrap_err().to_string().contains("NaN"));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = good();
    for length in 0..bytes.len() {
        assert!(StateDict::read(&bytes[..length], "w.pt").is_err(), "cut at {length}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(StateDict::read(&longer, "w.pt").unwrap_err().to_string().contains("1 bytes are left over"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the change: an error, or tensors that can be read without a panic.
    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = good();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(state) = StateDict::read(&bytes, "w.pt") {
            for (_, tensor) in state.iter() {
                let count: usize = tensor.shape().iter().product();
                prop_assert!(tensor.floats().is_none_or(|floats| floats.len() == count));
            }
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Pickle::read(&bytes);
        let _ = StateDict::read(&bytes, "w.pt");
    }
}
