//! How much two pictures of one size differ where they differ most.

/// Side of a block, pixels: of a picture of 224 pixels a 14th, about what a gripper fills.
const BLOCK: usize = 16;
/// Blocks along a row at most; pictures that are wider have wider blocks at their right edge.
const MAX_BLOCKS: usize = 64;

/// The greatest mean absolute difference over the blocks of 16 x 16 pixels of two pictures, in 8-bit steps, 0 to 255. The mean over
/// a whole picture would hide a small thing that moves, and the single pixel shows a sensor's noise alone.
///
/// Both are rows as [`Resizer::resize_rows`](crate::Resizer::resize_rows) gives them, `width` pixels wide: all red values of a row,
/// then green, then blue. Pictures of different lengths differ by 255.
#[must_use]
pub fn largest_block_difference(a: &[u8], b: &[u8], width: usize) -> f64 {
    if a.len() != b.len() || width == 0 {
        return 255.0;
    }
    let block_rows = BLOCK * 3 * width;
    let blocks = a.chunks(block_rows).zip(b.chunks(block_rows));
    blocks.map(|(a, b)| largest_in_rows(a, b, width)).fold(0.0, f64::max)
}

/// The same over one row of blocks.
fn largest_in_rows(a: &[u8], b: &[u8], width: usize) -> f64 {
    let mut sums = [0_u32; MAX_BLOCKS];
    let last = MAX_BLOCKS - 1;
    for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
        let (a_blocks, a_rest) = a.as_chunks::<BLOCK>();
        let (b_blocks, b_rest) = b.as_chunks::<BLOCK>();
        for (block, (a, b)) in a_blocks.iter().zip(b_blocks).enumerate() {
            sums[block.min(last)] += absolute(a, b);
        }
        sums[a_blocks.len().min(last)] += absolute(a_rest, b_rest);
    }
    let lines = a.len() / width;
    let widths = |block: usize| match block {
        block if block == last => width.saturating_sub(last * BLOCK),
        block => BLOCK.min(width.saturating_sub(block * BLOCK)),
    };
    let means = sums.iter().enumerate().filter(|(block, _)| widths(*block) > 0);
    means.map(|(block, &sum)| f64::from(sum) / (lines * widths(block)) as f64).fold(0.0, f64::max)
}

fn absolute(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use proptest::prelude::*;

    use super::*;

    /// Pixel by pixel, nothing clever.
    fn slow(a: &[u8], b: &[u8], width: usize) -> f64 {
        let height = a.len() / 3 / width;
        let mut most = 0.0_f64;
        for top in (0..height).step_by(BLOCK) {
            for left in (0..width).step_by(BLOCK) {
                let (mut sum, mut count) = (0.0, 0.0);
                for y in top..(top + BLOCK).min(height) {
                    for x in left..(left + BLOCK).min(width) {
                        for channel in 0..3 {
                            let at = (y * 3 + channel) * width + x;
                            sum += f64::from(a[at].abs_diff(b[at]));
                            count += 1.0;
                        }
                    }
                }
                most = most.max(sum / count);
            }
        }
        most
    }

    #[test]
    fn a_small_thing_shows_and_noise_everywhere_does_not() {
        let still = vec![100_u8; 224 * 224 * 3];
        let (mut moved, mut noisy) = (still.clone(), still.clone());
        for y in 32..40 {
            (0..3).for_each(|channel| moved[(y * 3 + channel) * 224 + 48..][..8].fill(200));
        }
        noisy.iter_mut().step_by(2).for_each(|v| *v += 2);
        assert_eq!(largest_block_difference(&still, &still, 224), 0.0);
        assert_eq!(largest_block_difference(&still, &moved, 224), 25.0);
        assert_eq!(largest_block_difference(&still, &noisy, 224), 1.0);
        assert_eq!(largest_block_difference(&still, &still[3..], 224), 255.0);
    }

    proptest! {
        #[test]
        fn it_is_what_it_says(width in 1_usize..80, height in 1_usize..40, seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut picture = || -> Vec<u8> {
                let mut next = || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 56) as u8
                };
                (0..width * height * 3).map(|_| next()).collect()
            };
            let (a, b) = (picture(), picture());
            prop_assert!((largest_block_difference(&a, &b, width) - slow(&a, &b, width)).abs() < 1e-9);
            prop_assert_eq!(largest_block_difference(&a, &b, width), largest_block_difference(&b, &a, width));
        }
    }
}
