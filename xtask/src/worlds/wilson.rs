//! How well a share is known from so many episodes.

/// 97.5 % quantile of a normal distribution: 95 % lie between minus this and this.
#[allow(clippy::unreadable_literal, reason = "digits of a quantile, as tables print them")]
const Z_95: f64 = 1.959963984540054;

/// Some of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) some: u32,
    pub(super) of: u32,
}

impl Share {
    /// Those for which `is` holds; `None` of none.
    pub(super) fn of<T>(all: &[T], is: impl Fn(&T) -> bool) -> Option<Self> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let some = all.iter().filter(|one| is(one)).count();
        (!all.is_empty()).then(|| Self { some: count(some), of: count(all.len()) })
    }

    /// The others.
    pub(super) fn others(self) -> Self {
        Self { some: self.of - self.some, ..self }
    }

    /// As a number from 0 to 1.
    pub(super) fn value(self) -> f64 {
        f64::from(self.some) / f64::from(self.of)
    }

    /// The 95 % interval of Wilson (1927), Eq 4 of Brown, Cai and DasGupta (2001): unlike the textbook's it stays in \[0, 1\], and
    /// does not shrink to a point where all or none were seen.
    pub(super) fn interval(self) -> (f64, f64) {
        let (n, share, z2) = (f64::from(self.of), self.value(), Z_95 * Z_95);
        let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        // The share lies inside; where it is 0 or 1, so to the last bit.
        ((middle - half).clamp(0.0, share), (middle + half).clamp(share, 1.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    fn interval(some: u32, of: u32) -> (f64, f64) {
        Share { some, of }.interval()
    }

    #[test]
    fn intervals_match_published_ones() {
        // Newcombe (1998), Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (some, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let (got_low, got_high) = interval(some, of);
            assert!(
                (got_low - low).abs() < 5e-5 && (got_high - high).abs() < 5e-5,
                "{some} of {of}: {got_low} {got_high}"
            );
        }
    }

    #[test]
    fn what_is_seen_of_all_or_none_is_still_not_certain_and_its_opposite_is_the_mirror() {
        for of in 1..200 {
            for some in 0..=of {
                let share = Share { some, of };
                let ((low, high), (other_low, other_high)) = (share.interval(), share.others().interval());
                assert!(0.0 <= low && low <= share.value() && share.value() <= high && high <= 1.0, "{share:?}");
                assert!(
                    high - low > 0.01
                        && (low + other_high - 1.0).abs() < 1e-12
                        && (high + other_low - 1.0).abs() < 1e-12
                );
            }
        }
        assert_eq!(Share::of(&[1, 2, 3], |&one| one > 1), Some(Share { some: 2, of: 3 }));
        assert_eq!(Share::of::<u32>(&[], |_| true), None);
    }
}
