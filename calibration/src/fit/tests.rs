#![allow(clippy::unwrap_used, clippy::float_cmp)]
use proptest::prelude::*;
use striatum_core::Progress;

use super::*;

/// Episodes of some length whose progress is bent and noisy, with a std that claims too much.
fn episodes(count: u32, bend: f64, noise: f64) -> Vec<EpisodeCurve> {
    let mut state = 7_u64;
    let mut unit = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let episode = |index: u32| {
        let rows = 30 + 7 * (index % 5);
        let shift = noise * unit();
        let truth: Vec<f64> = (0..=rows).map(|row| f64::from(row) / f64::from(rows)).collect();
        let said = |&t: &f64| (t - bend * t * (1.0 - t) + shift + noise * unit()).clamp(0.0, 1.0);
        let mean: Vec<f64> = truth.iter().map(said).collect();
        EpisodeCurve::new(format!("e{index}"), mean, vec![0.02; truth.len()], truth).unwrap()
    };
    (0..count).map(episode).collect()
}

#[test]
fn a_bent_mean_is_straightened_and_a_boast_widened() {
    let curves = episodes(12, 0.7, 0.08);
    let fitted = fit(&curves).unwrap();
    assert!(matches!(fitted.map, MapChoice::Isotonic { squared_error_ratio, .. } if squared_error_ratio < 0.3));
    let held = leave_one_out(&curves).unwrap().unwrap();
    assert!(held.before.ece > 0.08 && held.after.ece < 0.04, "{} {}", held.before.ece, held.after.ece);
    assert!(held.before.coverage < 0.4, "{}", held.before.coverage);
    assert!((0.87..0.99).contains(&held.after.coverage), "{}", held.after.coverage);
    assert!(fitted.multiplier.guaranteed && fitted.calibration.interval.multiplier() > IntervalTable::Z_90);
}

#[test]
fn a_mean_that_needs_no_map_keeps_every_bit() {
    let curves = episodes(10, 0.0, 0.1);
    let fitted = fit(&curves).unwrap();
    let MapChoice::Identity { squared_error_ratio } = fitted.map else { panic!("{:?}", fitted.map) };
    assert!(squared_error_ratio >= CLEARLY);
    assert!(fitted.calibration.mean.is_identity());
}

#[test]
fn one_episode_fits_an_interval_and_promises_nothing() {
    let curves = episodes(1, 0.7, 0.05);
    let fitted = fit(&curves).unwrap();
    assert_eq!(fitted.map, MapChoice::OneEpisode);
    assert!(!fitted.multiplier.guaranteed && !fitted.calibration.interval.is_identity());
    assert_eq!(leave_one_out(&curves).unwrap(), None);
    let after = measure(&[curves[0].calibrated(&fitted.calibration)]);
    assert!((0.9..=0.97).contains(&after.coverage), "its own rows, at least: {}", after.coverage);
    assert!(fit(&[]).is_err());
}

#[test]
fn episodes_that_are_all_one_value_do_no_harm() {
    let flat = |value: f64| EpisodeCurve::new("flat", vec![0.5; 9], vec![0.1; 9], vec![value; 9]).unwrap();
    let fitted = fit(&[flat(0.2), flat(0.4)]).unwrap();
    assert!((0.0..=1.0).contains(&fitted.calibration.mean.apply(Progress::new(0.5).unwrap()).get()));
    let right = |value: f64| EpisodeCurve::new("right", vec![value; 9], vec![0.1; 9], vec![value; 9]).unwrap();
    assert!(fit(&[right(0.2), right(0.4)]).unwrap().calibration.mean.is_identity());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn the_map_rises_everywhere_and_is_as_near_as_it_says(bend in 0.2..0.9_f64, noise in 0.0..0.3_f64, count in 2_u32..7, a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
        let curves = episodes(count, bend, noise);
        let (table, greatest_error) = map_of(curves.iter()).unwrap();
        let value = |x: f64| table.apply(Progress::new(x).unwrap()).get();
        let (low, high) = (a.min(b), a.max(b));
        // Rounding apart, it rises by its share of the identity at least.
        prop_assert!(value(high) - value(low) >= LINE * (high - low) * 0.999 - 1e-12);
        let list = |of: fn(&EpisodeCurve) -> &[f64]| curves.iter().flat_map(|c| of(c).to_vec()).collect::<Vec<_>>();
        let weights: Vec<f64> = curves.iter().flat_map(|curve| vec![curve.row_weight(); curve.rows()]).collect();
        let whole = Isotonic::fit(&list(EpisodeCurve::mean), &list(EpisodeCurve::truth), &weights).unwrap();
        prop_assert!((value(a) - whole.predict(a)).abs() <= greatest_error + 1e-9);
    }
}
