//! URDF text to a checked tree of links.
//!
//! [`guard`] goes over the text first: bounds, names, numbers, each with the element it stands in. `urdf-rs` then reads what passed,
//! and [`tree`] makes our links of it.

mod guard;
mod parts;
mod tree;

use crate::error::{Error, Result};
use crate::model::Link;

/// Reads the URDF in `text`; `file` names it in errors.
pub(crate) fn read(text: &str, file: &str) -> Result<Vec<Link>> {
    let noted = guard::scan(text, file)?;
    let robot = urdf_rs::read_from_string(text).map_err(|error| {
        Error::data(file, "robot", error.to_string(), "compare it with the URDF format (wiki.ros.org/urdf/XML)")
    })?;
    tree::tree(&robot, &noted, file)
}
