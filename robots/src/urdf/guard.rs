//! The first look at a URDF: refuses what is too large, too deep or no plain URDF, and every number that is none, naming the
//! link or joint. A lenient reader after it can then be believed.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::{Error, Result, did_you_mean};

const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 200_000;
const MAX_ATTRIBUTES: usize = 64;
const JOINT_KINDS: [&str; 4] = ["fixed", "revolute", "continuous", "prismatic"];

/// Attributes of the elements that are read: name, how many numbers it holds (0: text), whether it must be there.
type Known = &'static [(&'static str, usize, bool)];

/// What a reader cannot tell from a default any more.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// Links that state an inertial.
    pub(super) inertials: BTreeSet<String>,
    /// Joints that state limits.
    pub(super) limits: BTreeSet<String>,
}

/// Goes over the whole text once.
pub(super) fn scan(text: &str, file: &str) -> Result<Noted> {
    let mut scan =
        Scan { file, path: Vec::new(), part: String::new(), name: String::new(), elements: 0, noted: Noted::default() };
    let mut reader = Reader::from_str(text);
    loop {
        let event = reader.read_event().map_err(|error| scan.no_xml(text, reader.error_position(), &error))?;
        match event {
            Event::Start(tag) => {
                scan.open(&tag)?;
                scan.path.push(name_of(&tag));
            }
            Event::Empty(tag) => scan.open(&tag)?,
            Event::End(_) => {
                scan.path.pop();
            }
            Event::DocType(_) => return Err(scan.wrong("has a DOCTYPE", "take it out: entities are not expanded")),
            Event::Eof => break,
            _ => {}
        }
    }
    if scan.elements == 0 || !scan.path.is_empty() {
        return Err(scan.wrong("ends before <robot> is closed", "give the whole URDF"));
    }
    Ok(scan.noted)
}

struct Scan<'a> {
    file: &'a str,
    /// Names of the elements that are open.
    path: Vec<String>,
    /// The link or joint that is open, for errors.
    part: String,
    /// Its name as the file has it.
    name: String,
    elements: usize,
    noted: Noted,
}

impl Scan<'_> {
    fn wrong(&self, what: impl Into<String>, mend: impl Into<String>) -> Error {
        let element = if self.part.is_empty() { "robot" } else { &self.part };
        Error::data(self.file, element, what, mend)
    }

    fn no_xml(&self, text: &str, position: u64, error: &quick_xml::Error) -> Error {
        let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
        let line = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::data(self.file, format!("line {line}"), error.to_string(), "give well-formed XML")
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<()> {
        let name = name_of(tag);
        self.elements += 1;
        if self.elements > MAX_ELEMENTS || self.path.len() >= MAX_DEPTH {
            return Err(self.wrong(
                format!("more than {MAX_ELEMENTS} elements, or more than {MAX_DEPTH} inside each other"),
                "give a plain URDF",
            ));
        }
        if name.starts_with("xacro:") {
            return Err(self.wrong("is a xacro file", "expand it first: xacro FILE > robot.urdf"));
        }
        match self.path.len() {
            0 if name != "robot" => {
                Err(self.wrong(format!("starts with <{name}>"), "give a URDF, which is one <robot>"))
            }
            0 if self.elements > 1 => Err(self.wrong("has a second <robot>", "give one robot a file")),
            1 => self.open_part(&name, tag),
            2.. if matches!(self.path[1].as_str(), "link" | "joint" | "material") => self.check(&name, tag),
            _ => Ok(()),
        }
    }

    /// A child of `<robot>`.
    fn open_part(&mut self, kind: &str, tag: &BytesStart<'_>) -> Result<()> {
        self.part.clear();
        self.name.clear();
        if !matches!(kind, "link" | "joint") {
            return Ok(());
        }
        let name = self.attribute(tag, "name")?.unwrap_or_default();
        if name.trim().is_empty() || name.len() > 256 || name.chars().any(char::is_control) {
            return Err(
                self.wrong(format!("a <{kind}> has no name of 1 to 256 characters"), "give it a name of its own")
            );
        }
        self.part = format!("{kind} `{name}`");
        self.name = name;
        if kind == "joint" {
            let given = self.attribute(tag, "type")?.unwrap_or_default();
            if !JOINT_KINDS.contains(&given.as_str()) {
                let mend = format!("{}; these are read: {}", did_you_mean(&given, JOINT_KINDS), JOINT_KINDS.join(", "));
                return Err(self.wrong(format!("has type `{given}`"), mend));
            }
        }
        Ok(())
    }

    /// An element inside a link, joint or material: its attributes are those of the format, and its numbers are numbers.
    fn check(&mut self, element: &str, tag: &BytesStart<'_>) -> Result<()> {
        if self.path.len() == 2 {
            self.note(element);
        }
        let Some(known) = known(element) else { return Ok(()) };
        for (at, attribute) in tag.attributes().enumerate() {
            if at >= MAX_ATTRIBUTES {
                return Err(
                    self.wrong(format!("<{element}> has more than {MAX_ATTRIBUTES} attributes"), "give a plain URDF")
                );
            }
            let attribute =
                attribute.map_err(|error| self.wrong(format!("<{element}>: {error}"), "give well-formed XML"))?;
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let Some((_, numbers, _)) = known.iter().find(|(name, ..)| *name == key) else {
                self.no_slip(tag, &key, element, known)?;
                continue;
            };
            let value = attribute
                .unescape_value()
                .map_err(|error| self.wrong(format!("<{element} {key}>: {error}"), "give plain text"))?;
            self.numbers(element, &key, &value, *numbers)?;
        }
        for (name, ..) in known.iter().filter(|(.., needed)| *needed) {
            if self.attribute(tag, name)?.is_none() {
                return Err(self.wrong(format!("<{element}> has no `{name}`"), "give it"));
            }
        }
        Ok(())
    }

    /// An attribute of somebody else's is passed over. One that is spelled nearly like ours, where ours is not, was meant to be it.
    fn no_slip(&self, tag: &BytesStart<'_>, key: &str, element: &str, known: Known) -> Result<()> {
        for (name, ..) in known.iter().filter(|(name, ..)| strsim::normalized_levenshtein(key, name) >= 0.6) {
            if self.attribute(tag, name)?.is_none() {
                let mend = format!("did you mean `{name}`?");
                return Err(self.wrong(format!("<{element}> has no attribute `{key}`"), mend));
            }
        }
        Ok(())
    }

    fn note(&mut self, element: &str) {
        match element {
            "inertial" => self.noted.inertials.insert(self.name.clone()),
            "limit" => self.noted.limits.insert(self.name.clone()),
            _ => false,
        };
    }

    fn numbers(&self, element: &str, key: &str, value: &str, count: usize) -> Result<()> {
        let finite = value.split_whitespace().filter(|word| word.parse::<f64>().is_ok_and(f64::is_finite)).count();
        if count > 0 && (finite != count || value.split_whitespace().count() != count) {
            let mend = match count {
                1 => "give one finite number".to_owned(),
                _ => format!("give {count} finite numbers with spaces between them"),
            };
            return Err(self.wrong(format!("<{element} {key}=\"{value}\">"), mend));
        }
        Ok(())
    }

    fn attribute(&self, tag: &BytesStart<'_>, name: &str) -> Result<Option<String>> {
        let broken = |error: &dyn std::fmt::Display| self.wrong(error.to_string(), "give well-formed XML");
        let Some(found) = tag.try_get_attribute(name).map_err(|error| broken(&error))? else { return Ok(None) };
        found.unescape_value().map(|value| Some(value.into_owned())).map_err(|error| broken(&error))
    }
}

fn name_of(tag: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(tag.name().as_ref()).into_owned()
}

fn known(element: &str) -> Option<Known> {
    Some(match element {
        "origin" => &[("xyz", 3, false), ("rpy", 3, false), ("quat_xyzw", 4, false)],
        "axis" => &[("xyz", 3, true)],
        "limit" => &[
            ("lower", 1, false),
            ("upper", 1, false),
            ("effort", 1, true),
            ("velocity", 1, true),
            ("acceleration", 1, false),
            ("deceleration", 1, false),
            ("jerk", 1, false),
        ],
        "mass" => &[("value", 1, true)],
        "inertia" => &[
            ("ixx", 1, true),
            ("ixy", 1, true),
            ("ixz", 1, true),
            ("iyy", 1, true),
            ("iyz", 1, true),
            ("izz", 1, true),
        ],
        "box" => &[("size", 3, true)],
        "cylinder" | "capsule" => &[("radius", 1, true), ("length", 1, true)],
        "sphere" => &[("radius", 1, true)],
        "mesh" => &[("filename", 0, true), ("scale", 3, false)],
        "texture" => &[("filename", 0, true)],
        "color" => &[("rgba", 4, true)],
        "mimic" => &[("joint", 0, true), ("multiplier", 1, false), ("offset", 1, false)],
        "parent" | "child" => &[("link", 0, true)],
        _ => return None,
    })
}
