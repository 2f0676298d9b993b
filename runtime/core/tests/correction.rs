//! A correction is bounded, never turns two progresses round, is nothing without votes, and can be taken back.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use striatum_core::{Correction, CorrectionFit, CorrectionRules, Estimate, Progress};
use support::{any_double, any_progress, cases, progress};

fn rules(most_shift: f64) -> CorrectionRules {
    CorrectionRules::new(most_shift, 0.98, 4.0).unwrap()
}

/// (student, teacher, std) of any votes, wild ones among them.
fn any_votes() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    prop::collection::vec((any_progress(), any_progress(), any_double()), 0..200)
}

fn fitted(most_shift: f64, votes: &[(f64, f64, f64)]) -> CorrectionFit {
    let mut fit = CorrectionFit::new(rules(most_shift));
    for &(student, teacher, std) in votes {
        fit.update(progress(student), progress(teacher), std);
    }
    fit
}

fn estimate(mean: f64) -> Estimate {
    Estimate { mean, std: 0.1, votes: 2, held: false, warming_up: false, ..Estimate::WARMING_UP }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn whatever_the_votes_the_change_is_bounded(most in 1e-3..=0.25, votes in any_votes(), at in any_progress()) {
        let correction = fitted(most, &votes).correction();
        prop_assert!((correction.at(progress(at)).get() - at).abs() <= most + 1e-15);
        // What is on record is read back.
        prop_assert_eq!(Correction::new(correction.offset(), correction.tilt()), Ok(correction));
    }

    #[test]
    fn the_better_one_stays_the_better_one(votes in any_votes(), one in any_progress(), other in any_progress()) {
        let correction = fitted(0.25, &votes).correction();
        let (less, more) = (one.min(other), one.max(other));
        let (below, above) = (correction.at(progress(less)).get(), correction.at(progress(more)).get());
        prop_assert!(below <= above);
        // Away from the ends nothing is squeezed to less than half.
        if below > 0.0 && above < 1.0 {
            prop_assert!(above - below >= 0.5 * (more - less) - 1e-15);
        }
    }

    #[test]
    fn without_votes_or_taken_back_no_bit_changes(votes in any_votes(), mean in any_double()) {
        let mut fit = fitted(0.25, &votes);
        fit.reset();
        let (said, none) = (estimate(mean), fit.correction());
        prop_assert!(none.is_none());
        prop_assert_eq!(none.apply(&said).mean.to_bits(), said.mean.to_bits());
        let warming = Estimate { mean, ..Estimate::WARMING_UP };
        let corrected = Correction::new(0.1, 0.1).unwrap().apply(&warming);
        prop_assert_eq!(corrected.mean.to_bits(), mean.to_bits());
    }

    #[test]
    fn a_teacher_that_agrees_changes_nothing(students in prop::collection::vec(any_progress(), 1..100)) {
        let votes: Vec<_> = students.into_iter().map(|p| (p, p, 0.05)).collect();
        prop_assert!(fitted(0.25, &votes).correction().is_none());
    }
}

#[test]
fn a_student_that_is_off_by_a_line_is_put_right() {
    // teacher = student + 0.06 - 0.04 (2 p - 1), 300 sure votes: the prior of 4 votes hardly counts.
    let says = |p: f64| p + 0.06 - 0.04 * (2.0 * p - 1.0);
    let votes: Vec<_> = (0..300).map(|i| f64::from(i % 11) / 12.0 + 0.04).map(|p| (p, says(p), 0.0)).collect();
    let correction = CorrectionFit::correction(&{
        let mut fit = CorrectionFit::new(CorrectionRules::new(0.25, 1.0, 4.0).unwrap());
        votes.iter().for_each(|&(student, teacher, std)| fit.update(progress(student), progress(teacher), std));
        fit
    });
    assert!((correction.offset() - 0.06).abs() < 2e-3 && (correction.tilt() + 0.04).abs() < 2e-3, "{correction:?}");
}

#[test]
fn what_was_true_once_is_forgotten_and_one_wild_answer_moves_little() {
    let mut fit = fitted(0.25, &vec![(0.5, 0.7, 0.05); 200]);
    assert!(fit.correction().offset() > 0.15);
    for _ in 0..300 {
        fit.update(progress(0.5), progress(0.4), 0.05);
    }
    assert!(fit.correction().offset() < -0.05);
    let before = fit.correction().offset();
    fit.update(Progress::ONE, Progress::ZERO, 0.05);
    assert!((fit.correction().offset() - before).abs() < 0.02);
    // Unsure answers count for little.
    let unsure = fitted(0.25, &[(0.5, 0.9, 1.0); 10]);
    let sure = fitted(0.25, &[(0.5, 0.9, 0.0); 10]);
    assert!(unsure.correction().offset() < 0.1 * sure.correction().offset());
}

#[test]
fn what_is_out_of_range_is_refused() {
    for (offset, tilt) in [(0.2, 0.1), (f64::NAN, 0.0), (0.0, f64::INFINITY), (-0.3, 0.0)] {
        assert!(Correction::new(offset, tilt).is_err());
    }
    for (most, forgetting, prior) in
        [(0.0, 0.9, 1.0), (0.3, 0.9, 1.0), (0.1, 0.0, 1.0), (0.1, 1.1, 1.0), (0.1, 0.9, 0.0), (f64::NAN, 0.9, 1.0)]
    {
        assert!(CorrectionRules::new(most, forgetting, prior).is_err());
    }
}
