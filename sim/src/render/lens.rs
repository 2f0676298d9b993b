//! Plumb-bob distortion forwards and backwards, and the table of rays: which way each pixel looks.
//!
//! The model is Brown's as OpenCV writes it (calib3d documentation, "Detailed Description"): with r2 = x^2 + y^2,
//! x' = x (1 + k1 r2 + k2 r2^2 + k3 r2^3) + 2 p1 x y + p2 (r2 + 2 x^2), and y' likewise with p1 and p2 exchanged.

use striatum_robots::Intrinsics;

use super::tracer::{TILE, TILE_PIXELS, Tiling};

/// Past this radius nothing is looked for: a view of 174 degrees.
const WIDEST: f64 = 20.0;
const NEWTON_STEPS: usize = 30;

/// Distortion on the plane one metre ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens {
    k: [f64; 3],
    p: [f64; 2],
    /// The square of the radius up to which a larger angle is drawn farther out.
    r2_max: f64,
}

impl Lens {
    pub(super) fn new(intrinsics: &Intrinsics) -> Self {
        let [k1, k2, p1, p2, k3] = intrinsics.distortion;
        let k = [k1, k2, k3];
        Self { k, p: [p1, p2], r2_max: fold(k) }
    }

    fn is_plain(&self) -> bool {
        self.k.iter().chain(&self.p).all(|&term| term == 0.0)
    }

    /// From the ideal plane to the one the sensor has; `None` beyond the fold.
    pub(super) fn distort(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let r2 = x * x + y * y;
        (r2 <= self.r2_max).then(|| self.bend(x, y))
    }

    fn bend(&self, x: f64, y: f64) -> [f64; 2] {
        let ([k1, k2, k3], [p1, p2]) = (self.k, self.p);
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ]
    }

    /// Back to the ideal plane, by Newton's method from the nearest root on the radius; `None` where no ray ends.
    pub(super) fn undistort(&self, [xd, yd]: [f64; 2]) -> Option<[f64; 2]> {
        if self.is_plain() {
            return Some([xd, yd]);
        }
        let ([k1, k2, k3], [p1, p2]) = (self.k, self.p);
        let [mut x, mut y] = self.radial_start(xd, yd);
        for _ in 0..NEWTON_STEPS {
            let [bx, by] = self.bend(x, y);
            let (ex, ey) = (bx - xd, by - yd);
            let r2 = x * x + y * y;
            let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
            let slope = 2.0 * (k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3));
            let xx = radial + x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x;
            let xy = x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y;
            let yy = radial + y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x;
            let determinant = xx * yy - xy * xy;
            (x, y) = (x - (ex * yy - ey * xy) / determinant, y - (ey * xx - ex * xy) / determinant);
            if ex * ex + ey * ey < 1e-24 {
                break;
            }
        }
        let [bx, by] = self.bend(x, y);
        let exact = (bx - xd) * (bx - xd) + (by - yd) * (by - yd) < 1e-16;
        (exact && x * x + y * y <= self.r2_max).then_some([x, y])
    }

    /// The radial part alone can be bisected: up to the fold it only grows.
    fn radial_start(&self, xd: f64, yd: f64) -> [f64; 2] {
        let wanted = (xd * xd + yd * yd).sqrt();
        let (mut low, mut high) = (0.0, self.r2_max.sqrt());
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if self.bend_radius(middle) < wanted { low = middle } else { high = middle }
        }
        if wanted > 0.0 { [xd / wanted * low, yd / wanted * low] } else { [xd, yd] }
    }

    fn bend_radius(&self, r: f64) -> f64 {
        let r2 = r * r;
        r * (1.0 + r2 * (self.k[0] + r2 * (self.k[1] + r2 * self.k[2])))
    }
}

/// The first r2 at which d/dr of r (1 + k1 r2 + k2 r2^2 + k3 r2^3) is 0: from there on the picture would fold over.
fn fold([k1, k2, k3]: [f64; 3]) -> f64 {
    let slope = |s: f64| 1.0 + s * (3.0 * k1 + s * (5.0 * k2 + s * 7.0 * k3));
    let steps = 4000_u32;
    let step = |at: u32| {
        // Finer near the middle, where lenses are.
        let part = f64::from(at) / f64::from(steps);
        WIDEST * WIDEST * part * part
    };
    let folded = (1..=steps).find(|&at| slope(step(at)) <= 0.0);
    folded.map_or(WIDEST * WIDEST, |at| step(at - 1))
}

/// The rays of every pixel, tile by tile; a ray is (u, v, 1), so that its parameter is the depth in metres.
#[derive(Debug, Default)]
pub(super) struct Rays {
    /// x of each ray; not a number where no ray ends.
    pub(super) u: Vec<f32>,
    /// y of each ray.
    pub(super) v: Vec<f32>,
    /// 1 / |ray|.
    pub(super) inverse_length: Vec<f32>,
    /// A cone around each tile's rays.
    pub(super) cones: Vec<Cone>,
    /// Size of a pixel one metre ahead.
    pub(super) pixel: [f32; 2],
}

/// All rays of a tile lie in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cone {
    pub(super) axis: [f32; 3],
    pub(super) sine: f32,
    pub(super) cosine: f32,
}

impl Rays {
    /// Fills the table; buffers are used again.
    pub(super) fn fill(&mut self, intrinsics: &Intrinsics, tiling: &Tiling) {
        let lens = Lens::new(intrinsics);
        for buffer in [&mut self.u, &mut self.v, &mut self.inverse_length] {
            buffer.clear();
            buffer.reserve(tiling.padded_pixels());
        }
        self.cones.clear();
        self.cones.reserve(tiling.tiles());
        self.pixel = [(1.0 / intrinsics.fx) as f32, (1.0 / intrinsics.fy) as f32];
        for tile in 0..tiling.tiles() {
            let (left, top) = tiling.corner(tile);
            for at in 0..TILE_PIXELS {
                // Beyond the border the last pixel's ray is used again: the tile sees nothing more for it.
                let x = (left + at % TILE).min(tiling.width - 1) as f64;
                let y = (top + at / TILE).min(tiling.height - 1) as f64;
                let plane = [(x - intrinsics.cx) / intrinsics.fx, (y - intrinsics.cy) / intrinsics.fy];
                let [u, v] = lens.undistort(plane).unwrap_or([f64::NAN; 2]);
                self.u.push(u as f32);
                self.v.push(v as f32);
                self.inverse_length.push((1.0 / (u * u + v * v + 1.0).sqrt()) as f32);
            }
            let cone = self.cone(tile * TILE_PIXELS);
            self.cones.push(cone);
        }
    }

    fn cone(&self, start: usize) -> Cone {
        let range = start..start + TILE_PIXELS;
        let rays = || self.u[range.clone()].iter().zip(&self.v[range.clone()]).filter(|(u, _)| u.is_finite());
        let direction = |(u, v): (&f32, &f32)| super::vector::unit([*u, *v, 1.0]);
        let sum = rays().map(direction).fold([0.0; 3], super::vector::add);
        let axis = super::vector::unit(sum);
        let least = rays().map(|ray| super::vector::dot(axis, direction(ray))).fold(1.0_f32, f32::min);
        // One pixel more: samples for smooth edges lie between pixel centres. f32 knows a cosine near 1 to some 1e-7.
        let least = (least - 4e-7).max(-1.0);
        let wider = self.pixel[0].max(self.pixel[1]);
        let sine = ((1.0 - least * least).max(0.0).sqrt() + wider).min(1.0);
        Cone { axis, sine, cosine: (1.0 - sine * sine).max(0.0).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lens(distortion: [f64; 5]) -> Lens {
        Lens::new(&Intrinsics::pinhole(64, 64, 1.0).with_distortion(distortion))
    }

    proptest! {
        #[test]
        fn undistorting_undoes_distorting(
            k in prop::array::uniform3(-0.3..0.3_f64), p in prop::array::uniform2(-0.005..0.005_f64),
            x in -0.7..0.7_f64, y in -0.7..0.7_f64,
        ) {
            let lens = lens([k[0], k[1], p[0], p[1], k[2]]);
            // Near the fold the tangential terms can move it a little; a lens is not used there.
            prop_assume!(x * x + y * y < 0.8 * lens.r2_max);
            let bent = lens.distort([x, y]).unwrap();
            let [bx, by] = lens.undistort(bent).unwrap();
            prop_assert!((bx - x).abs() < 1e-7 && (by - y).abs() < 1e-7, "{:?} is not {:?}", (bx, by), (x, y));
        }
    }

    /// Worked out by hand from the formula at the top of this file; radial terms alone could not tell p1 from p2.
    #[test]
    fn a_known_point_is_bent_as_opencv_bends_it() {
        let [x, y] = lens([0.1, -0.05, 0.01, 0.02, 0.03]).distort([0.3, -0.2]).unwrap();
        assert!((x - 0.308_666_273).abs() < 1e-9 && (y + 0.202_744_182).abs() < 1e-9, "{x} {y}");
    }

    #[test]
    fn no_ray_ends_beyond_the_fold() {
        // r (1 - r^2 / 3) is greatest at r = 1, where it is 2/3.
        let lens = lens([-1.0 / 3.0, 0.0, 0.0, 0.0, 0.0]);
        assert!((lens.r2_max - 1.0).abs() < 0.02, "{}", lens.r2_max);
        assert!(lens.undistort([0.7, 0.0]).is_none());
        assert!(lens.undistort([0.6, 0.0]).is_some());
        assert!(lens.distort([1.1, 0.0]).is_none());
    }
}
