//! `striatum models compare`: does a bundle say what the weights said that it was exported from?

use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use striatum_models::{GenerativeGrm, GenerativeOptions, Reading};

use crate::cli::say;
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::generative_command::picture;

/// What the original said, as `models/scripts/original_scores.py` writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Original {
    /// The weights it came from, in words.
    weights: String,
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    task: String,
    /// One for each slot of the prompt, in order, relative to the file.
    pictures: Vec<String>,
    /// The most likely text.
    text: String,
    /// Mean of the answers by their probabilities, percent.
    expected_percent: f64,
}

/// Asks a bundle what the original was asked, and prints both answers side by side.
///
/// # Errors
/// A file that is none, a bundle that cannot be asked, or an expected percentage that is more than `most` away.
pub(crate) fn compare(folder: &Path, original: &Path, most: f64, out: &mut dyn Write) -> Result<()> {
    if !(most >= 0.0 && most.is_finite()) {
        return Err(Error::input("--most", format!("is {most}"), "give percent, 0 or more"));
    }
    let original_file = read(original)?;
    striatum_models::init_runtime(&Cache::from_env()?.onnxruntime(true)?)?;
    let mut options = GenerativeOptions::default();
    // Every answer, as the original's were worked out.
    options.reading.prune_below = 0.0;
    let mut grm = GenerativeGrm::open(folder, &options)?;
    say(out, format_args!("original  {}", original_file.weights))?;
    say(out, "case  original       here   apart  text")?;
    let (mut furthest, mut other_texts) = (0.0_f64, 0);
    for (index, case) in original_file.case.iter().enumerate() {
        let place = format!("{}, case {}", original.display(), index + 1);
        let reading = ask(&mut grm, case, original, &place)?;
        let here = reading.distribution.as_ref().map(|read| 100.0 * read.expected);
        let here = here.filter(|percent| percent.is_finite()).ok_or_else(|| {
            Error::input(place, "the bundle has no answer to it", "look at it with `striatum models ask`")
        })?;
        let apart = here - case.expected_percent;
        furthest = furthest.max(apart.abs());
        let same = reading.text == case.text;
        other_texts += usize::from(!same);
        let text = match same {
            true => format!("the same: {}", case.text.escape_debug()),
            false => format!("{} for {}", reading.text.escape_debug(), case.text.escape_debug()),
        };
        say(
            out,
            format_args!("{:>4}  {:>8.3} % {here:>8.3} % {apart:>7.3}  {text}", index + 1, case.expected_percent),
        )?;
    }
    let count = original_file.case.len();
    if furthest > most {
        let what = format!("expected answers are up to {furthest:.3} % apart, more than --most {most}");
        return Err(Error::CheckFailed(format!(
            "{what}; were prompt, processor and tokenizer taken from these weights? Fewer bits need a greater --most"
        )));
    }
    say(out, format_args!("{count} cases within {furthest:.3} %, {other_texts} with another text"))
}

fn ask(grm: &mut GenerativeGrm, case: &Case, original: &Path, place: &str) -> Result<Reading> {
    let folder = original.parent().unwrap_or(Path::new("."));
    let images = case.pictures.iter().map(|name| picture(&folder.join(name))).collect::<Result<Vec<_>>>()?;
    grm.ask(&case.task, &images.iter().collect::<Vec<_>>()).map_err(|error| match error {
        // What was asked does not fit; anything else is no matter of the case.
        striatum_models::Error::Config { .. } => Error::input(place, error.to_string(), "mend that case"),
        other => other.into(),
    })
}

fn read(path: &Path) -> Result<Original> {
    let mend = "give the file that original_scores.py wrote; see docs/guide/export.md";
    let text = std::fs::read_to_string(path).map_err(|source| Error::file("read", path, source, mend))?;
    let original: Original = serde_json::from_str(&text)
        .map_err(|error| Error::input(path.display().to_string(), error.to_string(), mend))?;
    if original.case.is_empty() {
        return Err(Error::input(path.display().to_string(), "has no case", mend));
    }
    Ok(original)
}
