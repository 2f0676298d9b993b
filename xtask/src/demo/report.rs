//! The table at the end.

use serde_json::Value;

use crate::columns::align;
use crate::say;

/// Column heads and the keys of `striatum eval`'s JSON.
const COLUMNS: [(&str, &str); 5] = [
    ("VOC+", "voc_plus"),
    ("MAE", "mae"),
    ("frozen drift", "frozen_drift"),
    ("class", "completion_class"),
    ("failure seen", "failure_detected"),
];

/// Prints a row for each episode of `striatum eval`'s JSON.
pub(super) fn print(name: &str, verdicts: &Value) {
    let mut rows = vec![head()];
    for verdict in verdicts["episodes"].as_array().into_iter().flatten() {
        let cells = COLUMNS.iter().map(|(_, key)| cell(&verdict[*key]));
        rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
    for line in align(&rows) {
        say::result(&line);
    }
}

fn head() -> Vec<String> {
    ["episode"].into_iter().chain(COLUMNS.iter().map(|(head, _)| *head)).map(str::to_owned).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| format!("{number:.3}")),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_a_dash() {
        assert_eq!(cell(&Value::Null), "-");
        assert_eq!(cell(&serde_json::json!(0.12345)), "0.123");
        assert_eq!(cell(&serde_json::json!(true)), "yes");
    }
}
