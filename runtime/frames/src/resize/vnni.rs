//! The horizontal pass for x86-64 processors with AVX-512 VBMI and VNNI (Ice Lake, Zen 4 and later): the same integers as
//! [`kernels`](super::kernels), in a third of the time.
//!
//! Rows are split into a line for each colour. Then 64 bytes of a line hold all taps of several neighbouring outputs, one
//! instruction (`vpermb`) deals four taps to each output's lane, and another (`vpdpbusd`) multiplies and sums them. That
//! one takes weights of 8 bits: a weight of 22 bits is three digits to the base 256, each from -128 to 127, and their three
//! sums are put together at the end. All of it is exact.

// The second exception from `deny(unsafe_code)`: loads and stores of whole registers, each behind a slice of that length.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_mask_storeu_epi8, _mm_prefetch, _mm512_add_epi32, _mm512_cvtusepi32_epi8,
    _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srli_epi32, _mm512_storeu_si512,
};

use super::axis::{Axis, WEIGHT_BITS};

/// Bytes of a register.
const BYTES: usize = 64;
/// Outputs that a register has lanes for.
const LANES: usize = 16;
/// Taps that a lane holds at a time.
const TAPS: usize = 4;
/// The most groups of [`TAPS`] taps that an output may have; with more, shrinking is too strong for this to pay.
const MOST_GROUPS: usize = 6;
/// Rows that are split into lines together: 8 rows of 640 pixels fit the first cache beside what they become.
const ROWS: usize = 8;

/// How far ahead of what is read memory is asked for, bytes: two rows of 640 pixels.
const AHEAD: usize = 4096;

/// A register's bytes.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Register([u8; BYTES]);

/// Neighbouring outputs whose taps lie within one register of a line.
#[derive(Debug)]
struct Block {
    /// The first byte of the line that is loaded.
    source: usize,
    /// The first output.
    target: usize,
    /// Outputs, 1 to [`LANES`].
    outputs: usize,
    /// For each group of taps: which bytes go to which lane, and the weights' three digits, the lowest first.
    groups: Vec<[Register; 4]>,
}

/// The blocks of an axis, and the processor's leave to use them.
#[derive(Debug)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// Bytes from line to line.
    stride: usize,
    target: usize,
    /// [`ROWS`] rows, a line for each colour.
    lines: Vec<u8>,
}

impl Blocks {
    /// `None` where the processor cannot, or an output has too many taps.
    pub(super) fn new(axis: &Axis) -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vnni");
        if !able {
            return None;
        }
        let taps: Vec<_> = axis.taps().collect();
        if taps.iter().any(|taps| taps.weights.len() > TAPS * MOST_GROUPS) {
            return None;
        }
        let mut blocks = Vec::new();
        let mut target = 0;
        while let Some(first) = taps.get(target) {
            let source = first.first;
            let fits = |taps: &&super::axis::Taps<'_>| taps.first + taps.weights.len() <= source + BYTES;
            let outputs = taps[target..].iter().take(LANES).take_while(fits).count();
            blocks.push(Block::new(source, target, &taps[target..target + outputs]));
            target += outputs;
        }
        // What is loaded past a line's end is the next line's, or this margin, and weighs nothing.
        let stride = axis.source().next_multiple_of(BYTES);
        Some(Self { blocks, stride, target: axis.target(), lines: vec![0; stride * 3 * ROWS + BYTES] })
    }

    /// As [`kernels::horizontal`](super::kernels::horizontal).
    pub(super) fn horizontal(&mut self, rgb: &[u8], source: usize, out: &mut [u8]) {
        // SAFETY: `new` has asked the processor for every feature that the function is compiled with.
        unsafe { self.horizontal_able(rgb, source, out) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
    fn horizontal_able(&mut self, rgb: &[u8], source: usize, out: &mut [u8]) {
        let chunks = rgb.chunks(source * 3 * ROWS).zip(out.chunks_mut(self.target * 3 * ROWS));
        for (rows, out) in chunks {
            for (row, lines) in rows.chunks_exact(source * 3).zip(self.lines.chunks_exact_mut(self.stride * 3)) {
                split_colours(row, lines, self.stride);
            }
            for block in &self.blocks {
                match block.groups.len() {
                    1 => block.run::<1>(&self.lines, self.stride, out, self.target),
                    2 => block.run::<2>(&self.lines, self.stride, out, self.target),
                    3 => block.run::<3>(&self.lines, self.stride, out, self.target),
                    // Groups that are not there weigh nothing.
                    _ => block.run::<MOST_GROUPS>(&self.lines, self.stride, out, self.target),
                }
            }
        }
    }
}

impl Block {
    fn new(source: usize, target: usize, taps: &[super::axis::Taps<'_>]) -> Self {
        let most = taps.iter().map(|taps| taps.weights.len()).max().unwrap_or(0);
        let mut groups = vec![[Register([0; BYTES]); 4]; most.div_ceil(TAPS).max(1)];
        for (lane, taps) in taps.iter().enumerate() {
            for (tap, &weight) in taps.weights.iter().enumerate() {
                let [pick, low, middle, high] = &mut groups[tap / TAPS];
                let at = lane * TAPS + tap % TAPS;
                // Below 64, for the block's taps lie within one register.
                pick.0[at] = (taps.first + tap - source) as u8;
                [low.0[at], middle.0[at], high.0[at]] = digits(weight);
            }
        }
        Self { source, target, outputs: taps.len(), groups }
    }

    /// `out` holds the lines of at most [`ROWS`] rows, `width` bytes each.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
    fn run<const GROUPS: usize>(&self, lines: &[u8], stride: usize, out: &mut [u8], width: usize) {
        let mut groups = [[_mm512_setzero_si512(); 4]; GROUPS];
        for (group, registers) in groups.iter_mut().zip(&self.groups) {
            for (value, register) in group.iter_mut().zip(registers) {
                *value = load(&register.0);
            }
        }
        let half = _mm512_set1_epi32(1 << (WEIGHT_BITS - 1));
        let mask = if self.outputs == LANES { u16::MAX } else { (1 << self.outputs) - 1 };
        let lines = lines.windows(BYTES).skip(self.source).step_by(stride);
        for (line, out) in lines.zip(out.chunks_exact_mut(width)) {
            let Some(bytes) = line.first_chunk() else { return };
            let bytes = load(bytes);
            let [mut low, mut middle, mut high] = [half, _mm512_setzero_si512(), _mm512_setzero_si512()];
            for [pick, low_digits, middle_digits, high_digits] in groups {
                let taps = _mm512_permutexvar_epi8(pick, bytes);
                low = _mm512_dpbusd_epi32(low, taps, low_digits);
                middle = _mm512_dpbusd_epi32(middle, taps, middle_digits);
                high = _mm512_dpbusd_epi32(high, taps, high_digits);
            }
            let upper = _mm512_add_epi32(middle, _mm512_slli_epi32::<8>(high));
            let sum = _mm512_add_epi32(low, _mm512_slli_epi32::<8>(upper));
            let rounded = _mm512_cvtusepi32_epi8(_mm512_srli_epi32::<WEIGHT_BITS>(sum));
            let out = &mut out[self.target..self.target + self.outputs];
            // SAFETY: the mask has a bit for each byte of `out` and no other.
            unsafe { _mm_mask_storeu_epi8(out.as_mut_ptr().cast(), mask, rounded) };
        }
    }
}

/// The digits of a weight of at most 2^22 to the base 256, from -128 to 127 as bytes, the lowest first.
fn digits(weight: u32) -> [u8; 3] {
    let low = weight as u8;
    // A digit of 128 and more stands for itself less 256, so the next one takes one more.
    let rest = (weight >> 8) + u32::from(low >> 7);
    let middle = rest as u8;
    [low, middle, ((rest >> 8) + u32::from(middle >> 7)) as u8]
}

/// A row of pixels to three lines, `stride` apart.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
fn split_colours(row: &[u8], lines: &mut [u8], stride: usize) {
    let (red, rest) = lines.split_at_mut(stride);
    let (green, blue) = rest.split_at_mut(stride);
    let picks = [0, 1, 2].map(|colour| (load(&FROM_FIRST_TWO[colour].0), load(&WITH_THIRD[colour].0)));
    let (pieces, rest) = row.as_chunks::<{ 3 * BYTES }>();
    for (piece, pixels) in pieces.iter().enumerate() {
        fetch(pixels);
        let (registers, _) = pixels.as_chunks::<BYTES>();
        let [first, second, third] = registers else { return };
        let [first, second, third] = [load(first), load(second), load(third)];
        for ((two, three), line) in picks.iter().zip([&mut *red, &mut *green, &mut *blue]) {
            let from_two = _mm512_permutex2var_epi8(first, *two, second);
            let colour = _mm512_permutex2var_epi8(from_two, *three, third);
            if let Some(bytes) = line[piece * BYTES..].first_chunk_mut() {
                store(bytes, colour);
            }
        }
    }
    let done = pieces.len() * BYTES;
    for (at, &[r, g, b]) in rest.as_chunks().0.iter().enumerate() {
        (red[done + at], green[done + at], blue[done + at]) = (r, g, b);
    }
}

/// By colour: where byte i of a line lies in the first two of three registers of pixels (0 to 127), if it lies there.
static FROM_FIRST_TWO: [Register; 3] = picks(false);
/// By colour: byte i of what was picked from the first two (i), or of the third register (64 and up).
static WITH_THIRD: [Register; 3] = picks(true);

const fn picks(with_third: bool) -> [Register; 3] {
    let mut all = [Register([0; BYTES]); 3];
    let mut colour = 0;
    while colour < 3 {
        let mut i = 0;
        while i < BYTES {
            let at = 3 * i + colour;
            all[colour].0[i] = match (at < 2 * BYTES, with_third) {
                (true, false) => at as u8,
                (false, false) => 0,
                (true, true) => i as u8,
                (false, true) => (at - BYTES) as u8,
            };
            i += 1;
        }
        colour += 1;
    }
    all
}

/// Asks for what lies [`AHEAD`] bytes further on: a picture that another core has decoded is not in this core's cache.
#[target_feature(enable = "avx512f")]
#[allow(unused_unsafe, reason = "older compilers have the hint as an unsafe function")]
fn fetch(pixels: &[u8; 3 * BYTES]) {
    for line in 0..3 {
        let address = pixels.as_ptr().wrapping_add(AHEAD + line * BYTES);
        // SAFETY: a hint; nothing is read, whether there is memory or not.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
}

#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; BYTES]) -> __m512i {
    // SAFETY: 64 bytes are there, and the load need not be aligned.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store(bytes: &mut [u8; BYTES], value: __m512i) {
    // SAFETY: 64 bytes are there, and the store need not be aligned.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_put_together_are_the_weight() {
        for weight in (0..=1_u32 << WEIGHT_BITS).step_by(97).chain([127, 128, 32_767, 32_768, 32_896, 1 << WEIGHT_BITS])
        {
            let [low, middle, high] = digits(weight).map(|digit| i64::from(digit.cast_signed()));
            assert_eq!(low + 256 * middle + 65_536 * high, i64::from(weight));
        }
    }
}
