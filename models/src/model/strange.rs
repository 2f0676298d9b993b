//! How unlike the demonstration a frame set is, from the distances of its views.

use striatum_core::ViewMask;

/// All views together are usual up to this: root of the mean of their squared distances. A clip of another task in the same room
/// is a little strange to every camera rather than very strange to one.
const TOGETHER_LIMIT: f64 = 0.75;
/// Two views are in each other's place where they are this much nearer to it. Two cameras that show the same are as near to one as to
/// the other, which is 1 and some noise.
const SWAPPED_LIMIT: f64 = 1.15;

/// What the distances of one frame set say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Strangeness {
    /// Out of distribution above 1: the strangest view, all views together, or two views in each other's place. NaN if a distance is.
    pub(super) ood: f64,
    /// The distance of the nearest view from its own place; infinite without one.
    pub(super) nearest: f64,
    /// Root of the mean of the views' squared distances from their own place.
    pub(super) far: f64,
}

/// Reads `distances`: `[N, N]` with row u of the distances of each view from what view u showed, or `[1, N]` of each view from its own
/// place alone. Only the views `used` count.
pub(super) fn strangeness(distances: &[f32], views: usize, used: ViewMask) -> Strangeness {
    let crossed = distances.len() == views * views;
    let from = |place: usize, view: usize| {
        let index = if crossed { place * views + view } else { view };
        distances.get(index).map_or(f64::NAN, |&distance| f64::from(distance))
    };
    let mut found = Strangeness { ood: 0.0, nearest: f64::INFINITY, far: 0.0 };
    let mut count = 0.0;
    for view in used.iter() {
        let own = from(view, view);
        raise(&mut found.ood, own);
        // The lesser of both is the number where one is NaN.
        found.nearest = found.nearest.min(own);
        found.far += own * own;
        count += 1.0;
        for other in used.iter().filter(|&other| crossed && other > view) {
            let straight = own * own + from(other, other) * from(other, other);
            let swapped = from(other, view) * from(other, view) + from(view, other) * from(view, other);
            raise(&mut found.ood, (straight / swapped.max(f64::MIN_POSITIVE)).sqrt() / SWAPPED_LIMIT);
        }
    }
    found.far = if count > 0.0 { (found.far / count).sqrt() } else { 0.0 };
    // Of one view there is nothing to take together: it has its own limit.
    if crossed && used.count() > 1 {
        raise(&mut found.ood, found.far / TOGETHER_LIMIT);
    }
    found
}

/// The greater of both; NaN wins, so that it is not lost.
fn raise(most: &mut f64, value: f64) {
    if value > *most || value.is_nan() {
        *most = value;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use super::*;

    const ALL: usize = 3;

    fn of(distances: &[f32], used: &[usize]) -> Strangeness {
        strangeness(distances, ALL, used.iter().fold(ViewMask::EMPTY, |mask, &view| mask.with(view)))
    }

    #[test]
    fn views_in_their_places_are_usual() {
        let found = of(&[0.3, 0.9, 0.8, 0.9, 0.4, 0.7, 0.8, 0.9, 0.5], &[0, 1, 2]);
        assert!(found.ood < 0.6, "{found:?}");
        assert!((found.far - (0.5_f64 / 3.0).sqrt()).abs() < 1e-6 && (found.nearest - 0.3).abs() < 1e-6);
    }

    #[test]
    fn two_views_in_each_others_place_are_strange_though_each_is_near_enough() {
        let swapped = [0.3, 0.9, 0.8, 0.9, 0.7, 0.4, 0.8, 0.4, 0.7];
        assert!(of(&swapped, &[0, 1, 2]).ood > 1.5);
        // One of the two alone cannot be told.
        assert!(of(&swapped, &[0, 1]).ood < 1.0);
    }

    #[test]
    fn cameras_that_show_the_same_are_not_swapped() {
        assert!(of(&[0.6, 0.62, 0.6, 0.6, 0.61, 0.6, 0.59, 0.6, 0.6], &[0, 1, 2]).ood < 1.0);
        assert_eq!(of(&[0.0; 9], &[0, 1, 2]).ood, 0.0);
    }

    #[test]
    fn one_strange_view_is_enough_and_so_is_a_little_of_each() {
        assert!(of(&[1.1, 3.0, 3.0, 3.0, 0.1, 3.0, 3.0, 3.0, 0.1], &[0, 1, 2]).ood >= 1.1);
        let little = [0.8, 3.0, 3.0, 3.0, 0.8, 3.0, 3.0, 3.0, 0.8];
        assert!(of(&little, &[0, 1, 2]).ood > 1.0 && of(&little, &[0, 2]).ood > 1.0);
        // A single view is judged by its own limit.
        assert!((of(&little, &[1]).ood - 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_number_that_is_none_stays_seen_and_unused_views_do_not_count() {
        let mut distances = [0.3_f32; 9];
        distances[4] = f32::NAN;
        assert!(of(&distances, &[0, 1, 2]).ood.is_nan());
        assert!(of(&distances, &[0, 2]).ood < 1.0);
        assert_eq!(of(&distances, &[]), Strangeness { ood: 0.0, nearest: f64::INFINITY, far: 0.0 });
    }

    #[test]
    fn a_bundle_from_before_is_judged_by_its_strangest_view() {
        assert_eq!(of(&[0.2, 0.5, 0.25], &[0, 1, 2]).ood, 0.5);
    }
}
