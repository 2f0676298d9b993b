//! Surfaces as squares of grey values, computed once and kept at every size down to one pixel: looking one up costs the same
//! whether it is wood or plain. A value mixes the two colours of a material.

use std::sync::LazyLock;

use super::random::Random;
use super::vector::whole_bits;

/// Texels on a side of the largest square.
const SIDE: usize = 256;
const LEVELS: usize = 9;

/// What a surface looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Texture {
    /// One colour.
    Plain,
    /// Boards with grain along the first axis.
    Wood,
    /// Squares, two on a side.
    Checker,
    /// Four pairs of stripes.
    Stripes,
    /// Fine scratches along the first axis.
    Brushed,
    /// Speckles, as of granite.
    Speckle,
    /// Woven or pressed cloth.
    Felt,
    /// Rolled paint: faint, with blotches.
    Plaster,
    /// Four tiles on a side with joints between.
    Tiles,
}

impl Texture {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Wood,
        Self::Checker,
        Self::Stripes,
        Self::Brushed,
        Self::Speckle,
        Self::Felt,
        Self::Plaster,
        Self::Tiles,
    ];
}

/// Every texture at every size.
#[derive(Debug)]
pub(super) struct Textures {
    maps: Vec<Map>,
}

/// One texture at every size, the largest first.
#[derive(Debug)]
pub(super) struct Map {
    texels: Vec<u8>,
}

/// Where each size begins.
const STARTS: [usize; LEVELS] = starts();

const fn starts() -> [usize; LEVELS] {
    let mut starts = [0; LEVELS];
    let mut level = 1;
    while level < LEVELS {
        let side = SIDE >> (level - 1);
        starts[level] = starts[level - 1] + side * side;
        level += 1;
    }
    starts
}

/// Which texels lie around some points: everything about a lookup that is arithmetic.
pub(super) struct Lookups<const N: usize> {
    level: [u32; N],
    x: [u32; N],
    y: [u32; N],
    along: [f32; N],
    down: [f32; N],
}

/// The values of the four texels around some points, and then their mixture.
pub(super) struct Corners<const N: usize>(pub(super) [[f32; N]; 4]);

impl<const N: usize> Lookups<N> {
    /// Points (`u`, `v`) measured in repeats, averaged over about `width` repeats.
    #[inline(always)]
    pub(super) fn new(u: &[f32; N], v: &[f32; N], width: &[f32; N]) -> Self {
        let mut lookups = Self { level: [0; N], x: [0; N], y: [0; N], along: [0.0; N], down: [0.0; N] };
        for at in 0..N {
            // The exponent of the width in texels is the level, rounded to the nearest by the square root of two.
            let texels = width[at] * (SIDE as f32 * std::f32::consts::SQRT_2);
            let exponent = (texels.to_bits() >> 23).saturating_sub(127);
            let level = if exponent < LEVELS as u32 { exponent } else { LEVELS as u32 - 1 };
            // The side as a power of two, by its exponent.
            let side = f32::from_bits((127 + SIDE.trailing_zeros() - level) << 23);
            let (x, along) = whole_bits(u[at] * side - 0.5);
            let (y, down) = whole_bits(v[at] * side - 0.5);
            lookups.level[at] = level;
            (lookups.x[at], lookups.along[at]) = (x, along);
            (lookups.y[at], lookups.down[at]) = (y, down);
        }
        lookups
    }

    /// Mixes the corners by where the points lie between them.
    #[inline(always)]
    pub(super) fn mix(&self, corners: &Corners<N>) -> [f32; N] {
        mix_corners(corners, &self.along, &self.down)
    }
}

/// Mixes upper left, upper right, lower left, lower right.
#[inline(always)]
pub(super) fn mix_corners<const N: usize>(corners: &Corners<N>, along: &[f32; N], down: &[f32; N]) -> [f32; N] {
    let [upper_left, upper_right, lower_left, lower_right] = &corners.0;
    let mut mixed = [0.0; N];
    for at in 0..N {
        let upper = upper_left[at] + (upper_right[at] - upper_left[at]) * along[at];
        let lower = lower_left[at] + (lower_right[at] - lower_left[at]) * along[at];
        mixed[at] = upper + (lower - upper) * down[at];
    }
    mixed
}

/// They are the same for every renderer.
static TEXTURES: LazyLock<Textures> = LazyLock::new(Textures::new);

impl Textures {
    pub(super) fn shared() -> &'static Self {
        &TEXTURES
    }

    fn new() -> Self {
        Self { maps: Texture::ALL.iter().map(|&texture| Map::new(texture)).collect() }
    }

    /// The map of a texture, by its number.
    pub(super) fn at(&self, texture: usize) -> &Map {
        &self.maps[texture]
    }
}

impl Map {
    fn new(texture: Texture) -> Self {
        let noise = Lattice::new(texture as u64 + 1);
        let value = |at: usize| {
            let (x, y) = ((at % SIDE) as f32 / SIDE as f32, (at / SIDE) as f32 / SIDE as f32);
            u8_level(grey(texture, &noise, x, y))
        };
        let mut texels: Vec<u8> = (0..SIDE * SIDE).map(value).collect();
        for level in 1..LEVELS {
            let smaller = halved(&texels[STARTS[level - 1]..], SIDE >> level);
            texels.extend(smaller);
        }
        Self { texels }
    }

    /// The four texels of one point of a lookup, 0 to 1.
    #[inline(always)]
    pub(super) fn corners<const N: usize>(&self, lookups: &Lookups<N>, at: usize, corners: &mut Corners<N>) {
        let level = lookups.level[at] as usize % LEVELS;
        let shift = SIDE.trailing_zeros() as usize - level;
        let mask = (1 << shift) - 1;
        let (left, top) = (lookups.x[at] as usize & mask, lookups.y[at] as usize & mask);
        let (right, bottom) = ((left + 1) & mask, (top + 1) & mask);
        let map = &self.texels[STARTS[level]..];
        let texel = |x: usize, y: usize| f32::from(map[(y << shift) + x]) * (1.0 / 255.0);
        let all = [texel(left, top), texel(right, top), texel(left, bottom), texel(right, bottom)];
        for (corner, texel) in corners.0.iter_mut().zip(all) {
            corner[at] = texel;
        }
    }
}

#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn u8_level(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

/// Every square of four texels as one.
fn halved(from: &[u8], side: usize) -> Vec<u8> {
    let texel = |x: usize, y: usize| u32::from(from[y * side * 2 + x]);
    let mean = |at: usize| {
        let (x, y) = (at % side * 2, at / side * 2);
        ((texel(x, y) + texel(x + 1, y) + texel(x, y + 1) + texel(x + 1, y + 1) + 2) / 4) as u8
    };
    (0..side * side).map(mean).collect()
}

/// A grid of random values that repeats, for smooth noise.
struct Lattice(Vec<f32>);

impl Lattice {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self((0..SIDE * SIDE).map(|_| random.unit() as f32).collect())
    }

    /// Smooth noise with `nx` by `ny` cells in a repeat (powers of two), 0 to 1.
    fn noise(&self, x: f32, y: f32, nx: usize, ny: usize) -> f32 {
        let (cell_x, tx) = whole_bits(x * nx as f32);
        let (cell_y, ty) = whole_bits(y * ny as f32);
        let value = |dx: usize, dy: usize| {
            let (cx, cy) =
                ((cell_x as usize).wrapping_add(dx) & (nx - 1), (cell_y as usize).wrapping_add(dy) & (ny - 1));
            self.0[cy * SIDE + cx]
        };
        let (sx, sy) = (tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty));
        let upper = value(0, 0) + (value(1, 0) - value(0, 0)) * sx;
        let lower = value(0, 1) + (value(1, 1) - value(0, 1)) * sx;
        upper + (lower - upper) * sy
    }

    /// Noise at four sizes, halving in size and weight.
    fn cloud(&self, x: f32, y: f32, nx: usize, ny: usize) -> f32 {
        let mut sum = 0.0;
        for (octave, weight) in [(0, 8.0), (1, 4.0), (2, 2.0), (3, 1.0)] {
            sum += weight / 15.0 * self.noise(x, y, (nx << octave).min(SIDE), (ny << octave).min(SIDE));
        }
        sum
    }
}

/// Up and down between 0 and 1, once for each whole number.
fn wave(at: f32) -> f32 {
    let (_, part) = whole_bits(at);
    1.0 - (2.0 * part - 1.0).abs()
}

fn grey(texture: Texture, noise: &Lattice, x: f32, y: f32) -> f32 {
    match texture {
        Texture::Plain => 1.0,
        Texture::Wood => wood(noise, x, y),
        Texture::Checker => {
            let even = (x < 0.5) == (y < 0.5);
            if even { 0.95 } else { 0.05 }
        }
        Texture::Stripes => {
            let (_, part) = whole_bits(y * 4.0);
            if part < 0.5 { 0.95 } else { 0.05 }
        }
        Texture::Brushed => {
            0.25 * noise.noise(x, y, 4, 256) + 0.35 * noise.noise(x, y, 8, 128) + 0.4 * noise.cloud(x, y, 2, 8)
        }
        Texture::Speckle => speckle(noise, x, y),
        Texture::Felt => {
            0.45 * noise.noise(x, y, 128, 128) + 0.35 * noise.noise(y, x, 64, 64) + 0.2 * noise.cloud(x, y, 4, 4)
        }
        Texture::Plaster => 0.7 * noise.cloud(x, y, 2, 2) + 0.3 * noise.noise(x, y, 128, 128),
        Texture::Tiles => tiles(noise, x, y),
    }
}

fn wood(noise: &Lattice, x: f32, y: f32) -> f32 {
    let (board, across) = whole_bits(y * 4.0);
    let shade = [0.1, -0.06, 0.04, -0.1][board as usize & 3];
    let seam = if across < 0.02 { -0.45 } else { 0.0 };
    // Rings cut lengthways: bands bent by slow noise, differently on each board.
    let bend = noise.cloud(x + (board & 3) as f32 * 0.31, y, 2, 8);
    let rings = wave(across * 3.0 + 2.4 * bend);
    let fibres = noise.noise(x, y, 16, 256);
    0.3 + shade + seam + 0.32 * rings + 0.38 * fibres
}

fn speckle(noise: &Lattice, x: f32, y: f32) -> f32 {
    let (coarse, fine) = (noise.noise(x, y, 64, 64), noise.noise(y, x, 128, 128));
    let base = 0.5 + 0.25 * (noise.cloud(x, y, 8, 8) - 0.5);
    if coarse > 0.72 {
        1.0
    } else if fine > 0.78 {
        0.0
    } else {
        base
    }
}

fn tiles(noise: &Lattice, x: f32, y: f32) -> f32 {
    let ((column, tx), (row, ty)) = (whole_bits(x * 4.0), whole_bits(y * 4.0));
    let joint = tx.min(ty) < 0.035;
    let shade = noise.0[(row as usize & 3) * SIDE + (column as usize & 3)];
    if joint { 0.0 } else { 0.55 + 0.3 * shade + 0.15 * noise.cloud(x, y, 16, 16) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(map: &Map, u: f32, v: f32, width: f32) -> f32 {
        let lookups = Lookups::new(&[u], &[v], &[width]);
        let mut corners = Corners([[0.0]; 4]);
        map.corners(&lookups, 0, &mut corners);
        lookups.mix(&corners)[0]
    }

    #[test]
    fn textures_differ_and_have_contrast() {
        let textures = Textures::shared();
        for (at, map) in textures.maps.iter().enumerate() {
            let level = &map.texels[..SIDE * SIDE];
            let (least, most) = (level.iter().min().unwrap(), level.iter().max().unwrap());
            assert!(at == 0 || most - least > 60, "{:?} is flat: {least} to {most}", Texture::ALL[at]);
            assert_eq!(map.texels.len(), STARTS[LEVELS - 1] + 1);
            for other in &textures.maps[..at] {
                assert_ne!(level, &other.texels[..SIDE * SIDE]);
            }
        }
    }

    #[test]
    fn a_sample_repeats_and_blurs_to_the_mean() {
        let map = Map::new(Texture::Checker);
        for (u, v) in [(0.25, 0.25), (0.75, 0.25), (0.1, 0.9)] {
            for shift in [-3.0, 1.0, 40.0] {
                assert!((sample(&map, u, v, 0.0) - sample(&map, u + shift, v - shift, 0.0)).abs() < 1e-3);
            }
        }
        assert!(sample(&map, 0.25, 0.25, 0.0) > 0.9 && sample(&map, 0.75, 0.25, 0.0) < 0.1);
        assert!((sample(&map, 0.25, 0.25, 10.0) - 0.5).abs() < 0.02, "a far checkerboard is grey");
    }

    #[test]
    fn points_without_measure_are_somewhere_on_the_pattern() {
        let map = Map::new(Texture::Wood);
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
            for (u, v, width) in [(odd, 0.0, 0.1), (0.0, odd, 0.1), (0.3, 0.2, odd), (odd, odd, odd)] {
                assert!((0.0..=1.0).contains(&sample(&map, u, v, width)), "{u} {v} {width}");
            }
        }
    }
}
