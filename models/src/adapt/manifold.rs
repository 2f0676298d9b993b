//! How far a view's features lie from those of the demonstration.

use nalgebra::{DMatrix, SymmetricEigen};

use super::linalg::Rows;
use crate::head::Manifold;

/// Directions of the subspace; fewer where there are fewer samples.
const RANK: usize = 32;
/// Samples that the subspace is fitted on; more would only cost time.
const MOST_SAMPLES: usize = 240;
/// Segments are dealt to this many folds.
const FOLDS: usize = 4;
/// Another episode is a little farther from the demonstration than segments left out of it, and swapped views much farther:
/// `ood_mean` of `striatum eval` says how far. A choice between flagging the first and missing the second.
const ANOTHER_EPISODE: f64 = 1.5;
/// Share of the frames not fitted on that count as usual.
const USUAL: f64 = 0.98;

/// The rank used for `samples` samples.
pub(crate) fn rank_for(samples: usize, width: usize) -> usize {
    RANK.min(samples / 3).min(width / 2).max(1)
}

/// A subspace of the samples `rows` in segments `segments`. Its limit is set so that [`USUAL`] of the samples lie within it
/// when the subspace has not seen their segment; the samples `judged` (twins) count as well. All are rows of standardised
/// features, whose mean is 0 by construction.
pub(crate) fn fit(rows: &Samples<'_>, judged: &Samples<'_>, rank: usize) -> Manifold {
    let mut energies = Vec::new();
    for fold in 0..FOLDS {
        let seen = rows.pick(|segment| segment % FOLDS != fold);
        if seen.is_empty() {
            continue;
        }
        let basis = directions(&Rows::new(&thin(&seen, rows.rows.width, MOST_SAMPLES), rows.rows.width), rank);
        for unseen in [rows, judged].map(|samples| samples.pick(|segment| segment % FOLDS == fold)) {
            energies.extend(unseen.chunks_exact(rows.rows.width).map(|row| outside(row, &basis, rank)));
        }
    }
    energies.sort_by(f64::total_cmp);
    let index = quantile_index(energies.len(), USUAL);
    let limit = (ANOTHER_EPISODE * ANOTHER_EPISODE * energies.get(index).copied().unwrap_or(1.0))
        .max(1e-6 * rows.rows.width as f64);
    let basis = directions(&Rows::new(&thin(rows.rows.values, rows.rows.width, MOST_SAMPLES), rows.rows.width), rank);
    Manifold { basis, inv_limit: (1.0 / limit) as f32 }
}

/// Rows with the segment of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) segments: &'a [usize],
}

impl Samples<'_> {
    fn pick(&self, wanted: impl Fn(usize) -> bool) -> Vec<f32> {
        let rows = self.rows.values.chunks_exact(self.rows.width).zip(self.segments);
        rows.filter(|(_, segment)| wanted(**segment)).flat_map(|(row, _)| row.iter().copied()).collect()
    }
}

/// The index of a quantile in a sorted list of `count`.
#[expect(clippy::cast_sign_loss, reason = "a share of a length")]
pub(crate) fn quantile_index(count: usize, share: f64) -> usize {
    ((count as f64 * share) as usize).min(count.saturating_sub(1))
}

/// Every so many rows that at most about `most` are left.
pub(crate) fn thin(values: &[f32], width: usize, most: usize) -> Vec<f32> {
    let step = (values.len() / width).div_ceil(most).max(1);
    values.chunks_exact(width).step_by(step).flatten().copied().collect()
}

/// The leading directions by the eigenvectors of the samples' inner products, orthonormal, row-major `[width, rank]`.
pub(crate) fn directions(rows: &Rows<'_>, rank: usize) -> Vec<f32> {
    let gram: DMatrix<f64> = rows.products(rows);
    let eigen = SymmetricEigen::new(gram);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let largest = order.first().map_or(0.0, |&i| eigen.eigenvalues[i]);
    let mut basis = vec![0.0_f32; rows.width * rank];
    for (k, &i) in order.iter().take(rank).enumerate() {
        let value = eigen.eigenvalues[i];
        // Rounding noise is no direction.
        if value <= 1e-6 * largest {
            break;
        }
        let weights: Vec<f64> = eigen.eigenvectors.column(i).iter().map(|u| u / value.sqrt()).collect();
        for (row, direction) in rows.weighted_sum(&weights).into_iter().enumerate() {
            basis[row * rank + k] = direction as f32;
        }
    }
    basis
}

/// Energy of a row outside the subspace.
fn outside(row: &[f32], basis: &[f32], rank: usize) -> f64 {
    let mut inside = vec![0.0_f64; rank];
    let mut energy = 0.0;
    for (&z, directions) in row.iter().zip(basis.chunks_exact(rank)) {
        energy += f64::from(z) * f64::from(z);
        inside.iter_mut().zip(directions).for_each(|(c, &b)| *c += f64::from(z) * f64::from(b));
    }
    (energy - inside.iter().map(|c| c * c).sum::<f64>()).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Noise;

    /// Samples in the span of three directions, with a little noise.
    fn samples(count: usize, width: usize, seed: u64) -> Vec<f32> {
        let directions = Noise::new(1).floats(3 * width, 1.0);
        let mut noise = Noise::new(seed);
        let mut rows = Vec::new();
        for _ in 0..count {
            let c = noise.floats(3, 1.0);
            let extra = noise.floats(width, 0.05);
            rows.extend((0..width).map(|i| {
                c[0] * directions[i] + c[1] * directions[width + i] + c[2] * directions[2 * width + i] + extra[i]
            }));
        }
        rows
    }

    #[test]
    fn what_is_like_the_samples_is_near_and_what_is_not_is_far() {
        let width = 60;
        let (fitted, judged) = (samples(90, width, 2), samples(90, width, 3));
        let segments: Vec<usize> = (0..90).map(|i| i / 9).collect();
        let with_segments = |values| Samples { rows: Rows::new(values, width), segments: &segments };
        let manifold = fit(&with_segments(&fitted), &with_segments(&judged), 3);
        let distance = |row: &[f32]| (outside(row, &manifold.basis, 3) * f64::from(manifold.inv_limit)).sqrt();
        let near = samples(50, width, 4);
        assert!(near.chunks_exact(width).filter(|row| distance(row) > 1.3).count() <= 2);
        let far = Noise::new(5).floats(50 * width, 1.0);
        assert!(far.chunks_exact(width).all(|row| distance(row) > 5.0));
    }

    #[test]
    fn directions_are_orthonormal() {
        let (width, rank) = (40, 5);
        let rows = Noise::new(8).floats(30 * width, 1.0);
        let basis = directions(&Rows::new(&rows, width), rank);
        for a in 0..rank {
            for b in 0..rank {
                let dot: f64 = basis.chunks_exact(rank).map(|r| f64::from(r[a]) * f64::from(r[b])).sum();
                assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-4, "{a} {b} {dot}");
            }
        }
    }
}
