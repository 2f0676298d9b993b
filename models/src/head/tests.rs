#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]
use proptest::prelude::*;
use striatum_core::ViewMask;

use super::*;
use crate::test_files::with_runtime;
use crate::testkit::Noise;
use crate::{FixedModel, SessionConfig};

fn random_head(views: usize, (width, cells): (usize, usize), rank: usize, seed: u64) -> HeadSpec {
    let mut noise = Noise::new(seed);
    let subsets = subsets_of(views);
    let mut weights = noise.floats(views * width * subsets.len(), 0.05);
    for (index, weight) in weights.iter_mut().enumerate() {
        let (row, subset) = (index / subsets.len(), index % subsets.len());
        if !subsets[subset].contains(row / width) {
            *weight = 0.0;
        }
    }
    HeadSpec {
        views,
        width,
        mean: noise.floats(views * width, 1.0),
        inv_scale: noise.floats(views * width, 1.0).iter().map(|v| v.abs()).collect(),
        weights,
        cells,
        bias: noise.floats(subsets.len(), 1.0),
        manifolds: (0..views)
            .map(|_| {
                // Coordinate axes are orthonormal.
                let mut basis = vec![0.0; width / cells * rank];
                (0..rank).for_each(|k| basis[(2 * k) * rank + k] = 1.0);
                Manifold { basis, inv_limit: 0.3 }
            })
            .collect(),
        subsets,
        rank,
    }
}

#[test]
fn every_subset_of_few_views_and_singles_of_many() {
    assert_eq!(subsets_of(3).len(), 7);
    assert_eq!(subsets_of(4).len(), 15);
    let five = subsets_of(5);
    assert_eq!((five.len(), five[5]), (6, ViewMask::first(5)));
    assert_eq!(subsets_of(3).last(), Some(&ViewMask::first(3)));
}

#[test]
fn the_onnx_head_is_the_rust_head() {
    with_runtime(|| {
        for (views, (width, cells), rank, seed) in [(1, (7, 1), 2, 1), (3, (96, 4), 4, 2), (5, (34, 2), 8, 3)] {
            let head = random_head(views, (width, cells), rank, seed);
            let bytes = head.to_onnx().unwrap();
            let mut model = FixedModel::open(&bytes, "head", &SessionConfig::default()).unwrap();
            let (features, present) = (model.input_index(FEATURES).unwrap(), model.input_index(PRESENT).unwrap());
            let (progress, ood) = (model.output_index(PROGRESS).unwrap(), model.output_index(OOD).unwrap());
            for absent in 0..=views {
                let mut values = Noise::new(seed + 9).floats(views * width, 1.5);
                if absent < views {
                    values[absent * width..][..width].fill(0.0);
                }
                let there: Vec<bool> = (0..views).map(|v| v != absent).collect();
                model.input_mut(features).copy_from_slice(&values);
                for (slot, &is) in model.input_mut(present).iter_mut().zip(&there) {
                    *slot = f32::from(u8::from(is));
                }
                model.run().unwrap();
                let want = head.evaluate(&values, &there);
                for (got, want) in model.output(progress).iter().zip(&want.progress) {
                    assert!((got - want).abs() < 1e-5, "{got} {want}");
                }
                for (got, want) in model.output(ood).iter().zip(&want.ood) {
                    assert!((got - want).abs() < 1e-4, "{got} {want}");
                }
                if absent < views {
                    assert!(model.output(ood).iter().skip(absent).step_by(views).all(|&distance| distance == 0.0));
                }
            }
        }
    });
}

#[test]
fn an_absent_view_changes_no_row_it_is_not_in() {
    let head = random_head(3, (20, 1), 2, 5);
    let mut values = Noise::new(6).floats(60, 1.0);
    let before = head.evaluate(&values, &[true, true, true]);
    values[20..40].fill(99.0);
    let after = head.evaluate(&values, &[true, true, true]);
    for (subset, (a, b)) in head.subsets.iter().zip(before.progress.iter().zip(&after.progress)) {
        assert_eq!(subset.contains(1), a != b, "{subset:?}");
    }
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let mut head = random_head(2, (5, 1), 2, 1);
    head.bias.pop();
    assert!(head.to_onnx().unwrap_err().to_string().contains("bias"));
    let mut head = random_head(2, (5, 1), 2, 1);
    head.mean[3] = f32::NAN;
    assert!(head.to_onnx().unwrap_err().to_string().contains("not finite"));
}

#[test]
fn tables_that_do_not_rise_are_refused() {
    assert!(MonotoneMap::new(vec![0.0, 1.0], vec![0.0, 1.0]).is_ok());
    for (x, y) in [
        (vec![0.0, 0.0], vec![0.0, 1.0]),
        (vec![0.0, 1.0], vec![0.5, 0.5]),
        (vec![0.0, 1.0], vec![0.0, 1.1]),
        (vec![0.0, f64::NAN], vec![0.0, 1.0]),
        (vec![0.0], vec![0.0]),
        (vec![0.0, 1.0], vec![0.0]),
    ] {
        assert!(MonotoneMap::new(x, y).is_err());
    }
}

proptest! {
    #[test]
    fn a_map_rises_and_stays_inside(steps in prop::collection::vec((0.01_f64..1.0, 0.01_f64..1.0), 2..20), a in -2.0_f64..12.0, b in -2.0_f64..12.0) {
        let total: f64 = steps.iter().map(|s| s.1).sum();
        let (mut x, mut y) = (vec![0.0], vec![0.0]);
        for (dx, dy) in steps {
            x.push(x.last().unwrap() + dx);
            y.push((y.last().unwrap() + dy / total).min(1.0));
        }
        let end = *x.last().unwrap();
        let Ok(map) = MonotoneMap::new(x, y) else { return Ok(()) };
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(map.apply(low) <= map.apply(high));
        if low >= 0.0 && high <= end && high - low > 1e-9 {
            prop_assert!(map.apply(low) < map.apply(high));
        }
        prop_assert!((0.0..=1.0).contains(&map.apply(a)));
        prop_assert!(map.apply(f64::NAN).is_nan());
    }
}
