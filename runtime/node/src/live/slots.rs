//! Latest-wins hand-over: one slot a view, a newer item replaces an older one that nobody took, and that is counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

struct Shared<T> {
    slots: Vec<Mutex<Option<T>>>,
    overwritten: AtomicU64,
}

/// The end that puts.
pub(crate) struct SlotsIn<T> {
    shared: Arc<Shared<T>>,
    wake: Sender<()>,
}

/// The end that takes.
pub(crate) struct SlotsOut<T> {
    shared: Arc<Shared<T>>,
    wake: Receiver<()>,
}

impl<T> Clone for SlotsIn<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), wake: self.wake.clone() }
    }
}

/// Slots for `count` views.
pub(crate) fn slots<T>(count: usize) -> (SlotsIn<T>, SlotsOut<T>) {
    let slots = (0..count).map(|_| Mutex::new(None)).collect();
    let shared = Arc::new(Shared { slots, overwritten: AtomicU64::new(0) });
    let (sender, receiver) = bounded(1);
    (SlotsIn { shared: Arc::clone(&shared), wake: sender }, SlotsOut { shared, wake: receiver })
}

impl<T> SlotsIn<T> {
    /// Puts an item; the one it replaces is gone and counted. An index beyond the slots is nobody's and dropped.
    pub(crate) fn put(&self, index: usize, item: T) {
        let Some(slot) = self.shared.slots.get(index) else { return };
        if slot.lock().unwrap_or_else(PoisonError::into_inner).replace(item).is_some() {
            self.shared.overwritten.fetch_add(1, Ordering::Relaxed);
        }
        // Full means that the other end has been told already.
        let _ = self.wake.try_send(());
    }

    /// Items that nobody took in time.
    pub(crate) fn overwritten(&self) -> u64 {
        self.shared.overwritten.load(Ordering::Relaxed)
    }
}

impl<T> SlotsOut<T> {
    /// Says when there is something to take; disconnected when nobody can put any more.
    pub(crate) fn wake(&self) -> &Receiver<()> {
        &self.wake
    }

    /// Is there nothing to take?
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.slots.iter().all(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).is_none())
    }

    /// Takes what is there, view by view.
    pub(crate) fn drain(&self) -> impl Iterator<Item = (usize, T)> + '_ {
        self.shared.slots.iter().enumerate().filter_map(|(index, slot)| {
            let item = slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
            Some((index, item))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wins_and_the_loss_is_counted() {
        let (input, output) = slots(2);
        input.put(0, 1);
        input.put(0, 2);
        input.put(1, 3);
        input.put(7, 4);
        assert!(output.wake().try_recv().is_ok());
        assert_eq!(output.drain().collect::<Vec<_>>(), [(0, 2), (1, 3)]);
        assert_eq!(output.drain().count(), 0);
        assert_eq!(input.overwritten(), 1);
    }
}
