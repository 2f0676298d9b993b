//! A robot's TOML file: reading it, and making a checked specification of it and its URDF.

mod assemble;
mod cameras;
mod raw;
mod values;

use std::path::Path;

use crate::error::{Error, Result, did_you_mean};
use crate::model::RobotSpec;
use crate::urdf;

/// No file of a robot is larger.
pub(crate) const MAX_BYTES: u64 = 16 << 20;

impl RobotSpec {
    /// Reads a robot from its TOML file and the URDF that it names, relative to the TOML file's folder.
    ///
    /// # Errors
    /// When a file cannot be read, is larger than 16 MiB, or says something that cannot be.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let place = path.display().to_string();
        let robot = parse(&read(path)?, &place)?;
        if robot.urdf.contains("://") {
            return Err(Error::data(
                place,
                "urdf",
                format!("`{}` is not a path of this machine", robot.urdf),
                "give the path of the URDF relative to this file; package:// is not followed",
            ));
        }
        let urdf_path = path.parent().unwrap_or(Path::new(".")).join(&robot.urdf);
        let urdf_text = read(&urdf_path)?;
        let tree = urdf::read(&urdf_text, &urdf_path.display().to_string())?;
        assemble::assemble(robot, tree, &place)
    }

    /// A robot by what a user gives: the path of a TOML file, which ends in `.toml` or has a folder in it, or a name that is built in.
    ///
    /// # Errors
    /// As [`RobotSpec::load`] or [`RobotSpec::builtin`].
    pub fn open(name_or_path: &str) -> Result<Self> {
        let path = Path::new(name_or_path);
        let is_path =
            path.components().count() > 1 || path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
        if is_path { Self::load(path) } else { Self::builtin(name_or_path) }
    }

    /// Makes a robot of the texts of its two files; `place` names the TOML file in errors, the URDF has the name that it gives.
    ///
    /// # Errors
    /// As [`RobotSpec::load`] on what the texts say.
    pub fn parse(toml_text: &str, urdf_text: &str, place: &str) -> Result<Self> {
        for (text, name) in [(toml_text, "TOML"), (urdf_text, "URDF")] {
            if text.len() as u64 > MAX_BYTES {
                return Err(too_large(place, name, text.len() as u64));
            }
        }
        let robot = parse(toml_text, place)?;
        let tree = urdf::read(urdf_text, &robot.urdf)?;
        assemble::assemble(robot, tree, place)
    }
}

fn read(path: &Path) -> Result<String> {
    use std::io::Read as _;
    let failed = |source| Error::File { path: path.to_path_buf(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(too_large(&path.display().to_string(), "file", text.len() as u64));
    }
    Ok(text)
}

fn too_large(place: &str, element: &str, bytes: u64) -> Error {
    Error::data(
        place,
        element,
        format!("{bytes} bytes or more, above the limit of {MAX_BYTES}"),
        "give the robot's own TOML and URDF; meshes stay in files of their own",
    )
}

/// TOML text to its raw form: syntax, types and names of keys are checked, values are not yet.
fn parse(text: &str, place: &str) -> Result<raw::Robot> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
        let message = error.message().lines().next().unwrap_or("not TOML");
        let mend = nearest_key(message).unwrap_or_else(|| "docs/guide/robots.md has every key".to_owned());
        Error::data(place, format!("line {line}"), message, mend)
    })
}

/// serde names the unknown field first and then every field that it knows, all in backticks.
fn nearest_key(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let mend = did_you_mean(unknown, quoted);
    Some(if mend.starts_with("there are") { "take it out, or see docs/guide/robots.md".to_owned() } else { mend })
}
