//! How well steps agree with annotated ones, and steps that nobody looked for.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Overlap of found and annotated steps, in \[0, 1\]: the mean over steps of intersection / union of their frames (Jaccard).
///
/// The paper compares as many steps as were annotated, the i-th with the i-th. Here steps are matched in order, but some may be
/// left out, so that the sum is greatest; it is divided by the greater number of steps, so that a step too many and one too few
/// cost the same. For equally many steps it is never below the paper's measure.
#[must_use]
pub fn overlap(found: &[Range<usize>], annotated: &[Range<usize>]) -> f64 {
    let mut best = vec![0.0_f64; annotated.len() + 1];
    for step in found {
        let before = best.clone();
        for (index, other) in annotated.iter().enumerate() {
            best[index + 1] = (before[index] + jaccard(step, other)).max(before[index + 1]).max(best[index]);
        }
    }
    let steps = found.len().max(annotated.len());
    if steps == 0 { 0.0 } else { best[annotated.len()] / steps as f64 }
}

fn jaccard(a: &Range<usize>, b: &Range<usize>) -> f64 {
    let shared = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

/// `frames` frames in `steps` steps as equal as can be.
#[must_use]
pub fn equal_steps(frames: usize, steps: usize) -> Vec<Range<usize>> {
    (0..steps).map(|step| step * frames / steps..(step + 1) * frames / steps).collect()
}

/// `frames` frames in `steps` steps at random places, none shorter than `least` frames (if that is possible): the paper's
/// ordered random steps.
#[must_use]
pub fn random_steps(frames: usize, steps: usize, least: usize, seed: u64) -> Vec<Range<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let least = least.min(frames / steps.max(1));
    let spare = (frames - least * steps) as u64 + 1;
    let mut cuts: Vec<usize> =
        (1..steps).map(|_| usize::try_from(random.next_u64() % spare).unwrap_or_default()).collect();
    cuts.sort_unstable();
    let inner = cuts.iter().enumerate().map(|(index, cut)| (index + 1) * least + cut);
    let bounds: Vec<usize> = std::iter::once(0).chain(inner).chain([frames]).collect();
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Features `[frames, width]` of no picture: each wanders at random, so that neighbouring frames are alike as in a video. What
/// [`split`](fn@super::split) finds in them is what it finds without seeing anything.
#[must_use]
pub fn wandering_rows(frames: usize, width: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The sum of four even numbers is bell-shaped enough.
    let mut step = || (0..4).map(|_| (random.next_u32() >> 8) as f32 / (1_u32 << 24) as f32).sum::<f32>() - 2.0;
    let mut place = vec![0.0; width];
    let mut rows = Vec::with_capacity(frames * width);
    for _ in 0..frames {
        place.iter_mut().for_each(|value| *value += step());
        rows.extend_from_slice(&place);
    }
    rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlaps_match_values_worked_out_by_hand() {
        assert_eq!(overlap(&[0..10, 10..20], &[0..10, 10..20]), 1.0);
        // 5 of 10 and 10 of 15.
        assert!((overlap(&[0..5, 5..20], &[0..10, 10..20]) - (0.5 + 10.0 / 15.0) / 2.0).abs() < 1e-12);
        // A step too many, and one too few: one of two counts.
        assert_eq!(overlap(&[0..10, 10..20], std::slice::from_ref(&(0..10))), 0.5);
        assert_eq!(overlap(std::slice::from_ref(&(0..10)), &[0..10, 10..20]), 0.5);
        // The second and third annotated step are met, the first is not.
        assert!((overlap(&[4..10, 10..20, 20..21], &[0..2, 4..10, 10..20]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(overlap(&[], &[]), 0.0);
        assert_eq!(overlap(&[0..5, 5..6], &[6..9, 9..12]), 0.0);
    }

    #[test]
    fn equal_steps_cover_the_clip() {
        assert_eq!(equal_steps(10, 3), [0..3, 3..6, 6..10]);
    }

    #[test]
    fn what_wanders_is_alike_from_frame_to_frame() {
        let rows = wandering_rows(200, 8, 1);
        assert_eq!(rows, wandering_rows(200, 8, 1));
        assert_ne!(rows, wandering_rows(200, 8, 2));
        let apart = |frames: usize| {
            (0..100)
                .map(|t| (0..8).map(|d| (rows[(t + frames) * 8 + d] - rows[t * 8 + d]).abs()).sum::<f32>())
                .sum::<f32>()
        };
        assert!(apart(1) * 2.0 < apart(50));
    }

    fn some_steps(frames: usize) -> impl Strategy<Value = Vec<Range<usize>>> {
        (1_usize..7, any::<u64>()).prop_map(move |(steps, seed)| random_steps(frames, steps, 2, seed))
    }

    proptest! {
        #[test]
        fn random_steps_cover_the_clip(frames in 10_usize..200, steps in 1_usize..9, least in 0_usize..40, seed: u64) {
            let found = random_steps(frames, steps, least, seed);
            prop_assert_eq!(found.len(), steps);
            prop_assert_eq!((found[0].start, found[steps - 1].end), (0, frames));
            prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
            prop_assert!(found.iter().all(|range| range.len() >= least.min(frames / steps)));
        }

        #[test]
        fn overlap_is_even_handed_and_1_only_for_the_same(a in some_steps(60), b in some_steps(60)) {
            let both = overlap(&a, &b);
            prop_assert!((both - overlap(&b, &a)).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&both));
            prop_assert_eq!(both > 1.0 - 1e-12, a == b);
            if a.len() == b.len() {
                let papers = a.iter().zip(&b).map(|(a, b)| jaccard(a, b)).sum::<f64>() / a.len() as f64;
                prop_assert!(both >= papers - 1e-12);
            }
        }
    }
}
