//! What is kept up to a number of bytes; what was used longest ago makes room.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A fingerprint of what something was worked out from.
pub(crate) type Key = [u8; 32];

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    bytes: u64,
    used: u64,
}

/// A cache of at most so many bytes.
#[derive(Debug)]
pub(crate) struct ByteCache<V> {
    entries: BTreeMap<Key, Entry<V>>,
    bytes: u64,
    limit: u64,
    clock: u64,
}

impl<V> ByteCache<V> {
    pub(crate) fn new(limit: u64) -> Self {
        Self { entries: BTreeMap::new(), bytes: 0, limit, clock: 0 }
    }

    /// What is kept under `key`, which counts as used now.
    pub(crate) fn get(&mut self, key: &Key) -> Option<Arc<V>> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.clock;
        Some(Arc::clone(&entry.value))
    }

    /// Keeps `value`, unless it is larger than the whole cache.
    pub(crate) fn put(&mut self, key: Key, value: Arc<V>, bytes: u64) {
        if bytes > self.limit {
            return;
        }
        self.remove(&key);
        while self.bytes + bytes > self.limit {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            self.remove(&oldest);
        }
        self.clock += 1;
        self.bytes += bytes;
        self.entries.insert(key, Entry { value, bytes, used: self.clock });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Bytes that are kept, never more than the limit.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        [n; 32]
    }

    #[test]
    fn the_bytes_are_bounded_and_what_is_used_stays() {
        let mut cache = ByteCache::new(100);
        cache.put(key(1), Arc::new(1), 40);
        cache.put(key(2), Arc::new(2), 40);
        assert!(cache.get(&key(1)).is_some());
        cache.put(key(3), Arc::new(3), 40);
        assert!(cache.get(&key(2)).is_none(), "it was used longest ago");
        assert_eq!((cache.get(&key(1)).as_deref(), cache.bytes()), (Some(&1), 80));
        cache.put(key(4), Arc::new(4), 101);
        assert!(cache.get(&key(4)).is_none() && cache.bytes() == 80);
        cache.put(key(1), Arc::new(9), 100);
        assert_eq!((cache.get(&key(1)).as_deref(), cache.bytes()), (Some(&9), 100));
        cache.clear();
        assert_eq!(cache.bytes(), 0);
    }
}
