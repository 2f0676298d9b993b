//! The two passes, written so that the compiler makes vector code of them: the inner loops run over fixed numbers of bytes
//! that lie side by side. Each pass is compiled for plain x86-64 and for AVX2 (other architectures: for what their baseline
//! has, such as NEON) and the best the machine has is picked at run time; all of them compute the same integers. Of these loops
//! the compiler makes slower code for AVX-512 than for AVX2: [`vnni`](super::vnni) spells that version out.
//!
//! Along a row neighbours belong to other channels and other taps, so the horizontal pass turns 16 rows at a time on their
//! side first: then the same column of 16 rows lies side by side and takes the same weights.

// The first of two exceptions from `deny(unsafe_code)`: `multiversion` generates the calls into the versions for each instruction set,
// after it has asked the processor that it has them. Nothing here is written as unsafe.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks)]

use multiversion::multiversion;

use super::axis::{Axis, WEIGHT_BITS};

/// Half a unit of the result, for rounding.
const HALF: u32 = 1 << (WEIGHT_BITS - 1);
/// Rows that are turned on their side together.
const ROWS: usize = 16;
/// Bytes of a row that the vertical pass sums at a time.
const BYTES: usize = 32;

/// One column (of one channel) of [`ROWS`] rows.
type Column = [u8; ROWS];

/// Buffers that are kept from picture to picture.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// A block of source rows on its side.
    source: Vec<Column>,
    /// The same block, resized.
    target: Vec<Column>,
}

impl Scratch {
    /// Makes the buffers large enough for rows of this axis; their length is a multiple of [`ROWS`] columns.
    pub(super) fn fit(&mut self, axis: &Axis) {
        self.source.resize((axis.source() * 3).next_multiple_of(ROWS), [0; ROWS]);
        self.target.resize((axis.target() * 3).next_multiple_of(ROWS), [0; ROWS]);
    }
}

/// Rows of `axis.source()` interleaved pixels to rows of `axis.target()` pixels, rounded to 8 bits. What comes out is planar by
/// row: all red values of a row, then green, then blue. `scratch` must fit the axis.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn horizontal(rgb: &[u8], axis: &Axis, scratch: &mut Scratch, out: &mut [u8]) {
    let (from, width) = (axis.source() * 3, axis.target());
    for (rows, out) in rgb.chunks(from * ROWS).zip(out.chunks_mut(width * 3 * ROWS)) {
        fetch(rows);
        lay_on_side(rows, from, &mut scratch.source);
        let pixels = scratch.source.as_chunks::<3>().0;
        let (reds, rest) = scratch.target.split_at_mut(width);
        let (greens, blues) = rest.split_at_mut(width);
        for (((taps, red), green), blue) in axis.taps().zip(reds).zip(greens).zip(blues) {
            let mut sums = [[HALF; ROWS]; 3];
            for (&weight, pixel) in taps.weights.iter().zip(&pixels[taps.first..]) {
                for (sums, column) in sums.iter_mut().zip(pixel) {
                    add(sums, weight, column);
                }
            }
            (*red, *green, *blue) = (to_bytes(sums[0]), to_bytes(sums[1]), to_bytes(sums[2]));
        }
        set_upright(&scratch.target, width * 3, out);
    }
}

/// Columns of `axis.source()` rows to columns of `axis.target()` rows.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn vertical(rgb: &[u8], axis: &Axis, out: &mut [u8]) {
    let row_bytes = out.len() / axis.target();
    for (taps, out) in axis.taps().zip(out.chunks_exact_mut(row_bytes)) {
        let rows = &rgb[taps.first * row_bytes..][..taps.weights.len() * row_bytes];
        let (pieces, rest) = out.as_chunks_mut::<BYTES>();
        let rest_at = pieces.len() * BYTES;
        for (piece, out) in pieces.iter_mut().enumerate() {
            let mut sums = [HALF; BYTES];
            for (&weight, row) in taps.weights.iter().zip(rows.chunks_exact(row_bytes)) {
                if let Some(bytes) = row[piece * BYTES..].first_chunk() {
                    add(&mut sums, weight, bytes);
                }
            }
            *out = to_bytes(sums);
        }
        for (at, out) in rest.iter_mut().enumerate() {
            let column = rows.chunks_exact(row_bytes).map(|row| u32::from(row[rest_at + at]));
            let sum = taps.weights.iter().zip(column).fold(HALF, |sum, (weight, byte)| sum + weight * byte);
            *out = to_bytes([sum])[0];
        }
    }
}

/// Bytes times gain plus offset.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn scale(bytes: &[u8], gain: f32, offset: f32, out: &mut [f32]) {
    for (out, &byte) in out.iter_mut().zip(bytes) {
        *out = f32::from(byte) * gain + offset;
    }
}

#[inline(always)]
fn add<const N: usize>(sums: &mut [u32; N], weight: u32, bytes: &[u8; N]) {
    for (sum, &byte) in sums.iter_mut().zip(bytes) {
        // Cannot wrap: weights sum to about 2^22, times 255 is below 2^31. A check would keep this from becoming vector code.
        *sum = sum.wrapping_add(weight.wrapping_mul(u32::from(byte)));
    }
}

/// From weight units to bytes; weights that were rounded up can sum to a little more than one.
#[inline(always)]
fn to_bytes<const N: usize>(sums: [u32; N]) -> [u8; N] {
    // A loop, because `map` would be a call into code for the oldest processors.
    let mut bytes = [0; N];
    for (byte, &sum) in bytes.iter_mut().zip(&sums) {
        *byte = (sum >> WEIGHT_BITS).min(255) as u8;
    }
    bytes
}

/// Touches every cache line of a block in the order in which it lies in memory: a picture that another core has decoded comes
/// faster in one stream than in the [`ROWS`] streams that turning it on its side reads.
#[inline(always)]
fn fetch(block: &[u8]) {
    const LINE: usize = 64;
    let touched = block.iter().step_by(LINE).fold(0_u8, |all, &byte| all ^ byte);
    std::hint::black_box(touched);
}

/// Up to [`ROWS`] rows of `length` bytes, to columns.
#[inline(always)]
fn lay_on_side(rows: &[u8], length: usize, columns: &mut [Column]) {
    let squares = if rows.len() == length * ROWS { length / ROWS } else { 0 };
    for (piece, columns) in columns.as_chunks_mut::<ROWS>().0.iter_mut().take(squares).enumerate() {
        let mut square = [[0; ROWS]; ROWS];
        for (line, row) in square.iter_mut().zip(rows.chunks_exact(length)) {
            if let Some(bytes) = row[piece * ROWS..].first_chunk() {
                *line = *bytes;
            }
        }
        *columns = transpose(square);
    }
    // What does not fill a square.
    for (row, line) in rows.chunks_exact(length).enumerate() {
        for (column, &byte) in columns.iter_mut().zip(line).skip(squares * ROWS) {
            column[row] = byte;
        }
    }
}

/// Columns back to up to [`ROWS`] rows of `length` bytes.
#[inline(always)]
fn set_upright(columns: &[Column], length: usize, rows: &mut [u8]) {
    let squares = if rows.len() == length * ROWS { length / ROWS } else { 0 };
    for (piece, columns) in columns.as_chunks::<ROWS>().0.iter().take(squares).enumerate() {
        let square = transpose(*columns);
        for (line, row) in square.iter().zip(rows.chunks_exact_mut(length)) {
            if let Some(bytes) = row[piece * ROWS..].first_chunk_mut() {
                *bytes = *line;
            }
        }
    }
    for (row, line) in rows.chunks_exact_mut(length).enumerate() {
        for (column, byte) in columns.iter().zip(line).skip(squares * ROWS) {
            *byte = column[row];
        }
    }
}

/// Turns a square about its diagonal: four times every line is woven with the line half the square below it.
#[inline(always)]
fn transpose(square: [[u8; ROWS]; ROWS]) -> [[u8; ROWS]; ROWS] {
    weave_halves(weave_halves(weave_halves(weave_halves(square))))
}

#[inline(always)]
fn weave_halves(square: [[u8; ROWS]; ROWS]) -> [[u8; ROWS]; ROWS] {
    let mut woven = [[0; ROWS]; ROWS];
    for line in 0..ROWS / 2 {
        [woven[line * 2], woven[line * 2 + 1]] = weave(square[line], square[line + ROWS / 2]);
    }
    woven
}

/// One byte of each in turn; spelled out, as that is what becomes two instructions.
#[inline(always)]
fn weave(a: [u8; ROWS], b: [u8; ROWS]) -> [[u8; ROWS]; 2] {
    [
        [a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3], a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]],
        [a[8], b[8], a[9], b[9], a[10], b[10], a[11], b[11], a[12], b[12], a[13], b[13], a[14], b[14], a[15], b[15]],
    ]
}
