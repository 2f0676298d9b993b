//! Text inside HTML.

/// A folder, view or task may be called anything.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The beginning of a table, with its first row.
pub(crate) fn header(names: &[&str]) -> String {
    let cells: String = names.iter().map(|name| format!("<th>{name}</th>")).collect();
    format!("<table>\n<tr>{cells}</tr>\n")
}
