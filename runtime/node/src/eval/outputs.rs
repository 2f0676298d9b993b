//! Where the results go.

use std::io::Write;
use std::path::Path;

use super::report::EvalReport;
use crate::error::{Error, Result};
use crate::label::write_whole;

/// Writes the page.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_page(path: &Path, page: &str) -> Result<()> {
    write_whole(path, |file| file.write_all(page.as_bytes()))?;
    tracing::info!("{}: {} KiB, opens in any browser", path.display(), page.len().div_ceil(1024));
    Ok(())
}

/// Writes the JSON where it is asked for, and a table for people unless the JSON takes its place.
///
/// # Errors
/// When one of them cannot be written.
pub(super) fn write(report: &EvalReport, json: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let text = report.to_json().map_err(|error| Error::input("the report", error.to_string(), "report this"))?;
    let text = match json {
        Some(path) if path == Path::new("-") => format!("{text}\n"),
        Some(path) => {
            write_whole(path, |file| writeln!(file, "{text}"))?;
            report.table()
        }
        None => report.table(),
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|source| {
        Error::file("write", Path::new("standard output"), source, "keep the reader of the pipe open")
    })
}
