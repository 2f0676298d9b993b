//! PyTorch's legacy file: magic number, version, platform, state dict, storage keys, then the storages themselves.

use std::collections::BTreeMap;

use super::pickle::{Global, Pickle, Value};
use crate::error::{Error, Result, nearest};

/// 0x1950a86a20f9469cfc6c, little endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: i64 = 1001;
const MAX_RANK: usize = 8;

/// What a storage holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// 32-bit float.
    F32,
    /// 64-bit integer.
    I64,
}

impl Dtype {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::I64 => 8,
        }
    }
}

/// A tensor as it is stored: possibly transposed, so mind the strides.
#[derive(Debug, Clone)]
pub struct StoredTensor<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    strides: Vec<usize>,
    /// From the tensor's first element on.
    data: &'a [u8],
}

impl StoredTensor<'_> {
    /// What it holds.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Its shape; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The distance between neighbours along each dimension, in elements.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Its values in row-major order, whatever the order in the file; `None` if it does not hold floats.
    pub fn floats(&self) -> Option<Vec<f32>> {
        if self.dtype != Dtype::F32 {
            return None;
        }
        let count = self.shape.iter().product();
        let mut values = Vec::with_capacity(count);
        let mut index = vec![0usize; self.shape.len()];
        for _ in 0..count {
            let element: usize = index.iter().zip(&self.strides).map(|(i, stride)| i * stride).sum();
            let bytes = self.data.get(element * 4..)?.first_chunk()?;
            values.push(f32::from_le_bytes(*bytes));
            for (i, size) in index.iter_mut().zip(&self.shape).rev() {
                *i += 1;
                if *i < *size {
                    break;
                }
                *i = 0;
            }
        }
        Some(values)
    }
}

/// The tensors of a file by name.
#[derive(Debug, Clone)]
pub struct StateDict<'a> {
    place: String,
    tensors: BTreeMap<&'a str, StoredTensor<'a>>,
}

impl<'a> StateDict<'a> {
    /// Reads a file of PyTorch's legacy format; `place` names it in errors.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is another format, is cut short or has bytes left over, uses a pickle instruction or name
    /// that is not accepted, or has a tensor that lies outside its storage.
    pub fn read(bytes: &'a [u8], place: &str) -> Result<Self> {
        let refused = |what: String| Error::weights(place, what, "fetch the file again (`striatum models fetch`)");
        if bytes.starts_with(b"PK\x03\x04") {
            let mend = "save it with _use_new_zipfile_serialization=False";
            return Err(Error::weights(place, "this is PyTorch's zip format, not the legacy one", mend));
        }
        let (keys, pickled, rest) = header(bytes).map_err(refused)?;
        let Value::Dict(root) = pickled.root else { return Err(refused("it holds no state dict".to_owned())) };
        let entries = pickled.dict(root);
        let described: Vec<(&'a str, Described<'a>)> = entries
            .iter()
            .map(|entry| Described::read(&pickled, *entry))
            .collect::<Result<_, String>>()
            .map_err(refused)?;
        let storages = storages(&keys, &described, rest).map_err(refused)?;
        let mut tensors = BTreeMap::new();
        for (name, tensor) in described {
            let stored = tensor.locate(&storages).map_err(|what| refused(format!("tensor `{name}` {what}")))?;
            if tensors.insert(name, stored).is_some() {
                return Err(refused(format!("tensor `{name}` is there twice")));
            }
        }
        Ok(Self { place: place.to_owned(), tensors })
    }

    /// Names and tensors in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &StoredTensor<'a>)> {
        self.tensors.iter().map(|(name, tensor)| (*name, tensor))
    }

    /// The floats of a tensor in row-major order.
    ///
    /// # Errors
    /// [`Error::Weights`] if there is no such tensor, it has another shape than `shape`, or holds no floats or values
    /// that are not finite.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let refused = |what: String, mend: &str| Error::weights(format!("{}: `{name}`", self.place), what, mend);
        const MEND: &str = "give the weights file that belongs to this backbone";
        let Some(tensor) = self.tensors.get(name) else {
            let near = nearest(name, self.tensors.keys().copied());
            let what = near.map_or("no such tensor".to_owned(), |near| format!("no such tensor (nearest: `{near}`)"));
            return Err(refused(what, MEND));
        };
        if tensor.shape != shape {
            return Err(refused(format!("shape {:?} instead of {shape:?}", tensor.shape), MEND));
        }
        let floats = tensor.floats().ok_or_else(|| refused("it holds no floats".to_owned(), MEND))?;
        match floats.iter().all(|value| value.is_finite()) {
            true => Ok(floats),
            false => Err(refused("it holds NaN or infinity".to_owned(), "fetch the file again")),
        }
    }
}

/// Storage keys, the state dict's pickle, and what follows the last pickle.
type Header<'a> = (Vec<&'a str>, Pickle<'a>, &'a [u8]);

fn header(bytes: &[u8]) -> Result<Header<'_>, String> {
    let mut rest = bytes;
    let mut next = || -> Result<Pickle<'_>, String> {
        let pickle = Pickle::read(rest)?;
        rest = rest.get(pickle.length..).unwrap_or_default();
        Ok(pickle)
    };
    let first = next().map_err(|what| format!("not a PyTorch weights file ({what})"))?;
    if !matches!(first.root, Value::Long(digits) if digits == MAGIC) {
        return Err("not a PyTorch weights file (another magic number)".to_owned());
    }
    if !matches!(next()?.root, Value::Int(VERSION)) {
        return Err(format!("not version {VERSION} of the legacy format"));
    }
    let platform = next()?;
    let Value::Dict(index) = platform.root else { return Err("it does not describe its platform".to_owned()) };
    let is_little = |(key, value): &(Value<'_>, Value<'_>)| {
        matches!((key, value), (Value::Text("little_endian"), Value::Bool(true)))
    };
    if !platform.dict(index).iter().any(is_little) {
        return Err("its numbers are not little endian".to_owned());
    }
    let state = next()?;
    let list = next()?;
    let Value::List(index) = list.root else { return Err("it does not list its storages".to_owned()) };
    let key = |value: &Value<'_>| matches!(value, Value::Text(_));
    if !list.list(index).iter().all(key) {
        return Err("a storage key is not a text".to_owned());
    }
    let keys = list.list(index).iter().filter_map(|value| if let Value::Text(key) = value { Some(*key) } else { None });
    Ok((keys.collect(), state, rest))
}

/// A storage as the state dict speaks of it, and the tensor's place in it; both still to be checked against the data.
#[derive(Debug)]
struct Described<'a> {
    key: &'a str,
    dtype: Dtype,
    storage_len: usize,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl<'a> Described<'a> {
    fn read(pickle: &Pickle<'a>, (name, value): (Value<'a>, Value<'a>)) -> Result<(&'a str, Self), String> {
        let Value::Text(name) = name else { return Err("a tensor's name is not a text".to_owned()) };
        let unclear = || format!("tensor `{}` is not described as expected", name.escape_debug());
        let Value::Tensor(arguments) = value else { return Err(unclear()) };
        let [Value::Persistent(storage), Value::Int(offset), Value::Tuple(shape), Value::Tuple(strides), _grad, _hooks] =
            *pickle.tuple(arguments)
        else {
            return Err(unclear());
        };
        let [
            Value::Text("storage"),
            Value::Global(kind),
            Value::Text(key),
            Value::Text("cpu"),
            Value::Int(len),
            Value::None,
        ] = *pickle.tuple(storage)
        else {
            return Err(unclear());
        };
        let dtype = match kind {
            Global::FloatStorage => Dtype::F32,
            Global::LongStorage => Dtype::I64,
            Global::OrderedDict | Global::RebuildTensor => return Err(unclear()),
        };
        let sizes = |index: usize| -> Option<Vec<usize>> { pickle.tuple(index).iter().map(size).collect() };
        let described = || {
            let (shape, strides) = (sizes(shape)?, sizes(strides)?);
            let fits = shape.len() == strides.len() && shape.len() <= MAX_RANK;
            let (storage_len, offset) = (usize::try_from(len).ok()?, usize::try_from(offset).ok()?);
            fits.then_some(Self { key, dtype, storage_len, offset, shape, strides })
        };
        described().map(|described| (name, described)).ok_or_else(unclear)
    }

    /// The tensor in its storage, checked: no element outside, and not more elements than the storage has.
    fn locate(self, storages: &BTreeMap<&str, &'a [u8]>) -> Result<StoredTensor<'a>, String> {
        let bytes = storages.get(self.key).ok_or("has no storage in this file")?;
        let count = self.shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let last = self.shape.iter().zip(&self.strides).try_fold(self.offset, |last, (&size, &stride)| {
            size.saturating_sub(1).checked_mul(stride).and_then(|span| last.checked_add(span))
        });
        let (Some(count), Some(last)) = (count, last) else { return Err("is too large".to_owned()) };
        if count > self.storage_len || (count > 0 && last >= self.storage_len) {
            return Err("lies outside its storage".to_owned());
        }
        let data = self.offset.checked_mul(self.dtype.bytes()).and_then(|from| bytes.get(from..));
        let data = data.ok_or("lies outside its storage")?;
        Ok(StoredTensor { dtype: self.dtype, shape: self.shape, strides: self.strides, data })
    }
}

fn size(value: &Value<'_>) -> Option<usize> {
    match value {
        Value::Int(size) => usize::try_from(*size).ok(),
        _ => None,
    }
}

/// Cuts the bytes after the pickles into storages: for each key in order an element count and that many elements.
fn storages<'a>(
    keys: &[&'a str],
    described: &[(&str, Described<'a>)],
    mut rest: &'a [u8],
) -> Result<BTreeMap<&'a str, &'a [u8]>, String> {
    let mut kinds = BTreeMap::new();
    for (name, tensor) in described {
        let kind = (tensor.dtype, tensor.storage_len);
        if kinds.insert(tensor.key, kind).is_some_and(|earlier| earlier != kind) {
            return Err(format!("the storage of `{name}` is described in two ways"));
        }
    }
    let mut storages = BTreeMap::new();
    for &key in keys {
        let &(dtype, len) =
            kinds.get(key).ok_or_else(|| format!("no tensor uses the storage {}", key.escape_debug()))?;
        let (count, after) = rest.split_first_chunk().ok_or("the file ends before its last storage")?;
        if u64::from_le_bytes(*count) != len as u64 {
            return Err(format!("storage {key} has another length than its tensor says"));
        }
        let size = len.checked_mul(dtype.bytes()).ok_or("a storage is too large")?;
        let (data, after) = after.split_at_checked(size).ok_or("the file ends inside a storage")?;
        if storages.insert(key, data).is_some() {
            return Err(format!("storage {key} is there twice"));
        }
        rest = after;
    }
    match rest.is_empty() {
        true => Ok(storages),
        false => Err(format!("{} bytes are left over after the last storage", rest.len())),
    }
}

#[cfg(test)]
mod tests;
