use proptest::prelude::*;

use super::*;

const PERIOD_NANOS: u64 = 33_333_333;
const START_NANOS: u64 = 1_000_000_000_000;

fn fates(faults: CameraFaults, seed: u64, count: u64) -> Vec<(u64, Fate)> {
    let mut stream = FaultStream::new(faults, seed).unwrap();
    (0..count).map(|at| START_NANOS + at * PERIOD_NANOS).map(|capture| (capture, stream.apply(capture))).collect()
}

fn any_faults() -> impl Strategy<Value = CameraFaults> {
    (0.0..0.2_f64, 0.0..0.1_f64, 0.0..0.9_f64, -1.0..1.0_f64, 0.0..0.2_f64, 0.0..0.5_f64).prop_map(
        |(latency_mean_secs, latency_jitter_secs, drop_probability, skew_secs, freeze_probability, freeze_secs)| {
            let freeze = None;
            CameraFaults {
                latency_mean_secs,
                latency_jitter_secs,
                drop_probability,
                skew_secs,
                freeze,
                freeze_probability,
                freeze_secs,
            }
        },
    )
}

proptest! {
    #[test]
    fn frames_arrive_in_order_and_never_before_they_are_captured(faults in any_faults(), seed: u64) {
        let fates = fates(faults, seed, 300);
        prop_assert!(fates.iter().all(|(capture, fate)| fate.deliver_at_nanos >= *capture));
        let arrived: Vec<u64> = fates.iter().filter(|(_, fate)| !fate.dropped).map(|(_, fate)| fate.deliver_at_nanos).collect();
        prop_assert!(arrived.is_sorted());
    }

    #[test]
    fn the_same_seed_gives_the_same_fates_and_another_gives_others(faults in any_faults(), seed: u64) {
        let faults = CameraFaults { latency_jitter_secs: faults.latency_jitter_secs + 0.01, latency_mean_secs: 0.2, ..faults };
        prop_assert_eq!(fates(faults, seed, 100), fates(faults, seed, 100));
        prop_assert_ne!(fates(faults, seed, 100), fates(faults, seed ^ 1, 100));
    }

    #[test]
    fn about_as_many_frames_are_dropped_as_asked(probability in 0.0..1.0_f64, seed: u64) {
        let faults = CameraFaults { drop_probability: probability, ..CameraFaults::default() };
        let count = 2000.0;
        let dropped = fates(faults, seed, 2000).iter().filter(|(_, fate)| fate.dropped).count() as f64;
        // Six standard deviations.
        let slack = 6.0 * (probability * (1.0 - probability) / count).sqrt() + 1e-9;
        prop_assert!((dropped / count - probability).abs() <= slack, "{dropped} of {count} at {probability}");
    }

    #[test]
    fn skew_moves_the_stamp_and_not_the_arrival(skew_secs in -1.0..1.0_f64, seed: u64) {
        let faults = CameraFaults { latency_mean_secs: 0.05, latency_jitter_secs: 0.01, ..CameraFaults::default() };
        let skewed = fates(CameraFaults { skew_secs, ..faults }, seed, 50);
        for ((capture, plain), (_, skewed)) in fates(faults, seed, 50).into_iter().zip(skewed) {
            prop_assert_eq!(plain.stamp_nanos, capture);
            prop_assert_eq!(plain.deliver_at_nanos, skewed.deliver_at_nanos);
            let shift = skewed.stamp_nanos as f64 - capture as f64;
            prop_assert!((shift - skew_secs * 1e9).abs() <= 1.0);
        }
    }

    #[test]
    fn a_frozen_camera_repeats_the_identical_picture(from in 1_u64..50, length in 1_u64..20, drop_probability in 0.0..0.5_f64, seed: u64) {
        let freeze = Freeze { from_nanos: START_NANOS + from * PERIOD_NANOS, for_nanos: length * PERIOD_NANOS };
        let faults = CameraFaults { freeze: Some(freeze), drop_probability, ..CameraFaults::default() };
        let mut last = LastFrame::new();
        let mut shown = None;
        for (at, (_, fate)) in (0_u64..).zip(fates(faults, seed, 80)) {
            let frozen = (from..from + length).contains(&at);
            let Some(&picture) = last.arriving(&fate, || at) else {
                prop_assert!(fate.dropped);
                continue;
            };
            let expected = if frozen { shown.unwrap_or(at) } else { at };
            prop_assert_eq!(picture, expected, "frame {}", at);
            shown = Some(picture);
        }
    }

    #[test]
    fn latency_is_as_asked_on_average(mean in 0.05..0.2_f64, seed: u64) {
        // Small jitter: frames are farther apart than they are late, so none waits for another.
        let faults = CameraFaults { latency_mean_secs: mean, latency_jitter_secs: 0.002, ..CameraFaults::default() };
        let late = fates(faults, seed, 500).iter().map(|(capture, fate)| (fate.deliver_at_nanos - capture) as f64 / 1e9).sum::<f64>() / 500.0;
        prop_assert!((late - mean).abs() < 6.0 * 0.002 / 500_f64.sqrt() + 1e-6, "{late} is not {mean}");
    }
}

#[test]
fn freezes_by_chance_last_as_long_as_asked() {
    let faults = CameraFaults {
        freeze_probability: 0.02,
        freeze_secs: 10.5 * PERIOD_NANOS as f64 / 1e9,
        ..CameraFaults::default()
    };
    let fates = fates(faults, 3, 5000);
    let frozen = fates.iter().filter(|(_, fate)| fate.repeat_previous).count();
    // A cycle is 50 frames until one begins, on average, and 11 frozen.
    let share = frozen as f64 / 5000.0;
    assert!((share - 11.0 / 60.0).abs() < 0.05, "{share}");
    let runs: Vec<usize> = fates
        .chunk_by(|a, b| a.1.repeat_previous == b.1.repeat_previous)
        .filter(|run| run[0].1.repeat_previous)
        .map(<[_]>::len)
        .collect();
    assert!(runs.iter().all(|&run| run >= 11 || run == runs[runs.len() - 1]), "{runs:?}");
}

#[test]
fn no_fault_changes_nothing() {
    for (capture, fate) in fates(CameraFaults::default(), 1, 100) {
        assert_eq!(
            fate,
            Fate { stamp_nanos: capture, deliver_at_nanos: capture, dropped: false, repeat_previous: false }
        );
    }
}

#[test]
fn impossible_faults_are_refused_by_name() {
    let none = CameraFaults::default();
    for (faults, named) in [
        (CameraFaults { drop_probability: 1.5, ..none }, "drop_probability"),
        (CameraFaults { freeze_probability: f64::NAN, ..none }, "freeze_probability"),
        (CameraFaults { latency_mean_secs: -0.1, ..none }, "latency_mean_secs"),
        (CameraFaults { latency_jitter_secs: f64::INFINITY, ..none }, "latency_jitter_secs"),
        (CameraFaults { freeze_secs: f64::NAN, ..none }, "freeze_secs"),
        (CameraFaults { skew_secs: f64::NAN, ..none }, "skew_secs"),
    ] {
        let message = FaultStream::new(faults, 0).unwrap_err().to_string();
        assert!(message.contains(named) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn times_at_the_ends_of_the_clock_do_not_wrap() {
    let faults = CameraFaults { latency_mean_secs: 10.0, skew_secs: 100.0, ..CameraFaults::default() };
    assert_eq!(FaultStream::new(faults, 0).unwrap().apply(u64::MAX - 5).stamp_nanos, u64::MAX);
    let back = CameraFaults { skew_secs: -100.0, ..CameraFaults::default() };
    assert_eq!(FaultStream::new(back, 0).unwrap().apply(5).stamp_nanos, 0);
}
