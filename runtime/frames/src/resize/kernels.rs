//! The two passes. Inner loops run over contiguous bytes, so that the compiler makes vector code of them.

use super::axis::{Axis, WEIGHT_BITS};

/// Half a unit of the result, for rounding.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/// Buffers that are kept from picture to picture.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    sums: Vec<i32>,
}

/// Rows of `axis.source()` pixels to rows of `axis.target()` pixels, rounded to 8 bits.
pub(super) fn horizontal(rgb: &[u8], axis: &Axis, _scratch: &mut Scratch, out: &mut [u8]) {
    let rows = rgb.chunks_exact(axis.source() * 3).zip(out.chunks_exact_mut(axis.target() * 3));
    for (row, out) in rows {
        for (taps, out) in axis.taps().zip(out.as_chunks_mut::<3>().0) {
            let mut sums = [HALF; 3];
            for (weight, pixel) in taps.weights.iter().zip(&row.as_chunks::<3>().0[taps.first..]) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += weight * i32::from(value);
                }
            }
            *out = sums.map(to_byte);
        }
    }
}

/// Columns of `axis.source()` rows to columns of `axis.target()` rows.
pub(super) fn vertical(rgb: &[u8], axis: &Axis, out: &mut [u8]) {
    let row_bytes = out.len() / axis.target();
    let mut sums = vec![HALF; row_bytes];
    for (taps, out) in axis.taps().zip(out.chunks_exact_mut(row_bytes)) {
        sums.fill(HALF);
        for (weight, row) in taps.weights.iter().zip(rgb[taps.first * row_bytes..].chunks_exact(row_bytes)) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += weight * i32::from(value);
            }
        }
        for (out, &sum) in out.iter_mut().zip(&sums) {
            *out = to_byte(sum);
        }
    }
}

/// From weight units to a byte; weights that were rounded up can sum to a little more than one.
fn to_byte(sum: i32) -> u8 {
    u8::try_from(sum >> WEIGHT_BITS).unwrap_or(u8::MAX)
}
