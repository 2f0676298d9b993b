//! Features of pictures that were encoded before, for playing one episode in many ways.

use std::collections::BTreeMap;

use striatum_core::MAX_VIEWS;
use striatum_frames::FrameSet;

/// What a model does with the features of pictures that it has seen before.
///
/// Only for playing a recording more than once: a live run sees every picture once, and what a step costs there is part of
/// what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoMode {
    /// Forgets everything and keeps nothing.
    #[default]
    Off,
    /// Encodes every picture, as with [`Off`](Self::Off), and keeps its features: what this costs is what a live run costs.
    Fill,
    /// Takes the features of a set that is known from memory; encodes and keeps those of any other.
    Reuse,
}

/// The pictures of a set by their hashes. The whole set is the key, not the single picture: a runtime may sum in another order
/// for another number of images, and what comes from memory is to be the same bit for bit.
pub(crate) type Key = [Option<u64>; MAX_VIEWS];

/// Features by the pictures they are of.
///
/// Two different sets have one key by chance in one of 10^13 clips of a thousand sets: the hash has 64 bits.
#[derive(Debug)]
pub(crate) struct FeatureMemo {
    mode: MemoMode,
    sets: BTreeMap<Key, Box<[f32]>>,
    floats: usize,
    max_floats: usize,
}

impl FeatureMemo {
    /// 64 MiB: an hour's clip of three cameras and 1,280 features at a row a second. What does not fit is encoded again.
    const MAX_FLOATS: usize = (64 << 20) / size_of::<f32>();

    pub(crate) fn new() -> Self {
        Self { mode: MemoMode::Off, sets: BTreeMap::new(), floats: 0, max_floats: Self::MAX_FLOATS }
    }

    pub(crate) fn set_mode(&mut self, mode: MemoMode) {
        if mode == MemoMode::Off {
            self.sets.clear();
            self.floats = 0;
        }
        self.mode = mode;
    }

    /// The key of a set of the first `views` views, if there is any use for one.
    pub(crate) fn key(&self, set: &FrameSet, views: usize) -> Option<Key> {
        let mut key = [None; MAX_VIEWS];
        for (slot, frame) in key.iter_mut().zip(&set.frames).take(views) {
            *slot = frame.as_ref().map(|frame| frame.content_hash);
        }
        (self.mode != MemoMode::Off).then_some(key)
    }

    /// The features of a set that was kept, view after view, if they may be used.
    pub(crate) fn recall(&self, key: &Key) -> Option<&[f32]> {
        if self.mode == MemoMode::Reuse { self.sets.get(key).map(|features| &**features) } else { None }
    }

    /// Keeps the features of a set while there is room: the first to come stay, so that each of several playbacks finds the same.
    pub(crate) fn keep(&mut self, key: Key, features: &[f32]) {
        if self.mode == MemoMode::Off || self.floats + features.len() > self.max_floats || self.sets.contains_key(&key)
        {
            return;
        }
        self.floats += features.len();
        self.sets.insert(key, features.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hash: u64) -> Key {
        let mut key = [None; MAX_VIEWS];
        key[0] = Some(hash);
        key
    }

    #[test]
    fn filling_keeps_and_does_not_answer() {
        let mut memo = FeatureMemo::new();
        memo.keep(key(1), &[1.0]);
        assert!(memo.sets.is_empty(), "off keeps nothing");
        memo.set_mode(MemoMode::Fill);
        memo.keep(key(1), &[1.0, 2.0]);
        assert_eq!(memo.recall(&key(1)), None);
        memo.set_mode(MemoMode::Reuse);
        assert_eq!(memo.recall(&key(1)), Some(&[1.0, 2.0][..]));
        assert_eq!(memo.recall(&key(2)), None);
        memo.set_mode(MemoMode::Off);
        memo.set_mode(MemoMode::Reuse);
        assert_eq!((memo.recall(&key(1)), memo.floats), (None, 0), "off forgets");
    }

    #[test]
    fn what_does_not_fit_is_not_kept_and_nothing_is_counted_twice() {
        let mut memo = FeatureMemo { mode: MemoMode::Reuse, max_floats: 4, ..FeatureMemo::new() };
        for hash in [1, 1, 2, 3] {
            memo.keep(key(hash), &[0.5; 2]);
        }
        assert_eq!((memo.sets.len(), memo.floats), (2, 4));
        assert!(memo.recall(&key(1)).is_some() && memo.recall(&key(3)).is_none());
    }
}
