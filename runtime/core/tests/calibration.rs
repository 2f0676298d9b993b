//! A calibration never falls, never leaves \[0, 1\], and changes no bit where it has nothing to say.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{
    Calibration, CalibrationTable, Estimate, Fuser, FusionConfig, IntervalTable, Perspectives, PotentialFn,
};
use support::{any_double, any_progress, cases, goal_scores, progress};

/// Tables of 2 to 64 knots with steps, plateaus, and neighbours as close as numbers go.
fn any_table() -> impl Strategy<Value = CalibrationTable> {
    prop::collection::vec((any_progress(), any_progress()), 2..=CalibrationTable::MAX_KNOTS).prop_filter_map(
        "two different inputs",
        |points| {
            let (mut inputs, mut outputs): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            inputs.sort_by(f64::total_cmp);
            inputs.dedup();
            outputs.sort_by(f64::total_cmp);
            outputs.truncate(inputs.len());
            CalibrationTable::new(&inputs, &outputs).ok()
        },
    )
}

fn any_interval() -> impl Strategy<Value = IntervalTable> {
    (1e-6..=IntervalTable::MAX_MULTIPLIER, 0.0..=0.5).prop_map(|(q, floor)| IntervalTable::new(q, floor).unwrap())
}

fn estimate(mean: f64, std: f64) -> Estimate {
    Estimate { mean, std, votes: 2, held: false, warming_up: false, ..Estimate::WARMING_UP }
}

fn bits(estimate: &Estimate) -> [u64; 4] {
    [estimate.mean, estimate.std, estimate.ood, estimate.weight].map(f64::to_bits)
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_table_never_falls_and_stays_within_its_outputs(table in any_table(), a in any_progress(), b in any_progress()) {
        let (low, high) = (a.min(b), a.max(b));
        let [low, high] = [low, high].map(|value| table.apply(progress(value)).get());
        prop_assert!(low <= high);
        let outputs = table.outputs();
        prop_assert!(outputs[0] <= low && high <= outputs[outputs.len() - 1]);
    }

    #[test]
    fn a_table_goes_through_its_knots(table in any_table()) {
        for (&input, &output) in table.inputs().iter().zip(table.outputs()) {
            prop_assert_eq!(table.apply(progress(input)).get(), output);
        }
    }

    #[test]
    fn two_knots_on_the_diagonal_are_the_identity_to_the_bit(value in any_progress()) {
        let diagonal = CalibrationTable::new(&[0.0, 1.0], &[0.0, 1.0]).unwrap();
        prop_assert_eq!(diagonal.apply(progress(value)).get().to_bits(), value.to_bits());
    }

    #[test]
    fn the_identity_changes_no_bit_of_any_estimate(mean in any_double(), std in any_double()) {
        let before = estimate(mean, std);
        prop_assert_eq!(bits(&Calibration::IDENTITY.apply(&before)), bits(&before));
    }

    #[test]
    fn what_is_no_number_is_contained(
        table in any_table(), interval in any_interval(), mean in any_double(), std in any_double(),
    ) {
        let calibrated = Calibration { mean: table, interval }.apply(&estimate(mean, std));
        prop_assert!((0.0..=1.0).contains(&calibrated.mean));
        prop_assert!(calibrated.std.is_finite() && calibrated.std >= Estimate::MIN_STD, "{}", calibrated.std);
        prop_assert!(calibrated.half_width_90() > 0.0 && calibrated.half_width_90() <= 1.0);
    }

    #[test]
    fn a_greater_std_never_gets_a_narrower_interval(interval in any_interval(), a in 0.0..1.2_f64, b in 0.0..1.2_f64) {
        prop_assert!(interval.apply(a.min(b)) <= interval.apply(a.max(b)));
        prop_assert!(interval.apply(a.max(0.5)) >= a.max(0.5), "nothing known stays nothing known");
    }

    #[test]
    fn the_half_width_is_the_multiplier_times_the_std(q in 0.1..8.0_f64, floor in 0.0..0.1_f64, std in 1e-3..0.49_f64) {
        let calibration = Calibration { interval: IntervalTable::new(q, floor).unwrap(), ..Calibration::IDENTITY };
        let half_width = calibration.apply(&estimate(0.5, std)).half_width_90();
        prop_assert!((half_width - (q * std.max(floor)).min(1.0)).abs() <= 1e-12, "{half_width}");
    }

    #[test]
    fn any_double_is_a_table_or_a_refusal(inputs in prop::collection::vec(any_double(), 0..70), outputs in prop::collection::vec(any_double(), 0..70)) {
        if let Ok(table) = CalibrationTable::new(&inputs, &outputs) {
            prop_assert!(table.outputs().windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}

#[test]
fn a_table_that_is_no_map_is_refused_by_its_fault() {
    let many: Vec<f64> = (0..65).map(|index| f64::from(index) / 64.0).collect();
    let cases: [(&[f64], &[f64], &str); 8] = [
        (&[0.0, 1.0], &[0.5, 0.4], "fall"),
        (&[0.0, 0.0], &[0.0, 1.0], "rise strictly"),
        (&[0.5, 0.1], &[0.0, 1.0], "rise strictly"),
        (&[0.0, 1.0], &[0.0, 1.1], "[0, 1]"),
        (&[0.0, f64::NAN], &[0.0, 1.0], "[0, 1]"),
        (&[0.0, 1.0], &[0.0], "as many"),
        (&[0.0], &[0.0], "2 to 64"),
        (&many, &many, "2 to 64"),
    ];
    for (inputs, outputs, said) in cases {
        let message = CalibrationTable::new(inputs, outputs).unwrap_err().to_string();
        assert!(message.contains(said) && message.lines().count() == 1, "{message}");
    }
    for (multiplier, floor) in [(0.0, 0.0), (f64::NAN, 0.0), (1e9, 0.0), (1.0, -0.1), (1.0, 0.6), (1.0, f64::NAN)] {
        assert!(IntervalTable::new(multiplier, floor).is_err(), "{multiplier} {floor}");
    }
}

/// The fuser recurs on its own value: a calibration that it saw would be applied again with every frame set.
#[test]
fn the_fuser_never_sees_the_calibration() {
    let calibration = Calibration {
        mean: CalibrationTable::new(&[0.0, 1.0], &[0.5, 1.0]).unwrap(),
        interval: IntervalTable::new(3.0, 0.02).unwrap(),
    };
    let mut fuser = Fuser::new(FusionConfig::plain()).unwrap();
    let mut alone = Fuser::new(FusionConfig::plain()).unwrap();
    for index in 0..50 {
        let scores = goal_scores(0.01, f64::from(index) / 50.0, f64::from(index) / 60.0);
        let (fused, plain) = (fuser.update(&scores), alone.update(&scores));
        let calibrated = calibration.apply(&fused);
        assert_eq!(bits(&fused), bits(&plain));
        assert!((calibrated.mean - (0.5 + fused.mean / 2.0)).abs() < 1e-15);
        assert_eq!(PotentialFn::default().of(&calibrated).get(), calibrated.mean);
    }
    assert_eq!(calibration.apply(&fuser.hold()).mean, calibration.apply(&alone.hold()).mean);
}

#[test]
fn before_any_value_there_is_nothing_to_calibrate() {
    let calibration = Calibration {
        mean: CalibrationTable::new(&[0.0, 1.0], &[0.5, 1.0]).unwrap(),
        interval: IntervalTable::new(0.1, 0.0).unwrap(),
    };
    let readings = Perspectives::default();
    assert_eq!(calibration.apply(&Estimate { readings, ..Estimate::WARMING_UP }), Estimate::WARMING_UP);
}
