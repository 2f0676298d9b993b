//! Isotonic regression says what scikit-learn's says, to 1e-9. `golden/make_isotonic.py` made the numbers.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use striatum_calibration::Isotonic;

const GOLDEN: &str = include_str!("../golden/isotonic.json");
const TOLERANCE: f64 = 1e-9;

fn list(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn close(got: &[f64], want: &[f64], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= TOLERANCE, "{what}: {got} instead of {want}");
    }
}

#[test]
fn knots_and_predictions_are_those_of_scikit_learn() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for (index, case) in cases.iter().enumerate() {
        let fitted = Isotonic::fit(&list(case, "x"), &list(case, "y"), &list(case, "weights")).unwrap();
        close(fitted.inputs(), &list(case, "knots_x"), &format!("case {index}, inputs"));
        close(fitted.outputs(), &list(case, "knots_y"), &format!("case {index}, outputs"));
        let predictions: Vec<f64> = list(case, "at").into_iter().map(|at| fitted.predict(at)).collect();
        close(&predictions, &list(case, "predictions"), &format!("case {index}, predictions"));
    }
}

/// The comparison can fail: without the weights the numbers are others.
#[test]
fn weights_matter_to_the_comparison() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let case = &golden["cases"][7];
    let x = list(case, "x");
    let fitted = Isotonic::fit(&x, &list(case, "y"), &vec![1.0; x.len()]).unwrap();
    let wrong = list(case, "at").into_iter().zip(list(case, "predictions"));
    assert!(wrong.into_iter().any(|(at, want)| (fitted.predict(at) - want).abs() > 1e-3));
}
