//! TOML in, one-line errors out: the file, the line, the key, and the nearest key that exists.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Reads a TOML file.
///
/// # Errors
/// When the file cannot be read, or as [`parse`] says.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<(T, String)> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::file("read", path, source, "check the path of the configuration"))?;
    let value = parse(&text, &path.display().to_string())?;
    Ok((value, text))
}

/// Parses TOML text; `place` names it in errors.
///
/// # Errors
/// Syntax, a wrong type or an unknown key, with its line and the nearest key that exists.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, place: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
        if let Some(mend) = gone(&message) {
            return Error::input(format!("{place}, line {line}"), message, mend);
        }
        let mend = nearest_key(&message).map_or_else(
            || known(&message).unwrap_or_else(|| "see docs/guide/configuration.md for every key".to_owned()),
            |near| format!("did you mean `{near}`?"),
        );
        Error::input(format!("{place}, line {line}"), message, mend)
    })
}

/// Keys that there were, what knows them by the keys that took their place, and what to write instead.
const GONE: [(&str, &str, &str); 2] =
    [("needed", "held_secs", SUCCESS_IN_TIME), ("window", "held_secs", SUCCESS_IN_TIME)];
const SUCCESS_IN_TIME: &str = "success is measured in capture time now, not in frame sets: held_secs = 0.5 and window_secs = 1.0 are \
    what needed = 3 and window = 5 were at five frame sets a second";

fn gone(message: &str) -> Option<&'static str> {
    let mut quoted = message.strip_prefix("unknown field")?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    GONE.iter().find(|(key, now, _)| *key == unknown && known.contains(now)).map(|(_, _, mend)| *mend)
}

/// What can stand in its place, where serde names it or the key that is missing.
fn known(message: &str) -> Option<String> {
    if let Some(key) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Some(format!("add `{key}` to this section"));
    }
    let known: Vec<&str> = message.strip_prefix("unknown ")?.split('`').skip(3).step_by(2).collect();
    (!known.is_empty()).then(|| format!("give one of {}", known.join(", ")))
}

/// serde names the unknown field first and then every field it knows, all in backticks.
fn nearest_key(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    // Only what is near enough to have been meant.
    const NEAR: f64 = 0.7;
    quoted
        .map(|known| (strsim::jaro_winkler(unknown, known), known))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "max_skew_secs")]
        _max_skew_secs: f64,
        #[serde(rename = "period_secs")]
        _period_secs: Option<f64>,
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
        let error = parse::<Sample>("max_skew_secs = 1.0\nperiod_sec = 2.0\n", "x.toml").expect_err("unknown key");
        let text = error.to_string();
        assert!(text.contains("x.toml, line 2") && text.contains("`period_sec`"), "{text}");
        assert!(text.contains("did you mean `period_secs`"), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }

    #[test]
    fn a_wrong_type_is_one_line_too() {
        let error = parse::<Sample>("max_skew_secs = \"wide\"\n", "x.toml").expect_err("wrong type");
        assert!(error.to_string().contains("line 1") && !error.to_string().contains('\n'));
    }
}
