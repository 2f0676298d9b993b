//! Reading the JSON files that stand beside the graphs: bounded, and every field is named when it is missing or odd.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result, one_line};

/// The tokenizer's file is the largest of them: 11 MB with 150,000 tokens.
const MOST_BYTES: u64 = 64 << 20;

/// What to do about a folder that is not what it must be.
pub(crate) const EXPORT_AGAIN: &str = "export the model again, or take the file from where the weights came from";

/// A file's text, if it is not too long.
pub(crate) fn text_of(path: &Path) -> Result<String> {
    let unreadable = |e| Error::file("read", path, e, EXPORT_AGAIN);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(Error::bundle(path, format!("{length} bytes are too many"), EXPORT_AGAIN));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// A JSON object with the place it came from.
#[derive(Clone, Debug)]
pub(crate) struct Json {
    path: PathBuf,
    /// Keys on the way, for errors.
    within: String,
    value: Value,
}

impl Json {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let value = serde_json::from_str(&text_of(path)?)
            .map_err(|e| Error::bundle(path, format!("it is not JSON: {}", one_line(e)), EXPORT_AGAIN))?;
        Ok(Self { path: path.to_owned(), within: String::new(), value })
    }

    /// The object under `key`, if there is one.
    pub(crate) fn object(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| value.is_object())?.clone();
        Some(Self { path: self.path.clone(), within: format!("{}{key}.", self.within), value })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn refuse(&self, key: &str, what: &str) -> Error {
        Error::bundle(&self.path, format!("{}{key} {what}", self.within), EXPORT_AGAIN)
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, key: &str, most: usize) -> Result<usize> {
        match self.try_count(key, most)? {
            Some(count) => Ok(count),
            None => Err(self.refuse(key, "is missing")),
        }
    }

    /// As [`count`](Self::count), where it may be left out.
    pub(crate) fn try_count(&self, key: &str, most: usize) -> Result<Option<usize>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        match count.filter(|count| (1..=most).contains(count)) {
            Some(count) => Ok(Some(count)),
            None => Err(self.refuse(key, &format!("is not a whole number from 1 to {most}"))),
        }
    }

    /// A token's id.
    pub(crate) fn token(&self, key: &str) -> Result<u32> {
        let id = self.get(key).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| self.refuse(key, "is missing or no token id"))
    }

    /// One token's id or a list of them.
    pub(crate) fn tokens(&self, key: &str) -> Result<Option<Vec<u32>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let ids: Option<Vec<u32>> = list.iter().map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok())).collect();
        ids.map(Some).ok_or_else(|| self.refuse(key, "holds something that is no token id"))
    }

    /// Three finite numbers.
    pub(crate) fn triple(&self, key: &str) -> Result<[f32; 3]> {
        let list = self.get(key).and_then(Value::as_array);
        let numbers: Option<Vec<f32>> =
            list.and_then(|list| list.iter().map(|n| n.as_f64().map(|n| n as f32)).collect());
        let triple = numbers.and_then(|numbers| <[f32; 3]>::try_from(numbers).ok());
        let finite = triple.filter(|triple| triple.iter().all(|n| n.is_finite()));
        finite.ok_or_else(|| self.refuse(key, "is not a list of three numbers"))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }
}
