//! Which views (cameras) a value was made from.

/// Views a runtime can hold: the width of the mask on the wire.
pub const MAX_VIEWS: usize = 16;

/// A set of views by their index in the bundle's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ViewMask(u32);

impl ViewMask {
    /// No view.
    pub const EMPTY: Self = Self(0);

    /// The mask with these bits; bits above [`MAX_VIEWS`] are dropped.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << MAX_VIEWS) - 1))
    }

    /// The first `count` views.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= MAX_VIEWS { Self((1 << MAX_VIEWS) - 1) } else { Self((1 << count) - 1) }
    }

    /// The bits: bit i stands for view i.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The mask with view `index` added; unchanged when `index` is not below [`MAX_VIEWS`].
    #[must_use]
    pub const fn with(self, index: usize) -> Self {
        if index < MAX_VIEWS { Self(self.0 | (1 << index)) } else { self }
    }

    /// The mask with view `index` taken out.
    #[must_use]
    pub const fn without(self, index: usize) -> Self {
        if index < MAX_VIEWS { Self(self.0 & !(1 << index)) } else { self }
    }

    /// Is view `index` in it?
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        index < MAX_VIEWS && self.0 & (1 << index) != 0
    }

    /// The views that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// How many views.
    #[must_use]
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// No view at all?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The indices in it, rising.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..MAX_VIEWS).filter(move |&index| self.contains(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_add_take_and_count() {
        let mask = ViewMask::first(3).without(1).with(5);
        assert_eq!(mask.bits(), 0b10_0101);
        assert_eq!(mask.count(), 3);
        assert!(mask.iter().eq([0, 2, 5]));
        assert_eq!(ViewMask::EMPTY.with(MAX_VIEWS), ViewMask::EMPTY);
    }
}
